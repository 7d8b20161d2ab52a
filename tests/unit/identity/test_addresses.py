import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.decision import Incoming
from contracts.identity import (
    AddAddress,
    AddressesShown,
    AddressSaved,
    ChooseAddress,
    NationalAddressSaved,
    ShowAddresses,
)
from contracts.identity_internal import AddressReported
from contracts.message import TimerElapsed
from contracts.registry import AddressesAsked, AddressesFound
from contracts.sealed import Secret
from services.identity.addresses import (
    NOT_SIGNED_IN,
    AskerFacts,
    add_address,
    addresses_found,
    choose_address,
    show_addresses,
)
from services.identity.deadlines import business_due_at, due_at, on_business_timer, on_timer
from services.identity.states import Active, AddressesWanted, UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import (
    BUSINESS_ID,
    OTHER_ID,
    REEM_ACTING,
    REMOVED_ACTING,
    UNIFIED_NUMBER,
    of_two,
)
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    CITIZEN,
    CUSTOMER,
    EVERY_STATE,
    FACTS,
    KEY,
    MINUTE,
    PERSON,
    POLICY,
    SEALED,
    SECOND,
    USER_ID,
    active,
)

ADDRESS = {
    "building_number": "8228",
    "street": "طريق الملك فهد",
    "district": "العليا",
    "city": "الرياض",
    "postal_code": "12313",
    "additional_number": "2121",
    "unit": None,
    "short_address": "RHHA8228",
}
LISTED = json.dumps([{"address_id": "home"} | ADDRESS, {"address_id": "old", "lot": 1}], ensure_ascii=False)
ASKER = AskerFacts(NOON, POLICY, key_is_good=True)
SHOW = arriving(ShowAddresses(token=SEALED, answer_key=KEY), id="c-7", customer=CUSTOMER)
waiting = replace(active, asked=(AddressesWanted("c-7", KEY, NOON + MINUTE),))
shown = replace(active, shown=Secret(LISTED))


def found(text: str = LISTED, correlation_id: str = "c-7") -> Incoming[Any]:
    body = AddressesFound(asked_by=f"user:{USER_ID}", addresses=SEALED)
    return arriving(body, correlation_id=correlation_id, opened={"addresses": text})


def choosing(address_id: str) -> Incoming[Any]:
    return arriving(ChooseAddress(token=SEALED, address_id=address_id), customer=CUSTOMER)


def adding(text: str) -> Incoming[Any]:
    return arriving(AddAddress(token=SEALED, address=SEALED), customer=CUSTOMER, opened={"address": text})


def test_I12_the_registry_is_asked_for_the_persons_own_addresses() -> None:
    after = given(active).when(show_addresses, SHOW, ASKER).then(AddressesAsked).then_state(waiting)
    asked = after.messages[0]
    assert isinstance(asked, AddressesAsked)
    assert asked.identity_number.plain == Secret(CITIZEN)
    assert asked.asked_by == f"user:{USER_ID}"


def test_I12_they_are_shown_sealed_to_the_asker_and_once() -> None:
    after = given(waiting).when(addresses_found, found()).then(AddressesShown).then_state(shown)
    answer = after.messages[0]
    assert isinstance(answer, AddressesShown)
    assert (answer.addresses.plain, answer.addresses.to) == (Secret(LISTED), KEY)
    after.when(addresses_found, found()).then().then_state(shown)


def test_I12_J3_of_two_who_ask_each_gets_the_answer_to_their_own_question() -> None:
    other_key = KEY.replace("A", "B")
    second = AddressesWanted("c-8", other_key, NOON + MINUTE)
    after = given(replace(waiting, asked=(*waiting.asked, second))).when(addresses_found, found(correlation_id="c-8"))
    after.then_state(replace(waiting, shown=Secret(LISTED)))
    (answer,) = after.messages
    assert isinstance(answer, AddressesShown)
    assert answer.addresses.to == other_key


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s != active])
def test_I12_an_answer_of_the_registry_to_nobody_changes_nothing(state: UserState) -> None:
    given(state).when(addresses_found, found()).then().then_state(state)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '[{"city": "x"}]', "[" * 2_000, json.dumps([{"address_id": "a"}] * 21)]
)
def test_I12_what_cannot_be_read_is_not_shown(text: str) -> None:
    after = given(waiting).when(addresses_found, found(text))
    after.then_refused("not-available-now", "registry-answer-unreadable").then_state(active)
    assert after.decision is not None
    assert after.decision.refusal is not None
    assert after.decision.refusal.command_id == "c-7"


