import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from contracts.accounts import TransferKind
from contracts.decision import Facts
from contracts.identity_business import AuthorisedPersonAdded, AuthorisedPersonRemoved, BusinessActivated
from contracts.notifications import NoticeWanted
from contracts.reports import ReportMade
from contracts.requests import Instalment, InstalmentPlanAgreed, RequestMoved
from contracts.transfers import (
    BeneficiaryDisputed,
    DisputeSettled,
    TransferCompleted,
    TransferConsentWanted,
    TransferEnded,
)
from services.notifications.composing import ComposedMail, ComposedSms
from services.notifications.monthly_notices import MOST_A_MONTH, MonthlyNotices, collector_of, tell_collected
from services.notifications.notice import TIME_TO_ARRIVE, USE, use_of
from services.notifications.notice_table import COLLECTED
from services.notifications.templates import LANGUAGES
from tests.scenario import NOON, Given, given
from tests.unit.notifications.test_recipient import COMPOSER, happening, opened

ACCOUNT, REFERENCE = "30012345678", "M2HF-8VNC-6JYA"
ABOUT: dict[str, Any] = {"account_number": ACCOUNT, "kind": "actual-account", "reference": REFERENCE}

MADE = ReportMade(
    user_id="u-1", report_id="report-1", kind="consumption", version=1, account_number=ACCOUNT, made_at=NOON
)
CONSENT = TransferConsentWanted(user_id="u-1", until=NOON + timedelta(hours=72), **ABOUT)
PARTS: dict[str, Any] = {"day": date(2026, 3, 2), "reading": "estimated", "bill_halalas": 30_000, **ABOUT}
INCOMING = TransferCompleted(user_id="u-1", role="incoming", share_halalas=10_005, debt_halalas=0, **PARTS)
OUTGOING = TransferCompleted(user_id="u-2", role="outgoing", share_halalas=19_995, debt_halalas=123_456, **PARTS)
ENDED = TransferEnded(user_id="u-1", outcome="declined", reason="declined", at=NOON, **ABOUT)
DISPUTED = BeneficiaryDisputed(account_number=ACCOUNT, user_id="u-1", at=NOON)
WON = DisputeSettled(account_number=ACCOUNT, user_id="u-1", is_beneficiary=True, at=NOON)
LOST = DisputeSettled(account_number=ACCOUNT, user_id="u-2", is_beneficiary=False, at=NOON)
AGREED = InstalmentPlanAgreed(
    user_id="u-1",
    account_number=ACCOUNT,
    reference=REFERENCE,
    total_halalas=100_001,
    parts=tuple(Instalment(number=n, due_date=date(2026, 3 + n, 1), amount_halalas=50_001 - n + 1) for n in (1, 2)),
    agreed_at=NOON,
)
BUSINESS = BusinessActivated(user_id="b-1", authorised_person="u-1", activated_at=NOON)
ADDED = AuthorisedPersonAdded(user_id="b-1", person_id="u-2", acted_by="u-1", at=NOON)
REMOVED = AuthorisedPersonRemoved(user_id="b-1", person_id="u-2", acted_by="u-1", at=NOON)


def moved(kind: str, state: str, *, final: bool) -> RequestMoved:
    return RequestMoved(
        user_id="u-1",
        account_number=ACCOUNT,
        kind=kind,
        reference=REFERENCE,
        definition_reference="K7QM-4XWD-9PRT",
        state=state,
        final=final,
        at=NOON,
    )


TOLD: list[tuple[Any, list[tuple[str, str]]]] = [
    (MADE, [("u-1", "report-ready")]),
    (MADE.model_copy(update={"version": 2}), [("u-1", "report-changed")]),  # R6
    (CONSENT, [("u-1", "transfer-consent-wanted")]),
    (INCOMING, [("u-1", "transfer-completed-incoming")]),
    (OUTGOING, [("u-2", "transfer-completed-outgoing")]),
    (ENDED, [("u-1", "transfer-ended")]),
    (DISPUTED, [("u-1", "beneficiary-disputed")]),
    (WON, [("u-1", "dispute-won")]),  # A10
    (LOST, [("u-2", "dispute-lost")]),
    (AGREED, [("u-1", "instalments-agreed")]),
    (moved("complaint", "resolved", final=True), [("u-1", "request-ended")]),
    (moved("evidence", "confirmed", final=True), [("u-1", "request-ended")]),
    (moved("instalments", "refused", final=True), [("u-1", "request-ended")]),  # A14
    (moved("danger", "received", final=False), [("u-1", "danger-received")]),
    (moved("danger", "secured", final=True), [("u-1", "danger-ended")]),
    (BUSINESS, [("u-1", "business-registered")]),
    (ADDED, [("u-2", "authority-given"), ("b-1", "authorised-person-added")]),
    (REMOVED, [("u-2", "authority-ended"), ("b-1", "authorised-person-removed")]),
]


