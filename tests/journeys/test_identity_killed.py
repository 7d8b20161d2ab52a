"""`kill -9` of identity in the middle of a journey; the test starts it again, as Kubernetes would."""

from deploy.local.journey import Outcome
from deploy.local.system import System
from tests.journeys.counting import (
    bills_a_text,
    copies_a_mail,
    event_counts,
    outcomes,
)


def test_J3_a_killed_identity_leaves_the_same_table_of_outcomes(journey: Outcome, survived: Outcome) -> None:
    assert outcomes(survived) == outcomes(journey)


def test_J3_a_killed_identity_leaves_the_same_events(system: System, journey: Outcome, survived: Outcome) -> None:
    assert event_counts(system, survived) == event_counts(system, journey)


def test_N6_N10_a_killed_identity_has_no_message_billed_twice(
    system: System, journey: Outcome, survived: Outcome
) -> None:
    assert set(bills_a_text(system, survived).values()) == {1}
    assert set(copies_a_mail(system, survived).values()) == {1}
    assert len(bills_a_text(system, survived)) == len(bills_a_text(system, journey))
    assert len(copies_a_mail(system, survived)) == len(copies_a_mail(system, journey))


def test_it_was_killed_before_it_had_answered(survived: Outcome) -> None:
    """Its groups wait for the dead member's session, 15 s: so long took what it had not answered yet."""
    late = [step.title for step in survived.steps if (step.milliseconds or 0) > 5_000]
    assert len(late) >= 2