def test_I12_a_silent_registry_is_not_waited_for_without_end() -> None:
    twice = replace(waiting, asked=(*waiting.asked, AddressesWanted("c-8", KEY, NOON + 2 * MINUTE)))
    assert due_at(twice) == NOON + MINUTE
    early = replace(FACTS, present=NOON + MINUTE - SECOND)
    given(twice).when(on_timer, SHOW, early).then().then_state(twice)
    late = replace(FACTS, present=NOON + 2 * MINUTE)
    first = given(twice).when(on_timer, SHOW, late).then_refused("not-available-now", "registry-silent")
    assert first.decision is not None
    assert first.decision.refusal is not None
    assert (first.decision.refusal.command_id, first.decision.refusal.command_type) == ("c-7", ShowAddresses.type_name)
    second = first.when(on_timer, SHOW, late).then_refused("not-available-now", "registry-silent")
    second.then_state(active)
    assert due_at(second.state) is None


def test_I12_a_late_answer_after_the_refusal_changes_nothing() -> None:
    given(active).when(addresses_found, found()).then().then_state(active)


def test_I12_a_key_that_is_none_is_refused() -> None:
    bad = replace(ASKER, key_is_good=False)
    given(active).when(show_addresses, SHOW, bad).then_refused("malformed", "answer-key-not-accepted")


def test_I12_few_questions_wait_at_once() -> None:
    full = replace(active, asked=waiting.asked * 5)
    given(full).when(show_addresses, SHOW, ASKER).then_refused("not-available-now", "too-many-questions-unanswered")


def test_I12_one_of_those_shown_is_chosen_and_only_its_region_leaves() -> None:
    after = given(shown).when(choose_address, choosing("home"))
    after.then(
        AddressSaved(next_step="define-account"),
        NationalAddressSaved(user_id=USER_ID, region=1),
        AddressReported(person=PERSON, user_id=USER_ID),
    )
    assert isinstance(after.state, Active)
    assert after.state.address is not None
    assert json.loads(after.state.address.reveal()) == ADDRESS


@pytest.mark.parametrize(
    ("decide", "saving"), [(choose_address, choosing("home")), (add_address, adding(json.dumps(ADDRESS)))]
)
@pytest.mark.parametrize("owner", [shown, replace(of_two, shown=Secret(LISTED))])
def test_I12_the_addresses_that_were_shown_are_not_kept_once_one_is_saved(
    owner: Any, decide: Any, saving: Incoming[Any]
) -> None:
    after = given(owner).when(decide, replace(saving, customer=CUSTOMER if owner is shown else REEM_ACTING))
    assert after.state.address is not None
    assert after.state.shown is None
    again = replace(choosing("home"), customer=CUSTOMER if owner is shown else REEM_ACTING)
    after.when(choose_address, again).then_refused("address-not-accepted", "no-address-shown")


@pytest.mark.parametrize(
    ("state", "address_id", "reason"),
    [(active, "home", "no-address-shown"), (shown, "away", "address-not-shown"), (shown, "old", "address-unreadable")],
)
def test_I12_only_what_was_shown_can_be_chosen(state: UserState, address_id: str, reason: str) -> None:
    given(state).when(choose_address, choosing(address_id)).then_refused("address-not-accepted", reason)


