"""What the command line remembers between two calls: flows, sessions, the last command.

Tokens are secrets: the folder is 0700, its files 0600, and nothing of them is shown.
"""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from deploy.cli.outcome import Wrong

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has logged in by a channel."""

    channel: str
    token: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True)
class LastCommand:
    """A command as it went out. `answer_key` is the private key, as JWK, for what is sealed in its answer."""

    id: str
    channel: str
    type: str
    key: str
    who: str
    value: str = field(repr=False)
    made_at: str
    answer_key: dict[str, Any] = field(repr=False)

    @property
    def made(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at).astimezone(UTC)


class Memory:
    """One folder for each system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def flow(self, name: str, *, anew: bool = False) -> str:
        """The id of a flow by its name; drawn at its first use, or when it begins `anew`.

        Raises:
            Wrong: that is no name.
        """
        flows = self._read("flows.json")
        if anew or checked(name) not in flows:
            flows[name] = str(uuid4())
            self._write("flows.json", flows)
        return str(flows[name])

    def session(self, who: str) -> Session | None:
        """The session of somebody who has logged in here.

        Raises:
            Wrong: that is no name.
        """
        found = self._read(f"session-{checked(who)}.json")
        return Session(**found) if found else None

    def keep_session(self, who: str, session: Session) -> None:
        """Takes the place of an earlier one."""
        self._write(f"session-{checked(who)}.json", asdict(session))

    @property
    def last(self) -> LastCommand:
        """The command that was sent last.

        Raises:
            Wrong: there was none.
        """
        found = self._read("last.json")
        if not found:
            raise Wrong("there is no last command to be sent again")
        return LastCommand(**found)

    def keep_last(self, command: LastCommand) -> None:
        """Takes the place of an earlier one."""
        self._write("last.json", asdict(command))

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self._folder / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise Wrong(f"{self._folder / name} cannot be read; remove it") from None

    def _write(self, name: str, content: dict[str, Any]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        new = self._folder / f"{name}.{uuid4().hex}"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            json.dump(content, opened)
        new.replace(self._folder / name)


def checked(name: str) -> str:
    """A name of a person or a flow.

    Raises:
        Wrong: it is none.
    """
    if _NAME.fullmatch(name) is None:
        raise Wrong("a name has up to 50 letters, digits and . _ -")
    return name
