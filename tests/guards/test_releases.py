"""What is kept of a release never changes and never vanishes; the tree is on its way to the next one (law 13)."""

import json
import subprocess
import sys
from pathlib import Path

from contracts.topics import CATALOGUE, SERVICES
from services.chassis import release
from tests.gates import Gates
from tests.guards.manifests import OVERLAY, named, rendered
from tests.release import CORPUS, LOCK, ROOT, VERSION, in_order, kept_files, locked, released, sums

MAX_WHEEL_BYTES = 1_000_000
PAGE = ROOT / "docs/releasing.md"
NEEDED = ("message.timestamp.type", "compression.type")
"""What start_check.py looks at."""


def broken(lock: dict[str, str], found: dict[str, str]) -> list[str]:
    """What has another content than at its release, or is gone."""
    return [f"{path} {'changed' if path in found else 'is gone'}" for path in lock if lock[path] != found.get(path)]


def unlocked(lock: dict[str, str], files: list[Path]) -> list[str]:
    """What is kept of releases and is not in the lock."""
    return [path.as_posix() for path in files if path.as_posix() not in lock]


def not_ahead(version: str, releases: list[str]) -> list[str]:
    """Releases that the tree's version does not come after."""
    return [release for release in releases if in_order(release) >= in_order(version)]


def settings_of_the_last_release() -> dict[str, dict[str, str]]:
    """Topics' settings by name, as the last release's own code has them."""
    code = "import json; from contracts.topics import CATALOGUE as c; print(json.dumps({n: c[n].config for n in c}))"
    wheel = list(released().values())[-1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd="/", env={"PYTHONPATH": str(wheel)}
    )
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def untold_settings(page: str, before: dict[str, dict[str, str]]) -> list[str]:
    """Settings of topics that the last release had otherwise, without which this one does not start, and of which the
    page on releases says nothing."""
    told = page.partition(f"**From {[*released()][-1]} to {VERSION}.**")[2]
    common = CATALOGUE.keys() & before.keys()
    changed = {key for name in common for key in NEEDED if CATALOGUE[name].config[key] != before[name].get(key)}
    return sorted(key for key in changed if f"`{key}`" not in told)


def test_law13_what_a_start_needs_of_topics_that_are_there_is_told() -> None:
    assert untold_settings(PAGE.read_text(encoding="utf-8"), settings_of_the_last_release()) == []


def other_images(images: list[str], release: str) -> list[str]:
    """Images of the manifests that are not those of this release."""
    return [image for image in images if image.rpartition(":")[2] != release]


def images() -> list[str]:
    """What `kubectl apply -k` rolls out."""
    pods = [each["spec"]["template"]["spec"] for each in named(rendered(), "Deployment").values()]
    return [container["image"] for pod in pods for container in pod["containers"]]


def test_the_manifests_roll_out_the_last_release() -> None:
    assert len(images()) == len(SERVICES)
    assert other_images(images(), [*released()][-1]) == []


def test_the_operators_image_is_the_last_release_s_or_the_first_that_there_is() -> None:
    (pod,) = named(rendered(f"{OVERLAY}/operators"), "Pod").values()
    first = "0.2.0"
    assert other_images([pod["spec"]["containers"][0]["image"]], max(first, [*released()][-1], key=in_order)) == []


def test_law13_what_was_released_is_kept_as_it_was() -> None:
    lock = locked()
    assert broken(lock, sums(Path(path) for path in lock)) == []
    assert unlocked(lock, kept_files(released())) == []


def test_every_release_has_its_wheel_and_its_corpus() -> None:
    kept = {folder.name for folder in CORPUS.iterdir()}
    assert released().keys() <= kept <= {*released(), VERSION}
    assert all(wheel.stat().st_size < MAX_WHEEL_BYTES for wheel in released().values())


def test_a_process_tells_the_version_that_it_was_built_as() -> None:
    assert release.VERSION == VERSION


def test_the_tree_is_ahead_of_every_release() -> None:
    assert not_ahead(VERSION, [*released()]) == []


def test_it_refuses(gates: Gates, tmp_path: Path) -> None:
    lock = locked()
    path = next(iter(lock))
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes((ROOT / path).read_bytes() + b"\x00")
    found = sums(map(Path, lock), tmp_path)
    gates.refuses("releases", "one more byte in what is kept", broken({path: lock[path]}, found))
    gates.refuses("releases", "a file that is gone", broken({"tests/gone.gz": "0" * 64}, {}))
    gates.refuses("releases", "a wheel that is not locked", unlocked({}, kept_files(released())))
    gates.refuses("releases", "a tree that still has the version released", not_ahead("0.1.0", ["0.1.0"]))
    packed = {name: {"message.timestamp.type": "LogAppendTime", "compression.type": "lz4"} for name in CATALOGUE}
    gates.refuses("releases", "a topic's new setting that is not told", untold_settings("", packed))
    gates.refuses("releases", "manifests with the images of the release before", other_images(images(), VERSION))
    assert LOCK.exists()
