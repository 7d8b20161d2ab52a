"""A base image made from the machine's own package mirror, for where no image can be pulled."""

import hashlib
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from deploy.local.engine.debian_packages import environment_for
from deploy.local.stack.server import StackError

REPOSITORY: Final = "hesabi-base"
AUTHORITIES: Final = Path("/usr/local/share/ca-certificates")
BUNDLE: Final = "/etc/ssl/certs/ca-certificates.crt"
SOURCES: Final = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources")
PACKAGES: Final = ("ca-certificates", "libcurl4", "python3", "python3-venv")
"""What the service images and the stand-ins need of it; MongoDB's server needs libcurl."""

WITHOUT: Final = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")


def base_image(engine: Any, programs: Path, say: Callable[[str], None]) -> str:
    """The image's name; made once for each mirror and set of extra authorities.

    Raises:
        StackError: it cannot be made.
    """
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    mirror = mirror_of(suite)
    authorities = [path.read_bytes() for path in sorted(AUTHORITIES.glob("*.crt"))]
    made_of = repr((suite, mirror, PACKAGES, WITHOUT, authorities, sorted(_of_pip().items()))).encode()
    name = f"{REPOSITORY}:{hashlib.sha256(made_of).hexdigest()[:12]}"
    if not engine.images.list(name):
        say(f"making a base image of {suite} (about a minute, once)")
        with tempfile.TemporaryDirectory(prefix="hesabi-base-") as folder:
            tar = Path(folder, "base.tar")
            _bootstrap(suite, mirror, tar, environment_for(programs))
            _import(engine, tar, name)
    return name


def mirror_of(suite: str, patterns: tuple[str, ...] = SOURCES) -> str:
    """The mirror that apt's sources, one line or deb822, name for a release of the distribution itself.

    Raises:
        StackError: they name none.
    """
    for pattern in patterns:
        for file in sorted(Path("/").glob(pattern.removeprefix("/"))):
            for mirror, suites in _sources_in(file.read_text(encoding="utf-8")):
                if suite and suite in suites:
                    return mirror
    raise StackError("apt's sources name no mirror of this release, so no base image can be made")


def _sources_in(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in re.findall(r"(?m)^deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)", text):
        yield line[0], [line[1]]
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?m)^([A-Za-z-]+):\s*(.+)$", stanza))
        if fields.get("Types", "").startswith("deb") and fields.get("Enabled", "yes") != "no":
            yield fields.get("URIs", "").split()[0], fields.get("Suites", "").split()


def _bootstrap(suite: str, mirror: str, tar: Path, environment: dict[str, str]) -> None:
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [f"--dpkgopt=path-exclude={each}" for each in WITHOUT]
    if any(AUTHORITIES.glob("*.crt")):
        command += [f"--customize-hook=copy-in {AUTHORITIES} {AUTHORITIES.parent}"]
        command += ['--customize-hook=chroot "$1" update-ca-certificates']
    made = subprocess.run(
        [*command, suite, str(tar), mirror], env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise StackError(f"mmdebstrap cannot make a base image: {made.stderr.strip()[-500:]}")


def _import(engine: Any, tar: Path, name: str) -> None:
    repository, _, tag = name.partition(":")
    settings = {"PIP_CERT": BUNDLE, "SSL_CERT_FILE": BUNDLE} | _of_pip()
    changes = [f"ENV {key}={value}" for key, value in settings.items()]
    engine.api.import_image_from_file(str(tar), repository=repository, tag=tag, changes=changes)


def _of_pip() -> dict[str, str]:
    """Where this machine's pip looks for packages, if it was told."""
    return {name: os.environ[name] for name in ("PIP_INDEX_URL",) if os.environ.get(name)}
