"""The steps of one individual, taken in memory."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from contracts.decision import Customer
from contracts.identity import (
    AcceptTerms,
    ActivateUser,
    ActivationLinkRequested,
    ConfirmOtp,
    ContactGiven,
    GiveContact,
    LoggedIn,
    LogIn,
    OtpConfirmed,
    OtpRequested,
    RegistrationStarted,
    StartRegistration,
    TermsAccepted,
    UserSignedIn,
)
from contracts.identity_internal import NumberCodeGranted
from contracts.notifications import OtpHandedOver
from contracts.registry import (
    ApprovedMobileAsked,
    ApprovedMobileFound,
)
from contracts.sealed import Sealed
from services.identity.settings import IdentitySettings
from tests.unit.identity.in_memory import Identity, plain
from tests.unit.identity.situations import (
    APPROVED_MOBILE,
    BIRTH_DATE,
    CITIZEN,
    EMAIL,
    KEY,
    PASSWORD,
    TERMS,
)


def keyed_hash(purpose: str, text: str) -> str:
    return hmac.digest(b"k" * 32, f"{purpose}\0{text}".encode(), hashlib.sha256).hex()[:32]


def sign(customer: Customer, issued_at: Any, expires_at: Any) -> str:
    return f"token-of-{customer.user_id}-{customer.channel}"


def settings(**changes: Any) -> IdentitySettings:
    terms = json.dumps([{"version": "2026-01", "language": "ar", "text_hash": TERMS.text_hash}])
    given: dict[str, Any] = {
        "kafka_bootstrap": "127.0.0.1:1",
        "mongo_uri": SecretStr("mongodb://127.0.0.1:1"),
        "database": "identity",
        "keys_folder": Path("keys"),
        "key_fingerprints": "{}",
        "http_port": 0,
        "terms": terms,
    }
    return IdentitySettings(**(given | changes))


def start(number: str = CITIZEN) -> StartRegistration:
    return StartRegistration(
        segment="individual",
        nationality="SA",
        identity_type="citizen",
        identity_number=Sealed.of(number),
        birth_date=Sealed.of(BIRTH_DATE),
        language="ar",
    )


def log_in(password: str = PASSWORD, number: str = CITIZEN) -> LogIn:
    return LogIn(
        identity_type="citizen", identity_number=Sealed.of(number), password=Sealed.of(password), answer_key=KEY
    )


async def get_code(identity: Identity, flow: str = "flow-1") -> None:
    """Start, and let the registry name the approved mobile."""
    assert await identity.command(start(), flow) == RegistrationStarted(next_step="confirm-otp")
    asked = identity.last(ApprovedMobileAsked)
    await identity.deliver(ApprovedMobileFound(asked_by=asked.asked_by, mobile=Sealed.of(APPROVED_MOBILE)))


async def confirm_code(identity: Identity, flow: str = "flow-1") -> Any:
    """The last code is handed over and entered."""
    requested = identity.last(OtpRequested)
    user = identity.last(NumberCodeGranted).asked_by
    await identity.deliver(OtpHandedOver(otp_id=requested.otp_id, asked_by=user))
    return await identity.command(ConfirmOtp(code=Sealed.of(plain(requested.code))), flow)


async def register(identity: Identity, flow: str = "flow-1") -> Any:
    """From the start to the answer to the second code."""
    await get_code(identity, flow)
    assert await confirm_code(identity, flow) == OtpConfirmed(next_step="give-contact")
    contact = GiveContact(email=Sealed.of(EMAIL), mobile=Sealed.of("055 987 6543"), password=Sealed.of(PASSWORD))
    assert await identity.command(contact, flow) == ContactGiven(next_step="accept-terms")
    accept = AcceptTerms(version="2026-01", language="ar", text_hash=TERMS.text_hash)
    assert await identity.command(accept, flow) == TermsAccepted(next_step="confirm-otp")
    return await confirm_code(identity, flow)


async def activate(identity: Identity) -> Any:
    token = plain(identity.last(ActivationLinkRequested).activation_token)
    return await identity.command(ActivateUser(activation_token=Sealed.of(token)), "mail")


async def sign_in(identity: Identity) -> Customer:
    answer = await identity.command(log_in())
    assert isinstance(answer, LoggedIn)
    return Customer(identity.last(UserSignedIn).user_id, "s-1", "web")
