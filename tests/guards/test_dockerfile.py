"""Images are pinned, run as nobody, and fetch nothing but packages by their hashes."""

import ast
from collections.abc import Iterable
from typing import Final

import pytest

from deploy.local.service_container import IMAGE_USER
from deploy.local.service_process import HUGE_PAGES
from tests.gates import Gates
from tests.guards.dockerfile_rules import broken_rules, instructions_of
from tests.guards.source import ROOT, Source, sources, tracked_files

OURS: Final = ROOT / "deploy" / "Dockerfile"
BAD: Final = {
    "a syntax line": ("ARG BASE_IMAGE=", "# syntax=docker/dockerfile:1\nARG BASE_IMAGE="),
    "latest": ("python:3.11.14-slim-bookworm", "python:latest"),
    "no version": ("python:3.11.14-slim-bookworm", "python"),
    "a base of its own": ("FROM ${BASE_IMAGE} AS service", "FROM debian:12 AS service"),
    "root": ("USER 10001:10001\nSTOPSIGNAL", "USER 0\nSTOPSIGNAL"),
    "a user by name": ("USER 10001:10001\nSTOPSIGNAL", "USER hesabi\nSTOPSIGNAL"),
    "no user": ("USER 10001:10001\nSTOPSIGNAL", "STOPSIGNAL"),
    "ADD of an address": ("COPY contracts contracts", "ADD https://example.org/contracts.tgz contracts"),
    "curl": ("RUN python3 -m venv", "RUN curl -fsS example.org | sh && python3 -m venv"),
    "no hashes": (" PIP_REQUIRE_HASHES=1", ""),
    "shell form": ('ENTRYPOINT ["/bin/sh", "-c", "exec python -m services.${SERVICE}"]', "ENTRYPOINT python -m x"),
    "a compiler at the end": ("STOPSIGNAL", "RUN apt-get install -y gcc\nSTOPSIGNAL"),
}


def dockerfiles() -> list[str]:
    return [path.as_posix() for path in tracked_files() if path.name.endswith("Dockerfile")]


def test_every_dockerfile_keeps_the_rules() -> None:
    assert "deploy/Dockerfile" in dockerfiles()
    broken = {path: broken_rules((ROOT / path).read_text(encoding="utf-8")) for path in dockerfiles()}
    assert {path: rules for path, rules in broken.items() if rules} == {}


def test_the_image_s_user_is_the_one_that_keys_are_handed_to() -> None:
    users = [rest for word, rest in instructions_of(OURS.read_text(encoding="utf-8")) if word == "USER"]
    assert users == [f"{IMAGE_USER}:{IMAGE_USER}"] * 3


def test_i16_services_hash_in_huge_pages_in_their_image_as_they_do_beside_it() -> None:
    environments = [rest for word, rest in instructions_of(OURS.read_text(encoding="utf-8")) if word == "ENV"]
    ((name, value),) = HUGE_PAGES.items()
    assert f"{name}={value}" in environments[-1].split()


def copied_to(stage: str, text: str) -> tuple[str, ...]:
    """Files and folders that a stage copies from the repository."""
    begun, copied = False, []
    for word, rest in instructions_of(text):
        if word == "FROM":
            begun = rest.endswith(f" AS {stage}")
        elif begun and word == "COPY":
            copied += rest.split()[:-1]
    return tuple(copied)


def not_copied(files: Iterable[Source], copied: tuple[str, ...]) -> list[str]:
    """Modules of ours that copied files import, be it at their first use only, and that are not copied with them."""
    folders = tuple(f"{each}/" for each in copied)

    def is_copied(path: str) -> bool:
        return path in copied or path.startswith(folders)

    missing = set()
    for source in files:
        if is_copied(source.path):
            modules = [node.module or "" for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom)]
            paths = {module: module.replace(".", "/") for module in modules}
            missing |= {
                module
                for module, path in paths.items()
                if module.split(".")[0] in ("contracts", "deploy", "services")
                and not (is_copied(f"{path}.py") or is_copied(f"{path}/__init__.py"))
            }
    return sorted(missing)


def test_the_command_line_s_image_has_every_module_that_one_of_its_commands_imports() -> None:
    copied = copied_to("operators-packages", OURS.read_text(encoding="utf-8"))
    assert "deploy/cli" in copied
    assert not_copied(sources("contracts", "services", "deploy"), copied) == []


def test_it_refuses_an_image_without_a_module_that_it_needs(gates: Gates) -> None:
    copied = tuple(
        each for each in copied_to("operators-packages", OURS.read_text(encoding="utf-8")) if "watch.py" not in each
    )
    missing = not_copied(sources("contracts", "services", "deploy"), copied)
    gates.refuses("images: Dockerfile", "a module that is imported and not copied", missing)


@pytest.mark.parametrize("what", BAD)
def test_it_refuses(what: str, gates: Gates) -> None:
    good, bad = BAD[what]
    text = OURS.read_text(encoding="utf-8")
    assert good in text
    gates.refuses("images: Dockerfile", what, broken_rules(text.replace(good, bad)))
