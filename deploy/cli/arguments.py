"""What can be typed, and the help that says so."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from contracts.topics import CHANNELS
from deploy.cli.letter_arguments import ABOUT, add_actions, add_operator
from deploy.cli.outcome import EXIT_CODES, ORDERS_EXIT_CODES, USAGE, Wrong
from deploy.cli.quantities import count, seconds
from deploy.cli.reasons import MEANT

_MAIN: Final = f"""\
Plays a customer, a channel or a neighbour of Hesabi by hand.

a first session, while `make up` runs in another terminal:
  ./hesabi person                       a made-up person, and every command of their first hour
  ./hesabi inbox                        the SMS and e-mails that came
  ./hesabi send AskContactChannels      a command and its answer
  ./hesabi watch identity.events        what is said on a topic, live

It finds the system of `make up` by itself. Others are named by --kafka and --fingerprints, or by the services' settings
HESABI_KAFKA_BOOTSTRAP, HESABI_KEY_FINGERPRINTS, HESABI_KAFKA_USER, HESABI_KAFKA_PASSWORD and HESABI_KAFKA_CA_FILE.
What it remembers (flows, sessions) ends with `make up`; of other systems it is in .local/cli, readable by you only.

{EXIT_CODES}"""

_SEND: Final = """\
Sends one message and waits for its one answer.

Fields are FIELD=VALUE as the contract names them (`./hesabi types TYPE`); those that are neither texts nor yes/no are
JSON. A sealed field is given as plain text and sealed to its recipient by the key that is pinned: `password=-` asks for
it without showing it, `address=@file` reads it. `token` and `answer_key` are filled in: whoever has logged in is
remembered by name (--who), and what is sealed in an answer is opened and shown.

The record's key is a flow's id: one for each person and service, drawn anew by a command whose name begins with Start.
`--flow NAME` keeps another flow apart, `--key` gives the key itself.

examples:
  ./hesabi send AskContactChannels
  ./hesabi send ConfirmOtp code=-
  ./hesabi send LogIn identity_type=citizen identity_number=1087654321 password=- --as app --who sara
  ./hesabi send StartDefinition relation=tenant --who sara --flow second
  ./hesabi send AddAddress address=@address.json
  echo '{"relation": "owner"}' | ./hesabi send StartDefinition --json-body -
  ./hesabi send --again"""

_WATCH: Final = """\
Shows what is said on topics, as it is said; nothing is changed by that. Sealed fields show as `sealed`.

examples:
  ./hesabi watch
  ./hesabi watch identity notifications.events
  ./hesabi watch --correlation 5a3c8a0e --from-beginning
  ./hesabi watch --type OtpRequested --count 1 --json"""

_SEAL: Final = """\
Seals a text to the service that a field is for, by its pinned key, and prints the JWE. The text comes from standard
input (one line feed at its end is left away) or is asked for without being shown. Where the message has a field
`answer_key`, the seal is bound to that key, too: --answer-key gives the same public JWK that the message will carry.

examples:
  echo 1410-05-12 | ./hesabi seal StartRegistration birth_date --key 0b7e1a52-6f0c-4c5e-9a3d-2f1e8c7b6a59
  ./hesabi seal StartDefinition token --key my-flow --session --who sara
  ./hesabi seal LogIn password --key my-flow --answer-key my-public-key.jwk
  ./hesabi seal --check contracts/published/vectors/seals.json"""


_SKIP: Final = """\
Orders a service to pass over a record that its consumer cannot read (event `partition_halted`, reason `unreadable`).
Only what really cannot be read is passed over, one record at a time, by the replica that owns the partition, and only
where the group has committed everything before it. Each is told on the service's audit topic as `RecordSkipped`. The
order stands for 15 minutes.

The exit code is 0 if the last record named was passed over, else 1. That may be right: what can be read is read.

