"""What operators see of an audit that cannot look (law 5)."""

import re
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from aiokafka.errors import KafkaConnectionError

from services.chassis.runtime import Engine
from tests.component.service_under_test import House


def told_s(engine: Engine) -> float:
    """The seconds of the gauge."""
    told = re.search(r"(?m)^hesabi_oldest_unproven_outbox_seconds (.+)$", engine.observer.metrics.exposition().decode())
    assert told is not None
    return float(told[1])


async def test_law5_while_the_audit_cannot_look_what_it_last_proved_grows_old(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house.service() as engine:
        await engine.audited()
        assert told_s(engine) == 0
        with monkeypatch.context() as away:
            away.setattr(engine.audit, "committed", AsyncMock(side_effect=KafkaConnectionError))
            present = engine.clock.present
            away.setattr(engine.clock, "present", lambda: present() + timedelta(hours=1))
            with pytest.raises(KafkaConnectionError):
                await engine.audited()
        assert told_s(engine) == pytest.approx(3_600, abs=600)
        await engine.audited()
        assert told_s(engine) == 0
