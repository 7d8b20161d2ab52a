"""Collects a person's finished reports, a month at a time (law 4).

Every report is an aggregate of its own. If a recipient heard from each, its document would remember all of them for
ever; so one collector a person and month hears them, and the recipient hears twelve collectors a year.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.notifications import NoticeWanted
from contracts.reports import ReportMade
from contracts.sealed import Sealed
from services.notifications.notice import BOTH, riyadh_time

MOST_A_MONTH: Final = 100
"""Notices of finished reports that one person gets in a month (ours): a flood of reports is no flood of messages."""


@dataclass(frozen=True, slots=True)
class ReportNotices:
    """How many have been told this month."""

    told: int
    stage: Literal["collecting"] = "collecting"


def collector_of(made: ReportMade) -> str:
    """The collector's id: person and month (UTC)."""
    return f"report-notices:{made.user_id}.{made.made_at:%Y-%m}"


def tell_report(state: ReportNotices | None, incoming: Incoming[ReportMade], _: Facts) -> Decision[ReportNotices]:
    """Tell the owner that a report is ready (N3). It carries no link: the owner fetches it after logging in (R8)."""
    made = incoming.body
    told = state.told if state is not None else 0
    if told >= MOST_A_MONTH:
        return ignored(state)
    notice = NoticeWanted(
        user_id=made.user_id,
        template="report-ready",
        channels=BOTH,
        values=Sealed.of(json.dumps({"when": riyadh_time(made.made_at)})),
    )
    return decided(ReportNotices(told + 1), notice)
