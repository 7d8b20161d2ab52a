from pathlib import Path

from deploy.local.keys import make_keys
from services.chassis.dead_letters import LETTER_REASONS
from services.chassis.keys import PrivateKeys
from services.chassis.metrics import OTHER, OUTCOMES, STAGES, Metrics
from services.chassis.runtime import Engine
from tests.component.counter import counter_service
from tests.unit.chassis.test_connection import settings


def test_metrics_labels_come_from_constants_only() -> None:
    metrics = Metrics()
    metrics.outcomes("commands", {"+966500000001": 1, **dict.fromkeys(OUTCOMES, 1)})
    metrics.stage("commands", "person:1", 0.1)
    for stage in STAGES:
        metrics.stage("commands", stage, 0.1)
    metrics.dead_letter("commands", "bad +966500000001")
    metrics.dead_letter("commands", "body-malformed")
    text = metrics.exposition().decode()
    assert "966500000001" not in text
    assert "person:1" not in text
    assert text.count(f'outcome="{OTHER}"') == 2  # the count and when it began
    assert 'reason="body-malformed"' in text


def test_law7_the_first_dead_letter_and_the_first_pause_are_an_increase() -> None:
    metrics = Metrics()
    metrics.begin(["commands"], LETTER_REASONS, ["SendSms"])
    before = metrics.exposition().decode()
    assert 'hesabi_lane_paused{lane="commands"} 0.0' in before
    assert 'hesabi_call_outcomes_total{effect="SendSms",outcome="turned-away"} 0.0' in before
    for stage in STAGES:
        assert f'hesabi_lane_pauses_total{{lane="commands",stage="{stage}"}} 0.0' in before
    for reason in LETTER_REASONS:
        shown = f'hesabi_dead_letters_total{{lane="commands",reason="{reason}"}} '
        metrics.dead_letter("commands", reason)
        assert f"{shown}0.0" in before
        assert f"{shown}1.0" in metrics.exposition().decode()


def test_law7_a_process_begins_with_all_of_its_lanes(tmp_path: Path) -> None:
    metrics, service = Metrics(), counter_service()
    make_keys(tmp_path, (service.name,))
    given = settings(keys_folder=tmp_path / service.name)
    Engine(service, given, PrivateKeys.load(given.keys_folder), metrics).store.close()
    shown = metrics.exposition().decode()
    paused = [f'hesabi_lane_paused{{lane="{lane.name}"}} 0.0' for lane in service.lanes]
    assert [line for line in paused if line not in shown] == []
    assert f'hesabi_dead_letters_total{{lane="{service.lanes[0].name}",reason="aggregate-parked"}} 0.0' in shown


def test_metrics_of_two_services_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.lag("commands", 5)
    one.batch("commands", 500)
    one.resumed("commands")
    one.parked(1)
    one.effects_in_flight(1)
    one.oldest_unproven(12.5)
    one.fields_dropped(2)
    assert 'hesabi_lag_messages{lane="commands"} 5.0' in one.exposition().decode()
    assert "hesabi_oldest_unproven_outbox_seconds 12.5" in one.exposition().decode()
    assert "hesabi_log_fields_dropped_total 2.0" in one.exposition().decode()
    assert 'lane="commands"' not in other.exposition().decode()
