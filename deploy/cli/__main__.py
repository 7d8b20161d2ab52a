"""`python -m deploy.cli`, which is what the script `hesabi` runs."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from deploy.cli.arguments import parse
from deploy.cli.commands import WIDTH_OF_FILES, Commands
from deploy.cli.outcome import BROKEN, INTERRUPTED, NO_ANSWER, NOT_REACHED, USAGE, YES, NotReached, Wrong
from deploy.local.client import NoAnswer
from services.chassis.logs import describe


class _Screen(Console):
    """Standard output."""

    def on_broken_pipe(self) -> None:
        """A reader that has ended is no fault of ours; the library would end the program with 1."""
        raise BrokenPipeError


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code, as `deploy.cli.outcome.EXIT_CODES` explains it."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # here, where it is heard that a reader has ended
    except Wrong as error:
        return _said(error, USAGE)
    except NoAnswer as error:
        return _said(error, NO_ANSWER)
    except NotReached as error:
        return _said(error, NOT_REACHED)
    except (KeyboardInterrupt, EOFError, asyncio.CancelledError):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader such as head has enough
        return YES
    except Exception as error:  # noqa: BLE001 - 1 would say that something was refused; a text may hold a secret
        kinds, places = describe(error)
        ours = [place for place in places if place.startswith(("deploy/", "services/", "contracts/"))]
        sys.stderr.write(f"hesabi: an error of this program: {kinds[-1]} at {ours[-1]}; please report it\n")
        return BROKEN


def _run(argv: Sequence[str]) -> int:
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    screen = _Screen(highlight=False, width=width, soft_wrap=False)
    return asyncio.run(Commands(parse(argv), screen).run())


def _said(error: Exception, code: int) -> int:
    sys.stderr.write(f"hesabi: {error}\n")
    return code


if __name__ == "__main__":
    for name in ("aiokafka", "asyncio"):  # what they complain of is said in one line
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    sys.exit(main())
