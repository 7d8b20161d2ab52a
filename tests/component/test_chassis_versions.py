"""A collection that is made anew under a service at work lacks the rule that checks versions (law 6; decision 29)."""

from motor.motor_asyncio import AsyncIOMotorClient
from structlog.testing import capture_logs

from services.chassis.store import COLLECTION, VERSION_RULE
from tests.component.counter import Add
from tests.component.service_under_test import House


async def made_anew(uri: str, database: str) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(uri)
    await client[database].drop_collection(COLLECTION)
    await client[database].create_collection(COLLECTION)
    client.close()


async def test_law6_the_audit_puts_the_rule_back(house: House) -> None:
    async with house.service(changes={"HESABI_DATABASE": "anew"}) as engine:
        await made_anew(house.stack.mongo_uri, "anew")
        await engine.audited()
        assert engine.store.has_rule
        client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(house.stack.mongo_uri)
        assert (await client["anew"][COLLECTION].options())["validator"] == VERSION_RULE
        client.close()


async def test_law6_where_the_audit_may_not_the_service_filters_and_says_so_once(
    house: House, with_rights: str
) -> None:
    """`with_rights`: a user who may read and write."""
    async with house.service(changes={"HESABI_MONGO_URI": with_rights, "HESABI_DATABASE": "theirs"}) as engine:
        assert engine.store.has_rule
        await made_anew(with_rights, "theirs")
        with capture_logs() as lines:
            await engine.audited()
            await engine.audited()
        assert [line["log_level"] for line in lines if line["event"] == "versions_filtered"] == ["warning"]
        assert not engine.store.has_rule
        sent: list[str] = []
        for count in (1, 2):
            sent.append(await house.send(Add(amount=1), "anew-1"))
            await house.all_answered("anew", sent)
            assert await house.total(engine, "anew-1") == count
