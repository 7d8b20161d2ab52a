"""The checker of the ledger refuses each kind of broken promise, and passes a clean run."""

from dataclasses import replace

import pytest

from contracts import accounts_v1
from contracts.accounts import AccountDefined, ReferenceFound, ShowDues
from contracts.identity import OtpRequested
from contracts.message import Message
from contracts.metering import IntervalReadings
from contracts.notifications import (
    AskContactChannels,
    ContactChannelsGiven,
    MessageHandedOver,
    OtpHandedOver,
    OtpNotHandedOver,
)
from contracts.operations import COMMAND_REFUSED
from tests.chaos.evidence import Evidence, Kind, Violation
from tests.chaos.ledger import Entry
from tests.chaos.reckoning import reckoned
from tests.gates import Gates
from tests.unit.chaos.situations import (
    CLEAN,
    CUSTOMER,
    DEFINED,
    DEFINITION,
    LETTER,
    METER,
    RECORDS,
    caused,
    entry,
    letter,
    said,
    with_more,
    with_state,
    without,
)

DAYS = [{"day": "2026-02-01", "version": 2}]
NUMBERED = replace(DEFINED.envelope, id="second", sequence=3)

SPOILT: dict[str, tuple[Kind, Evidence]] = {
    "an acknowledged reading that is not on the topic": ("lost", without("reading-1")),
    "a command without an answer": ("unanswered", without("contacts-given")),
    "an answer with two bodies": (
        "doubled",
        with_more(caused(ContactChannelsGiven, "again", "contacts", {"customer_line": "1"})),
    ),
    "a no that nobody reckoned with": (
        "refused",
        replace(
            without("contacts-given"),
            said=[
                *without("contacts-given").said,
                caused(COMMAND_REFUSED["notifications"], "no", "contacts", {"public_reason": "malformed"}),
            ],
        ),
    ),
    "an answer without its effect": ("lost", without("defined")),
    "an effect twice": ("doubled", with_more(caused(AccountDefined, "defined-2", "complete", sequence=2))),
    "a definition behind its answers": ("lost", with_state("accounts", DEFINITION, {"stage": "agreed"})),
    "a definition that is gone": ("lost", with_state("accounts", DEFINITION, None)),
    "a reference that its customer does not have": ("lost", with_state("accounts", CUSTOMER, {"definitions": []})),
    "a reference that its customer has twice": (
        "doubled",
        with_state("accounts", CUSTOMER, {"definitions": [{"reference": "AAAA"}, {"reference": "AAAA"}]}),
    ),
    "a reading that is not in its month": ("lost", with_state("reports", METER, {"days": [], "edition": 2})),
    "an older reading in the place of the newer": (
        "lost",
        with_state("reports", METER, {"days": [{"day": "2026-02-01", "version": 1}], "edition": 2}),
    ),
    "a reading taken in twice": ("doubled", with_state("reports", METER, {"days": DAYS, "edition": 3})),
    "a gap in a stream": ("out of order", with_more(replace(DEFINED, envelope=NUMBERED))),
    "two messages with one number": (
        "out of order",
        with_more(replace(DEFINED, envelope=replace(NUMBERED, sequence=1))),
    ),
    "one message under two numbers": (
        "doubled",
        with_more(replace(DEFINED, envelope=replace(DEFINED.envelope, sequence=2))),
    ),
    "an SMS paid twice": ("doubled", replace(CLEAN, bills={"otp-1": 2})),
    "a message to a person without an end": ("stuck", without("delivered")),
    "a receipt that was taken and has no effect": ("lost", replace(CLEAN, receipts=frozenset({"otp-1", "otp-2"}))),
    "a lane with lag": ("stuck", replace(CLEAN, lags={"identity.commands": 3})),
    "a lane that stands still": ("stuck", replace(CLEAN, paused=["identity-1 commands"])),
    "an outbox that is not proven": ("stuck", replace(CLEAN, committed={("accounts", "accounts.commands", 0): 5})),
    "a parked aggregate": ("stuck", replace(CLEAN, outboxes={"accounts": {f"parked:{DEFINITION}": ()}})),
    "a dead letter that nothing explains": ("dead letter", replace(CLEAN, explained=frozenset())),
    "a hostile record without its dead letter": ("dead letter", without("letter-1")),
    "a hostile record with two dead letters": ("doubled", with_more(letter(LETTER, "letter-2"))),
}


