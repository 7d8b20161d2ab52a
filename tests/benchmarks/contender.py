"""One contender in a process of its own: `python -m tests.benchmarks.contender JSON` drains a topic and prints JSON."""

import asyncio
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from pymongo import InsertOne, ReplaceOne

from contracts import topics
from services.chassis.keys import PrivateKeys
from services.chassis.process import tune_interpreter
from services.chassis.sealing import binding_of, open_seal
from services.chassis.settings import ServiceSettings
from services.chassis.tokens import SessionVerifier
from tests.benchmarks.work import MESSAGE_OF, STATE_TEXT, Row

WARM_UP_SHARE = 0.1


@dataclass
class Contest:
    """What to drain, and the watch. The first tenth creates the documents and is not timed."""

    who: str
    row: Row
    kafka: str
    mongo_uri: str
    database: str
    group: str
    keys: str
    fingerprints: dict[str, Any]
    count: int
    filler_bytes: int = len(STATE_TEXT)
    stages: dict[str, float] = field(default_factory=dict)
    driver_tries_again: bool = True
    batch_size: float = 0.0
    total: int = 0
    started: float = 0.0
    processor_at_start: float = 0.0
    processor_at_end: float = 0.0
    started_at: int = 0
    ended: float = 0.0

    def __post_init__(self) -> None:
        self.topic = MESSAGE_OF[self.row].topic.name
        self.filler = "x" * self.filler_bytes
        self._tokens: dict[str, object] = {}
        self._type = MESSAGE_OF[self.row].type_name
        self._own = PrivateKeys.load(Path(self.keys) / "accounts")
        signing = PrivateKeys.load(Path(self.keys) / "identity").signing
        self._verifier = SessionVerifier(lambda kid: signing, lambda *_: False)

    @property
    def over(self) -> bool:
        """Whether everything has been drained."""
        return self.total >= self.count

    def begin(self) -> None:
        """A batch begins; the watch starts with the first one after the warm-up."""
        if not self.started and self.total >= self.count * WARM_UP_SHARE:
            self.started, self.started_at = time.perf_counter(), self.total
            self.processor_at_start = time.process_time()

    def done(self, count: int) -> None:
        """So many more have been published and committed."""
        self.total += count
        self.ended, self.processor_at_end = time.perf_counter(), time.process_time()

    def cryptography(self, body: dict[str, Any]) -> None:
        """What the row's security costs: open the token and check it (known ones by a cache), open the other fields."""
        if self.row == "a":
            return
        token = self._open(body, "token")
        if token not in self._tokens:
            self._tokens[token] = self._verifier.verify(token, datetime.now(UTC), "web")
        if self.row == "c":
            self._open(body, "name")
            self._open(body, "card")

    def _open(self, body: dict[str, Any], name: str) -> str:
        return open_seal(body[name], self._own.opening, binding_of(self._type, body["account"], name))

    def out(self, body: dict[str, Any], total: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages that follow."""
        if self.row != "a":
            yield topics.ACCOUNTS_ANSWERS.name, {"total": total}
        yield topics.ACCOUNTS_EVENTS.name, {"account": body["account"], "amount": body["amount"]}

    def new_document(self, account: str) -> dict[str, Any]:
        """A document of the peers, as large as the loop's."""
        return {"_id": account, "version": 0, "total": 0, "filler": self.filler}

    def change(self, state: dict[str, Any]) -> InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]:
        """The write of one changed document, over the version that was loaded."""
        loaded = state["version"]
        state["version"] += 1
        return ReplaceOne({"_id": state["_id"], "version": loaded}, state) if loaded else InsertOne(state)

    def settings(self) -> ServiceSettings:
        """The chassis's settings."""
        return ServiceSettings.model_validate(
            {
                "kafka_bootstrap": self.kafka,
                "mongo_uri": self.mongo_uri,
                "database": self.database,
                "keys_folder": Path(self.keys) / "accounts",
                "key_fingerprints": json.dumps(self.fingerprints),
                "http_port": 0,
                "replica": f"bench-{os.getpid()}",  # several may share a group
            }
        )

    def result(self) -> dict[str, Any]:
        """The figures."""
        seconds, messages = self.ended - self.started, max(1, self.total - self.started_at)
        return {
            "who": self.who,
            "row": self.row,
            "messages": self.total - self.started_at,
            "seconds": round(seconds, 3),
            "per_second": round((self.total - self.started_at) / seconds, 1) if seconds > 0 else 0.0,
            "processor_us_each": round(1e6 * (self.processor_at_end - self.processor_at_start) / messages, 1),
            "batch_size": round(self.batch_size, 1),
            "resident_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "stages": {name: round(value, 3) for name, value in self.stages.items()},
        }


def main() -> None:
    """Run one contender and print its figures."""
    contest = Contest(**json.loads(sys.argv[1]))
    module = importlib.import_module(f"tests.benchmarks.{contest.who}")
    tune_interpreter()  # as the services do; it helps every contender
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(module.run(contest))
    print(json.dumps(contest.result()), flush=True)


if __name__ == "__main__":
    main()
