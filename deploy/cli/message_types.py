"""Messages by the names that people type: `LogIn`, `identity.LogIn`, `hesabi.identity.LogIn.v1`."""

import difflib
from collections.abc import Iterable
from typing import Final

from contracts.catalogue import newest_of, published_messages
from contracts.message import Command, Message, version_of
from contracts.operations import (
    NUDGE,
    ORDERS_ABOUT_LETTERS,
    TIMER_ELAPSED,
)
from contracts.topics import SERVICES
from deploy.cli.outcome import Wrong

_LIKE: Final = 0.6
_OWN: Final = frozenset({*TIMER_ELAPSED.values(), *NUDGE.values()})
_ABOUT_LETTERS: Final = frozenset(message for each in ORDERS_ABOUT_LETTERS for message in each.values())
"""Said by `hesabi dead-letters` only: a letter's original is moved as it was sealed, not sealed anew."""


def message_type(typed: str) -> type[Message]:
    """The message that is meant, in its highest version where none is named.

    Raises:
        Wrong: none is, or several are.
    """
    found = [message for name, message in published_messages().items() if typed in names_of(name)]
    match list({_name(message): message for message in sorted(found, key=version_of)}.values()):
        case [one]:
            return one
        case []:
            raise Wrong(f"there is no message of that name{_like(typed)}; `./hesabi types` lists them")
        case several:
            raise Wrong(f"several messages are called so: {', '.join(sorted(short_name(each) for each in several))}")


def short_name(message: type[Message]) -> str:
    """`identity.LogIn`; `accounts.ShowDues.v1` where there is a newer version."""
    name = _name(message)
    return name if newest_of(message) is message else f"{name}.v{version_of(message)}"


def writers_of(message: type[Message]) -> frozenset[str]:
    """Who may send it from outside; our own services speak for themselves only."""
    if message in _OWN | _ABOUT_LETTERS:
        return frozenset()
    channels_or_neighbours = message.topic.writers - frozenset(SERVICES)
    return channels_or_neighbours if issubclass(message, Command) or message.service not in SERVICES else frozenset()


def sendable() -> list[type[Message]]:
    """What somebody outside may send: channels' commands and neighbours' messages."""
    return [message for message in published_messages().values() if writers_of(message)]


def next_commands(step: str) -> list[type[Message]]:
    """The commands that a `next_step` or `missing_step` names: `activate` is `ActivateUser`."""
    wanted = "".join(part.capitalize() for part in step.split("-"))
    wishes: list[type[Message]] = [message for message in sendable() if issubclass(message, Command)]
    commands = [message for message in wishes if newest_of(message) is message]
    exact = [message for message in commands if message.__name__ == wanted]
    return exact or [message for message in commands if message.__name__.startswith(wanted)]


def _name(message: type[Message]) -> str:
    return f"{message.service}.{message.__name__}"


def names_of(type_name: str) -> tuple[str, ...]:
    """How people call a message of this type, which may be none of ours."""
    if type_name.count(".") != 3:
        return (type_name,)
    _, service, name, version = type_name.split(".")
    return type_name, f"{service}.{name}", name, f"{service}.{name}.{version}", f"{name}.{version}"


def _like(typed: str) -> str:
    names: Iterable[str] = {message.__name__ for message in sendable()}
    close = difflib.get_close_matches(typed.rpartition(".")[2], names, n=3, cutoff=_LIKE)
    return f" (like {', '.join(close)}?)" if close else ""
