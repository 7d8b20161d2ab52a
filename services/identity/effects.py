"""Randomness, hashing and tokens: what identity's decisions are given as facts."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import resources
from typing import Final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.decision import Customer
from contracts.sealed import Secret
from services.identity.ids import KeyedHash
from services.identity.password import normal_form

CODE_DIGITS: Final = 6
LINK_BYTES: Final = 32
HASHES_AT_ONCE: Final = 2  # I16: 46 MiB each, and as many cores


SignSession = Callable[[Customer, datetime, datetime], str]
"""The token of a session, from its issue to its end (UTC)."""


class IdentityEffects:
    """Made once a process. `sign_session` makes the token of a session, `is_public_key` judges a JWK's text."""

    def __init__(
        self,
        keyed_hash: KeyedHash,
        sign_session: SignSession,
        is_public_key: Callable[[str], bool],
    ) -> None:
        self.keyed_hash = keyed_hash
        self.sign_session = sign_session
        self.is_public_key = is_public_key
        self.common_passwords = common_passwords()
        self._hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1, type=Type.ID)  # I16
        self._pool = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="argon2")
        # Compared where there is nothing to compare with, so that the time is the same (I15).
        self._stand_in = self._hasher.hash(secrets.token_urlsafe(LINK_BYTES))

    def draw_code(self) -> Secret:
        """Six digits, each code as likely as any other."""
        return Secret(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}")

    def draw_link_secret(self) -> Secret:
        """256 random bits in base64url."""
        return Secret(base64.urlsafe_b64encode(secrets.token_bytes(LINK_BYTES)).rstrip(b"=").decode())

    async def hash_password(self, password: str) -> Secret:
        """The Argon2id hash of the password's normal form, in PHC format (I16)."""
        loop = asyncio.get_running_loop()
        return Secret(await loop.run_in_executor(self._pool, self._hasher.hash, normal_form(password)))

    async def password_matches(self, password: str, known: Secret | None) -> bool:
        """Whether this is the password. Without a known hash a stand-in is compared and the answer is no (I15)."""
        against = known.reveal() if known is not None else self._stand_in
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._pool, self._verify, against, normal_form(password))
        return matches and known is not None

    def is_weak(self, known: Secret) -> bool:
        """Whether this hash, which matched, costs less than one of today's (I16). One that costs more is left alone: of
        a later release, which may run beside this one."""
        had = extract_parameters(known.reveal())
        costs_less = had.memory_cost < self._hasher.memory_cost or had.time_cost < self._hasher.time_cost
        return costs_less or had.type is not self._hasher.type

    def _verify(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False


def common_passwords() -> frozenset[str]:
    """The common passwords that this release ships, in lower case (I16)."""
    text = resources.files("services.identity").joinpath("data/common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
