import json
from dataclasses import replace
from typing import Any, get_args

import pytest

from contracts.broadcasts import MessageClass
from contracts.identity import NationalAddressSaved
from contracts.notifications import MessageFailed
from contracts.notifications_broadcast_internal import (
    AudienceJoined,
    AudienceLeft,
    BeneficiaryNoted,
    BroadcastMessageWanted,
    BroadcastOffered,
)
from contracts.transfers import BeneficiaryDetermined, BeneficiaryUndetermined
from services.notifications import supply_use
from services.notifications.addressee import address_saved, beneficiary_noted, message_id_of, offered
from services.notifications.audience import bucket_of
from services.notifications.recipient import MOST_WAITING, NotYetReachable, contact_proven, tell_event
from services.notifications.standing import Standing
from services.notifications.supply_use import SupplyUse
from tests.scenario import NOON, Given, arriving, given
from tests.unit.notifications.broadcasting import broadcast
from tests.unit.notifications.test_recipient import SIGNED_IN, happening, opened, proven, reachable

BUCKET = bucket_of("u-1")
JOINED = AudienceJoined(user_id="u-1", region=3, bucket=BUCKET)
LEFT = AudienceLeft(user_id="u-1", region=3, bucket=BUCKET)
A, B = "30012345678", "30087654321"


def saved(region: int) -> Any:
    return arriving(NationalAddressSaved(user_id="u-1", region=region), source="identity")


def noted(account_number: str = A, *, now: bool = True) -> Any:
    return arriving(BeneficiaryNoted(user_id="u-1", account_number=account_number, is_beneficiary=now))


def offer(**changed: Any) -> Any:
    return arriving(BroadcastOffered(broadcast=broadcast(**changed), user_id="u-1", not_before=NOON))


def beneficiary(language: str = "ar") -> Given:
    return reachable(language).when(address_saved, saved(3)).when(beneficiary_noted, noted())


# --- who is an actual beneficiary, and where ------------------------------------------------------------------------
def test_N4_a_beneficiary_with_an_address_joins_the_audience_of_its_region_whichever_comes_first() -> None:
    given().when(address_saved, saved(3)).then().when(beneficiary_noted, noted()).then(JOINED)
    given().when(beneficiary_noted, noted()).then().when(address_saved, saved(3)).then(JOINED)


def test_N4_who_moves_changes_the_audience() -> None:
    moved = beneficiary().when(address_saved, saved(5))
    moved.then(LEFT, AudienceJoined(user_id="u-1", region=5, bucket=BUCKET))
    moved.when(address_saved, saved(5)).then()


def test_N4_who_benefits_from_several_supplies_leaves_with_the_last() -> None:
    two = beneficiary().when(beneficiary_noted, noted(B)).then()
    one = two.when(beneficiary_noted, noted(A, now=False)).then()
    one.when(beneficiary_noted, noted(B, now=False)).then(LEFT)


def test_N4_what_is_known_of_a_person_outlives_their_contact_data() -> None:
    early = given().when(address_saved, saved(3)).when(beneficiary_noted, noted())
    early = early.when(tell_event, happening(SIGNED_IN))
    known = early.when(contact_proven, proven()).state
    assert known.standing == Standing(3, (A,))
    assert given(known).when(contact_proven, proven("en")).state.standing == Standing(3, (A,))


# --- a supply tells winner and loser --------------------------------------------------------------------------------
def determined(user_id: str, basis: Any = "declaration") -> Any:
    body = BeneficiaryDetermined(account_number=A, user_id=user_id, basis=basis, determined_at=NOON)
    return arriving(body, source="accounts", subject=f"beneficiary:{A}")


def says(user_id: str, *, now: bool) -> BeneficiaryNoted:
    return BeneficiaryNoted(user_id=user_id, account_number=A, is_beneficiary=now)


def test_N4_A10_who_was_the_beneficiary_hears_that_they_are_no_more() -> None:
    first = given().when(supply_use.determined, determined("u-1")).then(says("u-1", now=True))
    first.when(supply_use.determined, determined("u-1", "ownership-deed")).then()
    second = first.when(supply_use.determined, determined("u-2"))
    second.then(says("u-1", now=False), says("u-2", now=True)).then_state(SupplyUse("u-2"))


def test_N4_A10_where_nobody_benefits_any_more_who_did_hears_so() -> None:
    nobody = arriving(BeneficiaryUndetermined(account_number=A, at=NOON), source="accounts", subject=f"beneficiary:{A}")
    first = given().when(supply_use.determined, determined("u-1"))
    left = first.when(supply_use.undetermined, nobody).then(says("u-1", now=False)).then_state(SupplyUse(None))
    left.when(supply_use.undetermined, nobody).then()
    left.when(supply_use.determined, determined("u-2")).then(says("u-2", now=True))
    given().when(supply_use.undetermined, nobody).then().then_state(type(None))


# --- an offer -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("language", "text"), [("ar", "تنبيه"), ("en", "Note")])
def test_N4_a_beneficiary_gets_the_message_by_sms_in_their_language(language: str, text: str) -> None:
    (wanted,) = beneficiary(language).when(offered, offer()).then(BroadcastMessageWanted).messages
    assert isinstance(wanted, BroadcastMessageWanted)
    assert (wanted.channel, wanted.language, wanted.template) == ("sms", language, "broadcast-warning")
    assert (opened(wanted.address), json.loads(opened(wanted.values))) == ("+966512345678", {"text": text})
    assert wanted.hand_over_by == wanted.valid_until == broadcast().valid_until
    assert wanted.not_before == NOON


def test_N4_offered_again_by_whichever_region_it_is_the_same_message() -> None:
    once = beneficiary().when(offered, offer())
    moved = once.when(address_saved, saved(5)).when(offered, offer())
    assert [m.message_id for m in moved.messages if isinstance(m, BroadcastMessageWanted)] == [
        message_id_of("b-1", "u-1")
    ]
    assert message_id_of("b-1", "u-2") != message_id_of("b-1", "u-1") != message_id_of("b-2", "u-1")


def test_N4_who_is_no_beneficiary_gets_nothing_though_they_are_on_a_list() -> None:
    gone = beneficiary().when(beneficiary_noted, noted(now=False))
    gone.when(offered, offer()).then_refused("not-found", "not-a-beneficiary")
    assert gone.when(offered, offer()).messages == ()


@pytest.mark.parametrize("message_class", get_args(MessageClass))
def test_N4_each_message_keeps_the_class_of_its_broadcast_by_which_its_hours_are_kept(message_class: str) -> None:
    (wanted,) = beneficiary().when(offered, offer(message_class=message_class)).messages
    assert isinstance(wanted, BroadcastMessageWanted)
    assert (wanted.message_class, wanted.template) == (message_class, f"broadcast-{message_class}")


def test_N4_a_beneficiary_without_contact_data_is_said_not_to_be_reached() -> None:
    early = given().when(beneficiary_noted, noted())
    failed = MessageFailed(
        message_id=message_id_of("b-1", "u-1"), template="broadcast-warning", channel="sms", reason="no-contact-data"
    )
    early.when(offered, offer()).then(failed)


def test_N3_who_has_many_notices_waiting_is_still_noted() -> None:
    full = NotYetReachable(
        given().when(tell_event, happening(SIGNED_IN)).state.waiting * MOST_WAITING, standing=Standing(3)
    )
    assert given(full).when(beneficiary_noted, noted()).then(JOINED).state == replace(full, standing=Standing(3, (A,)))
