"""Every message has somebody who says it and somebody who hears it; nothing is promised that nobody keeps (law 12)."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from contracts import keys, operations
from contracts.catalogue import published_messages
from contracts.message import Answer, Command, Message
from contracts.topics import CHANNELS, NEIGHBOURS, OPERATORS, SERVICES
from deploy.kubernetes.lanes import LANES
from tests.gates import Gates
from tests.guards.source import Source, sources

FOR_CHANNELS: Final = {
    "UserRegistered": "channels lead a new user on",
    "ContactChannelsPublished": "channels show it (N9)",
    "BroadcastPrepared": "the operator who ordered it learns how many it was for (N4)",
    "MessageHandedOver": "channels show how far a message is (N6)",
    "MessageDelivered": "channels show how far a message is (N6)",
    "MessageFailed": "channels show how far a message is (N6)",
    "MessageExpired": "channels show how far a message is (N6)",
}
"""Events that no service decides on: people outside read them, and why."""

_OF_EVERY_SERVICE: Final = frozenset({operations.__name__, keys.__name__})
_ASKED_ONLY: Final = frozenset({"isinstance"})
_IS_OF_A_VERSION: Final = re.compile(r"_v\d+$")


def messages() -> list[type[Message]]:
    """Every message but those that the chassis says in each service's name."""
    return [message for message in published_messages().values() if message.__module__ not in _OF_EVERY_SERVICE]


def _written(message: type[Message]) -> str:
    """How the code names it: an earlier version by its module, `accounts_v1.ShowDues`."""
    module = message.__module__.rpartition(".")[2]
    return f"{module}.{message.__name__}" if _IS_OF_A_VERSION.search(module) else message.__name__


def _is_table(source: Source) -> bool:
    return source.path.endswith(("/service.py", "_table.py"))


def _said(node: ast.AST) -> Iterator[str]:
    """Names that are used as values: neither annotations, nor patterns, nor what a value is compared with."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Subscript() | ast.MatchClass() | ast.BinOp(op=ast.BitOr()):
            return
        case ast.Call(func=ast.Name(id=name)) if name in _ASKED_ONLY:
            return
        case ast.Attribute(value=ast.Name(id=module), attr=name) if _IS_OF_A_VERSION.search(module):
            yield f"{module}.{name}"
        case ast.Name(id=name) | ast.Attribute(attr=name) if not name.startswith("_"):
            yield name
        case _:
            pass
    for field, value in ast.iter_fields(node):
        if field not in {"annotation", "returns"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _said(child)


@cache
def _mentioned(source: Source) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if _IS_OF_A_VERSION.search(module):
                names.add(f"{module}.{name}")
            case ast.Name(id=name) | ast.Attribute(attr=name):
                names.add(name)
            case ast.ImportFrom():
                names |= {alias.name for alias in node.names}
            case _:
                pass
    return frozenset(names)


@cache
def said_by_party() -> dict[str, set[str]]:
    """The names that each service, and the neighbours together, use as values outside their tables."""
    found: dict[str, set[str]] = {party: set() for party in (*SERVICES, "neighbours")}
    for source in sources("services", "deploy"):
        if not _is_table(source):
            for party in _parties_of(source):
                found[party] |= {*_said(source.tree)}
    return found


@cache
def heard_by_party() -> dict[str, set[str]]:
    """The messages that each service routes or its chassis reads, and those that a neighbour speaks of."""
    found: dict[str, set[str]] = {party: set() for party in (*SERVICES, "neighbours")}
    for source in sources("services", "deploy"):
        party = source.path.split("/")[1]
        if party == "chassis" or _is_table(source) or source.path.startswith("deploy/local/neighbours/"):
            for each in SERVICES if party == "chassis" else _parties_of(source):
                found[each] |= _mentioned(source)
    return found


def _parties_of(source: Source) -> tuple[str, ...]:
    if source.path.startswith("deploy/local/neighbours/"):
        return ("neighbours",)
    _, party, *_ = source.path.split("/")
    return (party,) if source.path.startswith("services/") and party in SERVICES else ()


def _as_parties(names: Iterable[str]) -> set[str]:
    return {"neighbours" if name in NEIGHBOURS else name for name in names}


def never_said(wanted: Iterable[type[Message]], said: Mapping[str, set[str]]) -> list[str]:
    """Messages that none of those who may write them ever makes. People outside make commands."""
    return [
        message.type_name
        for message in wanted
        if not (issubclass(message, Command) and message.topic.writers & (CHANNELS | OPERATORS))
        and not any(_written(message) in said.get(party, ()) for party in _as_parties(message.topic.writers))
    ]


def never_heard(wanted: Iterable[type[Message]], heard: Mapping[str, set[str]]) -> list[str]:
    """Messages that none of those who may read them does anything with. People outside read answers."""
    return [
        message.type_name
        for message in wanted
        if not (issubclass(message, Answer) and message.topic.readers & (CHANNELS | OPERATORS))
        and not any(_written(message) in heard.get(party, ()) for party in _as_parties(message.topic.readers))
        and not (message.__name__ in FOR_CHANNELS and message.topic.readers & (CHANNELS | OPERATORS))
    ]


@cache
def routed_by_service() -> dict[str, set[str]]:
    """What each service's tables of contents name."""
    routed: dict[str, set[str]] = {service: set() for service in SERVICES}
    for source in sources("services"):
        if _is_table(source):
            for service in _parties_of(source):
                routed[service] |= _mentioned(source)
    return routed


