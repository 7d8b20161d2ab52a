"""What a person is told of things that are aggregates of their own, collected a month at a time (law 4).

Each report, transfer, request and plan is an aggregate. If a recipient heard from each, its document would remember all
of them; so one collector a person, family and month hears them, and the recipient hears a few collectors a month.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

from contracts.accounts import TransferKind
from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.identity_business import AuthorisedPersonAdded, AuthorisedPersonRemoved, BusinessActivated
from contracts.notifications import NoticeWanted
from contracts.reports import ReportMade
from contracts.requests import InstalmentPlanAgreed, RequestMoved
from contracts.sealed import Sealed
from contracts.transfers import (
    BeneficiaryDisputed,
    DisputeSettled,
    TransferCompleted,
    TransferConsentWanted,
    TransferEnded,
)
from contracts.values.money import riyals
from contracts.values.riyadh_day import riyadh_day, riyadh_time
from services.notifications.notice import BOTH, use_of, use_within
from services.notifications.templates import TemplateName

Collected = (
    ReportMade
    | TransferConsentWanted
    | TransferCompleted
    | TransferEnded
    | BeneficiaryDisputed
    | DisputeSettled
    | InstalmentPlanAgreed
    | RequestMoved
    | BusinessActivated
    | AuthorisedPersonAdded
    | AuthorisedPersonRemoved
)
Family = Literal["reports", "changes", "consents", "transfers", "requests", "danger", "supplies", "authority"]

MOST_A_MONTH: Final = 100
"""Events of one family of which a person is told in a month (ours): a flood of requests is no flood of messages. Who is
asked for many consents still hears of what has happened to their accounts, and who has asked for much else, to keep
away from a danger (A16). Who may act for a business is told whatever came before: whoever takes a business over could
else make noise first. Identity bounds how often that changes (I17)."""

TOLD_ELSEWHERE: Final = frozenset[str]({*get_args(TransferKind), "instalments"})
"""Kinds of requests that have notices of their own."""

REFUSED_PLAN: Final = ("instalments", "refused")
"""The one end of a plan that is told as a request's: billing may refuse it when the command has been answered (A14)."""

DANGER, DANGER_RECEIVED, WITHDRAWN = "danger", "received", "withdrawn"
"""A16's urgent kind, its first state, and the state in which the customer has brought a request themselves."""


@dataclass(frozen=True, slots=True)
class MonthlyNotices:
    """How many events have been told this month. `changes_of`: the last Riyadh day on which changed reports were."""

    told: int
    stage: Literal["collecting"] = "collecting"
    changes_of: date | None = None


@dataclass(frozen=True, slots=True)
class _Telling:
    user_id: str
    template: TemplateName
    values: Mapping[str, str]


def collector_of(event: Collected) -> str:
    """The collector's id: person, Riyadh month and family. The month is the event's own: a copy of it finds the same.
    It begins with a Riyadh day, as what is told once a day needs it."""
    family, at = _family_and_instant(event)
    month = riyadh_day(at) if isinstance(at, datetime) else at
    return f"notices:{event.user_id}.{month:%Y-%m}.{family}"


def tell_collected(state: MonthlyNotices | None, incoming: Incoming[Collected], _: Facts) -> Decision[MonthlyNotices]:
    """Tell whom it concerns (N3), in no more words than they need: what else there is shows after logging in. Changed
    reports are told once a day: one late reading changes every report of its month."""
    tellings = tuple(_tellings(incoming.body))
    known = state or MonthlyNotices(0)
    may_wait = not isinstance(incoming.body, AuthorisedPersonAdded | AuthorisedPersonRemoved)
    changes_of = _day_of_change(incoming.body)
    told_today = changes_of is not None and changes_of == known.changes_of
    if not tellings or told_today or (may_wait and known.told >= MOST_A_MONTH):
        return ignored(state)
    notices = (_notice(telling, _valid_until(telling, incoming)) for telling in tellings)
    return decided(MonthlyNotices(known.told + 1, changes_of=changes_of), *notices)


def _day_of_change(event: Collected) -> date | None:
    if isinstance(event, ReportMade) and event.version > 1:
        return riyadh_day(event.made_at)
    return None


def _valid_until(telling: _Telling, incoming: Incoming[Collected]) -> datetime:
    """Counted from the event, however late it is read (N2): nobody is told to consent whose time is over."""
    if isinstance(incoming.body, TransferConsentWanted):
        return use_within(telling.template, incoming.now, incoming.now, incoming.body.until)
    return incoming.now + use_of(telling.template)


