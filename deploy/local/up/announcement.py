"""What a running system tells the command line of itself: one file that is there while the system is."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[3]
LOCAL: Final = "HESABI_LOCAL"
"""Environment variable: the folder of this file and of what the command line remembers."""

_FILE: Final = "up.json"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Addresses and folders of a running system. `desk_secret` opens its desk and is the only secret here."""

    pid: int
    kafka: str
    mongodb: str
    desk: str
    desk_secret: str = field(repr=False)
    services: Mapping[str, str]
    sms_gateway: str
    mail: str
    keys: str
    logs: str
    memory: str
    """Where the command line remembers sessions and flows of this system: it ends with it."""
    accounts: Mapping[str, str]
    fingerprints: Mapping[str, Mapping[str, str]] = field(repr=False)

    @property
    def is_running(self) -> bool:
        """Whether the process that wrote it still lives."""
        return Path("/proc", str(self.pid)).exists()

    def write(self, folder: Path) -> Path:
        """Readable by its owner only; returns the file."""
        folder.mkdir(parents=True, exist_ok=True)
        file, new = folder / _FILE, folder / f"{_FILE}.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            json.dump(asdict(self), opened, indent=2)
        new.replace(file)
        return file

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The announcement of the system that runs now; None when there is none."""
        try:
            found = cls(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if found.is_running else None


def local_folder() -> Path:
    """`.local` in this repository, or what `HESABI_LOCAL` says."""
    return Path(os.environ.get(LOCAL) or ROOT / ".local")


def withdraw(folder: Path) -> None:
    """The system is about to end."""
    (folder / _FILE).unlink(missing_ok=True)