def without_lane(wanted: Iterable[type[Message]], routed: Mapping[str, set[str]]) -> list[str]:
    """Messages that a service routes but whose topic it does not read."""
    return [
        f"{service}: {message.type_name}"
        for message in wanted
        for service in SERVICES
        if _written(message) in routed[service] and message.topic not in {lane.topic for lane in LANES[service]}
    ]


def test_law12_every_message_is_said_by_somebody_who_may_write_it() -> None:
    assert never_said(messages(), said_by_party()) == []


def test_law12_every_message_is_heard_by_somebody_who_may_read_it() -> None:
    assert never_heard(messages(), heard_by_party()) == []


def test_law12_what_a_service_routes_comes_on_one_of_its_lanes() -> None:
    assert without_lane(messages(), routed_by_service()) == []


def test_events_for_people_outside_are_no_service_s() -> None:
    heard = heard_by_party()
    known = {message.__name__ for message in messages()}
    assert FOR_CHANNELS.keys() <= known
    assert [name for name in FOR_CHANNELS if any(name in names for names in heard.values())] == []


def test_it_refuses(gates: Gates) -> None:
    nobody: dict[str, set[str]] = {service: set() for service in SERVICES}
    event = [m for m in messages() if m.__name__ == "AccountDefined"]
    gates.refuses("messages: said", "AccountDefined, made by nobody", never_said(event, nobody))
    gates.refuses("messages: heard", "AccountDefined, routed by nobody", never_heard(event, nobody))
    earlier = [m for m in messages() if m.type_name == "hesabi.accounts.DuesShown.v1"]
    only_newest = nobody | {"accounts": {"DuesShown"}}
    gates.refuses("messages: said", "DuesShown.v1, made in its version 2 only", never_said(earlier, only_newest))
    assert {*_said(ast.parse("said = accounts_v1.DuesShown(dues=dues)"))} & {"accounts_v1.DuesShown", "DuesShown"} == {
        "accounts_v1.DuesShown"
    }
    decides_only = ast.parse("def f(m: AccountDefined):\n    match m:\n        case AccountDefined(): ...")
    gates.refuses("messages: said", "AccountDefined, only matched", not {*_said(decides_only)} & {"AccountDefined"})
    assert "AccountDefined" in {*_said(ast.parse("said = AccountDefined(user_id=user)"))}
    stray = [m for m in messages() if m.__name__ == "OtpRequested"]
    routed = nobody | {"accounts": {"OtpRequested"}}
    gates.refuses("messages: heard", "OtpRequested, routed by who may not read it", never_heard(stray, routed))
    gates.refuses("messages: lanes", "OtpRequested, routed where no lane brings it", without_lane(stray, routed))
