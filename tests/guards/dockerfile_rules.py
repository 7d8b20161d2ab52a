"""What every Dockerfile of ours keeps to, as one function that names what is broken."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

Instruction = tuple[str, str]
"""The instruction's word in capitals and the rest of its line, continued lines joined."""

_PINNED: Final = re.compile(r"[a-z0-9./-]+:[0-9][\w.-]*(?:@sha256:[0-9a-f]{64})?")
_FETCHES: Final = re.compile(r"\b(?:curl|wget)\b|https?://")
_BUILDS: Final = re.compile(r"\b(?:apt-get|apk|pip|gcc|make)\b")
_HASHES: Final = re.compile(r"--require-hashes|PIP_REQUIRE_HASHES=1")


def instructions_of(text: str) -> list[Instruction]:
    """A Dockerfile without its comments."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    words = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [(word.upper(), rest.strip()) for word, _, rest in words]


def broken_rules(text: str) -> list[str]:
    """What a Dockerfile does that ours may not do."""
    instructions = instructions_of(text)
    begins = [place for place, (word, _) in enumerate(instructions) if word == "FROM"]
    if not begins:
        return ["no FROM"]
    return [
        *(["a syntax line asks a registry"] if re.search(r"(?im)^#\s*syntax\s*=", text) else []),
        *_of_bases(instructions, begins),
        *_of_fetching(instructions, text),
        *_of_the_image(instructions[begins[-1] :], several_stages=len(begins) > 1),
    ]


def _of_bases(instructions: Sequence[Instruction], begins: Sequence[int]) -> Iterator[str]:
    arguments = dict(rest.partition("=")[::2] for word, rest in instructions[: begins[0]] if word == "ARG")
    if "BASE_IMAGE" not in arguments:
        yield "ARG BASE_IMAGE is missing"
    elif arguments["BASE_IMAGE"] and not _PINNED.fullmatch(arguments["BASE_IMAGE"]):
        yield f"the base {arguments['BASE_IMAGE']} is not pinned to a version"
    stages = {"${BASE_IMAGE}"}
    for place in begins:
        base, _, stage = re.sub(r"(?i)\s+as\s+", " ", instructions[place][1]).partition(" ")
        if base not in stages:
            yield f"FROM {base} is neither the argument nor a stage"
        stages.add(stage)


def _of_fetching(instructions: Sequence[Instruction], text: str) -> Iterator[str]:
    for word, rest in instructions:
        if word == "ADD":
            yield "ADD fetches and unpacks; COPY does not"
        elif word == "RUN" and _FETCHES.search(rest):
            yield f"RUN fetches by address: {rest[:40]}"
        elif word == "RUN" and "pip install" in rest and not _HASHES.search(text):
            yield "packages are installed without hashes"


def _of_the_image(stage: Sequence[Instruction], *, several_stages: bool) -> Iterator[str]:
    users = [rest for word, rest in stage if word == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*(?::[1-9]\d*)?", users[-1]):
        yield f"USER {users[-1] if users else 'root'} is no number other than 0"
    starts = [(word, rest) for word, rest in stage if word in {"ENTRYPOINT", "CMD"}]
    if not starts:
        yield "it says not what to start"
    for word, rest in starts:
        if not rest.startswith("["):
            yield f"{word} is not in exec form, so a shell takes the signals"
    if several_stages and any(word == "RUN" and _BUILDS.search(rest) for word, rest in stage):
        yield "the last stage builds or installs"
