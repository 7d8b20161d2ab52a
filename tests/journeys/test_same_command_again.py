"""Each command of a whole journey sent again, and another one under its id (J3)."""

from deploy.local.journey import Outcome
from deploy.local.system import System
from deploy.local.watch import ANSWER_TOPICS
from tests.journeys.conftest import Twice
from tests.journeys.counting import bills_a_text, event_counts, outcomes
from tests.journeys.twice import is_reuse_refused


def test_J3_a_command_sent_again_gets_the_same_answer_again(twice: Twice) -> None:
    remembered = [each for each in twice.client.repeated if each.is_remembered]
    assert len(remembered) >= 35
    assert [
        each.command
        for each in remembered
        if (each.again.seen.envelope.id, each.again.seen.value) != (each.first.seen.envelope.id, each.first.seen.value)
    ] == []


def test_J3_what_is_not_recorded_is_answered_alike_again(twice: Twice) -> None:
    anew = [each for each in twice.client.repeated if not each.is_remembered]
    assert {each.command for each in anew} >= {"ReviewDefinition", "InquireReference"}
    assert [each.command for each in anew if each.again.outcome != each.first.outcome] == []


def test_J3_another_body_under_a_used_id_is_refused(twice: Twice) -> None:
    reused = [each for each in twice.client.repeated if each.reuse is not None]
    assert len(reused) >= 30
    assert [each.command for each in reused if not is_reuse_refused(each)] == []


def test_J3_repetition_has_no_second_effect(system: System, journey: Outcome, twice: Twice) -> None:
    def effects(outcome: Outcome) -> dict[tuple[str, str], int]:
        counts = event_counts(system, outcome).items()
        return {row: count for row, count in counts if row[0] not in ANSWER_TOPICS and row[1] != "RefusalRecorded"}

    assert outcomes(twice.outcome) == outcomes(journey)
    assert effects(twice.outcome) == effects(journey)
    assert set(bills_a_text(system, twice.outcome).values()) == {1}