def test_I12_a_new_address_is_added() -> None:
    given(active).when(add_address, adding(json.dumps(ADDRESS))).then(
        AddressSaved, NationalAddressSaved, AddressReported
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "address-unreadable"),
        ("[]", "address-unreadable"),
        ("[" * 2_000, "address-unreadable"),
        (json.dumps(ADDRESS | {"floor": "2"}), "address-unreadable"),
        (json.dumps(ADDRESS | {"street": 5}), "address-unreadable"),
        (json.dumps(ADDRESS | {"street": None}), "address-unreadable"),
        (json.dumps(ADDRESS | {"building_number": "82"}), "building-number-malformed"),
        (json.dumps(ADDRESS | {"postal_code": "92313"}), "postal-code-malformed"),
        (json.dumps(ADDRESS | {"short_address": "RHHA8229"}), "short-address-contradicts-building-number"),
    ],
)
def test_I12_an_address_that_is_not_right_is_refused_part_by_part(text: str, reason: str) -> None:
    given(active).when(add_address, adding(text)).then_refused("address-not-accepted", reason).then_state(active)


@pytest.mark.parametrize("state", [s for s in EVERY_STATE if s != active])
def test_J2_without_an_active_user_signing_in_is_the_missing_step(state: UserState) -> None:
    for after in (
        given(state).when(show_addresses, SHOW, ASKER),
        given(state).when(choose_address, choosing("home")),
        given(state).when(add_address, adding("{}")),
    ):
        after.then_refused("sign-in-needed", "user-not-active", missing_step="log-in").then_state(state)
    assert NOT_SIGNED_IN.missing_step == "log-in"


# --- a business's (I17) ---------------------------------------------------------------------------------------------
ACTING_SHOW = arriving(ShowAddresses(token=SEALED, answer_key=KEY), id="c-7", customer=REEM_ACTING)


def test_I12_I17_a_businesss_addresses_are_asked_for_by_its_unified_number() -> None:
    scene = given(of_two).when(show_addresses, ACTING_SHOW, ASKER).then(AddressesAsked)
    (asked,) = scene.messages
    assert isinstance(asked, AddressesAsked)
    assert (asked.asked_by, asked.identity_type) == (f"business:{BUSINESS_ID}", "business")
    assert plain(asked.identity_number) == UNIFIED_NUMBER
    assert business_due_at(scene.state) == NOON + MINUTE
    found = AddressesFound(asked_by=asked.asked_by, addresses=SEALED)
    answer = arriving(found, correlation_id="c-7", opened={"addresses": LISTED})
    scene.when(addresses_found, answer).then(AddressesShown).then_state(replace(of_two, shown=Secret(LISTED)))


def test_I12_I17_a_silent_registry_is_not_waited_for_by_a_business_either() -> None:
    scene = given(of_two).when(show_addresses, ACTING_SHOW, ASKER)
    wake = arriving(TimerElapsed(aggregate="business:b"), now=NOON + MINUTE)
    scene.when(on_business_timer, wake).then_refused("not-available-now", "registry-silent").then_state(of_two)


def test_I12_I17_a_businesss_address_is_saved_with_who_acted() -> None:
    chosen = arriving(ChooseAddress(token=SEALED, address_id="home"), customer=REEM_ACTING)
    scene = given(replace(of_two, shown=Secret(LISTED))).when(choose_address, chosen)
    event = NationalAddressSaved(user_id=BUSINESS_ID, acted_by=OTHER_ID, region=1)
    scene.then(AddressSaved(next_step="define-account"), event)
    assert scene.state.address is not None


def test_I13_I17_who_was_removed_changes_no_address() -> None:
    added = arriving(AddAddress(token=SEALED, address=SEALED), customer=REMOVED_ACTING, opened={"address": "{}"})
    chosen = arriving(ChooseAddress(token=SEALED, address_id="home"), customer=REMOVED_ACTING)
    asked = arriving(ShowAddresses(token=SEALED, answer_key=KEY), customer=REMOVED_ACTING)
    for scene in (
        given(of_two).when(add_address, added),
        given(of_two).when(choose_address, chosen),
        given(of_two).when(show_addresses, asked, ASKER),
    ):
        scene.then_refused("sign-in-needed", "actor-not-authorised", "log-in").then_state(of_two)


def test_I12_J3_a_second_question_does_not_make_the_first_forgotten() -> None:
    again = replace(SHOW, id="c-8")
    scene = given(waiting).when(show_addresses, again, ASKER).then(AddressesAsked)
    assert [each.command_id for each in scene.state.asked] == ["c-7", "c-8"]
