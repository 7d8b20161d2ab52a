"""Reads what a run left: topics and collections whole, groups, lanes, the gateway's books."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from contracts.envelope import Envelope, from_headers
from contracts.topics import SERVICES
from deploy.local.stack import StackError
from deploy.local.system import System
from deploy.local.watch import read_everything
from services.chassis.document import loaded
from services.chassis.store import COLLECTION
from tests.chaos.evidence import Evidence, Outbox, Said
from tests.chaos.hostile import KEY, Explained
from tests.chaos.lag import Lag
from tests.chaos.ledger import read_ledger

States = dict[str, dict[str, Mapping[str, Any]]]
Outboxes = dict[str, dict[str, Sequence[Outbox]]]


async def evidence_of(system: System, folder: Path, explained: Sequence[Explained]) -> Evidence:
    """Everything there is to judge, with the servers still up. Raises StackError where the broker is not."""
    ledger = read_ledger((folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines())
    bootstrap = system.stack.kafka_bootstrap
    states, outboxes = _documents(system)
    async with Lag(bootstrap) as lag:
        offsets = await lag.offsets()
    if offsets is None:
        raise StackError("the broker does not tell its offsets")
    # Before the topics are read: what is reported meanwhile has its effect behind what is read of them.
    receipts = frozenset(sms for sms, status in system.gateway.ledger.receipts if status == "Delivered")
    return Evidence(
        ledger=ledger,
        said=await _said(bootstrap),
        states=states,
        outboxes=outboxes,
        committed={(group.split(".")[0], *tp): offset for (group, tp), offset in offsets.committed.items()},
        bills=Counter(bill.correlation_id for bill in system.gateway.ledger.bills),
        receipts=receipts,
        explained=frozenset(explained),
        lags=offsets.lags,
        paused=await _paused(system),
    )


async def _said(bootstrap: str) -> list[Said]:
    said: list[Said] = []

    def look(record: Any) -> None:
        if (readable := _read(record)) is not None:
            said.append(readable)

    await read_everything(bootstrap, look)
    return said


def _read(record: Any) -> Said | None:
    """None: nothing of ours, such as most hostile records."""
    envelope = from_headers(record.key, record.headers)
    if not isinstance(envelope, Envelope) or record.key == KEY or record.value is None:
        return None
    return Said(record.topic, record.partition, record.offset, record.timestamp, envelope, record.value)


def _documents(system: System) -> tuple[States, Outboxes]:
    states: States = {}
    outboxes: Outboxes = {}
    with MongoClient[dict[str, Any]](system.stack.mongo_uri) as client:
        for service in SERVICES:
            found = client[system.service(service).database][COLLECTION].find()
            documents = [loaded(fields) for fields in found]
            states[service] = {d.id: json.loads(d.state) for d in documents if d.state is not None}
            outboxes[service] = {
                d.id: [Outbox(e.id, e.cause.topic, e.cause.partition, e.cause.offset) for e in d.outbox]
                for d in documents
            }
    return states, outboxes


async def _paused(system: System) -> list[str]:
    """Lanes that stand still, by the metrics of their processes; a process that does not answer counts as well."""
    paused = []
    for replica in (each for replicas in system.replicas.values() for each in replicas):
        try:
            paused += paused_lanes(replica.replica, await replica.metrics())
        except httpx.HTTPError:
            paused.append(f"{replica.replica} does not answer and")
    return paused


def paused_lanes(replica: str, metrics: str) -> list[str]:
    """Lanes that stand still, by the metrics of their process."""
    found = re.findall(r'^hesabi_lane_paused\{lane="([^"]+)"\} 1\.0$', metrics, re.MULTILINE)
    return [f"{replica} {lane}" for lane in found]
