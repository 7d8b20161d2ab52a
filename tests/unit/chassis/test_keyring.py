from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
import structlog
from joserfc.jwk import OKPKey

from contracts import topics
from contracts.catalogue import CATALOGUE
from contracts.identity import ConfirmOtp, LoggedIn, OtpRequested
from contracts.keys import SERVICE_KEYS_PUBLISHED, ServiceKeysPublished
from contracts.message import Message
from contracts.sealed import Sealed, SealedFor
from deploy.local.keys import make_keys
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.sealing import NotSealable, SealBroken, binding_of, open_seal, public_jwk, thumbprint
from tests.scenario import NOON


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Keyring]:
    """Three services that have learnt nothing yet, each with what is pinned of the others."""
    folder = tmp_path_factory.mktemp("keys")
    pinned = {name: Fingerprints(**prints) for name, prints in make_keys(folder).items()}
    return {name: Keyring(name, PrivateKeys.load(folder / name), pinned) for name in pinned}


def fresh(folder: Path, service: str = "accounts") -> tuple[Keyring, dict[str, Fingerprints], dict[str, PrivateKeys]]:
    pinned = {name: Fingerprints(**prints) for name, prints in make_keys(folder, ("identity", "accounts")).items()}
    keys = {name: PrivateKeys.load(folder / name) for name in pinned}
    return Keyring(service, keys[service], pinned), pinned, keys


def announced(ring: Keyring) -> ServiceKeysPublished:
    message = ring.own_announcement()
    assert isinstance(message, ServiceKeysPublished)
    return message


def otp_requested() -> OtpRequested:
    return OtpRequested(
        otp_id="otp-1",
        purpose="confirm-mobile",
        mobile=Sealed.of("+966500000001"),
        code=Sealed.of("1234"),
        language="ar",
        issued_at=NOON,
        hand_over_by=NOON,
        valid_until=NOON,
    )


def on_the_bus(message: Message) -> Any:
    return type(message).model_validate_json(message.model_dump_json())


def test_L11_each_service_announces_its_keys_on_its_own_compacted_topic() -> None:
    for service, message in SERVICE_KEYS_PUBLISHED.items():
        assert message.topic is topics.KEYS[service]
        assert message.topic.compacted
        assert message.topic.writers == {service}
        assert CATALOGUE[f"hesabi.{service}.ServiceKeysPublished.v1"] is message


def test_L11_a_field_for_another_service_opens_there_and_nowhere_else(rings: Mapping[str, Keyring]) -> None:
    identity, notifications, reports = rings["identity"], rings["notifications"], rings["reports"]
    assert identity.learn("notifications", announced(notifications))
    sent = on_the_bus(identity.seal_fields(otp_requested(), "registration:1"))
    opened = notifications.opener(sent, "registration:1")
    assert (opened("mobile"), opened("code")) == ("+966500000001", "1234")
    with pytest.raises(SealBroken):
        reports.opener(sent, "registration:1")("code")
    with pytest.raises(SealBroken):
        notifications.opener(sent, "registration:2")("code")


def test_L11_a_field_does_not_open_in_the_place_of_another(rings: Mapping[str, Keyring]) -> None:
    identity, notifications = rings["identity"], rings["notifications"]
    identity.learn("notifications", announced(notifications))
    sent = on_the_bus(identity.seal_fields(otp_requested(), "registration:1"))
    swapped = sent.model_copy(update={"mobile": sent.code, "code": sent.mobile})
    with pytest.raises(SealBroken):
        notifications.opener(swapped, "registration:1")("code")


def test_L11_a_field_for_the_topics_own_service_goes_to_the_service_of_the_message(
    rings: Mapping[str, Keyring],
) -> None:
    identity, accounts = rings["identity"], rings["accounts"]
    assert accounts.learn("identity", announced(identity))
    sent = on_the_bus(accounts.seal_fields(ConfirmOtp(code=Sealed.of("1234")), "flow-1"))
    assert identity.opener(sent, "flow-1")("code") == "1234"


def test_L11_an_answer_is_sealed_to_the_key_that_the_command_named(rings: Mapping[str, Keyring]) -> None:
    asker = OKPKey.generate_key("X25519")
    answer = LoggedIn(token=Sealed.of("a.b.c", to=public_jwk(asker)), expires_at=NOON, next_step="define-account")
    sent = rings["identity"].seal_fields(answer, "person:1")
    assert isinstance(sent, LoggedIn)
    assert sent.token.jwe is not None
    binding = binding_of("hesabi.identity.LoggedIn.v1", "person:1", "token")
    assert open_seal(sent.token.jwe, {thumbprint(asker): asker}, binding) == "a.b.c"


@pytest.mark.parametrize("to", [None, "{}", '{"kty":"OKP","crv":"X25519","x":"' + "A" * 43 + '"}'])
def test_L11_an_answer_to_no_good_key_is_not_sent(rings: Mapping[str, Keyring], to: str | None) -> None:
    answer = LoggedIn(token=Sealed.of("a.b.c", to=to), expires_at=NOON, next_step="define-account")
    with pytest.raises(NotSealable):
        rings["identity"].seal_fields(answer, "person:1")


