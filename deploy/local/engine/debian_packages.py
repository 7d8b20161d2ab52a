"""Programs from Debian's or Ubuntu's packages, unpacked into a folder: nothing is installed and nothing starts."""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from deploy.local.stack.server import StackError

ROOT_PACKAGES: Final = ("docker.io", "mmdebstrap")
AS_ROOT: Final = ("-o", "APT::Sandbox::User=root")  # the folder is root's own


def why_not_here() -> str | None:
    """Why packages cannot be unpacked and run on this machine; None when they can."""
    if platform.system() != "Linux" or not shutil.which("apt-get") or not shutil.which("dpkg"):
        return "the machine is no Debian or Ubuntu"
    return None if os.getuid() == 0 else "only root may start one"


def unpacked(folder: Path, say: Callable[[str], None]) -> Path:
    """The folder with the packages and what they need besides what is installed; made once.

    Raises:
        StackError: the packages cannot be had.
    """
    programs = folder / "programs"
    if not programs.is_dir():
        say(f"unpacking a Docker engine from the machine's packages into {programs} (66 MB, once)")
        with tempfile.TemporaryDirectory(dir=folder, prefix="incoming-") as incoming:
            _fetch(Path(incoming))
            _unpack(Path(incoming)).rename(programs)
    return programs


def environment_for(programs: Path) -> dict[str, str]:
    """This process's environment, in which the unpacked programs find each other and their libraries."""
    places = {
        "PATH": ("usr/bin", "usr/sbin"),
        "LD_LIBRARY_PATH": ("usr/lib/*-linux-gnu", "lib/*-linux-gnu"),
        "XTABLES_LIBDIR": ("usr/lib/*-linux-gnu/xtables",),
        "PERL5LIB": ("usr/share/perl5", "usr/share/perl/*", "usr/lib/*/perl5/*", "usr/lib/*/perl/*"),
    }
    found = {
        name: [*(str(path) for each in patterns for path in programs.glob(each)), *_inherited(name)]
        for name, patterns in places.items()
    }
    return os.environ | {name: ":".join(paths) for name, paths in found.items() if paths}


def _inherited(name: str) -> list[str]:
    return [os.environ[name]] if os.environ.get(name) else []


def _fetch(folder: Path) -> None:
    if _downloaded(folder, ()):
        return
    # The machine's lists are missing or old: newer ones, for us alone.
    lists, archives = folder / "lists", folder / "archives"
    for each in (lists, archives):
        (each / "partial").mkdir(parents=True)
    own = ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache::Archives={archives}", "-o", "Dir::Cache::pkgcache=")
    _run(("apt-get", *AS_ROOT, *own, "update"), folder)
    if not _downloaded(folder, own):
        raise StackError(f"apt-get cannot download {' and '.join(ROOT_PACKAGES)}")


def _downloaded(folder: Path, own: Sequence[str]) -> bool:
    plan = ("apt-get", *own, "install", "--simulate", "--no-install-recommends", *ROOT_PACKAGES)
    names = [line.split()[1] for line in _run(plan, folder).stdout.splitlines() if line.startswith("Inst ")]
    return bool(names) and _run(("apt-get", *AS_ROOT, *own, "download", *names), folder).returncode == 0


def _unpack(folder: Path) -> Path:
    root = folder / "root"
    for package in sorted(folder.glob("*.deb")):
        if _run(("dpkg", "--extract", str(package), str(root)), folder).returncode:
            raise StackError(f"{package.name} cannot be unpacked")
    # What an installation would link; containers of one network find each other's names by it.
    for name in ("iptables", "ip6tables"):
        if (root / "usr/sbin/xtables-nft-multi").exists():
            (root / "usr/sbin" / name).symlink_to("xtables-nft-multi")
    return root


def _run(command: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
