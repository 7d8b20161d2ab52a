"""What a group has committed is not known while its coordinator cannot say so (trap 49)."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
from aiokafka.protocol.commit import OffsetFetchResponse_v3
from aiokafka.protocol.group import HeartbeatRequest

from services.chassis import clients

PLACE = TopicPartition("accounts.commands", 3)
KNOWN = OffsetFetchResponse_v3(0, [(PLACE.topic, [(PLACE.partition, 17, "", 0)])], 0)


class Coordinator(GroupCoordinator):
    """The client's, before a broker that gives these answers one after the other. `found` counts how often it had to
    look for its group's coordinator."""

    def __init__(self, *answers: Any) -> None:
        self.group_id, self.coordinator_id, self._retry_backoff_ms = "accounts.ordinary", 1, 1
        self._coordinator_dead_fut = asyncio.get_running_loop().create_future()
        self._answers, self._client, self.found = list(answers), SimpleNamespace(send=self._answer), 0

    async def _answer(self, *_: Any, **__: Any) -> Any:
        return self._answers.pop(0)

    async def ensure_coordinator_known(self) -> None:
        if self.coordinator_id is None:
            self.coordinator_id, self.found = 1, self.found + 1
            self._coordinator_dead_fut = asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(
    ("error", "looks"),
    [(GroupLoadInProgressError, 0), (NotCoordinatorForGroupError, 2), (GroupCoordinatorNotAvailableError, 2)],
)
async def test_trap_49_a_coordinator_that_cannot_say_yet_is_asked_again(error: Any, looks: int) -> None:
    """Taken for "nothing", a whole group would begin at the beginning once more where everything starts at once."""
    unknown = OffsetFetchResponse_v3(0, [], error.errno)
    coordinator: Any = Coordinator(unknown, unknown, KNOWN)
    assert (await coordinator.fetch_committed_offsets([PLACE]))[PLACE].offset == 17
    assert coordinator.found == looks


async def test_trap_49_who_may_not_know_is_told_so() -> None:
    coordinator: Any = Coordinator(OffsetFetchResponse_v3(0, [], GroupAuthorizationFailedError.errno))
    with pytest.raises(GroupAuthorizationFailedError):
        await coordinator.fetch_committed_offsets([PLACE])


async def test_trap_49_a_group_that_has_committed_nothing_has_committed_nothing() -> None:
    nothing = OffsetFetchResponse_v3(0, [(PLACE.topic, [(PLACE.partition, -1, "", 0)])], 0)
    coordinator: Any = Coordinator(nothing)
    assert await coordinator.fetch_committed_offsets([PLACE]) == {}


async def test_trap_49_other_answers_are_the_clients_own_to_judge() -> None:
    answer = SimpleNamespace(error_code=NotCoordinatorForGroupError.errno)
    coordinator: Any = Coordinator(answer)
    assert await coordinator._send_req(HeartbeatRequest("accounts.ordinary", 1, "member")) is answer
    assert coordinator.coordinator_id == 1
    assert GroupCoordinator._send_req is clients._heard
