"""Both consent by a code, or one of them does not (A9)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestNoted
from contracts.accounts_supply_internal import SupplyReleased
from contracts.billing import DuesAsked
from contracts.decision import Customer
from contracts.identity_sessions import ConsentAsked
from contracts.requests import RequestMoved
from contracts.transfers import ConsentCodeSent, TransferDeclined, TransferEnded
from services.accounts.transfer_case import Consent, OpenConsent, Parties
from services.accounts.transfer_consent import (
    MOST_CODES,
    consent_to_transfer,
    decline_transfer,
    note_consent,
    note_no_consent,
)
from services.accounts.transfer_states import CheckingDues, Ended, Transfer
from tests.scenario import NOON, given
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA
from tests.unit.accounts.transfers import (
    ASKED,
    AWAITING_CONSENTS,
    CANCELLED,
    CHECKING_DUES,
    COMPLETED,
    DAY,
    FACTS,
    FAHADS,
    HALF_AGREED,
    HESSA,
    NOURAS,
    OVER,
    RESERVING,
    TRANSFER,
    WAITING,
    consent,
    consenting,
    declining,
    no_consent,
)

QUESTION = DuesAsked(asked_by=TRANSFER, account_number=ACCOUNT, user_id=FAHAD.user_id, relation="outgoing")
ELSEWHERE = [state for state in WAITING if state.stage != "awaiting-consents"]


@pytest.mark.parametrize("who", [NOURA, FAHAD], ids=["incoming", "outgoing"])
def test_A9_a_party_asks_identity_for_a_code_of_their_own(who: Customer) -> None:
    scene = (
        given(AWAITING_CONSENTS).when(consent_to_transfer, consenting(who), FACTS).then(ConsentCodeSent, ConsentAsked)
    )
    sent, asked = scene.messages
    assert isinstance(sent, ConsentCodeSent)
    assert isinstance(asked, ConsentAsked)
    assert sent.next_step == "confirm-consent"
    assert (asked.asked_by, asked.consent_id, asked.user_id) == (TRANSFER, sent.consent_id, who.user_id)
    assert asked.acting_for is None
    assert (asked.purpose, asked.ends_at) == ("transfer", AWAITING_CONSENTS.until)
    opened = OpenConsent(consent_id=sent.consent_id, party=who.user_id, person=who.user_id, asked_at=NOON)
    assert scene.state.open == (opened,)


def test_I14_the_next_code_comes_after_a_minute_for_each_party_by_itself() -> None:
    scene = given(AWAITING_CONSENTS).when(consent_to_transfer, consenting(NOURA), FACTS)
    soon = consenting(NOURA, id="m-2", now=NOON + timedelta(seconds=59))
    scene.when(consent_to_transfer, soon, FACTS).then_refused("resend-too-soon", "consent-asked-within-a-minute")
    for_the_other = consenting(replace(FAHAD, actor=NOURA.user_id), id="m-3", now=NOON + timedelta(seconds=59))
    scene.when(consent_to_transfer, for_the_other, FACTS).then_refused(
        "resend-too-soon", "consent-asked-within-a-minute"
    )
    scene.when(consent_to_transfer, consenting(FAHAD, id="m-3"), FACTS).then(ConsentCodeSent, ConsentAsked)
    late = consenting(NOURA, id="m-4", now=NOON + timedelta(seconds=60))
    scene.when(consent_to_transfer, late, FACTS).then(ConsentCodeSent, ConsentAsked)


def test_A9_another_command_brings_another_code_and_the_same_one_the_same() -> None:
    ids = [
        given(AWAITING_CONSENTS).when(consent_to_transfer, consenting(NOURA, id=each), FACTS).state.open[0].consent_id
        for each in ("m-1", "m-2", "m-1")
    ]
    assert ids[0] == ids[2] != ids[1]


def test_I17_for_a_business_its_authorised_person_consents_by_a_code_of_their_own() -> None:
    acting = Customer("business-1", "session-4", "web", actor=NOURA.user_id)
    state = replace(AWAITING_CONSENTS, parties=Parties(incoming="business-1", outgoing=NOURA.user_id))
    scene = given(state).when(consent_to_transfer, consenting(acting), FACTS)
    asked = scene.messages[1]
    assert isinstance(asked, ConsentAsked)
    assert (asked.user_id, asked.acting_for) == (NOURA.user_id, "business-1")
    (open_one,) = scene.state.open
    given_one = scene.when(note_consent, consent(open_one), FACTS).state.given
    assert given_one == (Consent(party="business-1", person=NOURA.user_id, given_at=NOON),)


@pytest.mark.parametrize(("first", "second"), [(NOURAS, FAHADS), (FAHADS, NOURAS)], ids=["in-first", "out-first"])
def test_A9_both_consents_in_any_order_set_the_day_after_and_the_dues_are_asked_for(
    first: OpenConsent, second: OpenConsent
) -> None:
    scene = given(ASKED).when(note_consent, consent(first), FACTS).then()
    scene = scene.when(note_consent, consent(second), FACTS).then(QUESTION, RequestMoved, RequestNoted)
    scene.then_state(CHECKING_DUES)


def test_A9_one_party_consenting_twice_is_not_two_parties() -> None:
    again = replace(NOURAS, consent_id="consent-noura-2")
    state = replace(HALF_AGREED, open=(*HALF_AGREED.open, again))
    for each in (NOURAS, again):
        given(state).when(note_consent, consent(each), FACTS).then().then_state(state)


def test_A9_a_consent_counts_only_of_the_person_who_was_asked_and_under_the_id_asked_for() -> None:
    for changes in ({"user_id": FAHAD.user_id}, {"consent_id": "consent-of-another"}):
        given(ASKED).when(note_consent, consent(NOURAS, **changes), FACTS).then().then_state(ASKED)


@pytest.mark.parametrize(
    ("given_at", "day"),
    [
        (datetime.fromisoformat("2026-03-01T20:59:59Z"), date(2026, 3, 2)),
        (datetime.fromisoformat("2026-03-01T21:00:00Z"), date(2026, 3, 3)),
    ],
)
def test_A9_the_day_is_the_riyadh_day_after_the_second_consent(given_at: datetime, day: date) -> None:
    scene = given(HALF_AGREED).when(note_consent, consent(FAHADS, given_at=given_at), FACTS).then_state(CheckingDues)
    assert scene.state.agreement.day == day


def test_A18_the_day_is_never_the_one_on_which_the_present_party_came() -> None:
    state = replace(HALF_AGREED, earliest_day=date(2026, 3, 9))
    assert given(state).when(note_consent, consent(FAHADS), FACTS).state.agreement.day == date(2026, 3, 9)
    assert given(HALF_AGREED).when(note_consent, consent(FAHADS), FACTS).state.agreement.day == DAY


def test_A9_a_consent_entered_in_time_counts_even_when_the_news_of_it_is_late() -> None:
    late = replace(FACTS, present=HALF_AGREED.until + timedelta(minutes=5))
    in_time, too_late = HALF_AGREED.until, HALF_AGREED.until + timedelta(milliseconds=1)
    given(HALF_AGREED).when(note_consent, consent(FAHADS, given_at=in_time), late).then_state(CheckingDues)
    given(HALF_AGREED).when(note_consent, consent(FAHADS, given_at=too_late), late).then().then_state(HALF_AGREED)


def test_A9_a_code_that_came_to_nothing_lets_ask_for_another() -> None:
    scene = given(ASKED).when(note_no_consent, no_consent(NOURAS), FACTS).then()
    assert scene.state.open == (FAHADS,)
    scene.when(note_consent, consent(NOURAS), FACTS).then().then_state(scene.state)
    scene.when(note_no_consent, no_consent(NOURAS), FACTS).then().then_state(scene.state)
    scene.when(consent_to_transfer, consenting(NOURA), FACTS).then(ConsentCodeSent, ConsentAsked)


def test_A9_who_has_consented_is_sent_no_other_code() -> None:
    scene = given(HALF_AGREED).when(consent_to_transfer, consenting(NOURA), FACTS)
    scene.then_refused("transfer-step-not-open", "consented-already")


def test_A9_no_code_after_the_time_for_consents() -> None:
    late = consenting(NOURA, now=AWAITING_CONSENTS.until)
    scene = given(AWAITING_CONSENTS).when(consent_to_transfer, late, FACTS)
    scene.then_refused("transfer-step-not-open", "consent-time-is-over")


def test_I14_codes_of_one_transfer_are_bounded() -> None:
    scene = given(replace(ASKED, codes_sent=MOST_CODES - 1)).when(consent_to_transfer, consenting(NOURA), FACTS)
    assert scene.then(ConsentCodeSent, ConsentAsked).state.codes_sent == MOST_CODES
    full = scene.state
    scene = scene.when(consent_to_transfer, consenting(FAHAD, id="m-2"), FACTS)
    scene.then_refused("too-many-codes", "too-many-consents-asked").then_state(full)


@pytest.mark.parametrize(
    "state",
    [each for each in ELSEWHERE if each.stage not in ("checking-evidence", "reserving-supply")],
    ids=lambda state: state.stage,
)
def test_A9_consents_are_asked_for_in_their_place_only(state: Transfer) -> None:
    for who in (NOURA, FAHAD):
        given(state).when(consent_to_transfer, consenting(who), FACTS).then_refused(
            "transfer-step-not-open", "transfer-elsewhere"
        )
    given(state).when(decline_transfer, declining(FAHAD), FACTS).then_refused(
        "transfer-step-not-open", "transfer-elsewhere"
    )


def test_A9_the_requester_is_told_to_wait_until_the_other_party_is_known() -> None:
    given(RESERVING).when(consent_to_transfer, consenting(NOURA), FACTS).then_refused(
        "transfer-step-not-open", "transfer-elsewhere"
    )


@pytest.mark.parametrize("state", [COMPLETED, CANCELLED], ids=["completed", "ended"])
def test_A9_a_transfer_that_is_over_takes_no_consent_and_no_refusal(state: Transfer) -> None:
    given(state).when(consent_to_transfer, consenting(FAHAD), FACTS).then_refused("transfer-is-over", "transfer-over")
    given(state).when(decline_transfer, declining(FAHAD), FACTS).then_refused("transfer-is-over", "transfer-over")


@pytest.mark.parametrize("state", [*ELSEWHERE, *OVER], ids=lambda state: state.stage)
def test_A9_consents_that_come_late_or_twice_change_nothing(state: Transfer) -> None:
    for message in (consent(NOURAS), consent(FAHADS)):
        given(state).when(note_consent, message, FACTS).then().then_state(state)
    given(state).when(note_no_consent, no_consent(NOURAS), FACTS).then().then_state(state)


@pytest.mark.parametrize("state", [AWAITING_CONSENTS, HALF_AGREED], ids=["nobody-yet", "one-has"])
def test_A9_the_other_party_declines_and_the_supply_is_free_again(state: Transfer) -> None:
    scene = given(state).when(decline_transfer, declining(FAHAD), FACTS)
    released = SupplyReleased(account_number=ACCOUNT, transfer=TRANSFER)
    scene.then(released, TransferEnded, TransferEnded, RequestMoved, RequestNoted, TransferDeclined).then_state(Ended)
    assert (scene.state.outcome, scene.state.reason) == ("declined", "declined-by-other-party")


def test_A9_who_asked_for_the_transfer_cancels_and_does_not_decline() -> None:
    scene = given(AWAITING_CONSENTS).when(decline_transfer, declining(NOURA), FACTS)
    scene.then_refused("transfer-step-not-open", "requester-declines")


@pytest.mark.parametrize("state", [*WAITING, *OVER], ids=lambda state: state.stage)
def test_A8_to_anybody_but_the_parties_a_transfer_does_not_exist(state: Transfer) -> None:
    for decide, message in ((consent_to_transfer, consenting(HESSA)), (decline_transfer, declining(HESSA))):
        scene = given(state).when(decide, message, FACTS).then_refused("reference-not-found", "transfer-of-others")
        assert scene.decision is not None
        assert not scene.decision.recorded
        assert scene.state is state


def test_A8_the_other_party_sees_the_transfer_only_once_the_supply_has_named_them() -> None:
    scene = given(RESERVING).when(consent_to_transfer, consenting(FAHAD), FACTS)
    scene.then_refused("reference-not-found", "transfer-of-others")


@pytest.mark.parametrize(
    ("state", "decide", "message"),
    [
        (AWAITING_CONSENTS, decline_transfer, declining(NOURA)),
        (HALF_AGREED, consent_to_transfer, consenting(NOURA)),
        (RESERVING, consent_to_transfer, consenting(NOURA)),
        (COMPLETED, decline_transfer, declining(FAHAD)),
    ],
    ids=["requester-declines", "consented-already", "not-open", "over"],
)
def test_A9_law4_one_partys_useless_commands_take_no_room_from_the_others(
    state: Any, decide: Any, message: Any
) -> None:
    """A thousand that are remembered keep everybody else out for a quarter of an hour."""
    decision = given(state).when(decide, message, FACTS).decision
    assert decision is not None
    assert (decision.refusal is not None, decision.recorded) == (True, False)
