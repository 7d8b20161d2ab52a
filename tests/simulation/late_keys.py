"""A process learns the others' keys a while after its start: until then it neither seals to them nor checks a token."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from contracts.decision import Customer
from contracts.message import Message
from contracts.sealed import SealedFor
from services.chassis.keys import KeyUnknown
from services.chassis.tokens import ISSUER, TokenRefused
from tests.fakes.world import fake_seal, fake_token
from tests.simulation.virtual_time import now_s

LEARNT_AFTER_S: Final = (*(0.0,) * 14, 0.2, 4.0)
"""Most processes have read the topics of keys before their first record."""


class LateKeys:
    """One process's, whose `own` key it knows. `tell` hears each time that another's was missed."""

    def __init__(self, own: str, chance: Random, tell: Callable[[], None]) -> None:
        self._needless = {own, SealedFor.ASKER.value}
        self._known_at = now_s() + chance.choice(LEARNT_AFTER_S)
        self._tell = tell

    def seal(self, message: Message, subject: str) -> Message:
        """As `Keyring.seal_fields`."""
        markers = type(message).sealed_fields.values()
        recipients = {message.service if each is SealedFor.THIS_SERVICE else each.value for each in markers}
        if recipients - self._needless:
            self._look()
        return fake_seal(message, subject)

    def check_token(self, token: str, now: datetime, channel: str) -> Customer | TokenRefused:
        """As `SessionVerifier.verify`."""
        if ISSUER not in self._needless:
            self._look()
        return fake_token(token, now, channel)

    def _look(self) -> None:
        if now_s() < self._known_at:
            self._tell()
            raise KeyUnknown("it has not been learnt yet")
