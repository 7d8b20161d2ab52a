"""A collection that is made anew under a service at work lacks the rule that checks versions (law 6; decision 29)."""

from motor.motor_asyncio import AsyncIOMotorClient
from structlog.testing import capture_logs

from services.chassis.store import COLLECTION, VERSION_RULE
from tests.component.counter import Add
from tests.component.service_under_test import House


async def test_law6_the_audit_looks_for_the_rule_and_saves_filter_without_it(house: House) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(house.stack.mongo_uri)
    database = client["anew"]
    sent: list[str] = []
    async with house.service(changes={"HESABI_DATABASE": "anew"}) as engine:
        assert engine.store.has_rule
        await database.drop_collection(COLLECTION)
        await database.create_collection(COLLECTION)
        with capture_logs() as lines:
            await engine.audited()
            await engine.audited()
        assert [line["log_level"] for line in lines if line["event"] == "versions_filtered"] == ["warning"]
        for is_ruled in (False, True):
            assert engine.store.has_rule == is_ruled
            for _ in range(2):
                sent.append(await house.send(Add(amount=1), "anew-1"))
                await house.all_answered("anew", sent)
                assert await house.total(engine, "anew-1") == len(sent)
            await database.command("collMod", COLLECTION, validator=VERSION_RULE)
            await engine.audited()
    client.close()
