"""The contender: the whole loop of the chassis, with everything that makes it safe."""

import asyncio
from dataclasses import replace
from typing import Any

from contracts import topics
from contracts.decision import Decision, Facts, Incoming, decided
from services.chassis.keys import PrivateKeys
from services.chassis.metrics import Metrics
from services.chassis.runtime import running
from services.chassis.service import Kind, Lane, Route, Service
from tests.benchmarks.contender import Contest
from tests.benchmarks.work import MESSAGE_OF, Account, Counted, Noted, Paid, Pay, PayPrivately, Row


def note(state: Account | None, message: Incoming[Noted], facts: Facts) -> Decision[Account]:
    """Row (a)."""
    body, account = message.body, state or Account(0)
    return decided(
        replace(account, total=account.total + body.amount), Counted(account=body.account, amount=body.amount)
    )


def pay(state: Account | None, message: Incoming[Pay], facts: Facts) -> Decision[Account]:
    """Rows (b) and (c): the sealed fields are opened, as a real decision would."""
    body, account = message.body, state or Account(0)
    if isinstance(body, PayPrivately):
        message.opened("name")
        message.opened("card")
    account = replace(account, total=account.total + body.amount)
    return decided(account, Paid(total=account.total), Counted(account=body.account, amount=body.amount))


def bench_service(row: Row, lane: str) -> Service:
    """A service of one decision. The lane's name is the contest's group, so that every run has one of its own."""

    def of_account(message: Incoming[Any], keyed_hash: Any) -> str:
        return f"account:{message.body.account}"

    contested = MESSAGE_OF[row].topic
    lanes = [Lane(lane, contested)]
    if contested is not topics.ACCOUNTS_COMMANDS:
        lanes.append(Lane(f"{lane}-timers", topics.ACCOUNTS_COMMANDS))
    return Service(
        name="accounts",
        lanes=tuple(lanes),
        kinds=(Kind("account", Account),),
        routes=(
            Route(Noted, of_account, note, creates=True),
            Route(Pay, of_account, pay, creates=True),
            Route(PayPrivately, of_account, pay, creates=True),
        ),
        effects=None,
        perform={},
    )


async def run(contest: Contest) -> None:
    """Drain until the contest says it is over."""
    settings, metrics = contest.settings(), Metrics()
    keys = PrivateKeys.load(settings.keys_folder)
    async with running(bench_service(contest.row, contest.group), settings, keys, metrics) as engine:
        seen = 0
        while not contest.over:
            await asyncio.sleep(0.05)
            if engine.lanes[0].busy:
                contest.begin()
            decided_now = int(metrics.registry.get_sample_value("hesabi_messages_total", _decided(contest)) or 0)
            if decided_now > seen:
                contest.done(decided_now - seen)
                seen = decided_now
    for stage in ("read", "load", "decide", "save", "publish", "commit"):
        labels = {"lane": contest.group, "stage": stage}
        contest.stages[stage] = metrics.registry.get_sample_value("hesabi_stage_seconds_sum", labels) or 0.0

    labels = {"lane": contest.group}
    batches = metrics.registry.get_sample_value("hesabi_batch_size_count", labels) or 1.0
    contest.batch_size = (metrics.registry.get_sample_value("hesabi_batch_size_sum", labels) or 0.0) / batches


def _decided(contest: Contest) -> dict[str, str]:
    return {"lane": contest.group, "outcome": "decided"}
