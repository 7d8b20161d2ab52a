"""Kafka's jars are the pinned ones or none."""

import hashlib
from pathlib import Path

import pytest
from jgo.maven import MavenContext

from deploy.local.stack import StackError, kafka_jars

COORDINATE = "org.example:thing:1.0"
CONTENT = b"a jar"


class ShelfOfJars:
    """Stands where jgo's downloads stand: every artifact has the same content."""

    def __init__(self, repo_cache: Path, timeout: int) -> None:
        self._real = MavenContext(repo_cache=repo_cache, timeout=timeout, offline=True)

    def create_dependency(self, coordinate: object) -> object:
        dependency = self._real.create_dependency(coordinate)  # type: ignore[arg-type]
        place = dependency.artifact.cached_path
        assert place
        place.parent.mkdir(parents=True)
        place.write_bytes(CONTENT)
        return dependency


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kafka_jars, "MavenContext", ShelfOfJars)
    monkeypatch.setattr(kafka_jars, "PINS", tmp_path / "pins")
    return tmp_path


def test_kafka_and_its_silence_are_pinned() -> None:
    rows = [line.split() for line in kafka_jars.PINS.read_text().splitlines()]
    assert {coordinate for _, coordinate in rows} >= set(kafka_jars.ROOTS)
    assert all(len(bytes.fromhex(digest)) == hashlib.sha256().digest_size for digest, _ in rows)


def test_jars_are_fetched_once_and_said_once(cache: Path) -> None:
    kafka_jars.PINS.write_text(f"{hashlib.sha256(CONTENT).hexdigest()}  {COORDINATE}\n")
    said: list[str] = []
    folder = Path(kafka_jars.classpath(said.append)).parent
    assert [jar.name for jar in folder.iterdir()] == ["thing-1.0.jar"]
    kafka_jars.classpath(said.append)
    assert len(said) == 1
    assert [each.name for each in (cache / "hesabi").iterdir()] == [folder.name]


def test_a_jar_with_other_content_is_refused_and_nothing_stays(cache: Path) -> None:
    kafka_jars.PINS.write_text(f"{hashlib.sha256(b'another').hexdigest()}  {COORDINATE}\n")
    with pytest.raises(StackError, match=r"thing-1.0.jar is not the pinned one"):
        kafka_jars.classpath(lambda _line: None)
    assert list((cache / "hesabi").iterdir()) == []
