"""Session tokens: JWTs that identity signs and every service checks itself (architecture, law 12; I11).

Claims: `iss` "identity", `sub` the user, `sid` the session, `azp` the channel (`ce_source`) it is for, `iat`, `exp`.
The signature is Ed25519 under its fully specified name (RFC 9864); no other algorithm is ever tried.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import GuestProtocol, OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact, serialize_compact
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.decision import Customer
from contracts.message import Code, Id
from services.chassis.sealing import thumbprint

ISSUER: Final = "identity"
ALGORITHM: Final = "Ed25519"
MAX_TOKEN_CHARACTERS: Final = 2_000
MAX_VERIFIED: Final = 10_000
"""Verified tokens that a process remembers; about 5 MB."""

LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, beyond which there is no instant."""

_HEADER: Final = {"alg", "kid", "typ"}
_REGISTRY: Final = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)

TokenReason = Literal["token-malformed", "token-signature", "token-expired", "token-channel", "token-issuer"]

SigningKey = Callable[[str], OKPKey | None]
"""Identity's public signing key by `kid`; None if it has no such key. Raises `KeyUnknown` while none is known."""


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """Why a token does not count, for operators; a customer only hears that a sign-in is needed (J4)."""

    reason: TokenReason


@dataclass(frozen=True, slots=True)
class _Verified:
    customer: Customer
    expires_at: datetime


class _Claims(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    iss: str
    sub: Id
    sid: Id
    azp: Code
    iat: Annotated[int, Field(ge=0, le=LAST_SECOND)]
    exp: Annotated[int, Field(ge=0, le=LAST_SECOND)]


def sign_session(key: OKPKey, customer: Customer, issued_at: datetime, expires_at: datetime) -> str:
    """A token for this session, by identity's private signing key. Instants are UTC, cut to the second."""
    claims = {
        "iss": ISSUER,
        "sub": customer.user_id,
        "sid": customer.session_id,
        "azp": customer.channel,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    header = {"alg": ALGORITHM, "kid": thumbprint(key), "typ": "JWT"}
    return serialize_compact(header, json.dumps(claims, separators=(",", ":")), key, registry=_REGISTRY)


class SessionVerifier:
    """Checks tokens, remembering those whose signature held. Whether a token has ended is asked anew every time."""

    def __init__(self, signing_key: SigningKey) -> None:
        self._signing_key = signing_key
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def verify(self, token: str, now: datetime, channel: str) -> Customer | TokenRefused:
        """Who a token speaks for, judged as of `now`, the arrival of its command (law 9), on the channel that sent it.

        Raises:
            KeyUnknown: identity's signing key is not known yet.
        """
        verified = self._remembered(token)
        if isinstance(verified, TokenRefused):
            return verified
        if verified.customer.channel != channel:
            return TokenRefused("token-channel")
        if now >= verified.expires_at:
            return TokenRefused("token-expired")
        return verified.customer

    def _remembered(self, token: str) -> _Verified | TokenRefused:
        if len(token) > MAX_TOKEN_CHARACTERS:
            return TokenRefused("token-malformed")
        name = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        known = self._verified.get(name)
        if known is not None:
            self._verified.move_to_end(name)
            return known
        verified = _verified(token, self._signing_key)
        if isinstance(verified, _Verified):
            self._verified[name] = verified
            if len(self._verified) > MAX_VERIFIED:
                self._verified.popitem(last=False)
        return verified


def _verified(token: str, signing_key: SigningKey) -> _Verified | TokenRefused:
    try:
        signed = deserialize_compact(token, lambda jws: _key_of(jws, signing_key), registry=_REGISTRY)
        claims = _Claims.model_validate_json(signed.payload)
    except BadSignatureError:
        return TokenRefused("token-signature")
    except (JoseError, ValidationError, ValueError, TypeError, RecursionError):
        return TokenRefused("token-malformed")
    if claims.iss != ISSUER:
        return TokenRefused("token-issuer")
    customer = Customer(claims.sub, claims.sid, claims.azp)
    return _Verified(customer, datetime.fromtimestamp(claims.exp, UTC))


def _key_of(jws: GuestProtocol, signing_key: SigningKey) -> OKPKey:
    header: Any = jws.headers()
    if not isinstance(header, dict) or header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != "JWT":
        raise ValueError("not the header of a session token")
    key = signing_key(str(header["kid"]))
    if key is None:
        raise BadSignatureError
    return key
