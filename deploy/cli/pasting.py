"""A command that can be pasted, for each message that somebody outside may send."""

import json
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contracts.accounts import AcceptServiceTerms
from contracts.billing import DuesFound, PartyFound
from contracts.broadcasts import StartBroadcast
from contracts.catalogue import newest_of, published_messages
from contracts.identity import AcceptTerms, StartRegistration
from contracts.message import CustomerCommand, Message
from contracts.metering import IntervalReadings
from contracts.samples import sample_of
from deploy.cli.fields import FILLED_IN
from deploy.cli.message_types import short_name, writers_of
from deploy.cli.sending import DEFAULT_CHANNEL, TOKEN
from deploy.local.terms import terms_in_force
from services.accounts.service_terms import CURRENT_VERSION, text_hash


def paste_of(message: type[Message]) -> str:
    """Samples for what is open, prompts for what is sealed; what belongs to one person only is theirs to fill in, such
    as a reference."""
    fields = [
        f"{name}=-" if name in message.sealed_fields else f"{name}={_typed(value)}"
        for name, value in _sample(message).items()
        if name not in FILLED_IN and not (name == TOKEN and issubclass(message, CustomerCommand))
    ]
    alike = {newest_of(each) for each in published_messages().values() if each.__name__ == message.__name__}
    writers = writers_of(message)
    sender = [] if DEFAULT_CHANNEL in writers else ["--as", min(writers)]
    name = message.__name__ if alike == {message} else short_name(message)
    return shlex.join(["./hesabi", "send", name, *fields, *sender])


def _sample(message: type[Message]) -> dict[str, Any]:
    """What its contract needs and the service that reads it accepts."""
    own = _ACCEPTED.get(message)
    sample = sample_of(message, "minimal") | (own() if own is not None else {})
    return {name: sample[name] for name in message.model_fields if name in sample}


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _trial_broadcast() -> dict[str, Any]:
    """To a list of one who is nobody: whoever pastes it as it is reaches no customers."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    texts = {"text_ar": "رسالة تجريبية من حسابي", "text_en": "A trial message of Hesabi"}
    return texts | {"user_ids": ["nobody"], "valid_until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}


_ACCEPTED: Final[Mapping[type[Message], Callable[[], dict[str, Any]]]] = {
    AcceptServiceTerms: lambda: {"version": CURRENT_VERSION, "text_hash": text_hash(CURRENT_VERSION, "ar")},  # A6
    AcceptTerms: lambda: terms_in_force()[0],  # I8
    DuesFound: lambda: {"dues": [], "total_halalas": 0},  # A5
    IntervalReadings: lambda: {"energy_wh": [1250] * 24},  # R5
    PartyFound: lambda: {"since": "2024-01-01"},  # A10
    StartBroadcast: _trial_broadcast,  # N4
    StartRegistration: lambda: {"nationality": "SA"},  # I2
}
"""Where a service judges more than the contract says: a body that lacks what only some need, a time that has passed."""
