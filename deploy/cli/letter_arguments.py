"""What can be typed after `hesabi dead-letters`."""

import argparse
import getpass
import os
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.topics import CATALOGUE, SERVICES
from deploy.cli.letters import Filters
from deploy.cli.outcome import ORDERS_EXIT_CODES
from deploy.cli.quantities import count, seconds
from deploy.cli.reasons import MEANT

OPERATOR: Final = "HESABI_OPERATOR"
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

ABOUT: Final = """\
Dead letters: what the services put aside because it could not be read, or because deciding it failed three times. The
records in them stay sealed to their services: nothing of them is shown.

  list    what is open (--all: also what was replayed or dropped)
  show    one letter, and what has been done about it
  replay  decide letters after all, in their order; a parked aggregate of which nothing is left goes on
  drop    say that letters will not be replayed

examples:
  ./hesabi dead-letters list --service accounts --since 2d
  ./hesabi dead-letters show 5a3c8a0e
  ./hesabi dead-letters replay --aggregate definition:0f8f1c1e-6f5d-4a52-9d5c-1c8a3f1f9d10 --why "corrected in 1.4.2"
  ./hesabi dead-letters replay --reason type-unknown --topic billing.answers --limit 1 --why "a trial of 1.4.2"
  ./hesabi dead-letters drop 5a3c8a0e --why "the sender has sent it anew"

Each order is told on `<service>.audit` with its reason (--why) and who gave it (--operator, else HESABI_OPERATOR, else
the name of the account). The brokers know it as the user `operators`."""

_ACTIONS: Final = {
    "list": "the open letters, the oldest first; with filters, those that fit all of them",
    "show": "one letter in clear, its record sealed, and its history",
    "replay": "replay letters through the service's replay topic; the same letter twice has no second effect",
    "drop": "settle letters without replaying them; whoever waits for their effect waits in vain",
}


def add_actions(parser: argparse.ArgumentParser, parents: list[argparse.ArgumentParser]) -> None:
    """`list`, `show`, `replay` and `drop`, each with its options and help."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(parser))
    for name, about in _ACTIONS.items():
        sub = actions.add_parser(
            name, help=about, description=about, epilog=ORDERS_EXIT_CODES, parents=parents,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        if name == "show":
            sub.add_argument("letters", nargs=1, metavar="LETTER", help="its id or the beginning of it")
        else:
            _filters(sub, named=name != "list")
        if name == "list":
            sub.add_argument("--all", action="store_true", help="also those that were replayed or dropped")
        if name in {"replay", "drop"}:
            _order_options(sub)


def _filters(parser: argparse.ArgumentParser, *, named: bool) -> None:
    if named:
        parser.add_argument("letters", nargs="*", metavar="LETTER", help="ids or the beginnings of them")
    parser.add_argument("--service", action="append", choices=SERVICES, default=[], help="may be given several times")
    parser.add_argument("--reason", action="append", default=[], metavar="CODE", help="such as body-malformed")
    parser.add_argument("--topic", action="append", choices=sorted(CATALOGUE), default=[], metavar="TOPIC",
                        help="where the record stood")  # fmt: skip
    parser.add_argument(
        "--aggregate", type=_name, metavar="ID", help="the parked aggregate, or the beginning of its id"
    )
    parser.add_argument(
        "--since", type=_instant, metavar="WHEN", help="put aside since 2d, 3h, 20m or 2026-03-01T09:00Z"
    )
    parser.add_argument("--until", type=_instant, metavar="WHEN", help="and before")
    parser.add_argument("--limit", type=count, metavar="N", help="the oldest N only")


def _order_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", required=True, metavar="TEXT",
                        help=f"for the audit: {MEANT}")  # fmt: skip
    add_operator(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask, however many they are")
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="to wait for each order (60)")


def filters_of(given: argparse.Namespace) -> Filters:
    """The filters that were typed."""
    return Filters(
        ids=tuple(given.letters) if "letters" in given else (),
        services=tuple(given.service),
        reasons=tuple(given.reason),
        topics=tuple(given.topic),
        aggregate=given.aggregate,
        since=given.since,
        until=given.until,
        limit=given.limit,
    )


def add_operator(parser: argparse.ArgumentParser) -> None:
    """`--operator`. Where the account has no name, as in a container, nobody is ordered by nobody."""
    name = _operator_s_name()
    parser.add_argument("--operator", default=name, required=name is None, metavar="NAME",
                        help="who orders it" + (" (%(default)s)" if name else ""))  # fmt: skip


def _operator_s_name() -> str | None:
    try:
        return os.environ.get(OPERATOR) or getpass.getuser()
    except (OSError, KeyError):
        return None


def _instant(text: str) -> datetime:
    if text[-1:] in _UNITS and text[:-1].isdigit():
        try:
            return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        except OverflowError:
            raise ValueError("before all time") from None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _name(text: str) -> str:
    if not text:  # such as a variable of a shell that is not set: it would begin every name
        raise ValueError
    return text