def test_L11_what_is_sealed_already_stays_as_it_is(rings: Mapping[str, Keyring]) -> None:
    sent = rings["identity"].seal_fields(ConfirmOtp(code=Sealed.of("1234")), "flow-1")
    assert rings["identity"].seal_fields(sent, "flow-2") is sent


def test_L11_an_absent_sealed_field_stays_absent(rings: Mapping[str, Keyring]) -> None:
    class Optional(Message):
        note: Annotated[Sealed | None, SealedFor.IDENTITY] = None

    message = Optional()
    assert rings["identity"].seal_fields(message, "flow-1") is message
    with pytest.raises(KeyError):
        rings["identity"].opener(message, "flow-1")("note")


def test_L11_a_field_is_opened_once_and_only_when_asked_for(rings: Mapping[str, Keyring]) -> None:
    identity = rings["identity"]
    sent = identity.seal_fields(ConfirmOtp(code=Sealed.of("1234")), "flow-1")
    opener = identity.opener(sent, "flow-1")
    first = opener("code")
    assert opener("code") is first
    broken = ConfirmOtp(code=Sealed(jwe="AA..AA.AA.AA"))
    lazily = identity.opener(broken, "flow-1")
    with pytest.raises(SealBroken):
        lazily("code")
    with pytest.raises(KeyError):
        opener("language")


def test_L11_a_key_not_learnt_yet_is_broken_machinery(tmp_path: Path) -> None:
    ring, _, _ = fresh(tmp_path)
    with pytest.raises(KeyUnknown, match="identity"):
        ring.public_key("identity")
    with pytest.raises(KeyUnknown):
        ring.signing_key("any")
    with pytest.raises(KeyUnknown):
        ring.seal_fields(ConfirmOtp(code=Sealed.of("1234")), "flow-1")


def test_L11_pinned_keys_are_learnt_and_identitys_signing_key_with_them(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    assert ring.learn("identity", announced(Keyring("identity", keys["identity"], pinned)))
    assert ring.public_key("identity") == public_jwk(keys["identity"].seal)
    signing = ring.signing_key(pinned["identity"].signing or "")
    assert signing is not None
    assert not signing.is_private
    assert ring.signing_key("another") is None


def test_L12_a_signing_key_of_another_service_than_identity_signs_nothing(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path, "identity")
    signing = OKPKey.generate_key("Ed25519")
    pinned["accounts"] = Fingerprints(pinned["accounts"].seal, thumbprint(signing))
    message = SERVICE_KEYS_PUBLISHED["accounts"](
        seal_key=public_jwk(keys["accounts"].seal), signing_key=public_jwk(signing)
    )
    assert ring.learn("accounts", message)
    assert ring.signing_key(thumbprint(signing)) is None


def test_L11_a_key_to_come_is_learnt_when_its_owner_changes_to_it(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    new = replace(keys["identity"], seal=OKPKey.generate_key("X25519"))
    before, after = (announced(Keyring("identity", each, pinned)) for each in (keys["identity"], new))
    assert ring.learn("identity", before)
    assert not ring.learn("identity", after)
    pinned["identity"] = replace(pinned["identity"], next_seal=thumbprint(new.seal))
    for said in (before, after):
        assert ring.learn("identity", said)
        assert ring.public_key("identity") == said.seal_key


def test_L11_tokens_of_the_signing_key_to_come_count_beside_those_of_the_present_one(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    present, coming = keys["identity"].signing, OKPKey.generate_key("Ed25519")
    assert present is not None
    before = announced(Keyring("identity", keys["identity"], pinned))
    after = before.model_copy(update={"signing_key": public_jwk(coming)})
    assert ring.learn("identity", before)
    assert not ring.learn("identity", after)
    pinned["identity"] = replace(pinned["identity"], next_signing=thumbprint(coming))
    assert ring.learn("identity", after)
    assert None not in [ring.signing_key(thumbprint(each)) for each in (present, coming)]
    assert not ring.learn("identity", after.model_copy(update={"signing_key": None}))


def test_L11_keys_that_are_not_those_pinned_are_refused_and_logged(tmp_path: Path) -> None:
    ring, pinned, keys = fresh(tmp_path)
    genuine = announced(Keyring("identity", keys["identity"], pinned))
    ring.learn("identity", genuine)
    seal_key, signing_key = public_jwk(OKPKey.generate_key("X25519")), public_jwk(OKPKey.generate_key("Ed25519"))
    with structlog.testing.capture_logs() as lines:
        assert not ring.learn("identity", genuine.model_copy(update={"seal_key": seal_key}))
        assert not ring.learn("identity", genuine.model_copy(update={"seal_key": "{" + "x" * 50 + "}"}))
        assert not ring.learn("identity", genuine.model_copy(update={"signing_key": signing_key}))
        assert not ring.learn("identity", genuine.model_copy(update={"signing_key": None}))
        assert not ring.learn("billing", genuine)
    assert [(line["event"], line["service_of_key"], line["reason"]) for line in lines] == [
        ("key_refused", "identity", "seal-key-mismatch"),
        ("key_refused", "identity", "seal-key-mismatch"),
        ("key_refused", "identity", "signing-key-mismatch"),
        ("key_refused", "identity", "signing-key-mismatch"),
        ("key_refused", "billing", "not-pinned"),
    ]
    assert ring.public_key("identity") == public_jwk(keys["identity"].seal)  # what was known stays
