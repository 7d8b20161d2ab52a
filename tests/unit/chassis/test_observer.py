"""How loud a service says what."""

import re

import pytest
import structlog
from structlog.testing import capture_logs

from services.chassis.metrics import OTHER, Metrics
from services.chassis.observer import ServiceObserver, timed


@pytest.mark.parametrize(
    ("event", "level"),
    [
        ("outbox_unproven", "error"),
        ("partition_halted", "error"),
        ("key_reader_failed", "error"),
        ("lane_paused", "warning"),
        ("record_skipped", "warning"),
        ("lane_resumed", "info"),
    ],
)
def test_law5_law7_what_does_not_mend_itself_is_an_alarm(event: str, level: str) -> None:
    with capture_logs() as lines:
        ServiceObserver(Metrics(), structlog.get_logger()).tell(event, lane="ordinary")
    assert [(line["event"], line["log_level"]) for line in lines] == [(event, level)]


def test_law7_the_stage_that_broke_is_counted_and_told_with_the_pause() -> None:
    metrics = Metrics()
    observer = ServiceObserver(metrics, structlog.get_logger())
    for stage in ("load", "save"):
        with pytest.raises(ConnectionError), timed(observer, "ordinary", stage, lambda: 0.0):
            raise ConnectionError
        with capture_logs() as lines:
            observer.tell("lane_paused", lane="ordinary", wait_s=1.0)
        assert [(line["stage"], line["retry_in_s"]) for line in lines] == [(stage, 1.0)]
    with timed(observer, "ordinary", "publish", lambda: 0.0):
        pass
    observer.tell("lane_paused", lane="ordinary")
    counted = set(re.findall(r'hesabi_lane_pauses_total\{lane="ordinary",stage="(\w+)"\} 1.0', shown(metrics)))
    assert counted == {"load", "save", OTHER}


def test_a_topic_for_which_nobody_answers_is_told_once_and_so_is_its_return() -> None:
    observer = ServiceObserver(Metrics(), structlog.get_logger())
    with capture_logs() as lines:
        for silent in (set[str](), {"identity.commands"}, {"identity.commands"}, set[str](), set[str]()):
            observer.silent(silent)
    told = [(line["event"], line["log_level"], line["topic"]) for line in lines]
    assert told == [
        ("topic_silent", "warning", "identity.commands"),
        ("topic_answers", "info", "identity.commands"),
    ]


def shown(metrics: Metrics) -> str:
    return metrics.exposition().decode()


def test_a_batch_counts_its_records_whatever_becomes_of_them() -> None:
    metrics = Metrics()
    with ServiceObserver(metrics, structlog.get_logger()).batch("codes", "identity.codes", [object()] * 3):
        pass
    assert metrics.registry.get_sample_value("hesabi_batch_size_sum", {"lane": "codes"}) == 3