def _notice(telling: _Telling, valid_until: datetime) -> NoticeWanted:
    return NoticeWanted(
        user_id=telling.user_id,
        template=telling.template,
        channels=BOTH,
        values=Sealed.of(json.dumps(dict(telling.values))),
        valid_until=valid_until,
    )


def _family_and_instant(event: Collected) -> tuple[Family, date]:
    match event:
        case ReportMade():
            return "reports" if event.version == 1 else "changes", event.made_at
        case TransferConsentWanted():
            return "consents", event.until
        case TransferCompleted():
            return "transfers", event.day
        case TransferEnded():
            return "transfers", event.at
        case BeneficiaryDisputed() | DisputeSettled():
            return "supplies", event.at
        case InstalmentPlanAgreed():
            return "requests", event.agreed_at
        case RequestMoved():
            return "danger" if event.kind == DANGER else "requests", event.at
        case BusinessActivated():
            return "authority", event.activated_at
        case AuthorisedPersonAdded() | AuthorisedPersonRemoved():
            return "authority", event.at


def _tellings(event: Collected) -> Iterator[_Telling]:
    match event:
        case ReportMade():
            # The link of a new version may be over: it is told as what it is (R6, R8).
            template: TemplateName = "report-ready" if event.version == 1 else "report-changed"
            yield _Telling(event.user_id, template, {"when": riyadh_time(event.made_at)})
        case TransferConsentWanted() | TransferCompleted() | TransferEnded():
            yield _of_transfer(event)
        case BeneficiaryDisputed():
            yield _Telling(event.user_id, "beneficiary-disputed", {"when": riyadh_time(event.at)})
        case DisputeSettled():
            result: TemplateName = "dispute-won" if event.is_beneficiary else "dispute-lost"
            yield _Telling(event.user_id, result, {"when": riyadh_time(event.at)})
        case InstalmentPlanAgreed():
            yield _agreed(event)
        case RequestMoved():
            yield from _moved(event)
        case BusinessActivated() | AuthorisedPersonAdded() | AuthorisedPersonRemoved():
            yield from _of_authority(event)


def _of_transfer(event: TransferConsentWanted | TransferCompleted | TransferEnded) -> _Telling:
    match event:
        case TransferConsentWanted():
            values = {"reference": event.reference, "until": riyadh_time(event.until)}
            return _Telling(event.user_id, "transfer-consent-wanted", values)
        case TransferCompleted():
            return _completed(event)
        case TransferEnded():
            return _Telling(event.user_id, "transfer-ended", {"reference": event.reference})


def _of_authority(event: BusinessActivated | AuthorisedPersonAdded | AuthorisedPersonRemoved) -> Iterator[_Telling]:
    match event:
        case BusinessActivated():
            yield _Telling(event.authorised_person, "business-registered", {"when": riyadh_time(event.activated_at)})
        case AuthorisedPersonAdded():
            yield _Telling(event.person_id, "authority-given", {"when": riyadh_time(event.at)})
            yield _Telling(event.user_id, "authorised-person-added", {"when": riyadh_time(event.at)})
        case AuthorisedPersonRemoved():
            yield _Telling(event.person_id, "authority-ended", {"when": riyadh_time(event.at)})
            yield _Telling(event.user_id, "authorised-person-removed", {"when": riyadh_time(event.at)})


def _completed(event: TransferCompleted) -> _Telling:
    """Each party reads its own part only, and who leaves, what they still owe (A18)."""
    values = {"reference": event.reference, "day": event.day.isoformat(), "share": riyals(event.share_halalas)}
    if event.role == "incoming":
        return _Telling(event.user_id, "transfer-completed-incoming", values)
    return _Telling(event.user_id, "transfer-completed-outgoing", {**values, "debt": riyals(event.debt_halalas)})


def _agreed(event: InstalmentPlanAgreed) -> _Telling:
    first = min(part.due_date for part in event.parts)
    values = {
        "reference": event.reference,
        "total": riyals(event.total_halalas),
        "parts": str(len(event.parts)),
        "day": first.isoformat(),
    }
    return _Telling(event.user_id, "instalments-agreed", values)


def _moved(event: RequestMoved) -> Iterator[_Telling]:
    """Where a request has come to its end, unless its owner has ended it; of danger, also that it has come in (A16)."""
    is_told_elsewhere = event.kind in TOLD_ELSEWHERE and (event.kind, event.state) != REFUSED_PLAN
    if is_told_elsewhere or event.state == WITHDRAWN:
        return
    values = {"reference": event.reference}
    if event.kind == DANGER and event.state == DANGER_RECEIVED:
        yield _Telling(event.user_id, "danger-received", values)
    elif event.final:
        yield _Telling(event.user_id, "danger-ended" if event.kind == DANGER else "request-ended", values)
