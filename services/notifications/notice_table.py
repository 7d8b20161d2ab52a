"""Notices of what is collected by the month (N3): which message leads to which decision."""

from typing import Any, Final

from contracts import identity_business, reports, requests, transfers
from contracts.decision import Incoming
from contracts.message import Message
from services.chassis.service import KeyedHash, Kind, Route
from services.notifications.monthly_notices import MonthlyNotices, collector_of, tell_collected

NOTICE_KINDS = (Kind("notices", MonthlyNotices),)

COLLECTED: Final[tuple[type[Message], ...]] = (
    reports.ReportMade,
    transfers.TransferConsentWanted,  # A9
    transfers.TransferCompleted,  # A9
    transfers.TransferEnded,  # A9
    transfers.BeneficiaryDisputed,  # A10
    transfers.DisputeSettled,  # A10
    requests.InstalmentPlanAgreed,  # A14
    requests.RequestMoved,  # A8
    identity_business.BusinessActivated,  # I17
    identity_business.AuthorisedPersonAdded,  # I17
    identity_business.AuthorisedPersonRemoved,  # I17
)


def the_collector(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A person's events of one family and month (law 4)."""
    return collector_of(incoming.body)


NOTICE_ROUTES = tuple(Route(event, the_collector, tell_collected, creates=True) for event in COLLECTED)
