"""`kill -9` of each service in the middle of a journey; the test starts it again, as Kubernetes would."""

from contracts.topics import SERVICES
from deploy.local.journey import Outcome
from deploy.local.system import System
from tests.journeys.conftest import Survived
from tests.journeys.counting import (
    bills_a_text,
    copies_a_mail,
    event_counts,
    outcomes,
)
from tests.journeys.killing import POINTS

MAY_DIFFER = frozenset({"HandOverReported", "StatusReported", "ReadingsGiven"})
"""What a call came to dies with its caller; the gateway is asked instead (law 8). A month's readings answer a query, of
which nothing is recorded (law 1): to one that was published again they are given again, and taken once."""


def test_J3_killed_services_leave_the_same_table_of_outcomes(journey: Outcome, survived: Survived) -> None:
    assert outcomes(survived.outcome) == outcomes(journey)


def test_J3_killed_services_leave_the_same_events(system: System, journey: Outcome, survived: Survived) -> None:
    def the_lasting(outcome: Outcome) -> dict[tuple[str, str], int]:
        """All that is remembered, and so comes once."""
        return {row: count for row, count in event_counts(system, outcome).items() if row[1] not in MAY_DIFFER}

    assert the_lasting(survived.outcome) == the_lasting(journey)


def test_N6_N10_killed_services_have_no_message_billed_twice(
    system: System, journey: Outcome, survived: Survived
) -> None:
    assert set(bills_a_text(system, survived.outcome).values()) == {1}
    # An e-mail on its way may go out again, under the same Message-ID (law 8).
    assert max(copies_a_mail(system, survived.outcome).values()) <= 2
    assert len(bills_a_text(system, survived.outcome)) == len(bills_a_text(system, journey))
    assert len(copies_a_mail(system, survived.outcome)) == len(copies_a_mail(system, journey))


def test_each_service_was_killed_and_some_before_they_had_answered(survived: Survived) -> None:
    assert survived.killed == list(POINTS)
    assert {point.service for point in survived.killed} == set(SERVICES)
    assert len(survived.left_over) >= 4
