"""An active individual registers a business (I1, I3, I17): as the user's aggregate and the business's decide it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Customer, Incoming
from contracts.identity import ContactProven
from contracts.identity_business import BusinessActivated, BusinessRegistered, RegisterBusiness
from contracts.identity_business_internal import BusinessClaimed, BusinessDenied, BusinessGranted
from contracts.message import TimerElapsed
from contracts.registry import AuthorityAsked, AuthorityConfirmed, AuthorityNotConfirmed
from contracts.sealed import Secret
from services.identity.business import claim_business, contact_of
from services.identity.business_registration import (
    LONGEST_NAME,
    RegisteringFacts,
    StatedBusinessReason,
    authority_confirmed,
    authority_not_confirmed,
    business_denied,
    business_granted,
    register_business,
)
from services.identity.deadlines import due_at, on_timer
from services.identity.representation import (
    MOST_BUSINESSES,
    REGISTRATIONS_A_DAY,
    UNANSWERED_AT_ONCE,
    KnownBusiness,
    Registering,
    Representation,
)
from services.identity.states import Active, UserState
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import of_two
from tests.unit.identity.in_memory import plain
from tests.unit.identity.situations import (
    CITIZEN,
    CUSTOMER,
    EMAIL,
    EVERY_STATE,
    GIVEN_MOBILE,
    MINUTE,
    POLICY,
    SEALED,
    SECOND,
    USER_ID,
    active,
)

UNIFIED_NUMBER = "7001234567"
BUSINESS = "b-" + "c" * 32
NAME = "شركة النور للتجارة"
FACTS = RegisteringFacts(NOON, POLICY, BUSINESS)
REGISTERING = Registering("c-9", BUSINESS, Secret(UNIFIED_NUMBER), Secret(NAME), until=NOON + MINUTE)
asking: Active = replace(active, represents=Representation(registering=(REGISTERING,), tries=(NOON,)))
confirmed: Active = replace(active, represents=Representation((), (replace(REGISTERING, until=None),), (NOON,)))
KNOWN = KnownBusiness(BUSINESS, Secret(NAME))
authorised: Active = replace(active, represents=Representation(known=(KNOWN,)))
NOT_ASKING = [state for state in EVERY_STATE if state is not active]


def registering(
    number: str = UNIFIED_NUMBER, name: str = NAME, customer: Customer = CUSTOMER, **changes: str
) -> Incoming[Any]:
    stated = {"segment": "business", "identity_type": "business"} | changes
    body = RegisterBusiness(token=SEALED, identity_number=SEALED, name=SEALED, **stated)
    return arriving(body, id="c-9", customer=customer, opened={"identity_number": number, "name": name})


def from_registry(answer: Any) -> Incoming[Any]:
    return arriving(answer(asked_by=f"user:{USER_ID}"), source="registry", correlation_id="c-9")


def from_business(answer: Any) -> Incoming[Any]:
    return arriving(answer(user_id=USER_ID, business_id=BUSINESS), source="identity", correlation_id="c-9")


# --- the command ----------------------------------------------------------------------------------------------------
def test_I17_the_registry_is_asked_whether_this_person_may_act() -> None:
    scene = given(active).when(register_business, registering(), FACTS).then(AuthorityAsked).then_state(asking)
    (asked,) = scene.messages
    assert isinstance(asked, AuthorityAsked)
    assert asked.asked_by == f"user:{USER_ID}"
    assert (asked.identity_type, plain(asked.identity_number)) == ("citizen", CITIZEN)
    assert plain(asked.unified_number) == UNIFIED_NUMBER


def test_I3_a_unified_number_is_read_in_either_script_and_a_name_loses_its_margins() -> None:
    scene = given(active).when(register_business, registering("٧٠٠١٢٣٤٥٦٧", f"  {NAME} \n"), FACTS)
    scene.then(AuthorityAsked).then_state(asking)


def test_I17_the_longest_name_of_a_business_is_taken() -> None:
    given(active).when(register_business, registering(name="N" * LONGEST_NAME), FACTS).then(AuthorityAsked)


@pytest.mark.parametrize(
    ("command", "public", "reason"),
    [
        (registering(segment="company"), "segment-not-accepted", "segment-unknown"),
        (registering(segment="individual"), "segment-not-accepted", "segment-not-business"),
        (registering(identity_type="citizen"), "identity-number-not-accepted", "identity-type-not-for-segment"),
        (registering(identity_type="company"), "identity-number-not-accepted", "identity-type-unknown"),
        (registering("1001234567"), "identity-number-not-accepted", "identity-number-malformed"),
        (registering("700123456"), "identity-number-not-accepted", "identity-number-malformed"),
        (registering(name=" "), "business-name-not-accepted", "business-name-malformed"),
        (registering(name="N" * (LONGEST_NAME + 1)), "business-name-not-accepted", "business-name-malformed"),
        (registering(name="N\u202eor"), "business-name-not-accepted", "business-name-malformed"),
    ],
)
def test_I1_I3_what_is_no_business_is_refused(
    command: Incoming[Any], public: str, reason: StatedBusinessReason
) -> None:
    given(active).when(register_business, command, FACTS).then_refused(public, reason).then_state(active)


def test_I17_nobody_registers_a_business_in_the_name_of_another() -> None:
    acting = registering(customer=Customer("b-1", "s-1", "web", actor=USER_ID))
    scene = given(active).when(register_business, acting, FACTS)
    scene.then_refused("individual-only", "acting-already", "log-in")


@pytest.mark.parametrize("state", NOT_ASKING, ids=lambda state: state.stage)
def test_I17_only_an_active_user_registers_a_business(state: UserState) -> None:
    scene = given(state).when(register_business, registering(), FACTS)
    scene.then_refused("sign-in-needed", "user-not-active", "log-in").then_state(state)


def test_I17_who_may_act_already_registers_nothing() -> None:
    scene = given(authorised).when(register_business, registering(), FACTS)
    scene.then_refused("business-already-registered", "already-authorised")


OTHER = KnownBusiness("b-0", Secret("N"))
OF_MANY = Representation(known=(OTHER,) * MOST_BUSINESSES)
OF_MANY_SOON = Representation(known=(OTHER,) * (MOST_BUSINESSES - 1), registering=(replace(REGISTERING, until=None),))
TRIED_OFTEN = Representation(tries=(NOON,) * REGISTRATIONS_A_DAY)
UNANSWERED = Representation(registering=(REGISTERING,) * UNANSWERED_AT_ONCE)


@pytest.mark.parametrize(
    ("represents", "public", "reason"),
    [
        (OF_MANY, "too-many-businesses", "businesses-used-up"),
        (OF_MANY_SOON, "too-many-businesses", "businesses-used-up"),
        (TRIED_OFTEN, "too-many-businesses", "registrations-a-day-used-up"),
        (UNANSWERED, "not-available-now", "too-many-registrations-unanswered"),
    ],
)
def test_I17_the_registry_is_not_asked_without_end(represents: Representation, public: str, reason: str) -> None:
    state = replace(active, represents=represents)
    decision = given(state).when(register_business, registering(), FACTS).then_refused(public, reason).decision
    assert decision is not None
    assert not decision.recorded


def test_I17_tries_of_yesterday_are_forgotten() -> None:
    yesterday = (NOON - timedelta(days=1),) * REGISTRATIONS_A_DAY
    state = replace(active, represents=Representation(tries=yesterday))
    given(state).when(register_business, registering(), FACTS).then(AuthorityAsked).then_state(asking)


# --- the registry's answer ------------------------------------------------------------------------------------------
def test_I17_a_confirmed_authority_claims_the_business() -> None:
    scene = given(asking).when(authority_confirmed, from_registry(AuthorityConfirmed)).then(BusinessClaimed)
    scene.then_state(confirmed)
    (claim,) = scene.messages
    assert isinstance(claim, BusinessClaimed)
    assert (claim.business_id, claim.user_id) == (BUSINESS, USER_ID)
    texts = [plain(sealed) for sealed in (claim.unified_number, claim.name, claim.email, claim.mobile)]
    assert texts == [UNIFIED_NUMBER, NAME, EMAIL, GIVEN_MOBILE]


def test_I17_an_authority_that_is_not_confirmed_is_refused() -> None:
    scene = given(asking).when(authority_not_confirmed, from_registry(AuthorityNotConfirmed))
    scene.then_refused("authority-not-confirmed", "registry-denied")
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    assert scene.decision.refusal.command_id == "c-9"
    assert scene.decision.refusal.command_type == RegisterBusiness.type_name
    scene.then_state(replace(active, represents=Representation(tries=(NOON,))))


@pytest.mark.parametrize("state", [*EVERY_STATE, confirmed, authorised])
def test_I17_a_late_or_second_answer_of_the_registry_changes_nothing(state: UserState) -> None:
    given(state).when(authority_confirmed, from_registry(AuthorityConfirmed)).then().then_state(state)
    given(state).when(authority_not_confirmed, from_registry(AuthorityNotConfirmed)).then().then_state(state)


def test_I17_a_silent_registry_is_not_waited_for() -> None:
    assert due_at(asking) == NOON + MINUTE
    wake = arriving(TimerElapsed(aggregate="user:u"), now=NOON + MINUTE)
    scene = given(asking).when(on_timer, wake).then_refused("not-available-now", "registry-silent")
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    assert scene.decision.refusal.command_id == "c-9"
    assert due_at(scene.state) is None


def test_I17_an_early_wake_up_changes_nothing() -> None:
    wake = arriving(TimerElapsed(aggregate="user:u"), now=NOON + MINUTE - SECOND)
    given(asking).when(on_timer, wake).then().then_state(asking)


def test_I17_the_business_is_waited_for_without_a_timer() -> None:
    assert due_at(confirmed) is None


def test_I17_a_silent_registry_is_not_waited_for_while_another_business_is() -> None:
    waiting = (replace(REGISTERING, command_id="c-8", until=None), REGISTERING)
    both = replace(active, represents=Representation(registering=waiting))
    assert due_at(both) == NOON + MINUTE
    wake = arriving(TimerElapsed(aggregate="user:u"), now=NOON + MINUTE)
    scene = given(both).when(on_timer, wake).then_refused("not-available-now", "registry-silent")
    assert due_at(scene.state) is None
    later = replace(REGISTERING, command_id="c-7", until=NOON + 2 * MINUTE)
    assert due_at(replace(active, represents=Representation(registering=(later, REGISTERING)))) == NOON + MINUTE


# --- the business ---------------------------------------------------------------------------------------------------
CLAIM = arriving(
    BusinessClaimed(
        business_id=BUSINESS,
        user_id=USER_ID,
        unified_number=SEALED,
        name=SEALED,
        email=SEALED,
        mobile=SEALED,
        language="ar",
    ),
    opened={"unified_number": UNIFIED_NUMBER, "name": NAME, "email": EMAIL, "mobile": GIVEN_MOBILE},
)


def test_I17_the_first_claim_registers_the_business_and_its_authorised_person() -> None:
    scene = given().when(claim_business, CLAIM)
    scene.then(
        BusinessGranted(user_id=USER_ID, business_id=BUSINESS),
        BusinessActivated(user_id=BUSINESS, authorised_person=USER_ID, activated_at=NOON),
        ContactProven,
    )
    assert scene.state.is_authorised(USER_ID)
    contact = scene.messages[2]
    assert isinstance(contact, ContactProven)
    assert (contact.user_id, plain(contact.email), plain(contact.mobile)) == (BUSINESS, EMAIL, GIVEN_MOBILE)


def test_I17_a_business_is_registered_once() -> None:
    first = given().when(claim_business, CLAIM)
    again = first.when(claim_business, arriving(CLAIM.body, opened={}))
    again.then(BusinessDenied(user_id=USER_ID, business_id=BUSINESS)).then_state(first.state)


def test_I17_who_registered_a_business_may_act_for_it() -> None:
    scene = given(confirmed).when(business_granted, from_business(BusinessGranted))
    scene.then(BusinessRegistered(business_id=BUSINESS, next_step="act-for"))
    scene.then_state(replace(active, represents=Representation((KNOWN,), (), (NOON,))))


def test_I17_a_business_of_somebody_else_is_refused_without_saying_whose() -> None:
    scene = given(confirmed).when(business_denied, from_business(BusinessDenied))
    scene.then_refused("business-already-registered", "registered-by-another")
    scene.then_state(replace(active, represents=Representation(tries=(NOON,))))


@pytest.mark.parametrize("state", EVERY_STATE)
def test_I17_an_answer_of_a_business_that_nobody_waits_for_changes_nothing(state: UserState) -> None:
    given(state).when(business_granted, from_business(BusinessGranted)).then().then_state(state)
    given(state).when(business_denied, from_business(BusinessDenied)).then().then_state(state)


def test_I17_a_business_is_reached_at_its_longest_authorised_person() -> None:
    told = contact_of(of_two)
    assert (plain(told.email), plain(told.mobile), told.language) == (EMAIL, GIVEN_MOBILE, "ar")
