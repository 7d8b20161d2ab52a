"""`kcat`, a Kafka client that knows nothing of us: the machine's own, else from Debian's packages, unpacked at home.

Nothing is installed and nobody needs to be root: apt fetches into folders of ours, dpkg unpacks there.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

FOLDER: Final = Path.home() / ".cache" / "hesabi" / "kcat"
SECONDS: Final = 120


class NoKcat(Exception):
    """There is neither kcat nor apt on this machine."""


def kcat_environment() -> dict[str, str]:
    """What to add to the environment so that `kcat` is found.

    Raises:
        NoKcat: it cannot be had; the text says how to help.
    """
    if shutil.which("kcat"):
        return {}
    binary = FOLDER / "usr" / "bin" / "kcat"
    if not binary.exists():
        _unpack()
    libraries = [str(folder) for folder in (FOLDER / "usr" / "lib").glob("*-linux-gnu")]
    return {"PATH": f"{binary.parent}:{os.environ['PATH']}", "LD_LIBRARY_PATH": ":".join(libraries)}


def _unpack() -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise NoKcat(
            "kcat is needed to show that a foreign client works: install it (on Debian and Ubuntu it comes alone)"
        )
    work = FOLDER.with_name("kcat.new")
    shutil.rmtree(work, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "unpacked"):
        (work / part).mkdir(parents=True)
    own = [f"-oDir::State::lists={work / 'lists'}", f"-oDir::Cache={work / 'cache'}", "-oAPT::Sandbox::User="]
    _run(["apt-get", *own, "-q", "update"], work)
    wanted = _run(["apt-get", *own, "-s", "--no-install-recommends", "install", "kcat"], work)
    packages = [line.split()[1] for line in wanted.splitlines() if line.startswith("Inst ")]
    _run(["apt-get", *own, "-q", "download", *packages], work)
    for package in work.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(work / "unpacked")], work)
    shutil.rmtree(FOLDER, ignore_errors=True)
    (work / "unpacked").replace(FOLDER)
    shutil.rmtree(work)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise NoKcat(f"{' '.join(command[:1])} could not fetch kcat: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
