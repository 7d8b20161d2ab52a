"""Session tokens: JWTs that identity signs and every service checks itself (architecture, law 12; I11).

Claims: `iss` "identity", `sub` the user, `sid` the session, `azp` the channel (`ce_source`) it is for, `iat`, `exp`.
Where a person acts for a business (I17), `sub` is the business and `act` is exactly `{"sub": <the person>}` (RFC 8693,
4.1). A token without `act` is an individual's own.
The signature is Ed25519 under its fully specified name (RFC 9864); no other algorithm is ever tried.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import GuestProtocol, OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact, serialize_compact
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

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

TokenReason = Literal[
    "token-malformed", "token-signature", "token-expired", "token-channel", "token-issuer", "token-session-ended"
]

SigningKey = Callable[[str], OKPKey | None]
"""Identity's public signing key by `kid`; None if it has no such key. Raises `KeyUnknown` while none is known."""

HasEnded = Callable[[Customer, datetime, datetime], bool]
"""Whether the session of a token, given its customer and its issue, had ended when a command came in (I13)."""


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """Why a token does not count, for operators; a customer only hears that a sign-in is needed (J4). `customer`: who
    it spoke for while its session lasted: a command decided then and sent again gets its answer again (J3)."""

    reason: TokenReason
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class _Verified:
    customer: Customer
    issued_at: datetime
    expires_at: datetime


class _Actor(BaseModel):
    # Closed: whoever acts is one person, and no chain of them (RFC 8693 would allow a nested `act`).
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    sub: Id


def _given(value: Any) -> Any:
    """A claim that is there says something: `null` must not pass for an individual's token."""
    if value is None:
        raise ValueError("no actor is said by leaving the claim out")
    return value


class _Claims(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    iss: str
    sub: Id
    sid: Id
    azp: Code
    iat: Annotated[int, Field(ge=0, le=LAST_SECOND)]
    exp: Annotated[int, Field(ge=0, le=LAST_SECOND)]
    act: Annotated[_Actor | None, BeforeValidator(_given)] = None

    @model_validator(mode="after")
    def _somebody_acts_for_somebody_else(self) -> Self:
        if self.act is not None and self.act.sub == self.sub:
            raise ValueError("nobody acts for themselves")
        return self


def sign_session(key: OKPKey, customer: Customer, issued_at: datetime, expires_at: datetime) -> str:
    """A token for this session, by identity's private signing key. Instants are UTC, cut to the second."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": customer.user_id,
        "sid": customer.session_id,
        "azp": customer.channel,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    if customer.actor is not None:
        claims["act"] = {"sub": customer.actor}
    header = {"alg": ALGORITHM, "kid": thumbprint(key), "typ": "JWT"}
    return serialize_compact(header, json.dumps(claims, separators=(",", ":")), key, registry=_REGISTRY)


class SessionVerifier:
    """Checks tokens, remembering those whose signature held. Whether a token has ended is asked anew every time."""

    def __init__(self, signing_key: SigningKey, has_ended: HasEnded) -> None:
        self._signing_key, self._has_ended = signing_key, has_ended
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def verify(self, token: str, now: datetime, channel: str) -> Customer | TokenRefused:
        """Who a token speaks for, judged as of `now`, the arrival of its command (law 9), on the channel that sent it.

        Raises:
            KeyUnknown: identity's signing key is not known yet.
        """
        verified = self._remembered(token)
        if isinstance(verified, _Verified) and verified.customer.channel != channel:
            return TokenRefused("token-channel")
        return self._as_of(verified, now)

    def verify_shown(self, token: str, now: datetime) -> Customer | TokenRefused:
        """The same of a token that its bearer shows at a door, where only the token says on which channel they are."""
        return self._as_of(self._remembered(token), now)

    def _as_of(self, verified: _Verified | TokenRefused, now: datetime) -> Customer | TokenRefused:
        if isinstance(verified, TokenRefused):
            return verified
        if now >= verified.expires_at:
            return TokenRefused("token-expired")
        if self._has_ended(verified.customer, verified.issued_at, now):
            return TokenRefused("token-session-ended", verified.customer)
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
    customer = Customer(claims.sub, claims.sid, claims.azp, claims.act.sub if claims.act is not None else None)
    return _Verified(customer, datetime.fromtimestamp(claims.iat, UTC), datetime.fromtimestamp(claims.exp, UTC))


def _key_of(jws: GuestProtocol, signing_key: SigningKey) -> OKPKey:
    header: Any = jws.headers()
    if not isinstance(header, dict) or header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != "JWT":
        raise ValueError("not the header of a session token")
    key = signing_key(str(header["kid"]))
    if key is None:
        raise BadSignatureError
    return key
