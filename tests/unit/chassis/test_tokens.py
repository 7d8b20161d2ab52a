import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import JWSRegistry, serialize_compact

from contracts.decision import Customer
from services.chassis import tokens
from services.chassis.keys import KeyUnknown
from services.chassis.sealing import thumbprint
from services.chassis.tokens import SessionVerifier, TokenReason, TokenRefused, sign_session

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
END = NOON + timedelta(minutes=15)
SARA = Customer("user-1", "session-1", "web")
KEY = OKPKey.generate_key("Ed25519")
KID = thumbprint(KEY)
CLAIMS = {
    "iss": "identity",
    "sub": "user-1",
    "sid": "session-1",
    "azp": "web",
    "iat": int(NOON.timestamp()),
    "exp": int(END.timestamp()),
}
HEADER = {"alg": "Ed25519", "kid": KID, "typ": "JWT"}


ODD_ACTORS: tuple[Any, ...] = (
    None,
    "user-2",
    {},
    [],
    {"sub": None},
    {"sub": ""},
    {"sub": ["user-2"]},
    {"sub": {"$ne": 1}},
    {"sub": "user-1"},
    {"sub": "user-2", "iss": "identity"},
    {"sub": "user-2", "act": {"sub": "user-3"}},
)
"""What `act` must not be."""


