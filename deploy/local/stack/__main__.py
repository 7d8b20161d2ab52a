"""The bare stack in the foreground, until Ctrl-C: `python -m deploy.local.stack`."""

import asyncio
import sys

from deploy.local.stack.ending import told_to_end
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, running_stack
from deploy.local.stack.server import StackError


async def run() -> None:
    """Prints the addresses in the form that another command takes from the environment."""
    told = told_to_end()
    async with running_stack() as stack:
        print(f"export {KAFKA_ADDRESS}={stack.kafka_bootstrap} {MONGO_ADDRESS}='{stack.mongo_uri}'", flush=True)
        print("Ctrl-C ends it", file=sys.stderr, flush=True)
        await told.wait()


def main() -> int:
    """Exit code 2 when the stack cannot run."""
    try:
        asyncio.run(run())
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
