"""A customer who signs up, reacting to answers, texts and mails, and not always as one should (I1-I12)."""

import asyncio
import json
import quopri
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from stdnum import luhn

from contracts import identity
from contracts.message import Answer, Command
from contracts.sealed import Sealed
from contracts.values.national_address import StatedAddress
from deploy.local.journey.post import activation_token_in, code_in
from deploy.local.neighbours.registry_records import Person
from deploy.local.terms import terms_in_force
from tests.fakes.world import fake_open
from tests.simulation.channel import Channel, reason_of
from tests.simulation.gateways import MailCompany, SmsCompany
from tests.simulation.process import PUBLIC_KEY
from tests.simulation.virtual_time import now_s, pause

A = TypeVar("A", bound=Answer)
TRIES: Final = 12
WAIT_FOR_CODE_S: Final = 75.0


class GivesUp(Exception):
    """The customer goes away: the last refusal is one that only more patience than a customer's would help with."""


@dataclass(slots=True)
class Customer:
    """One person with a phone and a mailbox. `is_hasty`: they ask for a later step of a flow before it has begun.
    `story` is what they have come through so far."""

    name: str
    channel: Channel
    sms: SmsCompany
    mail: MailCompany
    chance: Random
    is_hasty: bool = False
    number: str = field(init=False)
    approved_mobile: str = field(init=False)
    mobile: str = field(init=False)
    token: str = ""
    user_id: str = ""
    story: list[str] = field(default_factory=list)
    _read: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stem = f"1{self.chance.randrange(10**8):08d}"
        self.number = stem + luhn.calc_check_digit(stem)
        self.approved_mobile, self.mobile = (f"+9665{self.chance.randrange(10**8):08d}" for _ in range(2))

    @property
    def email(self) -> str:
        """Where mail comes to."""
        return f"{self.name}@example.com"

    @property
    def password(self) -> str:
        """Long enough, and nobody else's."""
        return f"copper-lantern-{self.name}-in-the-harbour"

    @property
    def in_registry(self) -> Person:
        """As the registry knows them."""
        building = "4821"
        home = StatedAddress(
            building_number=building,
            street="Olaya",
            district="Nakheel",
            city="Riyadh",
            postal_code="12345",
            additional_number="6789",
            unit=None,
            short_address=f"RNKA{building}",
        )
        return Person("citizen", self.number, "1410-05-12", self.approved_mobile, {"home": home})

    @property
    def sealed_token(self) -> Sealed:
        """The session's token."""
        return Sealed.of(self.token)

    # --- asking -----------------------------------------------------------------------------------------------------
    async def ask(self, command: Command, wanted: type[A], key: str = "", again_on: tuple[str, ...] = ()) -> A:
        """A yes of this kind. What is "not now" is tried again after a while, and so are refusals in `again_on`: news
        of another service may still be on its way.

        Raises:
            GivesUp: it was refused, and will be.
        """
        reason: str | None = ""
        for attempt in range(TRIES):
            answer = await self.channel.ask(command, key)
            if isinstance(answer, wanted):
                self.story.append(wanted.__name__)
                return answer
            reason = reason_of(answer)
            if reason is None or not reason.startswith(("not-available-now", *again_on)):
                break
            await pause(2.0 * (attempt + 1))
        raise GivesUp(f"{type(command).__name__}: {reason}")

    async def next_code(self, mobile: str) -> str | None:
        """The next code on a phone, None if none comes."""
        deadline = now_s() + WAIT_FOR_CODE_S
        while now_s() < deadline:
            texts = self.sms.phones[mobile]
            unread = texts[self._read.get(mobile, 0) :]
            self._read[mobile] = len(texts)
            codes = [code for text in unread if (code := code_in(text))]
            if codes:
                return codes[-1]
            self.sms.arrived.clear()
            await _until(self.sms.arrived, deadline)
        return None

    async def prove(self, mobile: str, confirm: Callable[[str], Command], resend: Command, key: str) -> Answer:
        """Enter codes until one counts (I6, I9, I14)."""
        for _ in range(TRIES):
            code = await self.next_code(mobile)
            if code is not None:
                answer = await self._entered(code, confirm, key)
                if reason_of(answer) is None:
                    return answer
                if reason_of(answer) not in ("code-not-accepted", "not-available-now"):
                    raise GivesUp(f"code: {reason_of(answer)}")
            await pause(61.0 if code is not None else 0.0)
            answer = await self.channel.ask(resend, key)
            if reason_of(answer) not in (None, "resend-too-soon", "not-available-now"):
                raise GivesUp(f"another code: {reason_of(answer)}")
        raise GivesUp("no code counted")

    async def _entered(self, code: str, confirm: Callable[[str], Command], key: str) -> Answer:
        luck = self.chance.random()
        if luck < 0.15:
            await self.channel.ask(confirm(f"{(int(code) + 1) % 10**6:06d}"), key)
        elif luck < 0.35:
            # About the end of its life, on either side.
            await pause(self.chance.choice((57.0, 59.5, 60.5, 65.0, 130.0)))
        return await self.channel.ask(confirm(code), key)

    # --- signing up -------------------------------------------------------------------------------------------------
    async def sign_up(self) -> None:
        """From the first word to a national address."""
        flow = self.channel.new_id()
        text: Any = terms_in_force()[0]
        start = identity.StartRegistration(
            segment="individual",
            nationality="SA",
            identity_type="citizen",
            identity_number=Sealed.of(self.number),
            birth_date=Sealed.of("1410-05-12"),
            language="en",
        )
        contact = identity.GiveContact(
            email=Sealed.of(self.email), mobile=Sealed.of(self.mobile), password=Sealed.of(self.password)
        )
        terms = identity.AcceptTerms(**text)
        if self.is_hasty:
            await self.channel.ask_too_early(contact, flow)
        await self.ask(start, identity.RegistrationStarted, flow)
        await self.prove(self.approved_mobile, _confirmed, identity.ResendOtp(), flow)
        await self.ask(contact, identity.ContactGiven, flow)
        await self.ask(terms, identity.TermsAccepted, flow)
        await self.prove(self.mobile, _confirmed, identity.ResendOtp(), flow)
        link = identity.ActivateUser(activation_token=Sealed.of(await self._link()))
        await self.ask(link, identity.ActivationAccepted, flow)
        await self.log_in()
        show = identity.ShowAddresses(token=self.sealed_token, answer_key=PUBLIC_KEY)
        shown = await self.ask(show, identity.AddressesShown, flow)
        first = json.loads(fake_open(str(shown.addresses.jwe)))[0]["address_id"]
        choose = identity.ChooseAddress(token=self.sealed_token, address_id=first)
        await self.ask(choose, identity.AddressSaved, flow)

    async def log_in(self) -> None:
        """I11. The person's own aggregate may hear of the activation a moment later."""
        if self.chance.random() < 0.15:
            await self.channel.ask(self._login("copper lantern without a door"), self.channel.new_id())
        logged_in = await self.ask(self._login(self.password), identity.LoggedIn, again_on=("sign-in-refused",))
        self.token = fake_open(str(logged_in.token.jwe))
        self.user_id = self.token.removeprefix("good-")

    def _login(self, password: str) -> identity.LogIn:
        return identity.LogIn(
            identity_type="citizen",
            identity_number=Sealed.of(self.number),
            password=Sealed.of(password),
            answer_key=PUBLIC_KEY,
        )

    async def _link(self) -> str:
        deadline = now_s() + 3 * 3600
        while now_s() < deadline:
            for content in self.mail.boxes[self.email].values():
                token = activation_token_in(quopri.decodestring(content).decode())
                if token:
                    return token
            self.mail.arrived.clear()
            await _until(self.mail.arrived, deadline)
        raise GivesUp("no link came")


def _confirmed(code: str) -> Command:
    return identity.ConfirmOtp(code=Sealed.of(code))


async def _until(event: asyncio.Event, deadline: float) -> None:
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([waiting], timeout=max(0.0, deadline - now_s()))
    waiting.cancel()