def notices(told: Given) -> list[NoticeWanted]:
    return [m for m in told.messages if isinstance(m, NoticeWanted)]


def values(notice: NoticeWanted) -> dict[str, str]:
    found: dict[str, str] = json.loads(opened(notice.values))
    return found


@pytest.mark.parametrize(("event", "whom"), TOLD)
def test_N3_everybody_whom_an_event_concerns_is_told_by_sms_and_email(event: Any, whom: Any) -> None:
    told = given().when(tell_collected, happening(event))
    assert told.state.told == 1
    assert [(notice.user_id, notice.template) for notice in notices(told)] == whom
    assert {notice.channels for notice in notices(told)} == {("sms", "email")}


@pytest.mark.parametrize(("event", "_whom"), TOLD)
def test_N8_what_is_told_fills_its_template_in_both_languages(event: Any, _whom: Any) -> None:
    for notice in notices(given().when(tell_collected, happening(event))):
        for language in LANGUAGES:
            template: Any = notice.template
            assert isinstance(COMPOSER.sms(template, language, values(notice)), ComposedSms)
            assert isinstance(COMPOSER.mail(template, language, values(notice)), ComposedMail)


@pytest.mark.parametrize(("event", "_whom"), TOLD)
def test_N2_the_use_of_what_is_told_is_counted_from_its_event_however_late_it_is_read(event: Any, _whom: Any) -> None:
    days_later = Facts(NOON + timedelta(days=2))
    for notice in notices(given().when(tell_collected, happening(event), days_later)):
        assert notice.valid_until == NOON + use_of(notice.template)


def test_N2_nobody_is_asked_for_a_consent_whose_time_is_over() -> None:
    short = CONSENT.model_copy(update={"until": NOON + timedelta(hours=1)})
    (notice,) = notices(given().when(tell_collected, happening(short)))
    assert notice.valid_until == short.until


def test_A9_N2_a_consent_that_is_waited_for_minutes_only_is_asked_for_all_the_same() -> None:
    short = CONSENT.model_copy(update={"until": NOON + timedelta(minutes=2)})
    (notice,) = notices(given().when(tell_collected, happening(short)))
    assert notice.valid_until == short.until + TIME_TO_ARRIVE  # it leaves until nobody is waited for any more


def test_N3_every_event_that_is_collected_is_told() -> None:
    assert {type(event) for event, _ in TOLD} == set(COLLECTED)


@pytest.mark.parametrize(
    "event",
    [
        *(moved(kind, "completed", final=True) for kind in get_args(TransferKind)),
        *(moved("instalments", state, final=True) for state in ("agreed", "expired", "nothing-due")),
        *(moved(kind, "refused", final=True) for kind in get_args(TransferKind)),
        moved("complaint", "received", final=False),
        moved("complaint", "withdrawn", final=True),
        moved("danger", "assigned", final=False),
    ],
)
def test_N3_what_is_no_news_or_told_elsewhere_makes_no_notice(event: RequestMoved) -> None:
    given().when(tell_collected, happening(event)).then().then_state(type(None))
    full = MonthlyNotices(3)
    given(full).when(tell_collected, happening(event)).then().then_state(full)


@pytest.mark.parametrize(("event", "_whom"), TOLD)
def test_N3_R7_a_notice_names_times_of_riyadh_and_the_reference_of_what_it_tells(event: Any, _whom: Any) -> None:
    right = {"when": "2026-03-01 12:00", "until": "2026-03-04 12:00", "reference": REFERENCE}
    for notice in notices(given().when(tell_collected, happening(event))):
        told = {name: value for name, value in values(notice).items() if name in right}
        assert told
        assert told.items() <= right.items()


def test_N3_A18_each_party_reads_of_its_own_money_only() -> None:
    (incoming,) = notices(given().when(tell_collected, happening(INCOMING)))
    (outgoing,) = notices(given().when(tell_collected, happening(OUTGOING)))
    common = {"reference": REFERENCE, "day": "2026-03-02"}
    assert values(incoming) == {**common, "share": "100.05"}
    assert values(outgoing) == {**common, "share": "199.95", "debt": "1,234.56"}