example:
  ./hesabi skip-record --service accounts --lane commands --partition 3 --offset 4711 --reason "disk of broker 2"
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating what was typed: it may be a secret."""

    def error(self, message: str) -> NoReturn:
        """Exit code 2."""
        named, invalid, _ = message.partition(": invalid")
        shown = f"{named}: that is none" if invalid else message
        sys.stderr.write(f"{self.prog}: {shown}\ntry {self.prog} --help\n")
        raise SystemExit(USAGE)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """What was typed.

    Raises:
        Wrong: there is something that means nothing.
        SystemExit: help was asked for, or argparse found a fault.
    """
    try:
        "".join(argv).encode()
    except UnicodeError:
        raise Wrong("what was typed is no UTF-8") from None
    given, rest = _parser().parse_known_args(argv)
    if rest:
        options = [text.partition("=")[0] for text in rest if text.startswith("-") and text != "-"]
        if options or given.command != "send":
            what = f"unknown: {', '.join(options)}" if options else "there is too much on the line"
            raise Wrong(f"{what}; `./hesabi {given.command} --help`")
        given.fields = [*given.fields, *rest]
    return given


def _parser() -> argparse.ArgumentParser:
    parser = _made(Parser, "./hesabi", _MAIN)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    shared = _shared()
    for name, text, about, options in (
        ("send", _SEND, "send a message and show its answer", _send_options),
        ("watch", _WATCH, "follow topics live", _watch_options),
        ("seal", _SEAL, "seal a text for a field; check vectors", _seal_options),
        ("journey", "Takes a made-up person through the whole journey; `make up` runs.", "the whole journey, by itself",
         _language_option),
        ("person", "Draws a person, adds them to the running registry simulator, prints their commands.",
         "a made-up person and the commands of their first hour", _person_options),
        ("inbox", "SMS and e-mails that the simulated gateway and relay took.", "SMS and e-mails that came",
         _inbox_options),
        ("skip-record", _SKIP, "pass over a record that cannot be read", _skip_options),
        ("types", "Messages, or one with its fields and a command to paste.", "messages and their fields",
         _types_options),
        ("topics", "Every topic: who writes, who reads.", "topics", lambda _: None),
        ("where", "Where the running system is: all of it, or one value for a script.", "addresses and folders",
         _where_options),
    ):  # fmt: skip
        sub = commands.add_parser(
            name, help=about, description=text, parents=[shared],
            epilog=ORDERS_EXIT_CODES if options is _skip_options else EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        options(sub)
    letters = commands.add_parser(
        "dead-letters", help="what was put aside: list, show, replay, drop", description=ABOUT,
        epilog=ORDERS_EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_actions(letters, [shared])
    return parser


def _made(kind: type[argparse.ArgumentParser], prog: str, text: str) -> argparse.ArgumentParser:
    return kind(prog=prog, description=text, formatter_class=argparse.RawDescriptionHelpFormatter)


def _shared() -> Parser:
    shared = Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
    shared.add_argument("--kafka", metavar="HOST:PORT", help="another system's brokers")
    shared.add_argument("--fingerprints", type=Path, metavar="FILE", help="its fingerprints, as JSON")
    return shared


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--who", default="me", metavar="NAME", help="the person whose session and flows to use")


def _send_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "type", nargs="?", metavar="TYPE", help="such as LogIn, identity.LogIn, hesabi.identity.LogIn.v1"
    )
    parser.add_argument("fields", nargs="*", metavar="FIELD=VALUE", help="`-` asks, `@file` reads a sealed field")
    senders = f"{', '.join(sorted(CHANNELS))}, or a neighbour"
    parser.add_argument(
        "--as", dest="sender", metavar="NAME", help=f"{senders}; default: the session's channel, or web"
    )
    _who(parser)
    parser.add_argument("--key", metavar="ID", help="the record's key itself")
    parser.add_argument("--flow", metavar="NAME", help="a flow of its own, remembered by this name")
    parser.add_argument("--token", metavar="@FILE", help="a session's token instead of the remembered one; `-` asks")
    parser.add_argument(
        "--json-body", metavar="FILE", help="the body as JSON, sealed fields as plain text; `-` reads it"
    )
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="to wait for the answer (60)")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the answer")
    parser.add_argument("--again", action="store_true", help="the last command once more, the same bytes")


def _watch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="topics, or a service for all of its; default: all")
    parser.add_argument("--type", default="", metavar="NAME", help="only messages of this name or type")
    parser.add_argument(
        "--correlation", default="", metavar="ID", help="only what a command led to; its id or a beginning"
    )
    parser.add_argument("--from-beginning", action="store_true", help="from the first record that is still there")
    parser.add_argument("--count", type=count, metavar="N", help="end after so many")


def _seal_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("type", nargs="?", metavar="TYPE")
    parser.add_argument("field", nargs="?", metavar="FIELD")
    parser.add_argument("--key", metavar="ID", help="the key of the record that will carry it")
    parser.add_argument("--answer-key", metavar="FILE|JWK", help="the public key that the message names for its answer")
    parser.add_argument("--session", action="store_true", help="seal the remembered session's token")
    _who(parser)
    parser.add_argument("--check", type=Path, metavar="FILE", help="open and check published vectors")


def _language_option(parser: argparse.ArgumentParser, default: str = "ar") -> None:
    parser.add_argument("--language", choices=("ar", "en"), default=default, help=f"the person's ({default})")


def _person_options(parser: argparse.ArgumentParser) -> None:
    _language_option(parser, "en")
    _who(parser)


def _inbox_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=seconds, default=10.0, metavar="N", help="how far back (10)")
    parser.add_argument("--to", metavar="ADDRESS", help="only to this number (+9665...) or e-mail address")


def _skip_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, metavar="NAME")
    parser.add_argument("--lane", required=True, metavar="NAME")
    parser.add_argument("--partition", required=True, type=int, metavar="N")
    parser.add_argument("--offset", required=True, type=int, metavar="N", help="the record at which it stands")
    parser.add_argument("--through", type=int, metavar="N", help="the last one of several; a corrupt batch has many")
    parser.add_argument("--reason", required=True, metavar="TEXT", help=f"for the audit: {MEANT}")
    add_operator(parser)
    parser.add_argument("--timeout", type=seconds, default=30.0, metavar="SECONDS", help="to wait for it (30)")


def _types_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="a message, or a part of its name")
    parser.add_argument("--all", action="store_true", help="answers, events and neighbours' messages, too")


def _where_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="one value only, such as kafka or fingerprints")
