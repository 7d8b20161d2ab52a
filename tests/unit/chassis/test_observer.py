"""How loud a service says what."""

import pytest
import structlog
from structlog.testing import capture_logs

from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver


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
