"""Traces on real servers: a batch's span names the batch that caused it, also through a call (law 8)."""

from typing import Any

from tests.collector import collecting
from tests.component.counter import Add
from tests.component.service_under_test import House
from tests.eventually import eventually

WITHIN_S = 60
CALLS = 100
"""An amount that makes the toy service call."""


async def test_the_batch_of_a_call_s_result_is_linked_to_the_batch_that_asked_for_the_call(house: House) -> None:
    with collecting() as collector:
        async with house.service(changes={"HESABI_TRACES_ENDPOINT": collector.address}) as engine:
            command = await house.send(Add(amount=CALLS), "traced-1")
            await house.all_answered("traced-1", [command])

            async def called() -> Any:
                return (await house.state(engine, "traced-1")).calls

            await eventually(called, lambda calls: calls == 1, within=WITHIN_S)
        asked = [span for span in collector.spans if span.name == "ordinary batch"]
        reported = [span for span in collector.spans if span.name == "internal batch"]
    known = {(span.trace_id, span.span_id) for span in asked}
    assert [(link.trace_id, link.span_id) in known for span in reported for link in span.links] == [True]
    names = {each.key for span in asked for each in span.attributes}
    assert {f"hesabi.stage.{stage}_s" for stage in ("read", "load", "decide", "save", "publish", "commit")} <= names
    assert b"traced-1" not in b"".join(collector.bodies)


async def test_without_traces_no_record_carries_one(house: House) -> None:
    async with house.service():
        command = await house.send(Add(amount=1), "untraced-1")
        await house.all_answered("untraced-1", [command])
    names = {name for record in house.said("answers", "untraced-1") for name, _ in record.headers}
    assert "ce_traceparent" not in names
    assert "ce_id" in names
