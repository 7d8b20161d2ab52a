"""The vectors against which clients in other languages test themselves, held against what the services use."""

import json

import pytest
from joserfc.jwk import OKPKey

from contracts.catalogue import published_messages
from services.chassis.sealing import SealBroken, binding_of, open_seal, parse_public_jwk, thumbprint
from tests.unit.chassis.seal_vectors import VECTORS, vectors


def test_L11_published_vectors_are_what_the_second_opinion_makes() -> None:
    assert VECTORS.read_text(encoding="utf-8") == vectors()


def test_L11_published_vectors_open() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))
    key = OKPKey.import_key(json.loads(published["recipient_private_jwk"]))
    opened = [
        open_seal(
            each["seal"],
            {thumbprint(key): key},
            binding_of(each["type"], each["subject"], each["field"], each.get("answer_key")),
        )
        for each in published["seals"]
    ]
    assert opened == [each["plain"] for each in published["seals"]]
    assert len(opened) >= 6


def test_L11_published_vectors_name_an_answer_key_where_the_message_does() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))["seals"]
    named = {"answer_key" in each for each in published}
    messages = published_messages()
    assert named == {True, False}
    assert all(("answer_key" in each) == ("answer_key" in messages[each["type"]].model_fields) for each in published)


def test_L11_published_answers_open_with_the_asker_s_key() -> None:
    answers = json.loads(VECTORS.read_text(encoding="utf-8"))["answers"]
    key = OKPKey.import_key(json.loads(answers["answer_key_private"]))
    opened = [open_seal(each["seal"], {thumbprint(key): key}, each["binding"]) for each in answers["seals"]]
    assert opened == [each["plain"] for each in answers["seals"]]
    assert thumbprint(key) == answers["answer_key_kid"]
    assert {each["field"] for each in answers["seals"]} >= {"token", "review"}


def test_L11_published_thumbprints_are_those_of_the_library() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))["thumbprints"]
    keys = [parse_public_jwk(each["jwk"], json.loads(each["jwk"])["crv"]) for each in published]
    assert [key and thumbprint(key) for key in keys] == [each["thumbprint"] for each in published]


def test_L11_what_must_not_open_does_not() -> None:
    published = json.loads(VECTORS.read_text(encoding="utf-8"))
    key = OKPKey.import_key(json.loads(published["recipient_private_jwk"]))
    assert len(published["must_not_open"]) >= 6
    assert [each["why"] for each in published["must_not_open"] if "another answer_key" in each["why"]]
    for each in published["must_not_open"]:
        with pytest.raises(SealBroken):
            open_seal(each["seal"], {thumbprint(key): key}, each["binding"])
