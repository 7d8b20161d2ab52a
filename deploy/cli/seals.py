"""`hesabi seal`: a text sealed as a channel seals it; the published vectors opened as a channel opens them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts.message import Message
from contracts.sealed import SealedFor
from deploy.cli.connecting import channel
from deploy.cli.fields import checked_key, opener_of
from deploy.cli.installation import Installation
from deploy.cli.outcome import Wrong
from deploy.cli.sending import check_pinned
from services.chassis.sealing import (
    NotSealable,
    SealBroken,
    binding_of,
    open_seal,
    parse_public_jwk,
    seal,
    thumbprint,
    validate_public_jwk,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a seal will stand: a field of a message under this record key, beside the `answer_key` that it names.

    Raises:
        Wrong: no record has such a key.
    """

    message: type[Message]
    field: str
    key: str
    answer_key: str | None

    def __post_init__(self) -> None:
        checked_key(self.key)


@dataclass(frozen=True, slots=True)
class Checked:
    """One vector and what is wrong with it; nothing where it is as it should be."""

    what: str
    fault: str = ""


def check_sealed(message: type[Message], field: str) -> None:
    """Only some fields are sealed, and not all of them by a channel.

    Raises:
        Wrong: this one is not, or only the service that answers seals it.
    """
    if field not in message.sealed_fields:
        names = ", ".join(message.sealed_fields) or "none"
        raise Wrong(f"{message.__name__} has no sealed field of that name; sealed there: {names}")
    if message.sealed_fields[field] is SealedFor.ASKER:
        raise Wrong(f"{field} is sealed by the service that answers, to the key that the command named")


def named_key(message: type[Message], given: str | None) -> str | None:
    """The public key for the answer that `--answer-key` gives, as JWK text or as the name of a file with it.

    Raises:
        Wrong: it is missing where the message has such a field, or given where it has none, or no public X25519 key.
    """
    if "answer_key" not in message.model_fields:
        if given is not None:
            raise Wrong(f"{message.__name__} has no answer_key: leave --answer-key away")
        return None
    if given is None:
        raise Wrong(f"{message.__name__} has an answer_key, and its seals are bound to it: --answer-key FILE or JWK")
    try:
        jwk = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Wrong("the file of --answer-key cannot be read") from None
    if not validate_public_jwk(jwk):
        raise Wrong("--answer-key is no public X25519 key as JWK")
    return jwk


async def sealed(system: Installation, place: Place, text: str) -> str:
    """The JWE of a text for this place.

    Raises:
        Wrong: the field is not for channels to seal, or no fingerprint is known.
        NotReached: Kafka does not answer.
        NoAnswer: the recipient has published no key with the pinned fingerprint.
    """
    check_sealed(place.message, place.field)
    recipient = opener_of(place.message, place.field)
    binding = binding_of(place.message.type_name, place.key, place.field, place.answer_key)
    check_pinned(system, {recipient})
    async with channel(system, "web", OKPKey.generate_key("X25519"), None, {recipient}) as client:
        return seal(text, await client.key_of(recipient), binding)


def check_vectors(file: Path) -> list[Checked]:
    """Each vector of a file, held against the library that the services use.

    Raises:
        Wrong: it is no file of vectors.
    """
    try:
        return list(_checks(json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        raise Wrong(f"{file} is no file of vectors") from None


def _checks(vectors: Mapping[str, Any]) -> Iterator[Checked]:
    ours = OKPKey.import_key(json.loads(vectors["recipient_private_jwk"]))
    yield _thumbprint("recipient_public_jwk", vectors["recipient_public_jwk"], vectors["recipient_kid"])
    for each in vectors.get("thumbprints", ()):
        yield _thumbprint(each["about"], each["jwk"], each["thumbprint"])
    for each in vectors["seals"]:
        yield _opens(each, ours)
    if "answers" in vectors:
        asker = OKPKey.import_key(json.loads(vectors["answers"]["answer_key_private"]))
        for each in vectors["answers"]["seals"]:
            yield _opens(each, asker)
    for each in vectors.get("must_not_open", ()):
        yield _stays_shut(each, ours)


def _thumbprint(what: str, jwk: str, expected: str) -> Checked:
    key = parse_public_jwk(jwk, json.loads(jwk)["crv"])
    same = key is not None and thumbprint(key) == expected
    return Checked(f"thumbprint: {what}", "" if same else "the thumbprint is another")


def _opens(vector: Mapping[str, str], key: OKPKey) -> Checked:
    what = f"seal: {vector['type']} {vector['field']}"
    try:
        binding = binding_of(vector["type"], vector["subject"], vector["field"], vector.get("answer_key"))
    except NotSealable:
        return Checked(what, "its answer_key is no public X25519 key")
    if binding != vector["binding"]:
        return Checked(what, "the binding is another")
    try:
        opened = open_seal(vector["seal"], {thumbprint(key): key}, binding)
    except SealBroken:
        return Checked(what, "it does not open")
    return Checked(what, "" if opened == vector["plain"] else "it opens to another text")


def _stays_shut(vector: Mapping[str, str], key: OKPKey) -> Checked:
    what = f"must not open: {vector['why']}"
    try:
        open_seal(vector["seal"], {thumbprint(key): key}, vector["binding"])
    except SealBroken:
        return Checked(what)
    return Checked(what, "it opens")
