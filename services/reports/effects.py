"""What reports' decisions are given from outside their messages: ids, link secrets, references, waits (law 2)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.decision import Incoming
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.values.reference_number import reference_number
from services.chassis.service import KeyedHash, Prepare
from services.reports.answering import LinkFacts
from services.reports.order_states import ReportFacts
from services.reports.ordering import OrderFacts

Ordering = RequestConsumptionReport | RequestPaymentReport | RequestStatement
"""The commands that order a report."""


@dataclass(frozen=True, slots=True)
class ReportsEffects:
    """`keyed_hash` under the service's own secret; `reference_key`: at least 32 secret bytes (A20), else ValueError.

    Ids and secrets follow from their cause: deciding again gives the same, and without the key nobody guesses them.
    """

    keyed_hash: KeyedHash = field(repr=False)
    reference_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        reference_number(self.reference_key, "")

    def report_id(self, command: Incoming[Ordering]) -> str:
        """32 hex digits. Whose command it is and when it came count, too: channels choose ids, and may repeat one."""
        return self.keyed_hash("report", f"{command.who.user_id}\n{command.id}\n{command.now.isoformat()}")

    def link_secret(self, report_id: str) -> str:
        """The secret part of a report's link (R8): 32 hex digits."""
        return self.keyed_hash("report-link", report_id)


def secret_hash(secret: str) -> str:
    """What is kept of a link's secret (R8). The secret carries 128 bits: no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def prepare_order(
    _: object, incoming: Incoming[Ordering], effects: ReportsEffects, present: datetime
) -> OrderFacts:
    """The id that the report of this command would have."""
    return OrderFacts(present, effects.report_id(incoming))


async def prepare_link(_: object, incoming: Incoming[Any], effects: ReportsEffects, present: datetime) -> LinkFacts:
    """The link under which the report is fetched."""
    report_id = incoming.body.report_id
    return LinkFacts(present, f"/reports/{report_id}.{effects.link_secret(report_id)}")


def prepare_report(
    wait: timedelta, link_life: timedelta, quiet: timedelta, report_id_of: Callable[[Any], str]
) -> Prepare:
    """Until when answers are waited for, until when a link given now lives, when a change is looked at: from the
    present on (law 9). `report_id_of` finds the report's id in the message."""

    async def prepare(_: object, incoming: Incoming[Any], effects: ReportsEffects, present: datetime) -> ReportFacts:
        report_id = report_id_of(incoming.body)
        return ReportFacts(
            present,
            give_up_at=present + wait,
            reference=reference_number(effects.reference_key, report_id),
            link_hash=secret_hash(effects.link_secret(report_id)),
            expires_at=present + link_life,
            revise_at=present + quiet,
        )

    return prepare
