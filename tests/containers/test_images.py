"""An image carries one service and what it needs, runs as nobody, and tells at once what it lacks."""

import os
from dataclasses import dataclass
from typing import Any, Final

import pytest

from contracts.topics import SERVICES
from deploy.cli.outcome import NOT_REACHED, USAGE, YES
from deploy.local.engine.images import OPERATORS, service_image
from deploy.local.service_container import HARDENED, IMAGE_USER
from deploy.local.service_process import IMAGES
from services.chassis.settings import WRONG_SETTING

CODE: Final = "/opt/hesabi/code"
PACKAGES: Final = "/opt/hesabi/venv/lib/python3*/site-packages"
OWN_PACKAGES: Final = {"identity": "argon2", "notifications": "httpx", "reports": "typst"}
MAX_BYTES_OVER_BASE: Final = 220 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """What a container said until it ended."""

    code: int
    output: str
    complaint: str


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def image(engine: Any, service: str) -> Any:
    return engine.images.get(os.environ[IMAGES].format(service=service))


def run(engine: Any, image: Any, script: str | None = None, **how: Any) -> Ended:
    """A shell script in the image, or what the image starts by itself."""
    started = {"entrypoint": ["/bin/sh", "-c", script]} if script else {}
    container = engine.containers.run(image.id, detach=True, network_mode="none", **started, **how)
    try:
        code = container.wait(timeout=60)["StatusCode"]
        output, complaint = container.logs(stderr=False), container.logs(stdout=False)
        return Ended(code, output.decode(), complaint.decode())
    finally:
        container.remove(force=True)


def test_it_runs_as_a_number_that_is_not_root_and_owns_nothing(engine: Any, image: Any) -> None:
    assert image.attrs["Config"]["User"] == f"{IMAGE_USER}:{IMAGE_USER}"
    writable = run(engine, image, f"id -u; find /opt/hesabi -not -type l -writable; touch {CODE}/x")
    assert writable.output == f"{IMAGE_USER}\n"
    assert "Permission denied" in writable.complaint


def test_it_carries_only_its_own_service(engine: Any, image: Any, service: str) -> None:
    there = run(engine, image, f"cd {CODE} && ls && ls services && ls services/chassis/loop.py contracts/topics.py")
    assert there.output.split() == sorted(["contracts", "services"]) + sorted(
        ["__init__.py", "__pycache__", "chassis", service], key=str.casefold
    ) + ["contracts/topics.py", "services/chassis/loop.py"]


def test_it_carries_only_its_own_packages(engine: Any, image: Any, service: str) -> None:
    looks = " ".join(f"{PACKAGES}/{package}" for package in OWN_PACKAGES.values())
    found = {path.rpartition("/")[2] for path in run(engine, image, f"ls -d {looks} 2>/dev/null").output.split()}
    assert found == {OWN_PACKAGES[service]} & set(OWN_PACKAGES.values()) if service in OWN_PACKAGES else not found


def test_it_has_no_installer_compiler_cache_or_tests(engine: Any, image: Any) -> None:
    unwanted = (
        f"ls -d {PACKAGES}/pip {PACKAGES}/setuptools {PACKAGES}/pytest /root/.cache/pip {CODE}/tests {CODE}/deploy;"
        " command -v gcc cc make"
    )
    assert run(engine, image, f"({unwanted}) 2>/dev/null", user="0").output == ""


def test_it_is_small(engine: Any, image: Any) -> None:
    used = run(engine, image, "du -sb /opt/hesabi").output.split()[0]
    assert int(used) < MAX_BYTES_OVER_BASE


def test_it_says_whose_it_is(image: Any, service: str) -> None:
    labels = image.attrs["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == f"hesabi-{service}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


NO_LANE: Final = (
    "skip-record --kafka 127.0.0.1:1 --service accounts --lane none --partition 0 --offset 1 --reason x --operator sami"
)


@pytest.fixture
def command_line(engine: Any) -> Any:
    return engine.images.get(service_image(OPERATORS))


def test_law12_the_command_line_s_image_runs_as_nobody_and_carries_no_service(engine: Any, command_line: Any) -> None:
    assert command_line.attrs["Config"]["User"] == f"{IMAGE_USER}:{IMAGE_USER}"
    there = run(engine, command_line, "ls services/*; ls deploy/local; find /opt/hesabi -not -type l -writable")
    assert "loop.py" in there.output
    assert [
        name
        for name in ("definition.py", "identity", "neighbours", "first_start.py", "/opt/hesabi")
        if name in there.output
    ] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--help"], YES, "dead-letters"),
        (["types", "StartBroadcast"], YES, "valid_until"),
        (["dead-letters", "list"], NOT_REACHED, "no system is running"),
        (["inbox", "--kafka", "127.0.0.1:1"], NOT_REACHED, "make up"),
        (["dead-letters", "drop", "c60c", "--why", "a trial"], USAGE, "--operator"),
        (NO_LANE.split(), USAGE, "lanes of accounts are: commands"),
    ],
)
def test_the_command_line_s_image_says_what_it_lacks(
    engine: Any, command_line: Any, words: list[str], code: int, said: str
) -> None:
    ended = run(engine, command_line, command=words, **HARDENED)
    assert (ended.code, said in ended.output + ended.complaint) == (code, True)


def test_with_wrong_settings_it_ends_with_one_line(engine: Any, image: Any) -> None:
    ended = run(engine, image, environment={"HESABI_HTTP_PORT": "no-port-of-mine"}, **HARDENED)
    assert (ended.code, ended.output) == (WRONG_SETTING, "")
    assert ended.complaint.count("\n") == 1
    assert "HESABI_KAFKA_BOOTSTRAP is missing" in ended.complaint
    assert "HESABI_HTTP_PORT is wrong" in ended.complaint
    assert "no-port-of-mine" not in ended.complaint
