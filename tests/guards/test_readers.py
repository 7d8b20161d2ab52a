"""A service may read what it has a reader for, and nothing else (law 12)."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.topics import CATALOGUE, IDENTITY_SESSIONS, KEYS, ORDERS, SERVICES, Topic
from deploy.kubernetes.lanes import LANES
from tests.gates import Gates

READ_WHOLE = {IDENTITY_SESSIONS.name, *(topic.name for topic in KEYS.values())}
"""By every process without a group: ended sessions (I13) and public keys."""


def reader_faults(topics: Mapping[str, Topic]) -> list[str]:
    """Topics that a service may read and has no reader for, or the other way round."""
    faults = []
    for service in SERVICES:
        read = {lane.topic.name for lane in LANES[service]} | READ_WHOLE | {ORDERS[service].name}
        allowed = {name for name, topic in topics.items() if service in topic.readers}
        faults += [f"{service}: {name}" for name in sorted(read ^ allowed)]
    return faults


def test_law_12_a_service_reads_a_topic_only_if_it_has_a_lane_or_a_reader_there() -> None:
    assert reader_faults(CATALOGUE) == []


def test_it_refuses_a_reader_without_a_lane_and_a_lane_without_a_reader(gates: Gates) -> None:
    events = CATALOGUE["accounts.events"]
    curious = {**CATALOGUE, events.name: replace(events, readers=events.readers | {"identity"})}
    gates.refuses("topics: readers", "identity reads accounts' events", reader_faults(curious))
    deaf = {**CATALOGUE, events.name: replace(events, readers=events.readers - {"reports"})}
    gates.refuses("topics: readers", "reports' lane may not read", reader_faults(deaf))