def test_N3_A14_a_plan_is_told_with_its_sum_its_parts_and_its_first_day() -> None:
    (notice,) = notices(given().when(tell_collected, happening(AGREED)))
    assert values(notice) == {"reference": REFERENCE, "total": "1,000.01", "parts": "2", "day": "2026-04-01"}


@pytest.mark.parametrize(("event", "_whom"), TOLD)
def test_N3_no_notice_carries_an_account_number(event: Any, _whom: Any) -> None:
    for notice in notices(given().when(tell_collected, happening(event))):
        assert ACCOUNT not in opened(notice.values)


def test_N3_events_of_one_person_month_and_family_share_a_collector() -> None:
    assert collector_of(MADE) == "notices:u-1.2026-03.reports"
    assert collector_of(MADE.model_copy(update={"made_at": NOON + timedelta(days=40)})) == "notices:u-1.2026-04.reports"
    assert collector_of(CONSENT) == "notices:u-1.2026-03.consents"
    assert collector_of(INCOMING) == collector_of(ENDED) == "notices:u-1.2026-03.transfers"
    ended = moved("complaint", "resolved", final=True)
    assert collector_of(AGREED) == collector_of(ended) == "notices:u-1.2026-03.requests"
    assert collector_of(moved("danger", "secured", final=True)) == "notices:u-1.2026-03.danger"  # A16
    assert collector_of(DISPUTED) == collector_of(WON) == "notices:u-1.2026-03.supplies"
    assert collector_of(BUSINESS) == collector_of(ADDED) == collector_of(REMOVED) == "notices:b-1.2026-03.authority"


def test_N3_a_flood_of_reports_is_no_flood_of_messages() -> None:
    full = MonthlyNotices(MOST_A_MONTH)
    given(full).when(tell_collected, happening(MADE)).then().then_state(full)


def test_N3_R6_one_corrected_day_of_twenty_reports_is_told_once_and_hides_no_report_that_was_asked_for() -> None:
    changed = [MADE.model_copy(update={"report_id": f"report-{n}", "version": 2}) for n in range(20)]
    told = given().when(tell_collected, happening(changed[0])).then(NoticeWanted)
    for event in changed[1:]:
        told = told.when(tell_collected, happening(event)).then()
    tomorrow = changed[0].model_copy(update={"version": 3, "made_at": NOON + timedelta(days=1)})
    told.when(tell_collected, happening(tomorrow)).then(NoticeWanted)
    assert {collector_of(event) for event in (*changed, tomorrow)} == {"notices:u-1.2026-03.changes"}


def test_R7_what_is_told_once_a_day_has_one_collector_a_day() -> None:
    """The first of April in Riyadh begins on the last of March."""
    first = MADE.model_copy(update={"version": 2, "made_at": datetime(2026, 3, 31, 22, tzinfo=UTC)})
    later = first.model_copy(update={"version": 3, "made_at": datetime(2026, 4, 1, 1, tzinfo=UTC)})
    assert collector_of(first) == collector_of(later) == "notices:u-1.2026-04.changes"


def test_R7_R6_what_changes_after_midnight_in_riyadh_is_told_on_its_new_day() -> None:
    evening = MADE.model_copy(update={"version": 2, "made_at": datetime(2026, 3, 10, 20, 30, tzinfo=UTC)})
    night = evening.model_copy(update={"version": 3, "made_at": datetime(2026, 3, 10, 21, 30, tzinfo=UTC)})
    once = given().when(tell_collected, happening(evening)).then(NoticeWanted)
    once.when(tell_collected, happening(night)).then(NoticeWanted)


def test_N3_a_hundred_events_of_a_family_are_told_in_a_month() -> None:
    last = given(MonthlyNotices(99)).when(tell_collected, happening(MADE)).then(NoticeWanted)
    last.when(tell_collected, happening(MADE)).then().then_state(last.state)


def test_N2_no_notice_is_over_before_an_outage_of_an_hour() -> None:
    assert min(USE.values()) >= timedelta(hours=1)
    assert use_of("told-from-tomorrow-on") >= timedelta(hours=1)


@pytest.mark.parametrize("event", [ADDED, REMOVED], ids=["added", "removed"])
def test_I17_N3_no_noise_hides_who_may_act_for_a_business(event: Any) -> None:
    full = MonthlyNotices(MOST_A_MONTH)
    given(full).when(tell_collected, happening(event)).then(NoticeWanted, NoticeWanted)
