from datetime import timedelta

import pytest
from joserfc.jwk import OKPKey

from contracts.decision import Customer
from services.chassis.keys import PrivateKeys
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import SessionVerifier, TokenRefused
from services.identity.__main__ import build
from services.identity.settings import IdentitySettings
from tests.scenario import NOON
from tests.unit.identity.journey import settings
from tests.unit.identity.situations import (
    TERMS,
)


def test_I6_the_life_of_a_code_is_a_setting_with_a_ceiling() -> None:
    assert settings(otp_life_s=2).policy.code_life == timedelta(seconds=2)
    with pytest.raises(ValueError, match="otp_life_s"):
        settings(otp_life_s=60.1)


def test_I8_terms_are_a_required_setting() -> None:
    with pytest.raises(ValueError, match="terms"):
        settings(terms="[]")
    with pytest.raises(ValueError, match="terms"):
        settings(terms="no JSON")
    assert settings().policy.terms == (TERMS,)
    assert issubclass(IdentitySettings, ServiceSettings)


def test_I11_without_a_signing_key_identity_does_not_start(capsys: pytest.CaptureFixture[str]) -> None:
    keys = PrivateKeys(seal=OKPKey.generate_key("X25519"), opening={}, signing=None, hash_key=b"h", state_key=b"s")
    with pytest.raises(SystemExit) as stopped:
        build(settings(), keys)
    assert stopped.value.code == 2
    assert "signing.jwk" in capsys.readouterr().err


def test_I11_with_its_keys_identity_signs_what_every_service_can_check() -> None:
    signing = OKPKey.generate_key("Ed25519")
    keys = PrivateKeys(seal=OKPKey.generate_key("X25519"), opening={}, signing=signing, hash_key=b"h", state_key=b"s")
    service = build(settings(), keys)
    customer = Customer("u-1", "s-1", "web")
    token = service.effects.sign_session(customer, NOON, NOON + timedelta(minutes=30))
    verifier = SessionVerifier(lambda kid: signing, lambda *_: False)
    assert verifier.verify(token, NOON, "web") == customer
    assert verifier.verify(token, NOON + timedelta(minutes=30), "web") == TokenRefused("token-expired")