class Asked:
    """The keyring's part, counting how often a signature had to be checked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, kid: str) -> OKPKey | None:
        self.times += 1
        return KEY if kid == KID else None


def forged(header: dict[str, Any], claims: Any, key: Any = KEY) -> str:
    registry = JWSRegistry(algorithms=["Ed25519", "HS256"], strict_check_header=False)
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    return serialize_compact(dict(header), payload, key, registry=registry)


def nobody_logged_out(_: Customer, __: datetime, ___: datetime) -> bool:
    return False


def verify(token: str, now: datetime = NOON, channel: str = "web") -> Customer | TokenRefused:
    return SessionVerifier(Asked(), nobody_logged_out).verify(token, now, channel)


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_I11_a_signed_session_speaks_for_its_customer_until_its_end() -> None:
    token = sign_session(KEY, SARA, NOON, END)
    assert verify(token) == SARA
    assert verify(token, END - timedelta(milliseconds=1)) == SARA
    assert verify(token, END) == TokenRefused("token-expired")


def test_I17_a_token_for_acting_speaks_for_the_business_and_names_the_person() -> None:
    acting = Customer("b-1", "session-2", "web", actor="user-1")
    verified = verify(sign_session(KEY, acting, NOON, END))
    assert verified == acting
    assert isinstance(verified, Customer)
    assert (verified.user_id, verified.person) == ("b-1", "user-1")


def test_I17_a_token_without_an_actor_is_an_individuals() -> None:
    verified = verify(forged(HEADER, CLAIMS))
    assert isinstance(verified, Customer)
    assert verified.actor is None
    assert verified.person == verified.user_id == "user-1"


def test_I17_an_actor_cannot_be_added_to_a_signed_token() -> None:
    header, _, signature = sign_session(KEY, SARA, NOON, END).split(".")
    changed = ".".join((header, segment({**CLAIMS, "act": {"sub": "user-2"}}), signature))
    assert verify(changed) == TokenRefused("token-signature")


def test_L12_a_token_counts_on_the_channel_it_was_given_to_only() -> None:
    assert verify(sign_session(KEY, SARA, NOON, END), channel="app") == TokenRefused("token-channel")


def test_L12_a_remembered_token_still_ends_and_keeps_to_its_channel() -> None:
    asked = Asked()
    verifier = SessionVerifier(asked, nobody_logged_out)
    token = sign_session(KEY, SARA, NOON, END)
    assert [verifier.verify(token, NOON, "web") for _ in range(3)] == [SARA] * 3
    assert verifier.verify(token, END, "web") == TokenRefused("token-expired")
    assert verifier.verify(token, NOON, "app") == TokenRefused("token-channel")
    # Judged as of the arrival of its command: an earlier one that is read late still counts.
    assert verifier.verify(token, NOON, "web") == SARA
    assert asked.times == 1


def test_R8_a_token_shown_at_a_door_says_its_channel_itself_and_ends_like_any_other() -> None:
    asked = Asked()
    verifier = SessionVerifier(asked, nobody_logged_out)
    token = sign_session(KEY, SARA, NOON, END)
    assert verifier.verify_shown(token, NOON) == SARA
    assert verifier.verify_shown(token, END) == TokenRefused("token-expired")
    assert asked.times == 1
    ended = SessionVerifier(asked, lambda customer, issued_at, now: True)
    assert ended.verify_shown(token, NOON) == TokenRefused("token-session-ended", SARA)


def test_R8_a_forged_token_costs_a_door_one_signature() -> None:
    asked = Asked()
    forgery = forged(HEADER, CLAIMS, OKPKey.generate_key("Ed25519"))
    assert SessionVerifier(asked, nobody_logged_out).verify_shown(forgery, NOON) == TokenRefused("token-signature")
    assert asked.times == 1


def test_L12_what_is_remembered_is_bounded_and_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_VERIFIED", 2)
    asked = Asked()
    verifier = SessionVerifier(asked, nobody_logged_out)
    first, second, third = (sign_session(KEY, Customer(f"user-{n}", "s", "web"), NOON, END) for n in range(3))
    for token in (first, second, first, third, first):
        assert isinstance(verifier.verify(token, NOON, "web"), Customer)
    assert asked.times == 3
    verifier.verify(second, NOON, "web")
    assert asked.times == 4


def test_L12_a_forged_token_is_never_remembered() -> None:
    asked = Asked()
    verifier = SessionVerifier(asked, nobody_logged_out)
    token = forged(HEADER, CLAIMS, OKPKey.generate_key("Ed25519"))
    assert [verifier.verify(token, NOON, "web") for _ in range(2)] == [TokenRefused("token-signature")] * 2
    assert asked.times == 2


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: forged({**HEADER, "kid": "another"}, CLAIMS), "token-signature"),
        (lambda: forged(HEADER, CLAIMS, OKPKey.generate_key("Ed25519")), "token-signature"),
        (lambda: f"{segment({**HEADER, 'alg': 'none'})}.{segment(CLAIMS)}.", "token-malformed"),
        (lambda: f"{segment(HEADER)}.{segment(CLAIMS)}.", "token-signature"),
        (lambda: f"{segment({**HEADER, 'alg': 'HS256'})}.{segment(CLAIMS)}.AAAA", "token-malformed"),
        (lambda: f"{segment({**HEADER, 'alg': 'EdDSA'})}.{segment(CLAIMS)}.AAAA", "token-malformed"),
        (lambda: forged({**HEADER, "typ": "at+jwt"}, CLAIMS), "token-malformed"),
        (lambda: forged({"alg": "Ed25519", "kid": KID}, CLAIMS), "token-malformed"),
        (lambda: forged({**HEADER, "jwk": KEY.as_dict(private=False)}, CLAIMS), "token-malformed"),
        (lambda: forged({**HEADER, "b64": False, "crit": ["b64"]}, "plain"), "token-malformed"),
        (lambda: forged(HEADER, {**CLAIMS, "iss": "accounts"}), "token-issuer"),
        (lambda: forged(HEADER, {**CLAIMS, "sub": ""}), "token-malformed"),
        (lambda: forged(HEADER, {**CLAIMS, "sub": {"$ne": 1}}), "token-malformed"),
        (lambda: forged(HEADER, {**CLAIMS, "exp": str(CLAIMS["exp"])}), "token-malformed"),
        (lambda: forged(HEADER, {**CLAIMS, "exp": 10**15}), "token-malformed"),
        *((partial(forged, HEADER, {**CLAIMS, "act": act}), "token-malformed") for act in ODD_ACTORS),
        (lambda: forged(HEADER, {**CLAIMS, "exp": True}), "token-malformed"),
        (lambda: forged(HEADER, {name: CLAIMS[name] for name in CLAIMS if name != "exp"}), "token-malformed"),
        (lambda: forged(HEADER, []), "token-malformed"),
        (lambda: forged(HEADER, "not json"), "token-malformed"),
        (lambda: "", "token-malformed"),
        (lambda: "a.b.c", "token-malformed"),
        (lambda: "x" * 5_000, "token-malformed"),
        (lambda: "\ud800", "token-malformed"),
    ],
)
def test_L12_a_token_that_identity_did_not_make_is_refused(make: Callable[[], str], reason: TokenReason) -> None:
    assert verify(make()) == TokenRefused(reason)


def test_L12_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    header = {**HEADER, "alg": "HS256"}
    token = forged(header, CLAIMS, OctKey.import_key(KEY.as_pem(private=False).hex()))
    assert verify(token) == TokenRefused("token-malformed")


def test_L12_while_no_signing_key_is_known_nobody_is_refused() -> None:
    def unknown(kid: str) -> OKPKey | None:
        raise KeyUnknown("no signing key")

    with pytest.raises(KeyUnknown):
        SessionVerifier(unknown, nobody_logged_out).verify(sign_session(KEY, SARA, NOON, END), NOON, "web")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=100), st.binary(max_size=60).map(lambda raw: f"{segment(HEADER)}.{raw.hex()}.AA")))
def test_L12_any_text_is_judged_as_a_token_without_an_error(text: str) -> None:
    assert isinstance(verify(text), TokenRefused)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=400), st.sampled_from("AQgwBb"))
def test_L12_a_token_changed_anywhere_is_refused(place: int, letter: str) -> None:
    token = sign_session(KEY, SARA, NOON, END)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert isinstance(verify(changed), TokenRefused)