def test_a_clean_run_passes() -> None:
    assert reckoned(CLEAN) == []


@pytest.mark.parametrize("what", SPOILT)
def test_it_refuses(what: str, gates: Gates) -> None:
    kind, evidence = SPOILT[what]
    found = reckoned(evidence)
    assert kind in {violation.kind for violation in found}
    gates.refuses("chaos: ledger", what, [violation.what for violation in found if violation.kind == kind][:1])


def test_copies_after_a_crash_are_no_violation() -> None:
    """What was published and not yet committed is published again (law 5)."""
    copies = [each for each in RECORDS if each.envelope.id in {"contacts-given", "defined", "completed", "letter-1"}]
    assert reckoned(with_more(*copies)) == []


def test_a_question_asked_again_is_sealed_anew() -> None:
    """It is not recorded (law 1): the same answer looks different."""
    again = caused(ReferenceFound, "found", "inquire", {"inquiry": "sealed.again"})
    assert reckoned(with_more(again)) == []


def test_a_message_that_was_handed_over_needs_no_receipt() -> None:
    """The gateway stops reporting when it finds the door shut for too long."""
    handed_over = said(MessageHandedOver, "taken", {"message_id": "otp-1"}, source="notifications")
    assert reckoned(replace(CLEAN, said=[*without("delivered").said, handed_over])) == []


@pytest.mark.parametrize("told", [OtpHandedOver, OtpNotHandedOver])
def test_of_a_code_that_hides_who_is_known_identity_alone_hears(told: type[Message]) -> None:
    """The receipt of such a code is noted, and nobody is told (I15)."""
    asked = {"otp_id": "otp-1", "purpose": "reset-password"}
    records = [
        *(each for each in without("delivered").said if each.name != "OtpRequested"),
        said(OtpRequested, "otp", asked, source="identity", subject="user:1", sequence=1),
        said(told, "told", {"otp_id": "otp-1"}, source="notifications"),
    ]
    assert reckoned(replace(CLEAN, said=records, receipts=frozenset({"otp-1"}))) == []
    assert reckoned(replace(CLEAN, said=records[:-1])) == [Violation("stuck", "OtpRequested otp-1 has met no end")]


def test_what_was_never_acknowledged_may_be_absent() -> None:
    lost: dict[str, Entry] = {**CLEAN.ledger, "given-up": replace(entry(IntervalReadings, "given-up"), places=[])}
    assert reckoned(replace(CLEAN, ledger=lost)) == []


def test_what_is_on_the_topic_counts_though_the_acknowledgement_was_lost() -> None:
    unheard = {**CLEAN.ledger, "contacts": replace(entry(AskContactChannels, "contacts"), places=[])}
    found = reckoned(replace(without("contacts-given"), ledger=unheard))
    assert [violation.kind for violation in found] == ["unanswered"]


def test_dues_may_be_refused_while_billing_cannot_be_heard() -> None:
    """A5: billing has 20 s to answer."""
    no = caused(COMMAND_REFUSED["accounts"], "no", "dues", {"public_reason": "not-available-now"})
    evidence = with_more(said(ShowDues, "dues"), no)
    assert reckoned(replace(evidence, ledger={**CLEAN.ledger, "dues": entry(ShowDues, "dues")})) == []


def test_law13_an_answer_of_another_version_is_none() -> None:
    shown = caused(accounts_v1.DuesShown, "shown", "dues", {"total_halalas": 0})
    evidence = with_more(said(ShowDues, "dues"), shown)
    found = reckoned(replace(evidence, ledger={**CLEAN.ledger, "dues": entry(ShowDues, "dues")}))
    assert "unanswered" in {violation.kind for violation in found}
    assert any(
        "hesabi.accounts.DuesShown.v1 is no answer to hesabi.accounts.ShowDues.v2" in str(each) for each in found
    )
