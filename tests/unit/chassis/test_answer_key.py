"""What is sealed in a command is bound to its `answer_key`: whoever copies the command cannot have its answer (law 11).

The attack: read a record of a topic for commands, put an own key into its body, and send it again.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from contracts.accounts import ReviewDefinition
from contracts.catalogue import published_messages
from contracts.decision import Decision, Facts, Incoming, Refusal
from contracts.envelope import Envelope, to_headers
from contracts.identity import LogIn
from contracts.sealed import Sealed
from contracts.topics import ACCOUNTS_COMMANDS
from services.chassis.arrival import Arrival, Decoder
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.sealing import MAX_BINDING_BYTES, NotSealable, SealBroken, binding_of, public_jwk, thumbprint
from services.chassis.service import Route, Service
from tests.component.counter import Count, counter_service
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON, fake_token, keyed_hash

ASKER, THIEF = OKPKey.generate_key("X25519"), OKPKey.generate_key("X25519")
OURS, THEIRS = public_jwk(ASKER), public_jwk(THIEF)
NO_KEYS = (
    pytest.param("{" + "x" * 50 + "}", id="garbage"),
    pytest.param('{"kty":"OKP","crv":"X25519","x":"' + "A" * 43 + '"}', id="point-of-low-order"),
    pytest.param(json.dumps({**json.loads(OURS), "crv": "Ed25519"}), id="other-curve"),
    pytest.param(json.dumps(dict(ASKER.as_dict(private=True))), id="private"),
)
ACCOUNTS_KEY, IDENTITY_KEY = OKPKey.generate_key("X25519"), OKPKey.generate_key("X25519")


def ring(service: str, key: OKPKey) -> Keyring:
    return Keyring(service, PrivateKeys(key, {thumbprint(key): key}, None, b"h", b"s"), {})


IDENTITY, ACCOUNTS = ring("identity", IDENTITY_KEY), ring("accounts", ACCOUNTS_KEY)


def log_in() -> LogIn:
    number, password = Sealed.of("1087654321"), Sealed.of("a password")
    body = LogIn(identity_type="citizen", identity_number=number, password=password, answer_key=OURS)
    sent = IDENTITY.seal_fields(body, "flow-1")
    assert isinstance(sent, LogIn)
    return sent


def never(state: Count | None, message: Incoming[Any], facts: Facts) -> Decision[Count]:
    raise AssertionError


def of_customer(message: Incoming[Any], keyed_hash: Any) -> str:
    return f"count:{message.who.user_id}"


def reviewing() -> Service:
    service = counter_service()
    return replace(service, routes=(*service.routes, Route(ReviewDefinition, of_customer, never)))


def arrived(answer_key: str, token: Sealed | None = None) -> Arrival:
    """A review asked for under ASKER's key, and its record with this key in its place."""
    asked = ACCOUNTS.seal_fields(ReviewDefinition(token=Sealed.of("good-noura"), answer_key=OURS), "flow-1")
    body = asked.model_copy(update={"answer_key": answer_key} | ({} if token is None else {"token": token}))
    headers = tuple(to_headers(Envelope("id-1", "web", body.type_name, "flow-1", NOON)))
    stamp = int(NOON.timestamp() * 1000)
    raw = FakeRecord(ACCOUNTS_COMMANDS.name, 3, 17, stamp, b"flow-1", body.model_dump_json().encode(), headers)
    decoder = Decoder(reviewing(), keyed_hash, ACCOUNTS.opener, fake_token)
    arrival = decoder.read(raw, ACCOUNTS_COMMANDS, NOON)
    assert isinstance(arrival, Arrival)
    return arrival


def test_L11_a_command_opens_with_the_answer_key_it_was_sealed_with() -> None:
    opened = IDENTITY.opener(log_in(), "flow-1")
    assert (opened("identity_number"), opened("password")) == ("1087654321", "a password")
    arrival = arrived(OURS)
    assert (arrival.obstacle, arrival.aggregate) == (None, "count:noura")


@pytest.mark.parametrize("field", ["identity_number", "password"])
def test_I11_L11_a_captured_login_with_another_answer_key_does_not_open(field: str) -> None:
    stolen = log_in().model_copy(update={"answer_key": THEIRS})
    with pytest.raises(SealBroken):
        IDENTITY.opener(stolen, "flow-1")(field)


def test_L11_the_thief_s_key_beside_the_asker_s_does_not_open_either() -> None:
    x = json.loads(OURS)["x"]
    both = THEIRS.replace("{", f'{{"x":"{x}",')  # of two members of one name the last one counts, everywhere
    with pytest.raises(SealBroken):
        IDENTITY.opener(log_in().model_copy(update={"answer_key": both}), "flow-1")("password")


def test_L11_a_captured_command_with_another_answer_key_is_refused_and_reaches_no_aggregate() -> None:
    arrival = arrived(THEIRS)
    assert arrival.obstacle == Refusal("malformed", "seal-not-opened")
    assert (arrival.kind, arrival.aggregate, arrival.incoming.customer) == (None, "", None)


@pytest.mark.parametrize("no_key", NO_KEYS)
@pytest.mark.parametrize("token", [None, Sealed(jwe="AA..AA.AA.AA")])
def test_L11_an_answer_key_that_is_none_is_refused_before_anything_is_opened(no_key: str, token: Sealed | None) -> None:
    arrival = arrived(no_key, token)
    assert arrival.obstacle == Refusal("malformed", "answer-key-not-accepted")
    assert (arrival.kind, arrival.aggregate) == (None, "")


@pytest.mark.parametrize("no_key", NO_KEYS)
def test_L11_nothing_is_bound_to_a_key_that_is_none(no_key: str) -> None:
    with pytest.raises(SealBroken):
        IDENTITY.opener(log_in().model_copy(update={"answer_key": no_key}), "flow-1")("password")
    open_text = log_in().model_copy(update={"answer_key": no_key, "password": Sealed.of("a password")})
    with pytest.raises(NotSealable):
        IDENTITY.seal_fields(open_text, "flow-1")


def test_L11_the_same_key_in_another_spelling_is_the_same_key() -> None:
    spaced = json.dumps({**dict(reversed(json.loads(OURS).items())), "use": "enc", "kid": "mine"}, indent=1)
    again = log_in().model_copy(update={"answer_key": spaced})
    assert IDENTITY.opener(again, "flow-1")("password") == "a password"


def test_L11_the_longest_binding_of_any_message_can_be_sealed() -> None:
    asking = 0
    for name, message in published_messages().items():
        answer_key = OURS if "answer_key" in message.model_fields else None
        asking += answer_key is not None
        for field in message.sealed_fields:
            assert len(binding_of(name, "s" * 100, field, answer_key)) <= MAX_BINDING_BYTES, name
    assert asking >= 8
