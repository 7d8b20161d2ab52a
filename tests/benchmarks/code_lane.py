"""Codes on their way to the gateway, alone and beside a flood of ordinary messages (N1): the real notifications service
as a process, the simulated gateway, which takes 200 ms for an answer. Both stamps are the broker's."""

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts import topics
from contracts.envelope import Envelope, to_headers
from contracts.identity import ContactProven, OtpRequested
from contracts.notifications import OtpHandedOver
from contracts.sealed import Sealed
from deploy.local.neighbours.sms_gateway import SmsGateway
from deploy.local.service_process import ServiceProcess, Surroundings
from deploy.local.stack.server import free_port
from services.chassis.keyring import Keyring
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure
from tests.benchmarks.flood import MESSAGES, identity_keyring
from tests.benchmarks.latency import drained, read_by

PER_SECOND: Final = 20
SECONDS: Final = 20.0
WARM_UP_S: Final = 2.0
FLOODED: Final = "notifications.identity-notices"
APP_SID: Final = "bench-app-sid"
CODE_LIFE: Final = timedelta(seconds=60)  # I6
MOST_MS: Final = 1000.0
MOST_OF_ALONE: Final = 2.0


async def code_lane_row(bench: Bench) -> None:
    """Codes alone, then codes beside the flood."""
    keyring = identity_keyring(bench.keys, bench.fingerprints)
    async with AsyncExitStack() as cleanup:
        producer = await cleanup.enter_async_context(AIOKafkaProducer(bootstrap_servers=bench.stack.kafka_bootstrap))
        flood = await cleanup.enter_async_context(_flood(bench))
        await cleanup.enter_async_context(_notifications(bench))
        await _ask(producer, keyring, asyncio.create_task(asyncio.sleep(WARM_UP_S)))
        alone = await _ask(producer, keyring, asyncio.create_task(asyncio.sleep(SECONDS)))
        assert flood.stdin is not None
        flood.stdin.write(b"\n")
        beside = await _ask(producer, keyring, asyncio.create_task(_through(bench, flood)))
        read = await read_by(bench.stack.kafka_bootstrap, FLOODED)
        handed_over = await _settled(bench.stack.kafka_bootstrap, alone.keys() | beside.keys())
    p99: dict[str, float] = {}
    for name, asked in (("alone", alone), ("beside a flood", beside)):
        waits = [handed_over[code] - at for code, at in asked.items() if code in handed_over]
        bench.found(Figure("codes", f"not handed over {name}", len(asked) - len(waits), at_most=0))
        p99[name] = quantiles(waits, n=100)[98]
        bench.runs.append({"who": f"codes {name}", "row": "codes", "codes": len(waits), "waits_ms": sorted(waits)})
        what = f"p99 of {len(waits)} codes {name}, from request to hand-over"
        bench.found(Figure("codes", what, round(p99[name]), "ms", at_most=MOST_MS))
    what = "ordinary messages a second beside codes"
    bench.found(Figure("codes", what, round(PER_SECOND * read / len(beside)), f"{read:,} of {MESSAGES:,} read"))
    ratio = round(p99["beside a flood"] / p99["alone"], 2)
    bench.found(Figure("codes", f"beside {MESSAGES:,} messages of alone", ratio, at_most=MOST_OF_ALONE))


async def _ask(producer: AIOKafkaProducer, keyring: Keyring, until: asyncio.Task[None]) -> dict[str, int]:
    """Ask for codes at a steady pace until the task has ended; returns when each was asked for, in ms."""
    asked: dict[str, int] = {}
    begun = asyncio.get_running_loop().time()
    while not until.done():
        code = uuid4().hex
        asked[code] = await _ask_one(producer, keyring, code)
        await asyncio.sleep(max(0.0, begun + len(asked) / PER_SECOND - asyncio.get_running_loop().time()))
    await until
    return asked


async def _ask_one(producer: AIOKafkaProducer, keyring: Keyring, code: str) -> int:
    now, subject = datetime.now(UTC), f"registration:{code}"
    body = OtpRequested(
        otp_id=code,
        purpose="approve-registration",
        mobile=Sealed.of("+966501234567"),
        code=Sealed.of("123456"),
        language="ar",
        issued_at=now,
        hand_over_by=now + CODE_LIFE,
        valid_until=now + CODE_LIFE,
    )
    envelope = Envelope(str(uuid4()), "identity", OtpRequested.type_name, subject, now, sequence=1)
    value = keyring.seal_fields(body, subject).model_dump_json().encode()
    taken = await producer.send_and_wait(
        OtpRequested.topic.name, value, key=subject.encode(), headers=to_headers(envelope)
    )
    return int(taken.timestamp)


async def _settled(kafka: str, codes: set[str]) -> dict[str, int]:
    """When each code was handed over, in ms; one that was not (too late, refused, unknown) is absent. Raises
    TimeoutError when one has no end within two minutes."""
    ended: dict[str, int | None] = {}
    consumer = AIOKafkaConsumer(topics.NOTIFICATIONS_CODES.name, bootstrap_servers=kafka, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(120):
        async for record in consumer:
            handed_over = dict(record.headers)["ce_type"] == OtpHandedOver.type_name.encode()
            ended[json.loads(record.value)["otp_id"]] = record.timestamp if handed_over else None
            if codes <= ended.keys():
                break
    return {code: at for code, at in ended.items() if at is not None}


async def _through(bench: Bench, flood: asyncio.subprocess.Process) -> None:
    """Until the flood has been read, or as long as codes were asked for without it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            assert await flood.wait() == 0, "the flood was not sent"
            await drained(bench.stack.kafka_bootstrap, FLOODED, ContactProven.topic)


@contextlib.asynccontextmanager
async def _flood(bench: Bench) -> AsyncIterator[asyncio.subprocess.Process]:
    given = {"kafka": bench.stack.kafka_bootstrap, "keys": str(bench.keys), "fingerprints": bench.fingerprints}
    flood = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.flood", json.dumps(given),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert flood.stdout is not None
        await flood.stdout.readline()
        yield flood
    finally:
        with contextlib.suppress(ProcessLookupError):
            flood.kill()
        await flood.wait()


@contextlib.asynccontextmanager
async def _notifications(bench: Bench) -> AsyncIterator[None]:
    around = Surroundings(
        kafka_bootstrap=bench.stack.kafka_bootstrap,
        mongo_uri=bench.stack.mongo_uri,
        databases="bench_codes",
        keys=bench.keys,
        fingerprints=bench.fingerprints,
        logs=Path(bench.keys),
    )
    port = free_port()
    async with SmsGateway(app_sid=APP_SID, seconds_to_receipt=600) as gateway:
        settings = {
            "sms_url": gateway.url,
            "sms_app_sid": APP_SID,
            "sms_sender": "Hesabi",
            "receipts_url": f"http://127.0.0.1:{port}",
            "receipts_secret": secrets.token_urlsafe(32),
            "smtp_host": "127.0.0.1",
            "smtp_port": 9,
            "smtp_starttls": "false",
            "mail_from": "no-reply@hesabi.example",
            "contact_email": "care@hesabi.example",
            "pages_url": "https://hesabi.example",
        }
        service = ServiceProcess("notifications", port, around, settings)
        try:
            await service.start()
            yield
        finally:
            await service.stop()
            service.kill_now()
