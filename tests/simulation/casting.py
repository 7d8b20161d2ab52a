"""The customers of a seed and what they come through."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from random import Random

from contracts.accounts import StartDefinition
from tests.simulation.channel import Unanswered
from tests.simulation.customer import Customer, GivesUp
from tests.simulation.dealings import (
    complete,
    define,
    forget_password,
    make_a_request,
    pay_in_parts,
    report,
    transfer,
    warn,
)
from tests.simulation.spoilt import ACCOUNT, spoil
from tests.simulation.virtual_time import broker_time, pause
from tests.simulation.world import World


class Cast:
    """`ends` counts how stories ended."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance, self.operators = Random(f"{world.seed}/cast"), Random(f"{world.seed}/operators come")
        self.ends: Counter[str] = Counter()
        self.customers = [self._customer(n) for n in range(self.chance.choice((1, 1, 2)))]
        self.account = f"3001{self.chance.randrange(10**7):07d}"
        world.neighbours.billing.know(self.account)

    def _customer(self, number: int) -> Customer:
        world, chance = self.world, Random(f"{self.world.seed}/customer-{number}")
        is_hasty = world.will("asked-too-early", 0.2, chance)
        who = Customer(f"c{number}", world.channel, world.sms, world.mail, chance, is_hasty)
        world.neighbours.records.add(who.in_registry)
        return who

    async def plays(self) -> None:
        """All stories side by side."""
        match self.customers:
            case [one, other] if self.chance.random() < 0.6:
                await self._told(one, self._moving(one, other))
            case _:
                await asyncio.gather(*(self._told(who, self._story(who)) for who in self.customers))

    async def plays_on(self) -> None:
        """After a long time they come back."""
        await asyncio.gather(*(self._told(who, self._back(who)) for who in self.customers if who.token))

    async def _told(self, who: Customer, story: Awaitable[None]) -> None:
        try:
            await story
        except GivesUp as reason:
            self.ends[f"gave up: {reason}"] += 1
            self.world.say(f"{who.name} gives up: {reason}")
        except Unanswered as command:
            self.world.problems.append(f"never answered: {command}")
        else:
            self.ends["came through"] += 1

    async def _story(self, who: Customer) -> None:
        """Sign up; perhaps send what is late or spoilt; then to the matter itself."""
        chance = self.chance
        await pause(chance.uniform(0.0, 3.0))
        await who.sign_up()
        if self.world.will("command-expired", 0.15, chance):
            late = StartDefinition(token=who.sealed_token, relation="owner")
            await who.channel.send_expired(late, who.channel.new_id())
        if self.world.will("poisonous-aggregate", 0.2, chance):
            flow = await spoil(self.world, who, chance)
            if self.world.will("spoilt-flow-mended", 0.6, self.operators):
                await asyncio.gather(self._mended(who, flow), self._deals(who))
                return
        await self._deals(who)

    async def _mended(self, who: Customer, flow: str) -> None:
        """What was put aside is replayed, and the customer goes on where the flow stood."""
        self.world.neighbours.billing.know(ACCOUNT)
        await self.world.operators.let_go(flow)
        try:
            await complete(who, flow)
        except GivesUp as reason:  # a step was dropped, or its time was over
            self.ends[f"mended in vain: {reason}"] += 1
        else:
            self.world.faults.count("mended-flow-completed", flow)

    async def _deals(self, who: Customer) -> None:
        """Define an account, ask for this and that."""
        chance = self.chance
        account = f"3001{chance.randrange(10**7):07d}"
        self.world.neighbours.billing.know(account)
        reference = await define(who, account, "owner")
        if chance.random() < 0.3:
            await make_a_request(who, reference)
        if chance.random() < 0.2:
            await pay_in_parts(who, self.world.neighbours, reference, account)
        if chance.random() < 0.2:
            await report(who, account)
        if chance.random() < 0.15:
            await forget_password(who)

    async def _moving(self, owner: Customer, tenant: Customer) -> None:
        """The owner's account moves to the tenant; the company writes to both."""
        await asyncio.gather(owner.sign_up(), tenant.sign_up())
        since = broker_time().date() - timedelta(days=400)
        self.world.neighbours.billing.let(self.account, owner.user_id, since)
        await define(owner, self.account, "owner")
        reference = await define(tenant, self.account, "tenant")
        if self.chance.random() < 0.3:
            await warn(tenant, [owner, tenant], self.world.channel.new_id())
        await transfer(tenant, owner, reference)

    async def _back(self, who: Customer) -> None:
        await who.log_in()
        account = f"3001{self.chance.randrange(10**7):07d}"
        self.world.neighbours.billing.know(account)
        await define(who, account, "tenant")
