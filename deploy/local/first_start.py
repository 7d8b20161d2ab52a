"""`python -m deploy.local.first_start`: what a new Kafka and a new MongoDB lack (compose.yaml).

The replica set is told that it is one, topics and keys are made. What is there already stays as it is.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

from contracts.topics import CATALOGUE, SERVICES
from deploy.local.keys import make_keys
from deploy.local.stack.mongodb import mongodb_leads
from deploy.local.stack.server import StackError
from deploy.local.stack.topics import create_topics

KAFKA: Final = "HESABI_KAFKA_BOOTSTRAP"
MONGODB: Final = "HESABI_MONGO_ADDRESS"
KEYS: Final = Path("/keys")
FINGERPRINTS: Final = "fingerprints.json"
WAIT_SECONDS: Final = 60
LOOK_SECONDS: Final = 0.2


async def first_start(kafka: str, mongodb: str, keys: Path) -> None:
    """Makes what is missing. The public halves of all keys are told in each service's folder.

    Raises:
        StackError: MongoDB does not answer, or Kafka refuses a topic.
    """
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await mongodb_leads(mongodb):  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise StackError(f"MongoDB at {mongodb} does not answer") from None
    await create_topics(kafka, CATALOGUE.values())
    if not (keys / FINGERPRINTS).exists():
        text = json.dumps(make_keys(keys))
        for service in SERVICES:
            (keys / service / FINGERPRINTS).write_text(text, encoding="utf-8")
        (keys / FINGERPRINTS).write_text(text, encoding="utf-8")


def main() -> int:
    """Exit code 2 when something cannot be made."""
    try:
        asyncio.run(first_start(os.environ[KAFKA], os.environ[MONGODB], KEYS))
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
