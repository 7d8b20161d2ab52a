"""Version 1 of what accounts seals to the asker by now: its amounts stand in clear on the topic of answers (A5, A14).

Channels that were built against release 0.1.0 send and read it; a channel that is built today takes version 2, which
is in `accounts.py` and `requests.py`.
"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.accounts import Reference, Typed
from contracts.billing import Due
from contracts.message import Answer, Code, CustomerCommand
from contracts.requests import Parts, Schedule
from contracts.topics import ACCOUNTS_ANSWERS, ACCOUNTS_COMMANDS
from contracts.transfers import Halalas


class ShowDues(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A5: asks billing; answered by `DuesShown` when billing has answered. May be repeated until the terms are
    accepted."""


class DuesShown(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """A5: what this person owes on this account, in halalas, as billing knew it at `as_of`. `next_step` is
    `accept-service-terms`."""

    as_of: AwareDatetime
    dues: Annotated[tuple[Due, ...], Field(max_length=100)]
    total_halalas: Annotated[int, Field(ge=0, le=10**14)]
    next_step: Code


class RequestInstalments(CustomerCommand, service="accounts", topic=ACCOUNTS_COMMANDS):
    """A14: what is due from this person, in parts. Billing is asked for the dues; answered by `InstalmentsQuoted`."""

    reference: Typed
    parts: Parts


class InstalmentsQuoted(Answer, service="accounts", topic=ACCOUNTS_ANSWERS):
    """A14: the parts add up to `total_halalas` exactly. `reference`: the plan's own. To accept until `valid_until`."""

    reference: Reference
    total_halalas: Halalas
    parts: Schedule
    valid_until: AwareDatetime
