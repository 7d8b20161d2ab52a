"""Signing up, activating, signing in, giving a national address (I1-I12), with what goes wrong on the way."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from contracts.identity import (
    AcceptTerms,
    ActivateUser,
    ActivationAccepted,
    AddressesShown,
    AddressSaved,
    ChooseAddress,
    ConfirmOtp,
    ContactGiven,
    GiveContact,
    LoggedIn,
    LogIn,
    OtpConfirmed,
    OtpResent,
    RegistrationStarted,
    ResendOtp,
    ShowAddresses,
    StartRegistration,
    TermsAccepted,
)
from contracts.sealed import Sealed
from deploy.local.client import Answered
from deploy.local.journey.journal import Journal
from deploy.local.journey.person import Person
from deploy.local.journey.post import NothingCame, Post
from deploy.local.system import System
from deploy.local.terms import terms_in_force

PATIENCE_S: Final = 60.0
CLEARLY_LATE: Final = timedelta(milliseconds=100)


@dataclass(slots=True)
class SigningUp:
    """One person signing up by one journal. `flow` is the registration's id, which the channel draws."""

    system: System
    person: Person
    journal: Journal
    flow: str = field(default_factory=lambda: str(uuid4()))
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.post = Post(self.system.gateway, self.system.mail, self.person.email)

    # --- the commands as this person gives them ---------------------------------------------------------------------
    @property
    def start(self) -> StartRegistration:
        """I1-I4."""
        return StartRegistration(
            segment="individual",
            nationality="SA",
            identity_type=self.person.identity_type,
            identity_number=Sealed.of(self.person.identity_number),
            birth_date=Sealed.of(self.person.birth_date),
            language=self.person.language,
        )

    def contact(self, password: str) -> GiveContact:
        """I7."""
        return GiveContact(
            email=Sealed.of(self.person.email), mobile=Sealed.of(self.person.mobile), password=Sealed.of(password)
        )

    @property
    def terms(self) -> AcceptTerms:
        """I8: the text in this person's language."""
        text = next(text for text in terms_in_force() if text["language"] == self.person.language)
        return AcceptTerms(version=text["version"], language=self.person.language, text_hash=text["text_hash"])

    def log_in(self, password: str) -> LogIn:
        """I11."""
        return LogIn(
            identity_type=self.person.identity_type,
            identity_number=Sealed.of(self.person.identity_number),
            password=Sealed.of(password),
            answer_key=self.journal.client.answer_key,
        )

    # --- the parts --------------------------------------------------------------------------------------------------
    async def first_code(self) -> None:
        """Identity and birth date, the code to the approved mobile: wrong, right, used (I1-I6)."""
        say, flow = self.journal.ask, self.flow
        await say("Identity and birth date", "I1-I5", self.start, key=flow, expected=RegistrationStarted)
        code = await self.code(self.person.approved_mobile, 1)
        early = self.contact(self.person.password)
        await say("E-mail before the code", "J2", early, key=flow, expected="step-missing (confirm-otp)")
        wrong = ConfirmOtp(code=Sealed.of(other_than(code)))
        await say("A wrong code", "I6 I15", wrong, key=flow, expected="code-not-accepted")
        right = ConfirmOtp(code=Sealed.of(code))
        await say("The right code", "I5 I6", right, key=flow, expected=OtpConfirmed)
        await say("The same code again", "I6 I15", right, key=flow, expected="code-not-accepted")

    async def contact_and_terms(self) -> Answered:
        """E-mail, mobile, password, terms; then a code goes to the mobile just given (I7-I9)."""
        say, flow = self.journal.ask, self.flow
        await say("A short password", "I16", self.contact("short"), key=flow, expected="password-too-short")
        contact = self.contact(self.person.password)
        await say("E-mail, mobile, password", "I7 I16", contact, key=flow, expected=ContactGiven)
        unknown = self.terms.model_copy(update={"version": "1999-01"})
        await say("Terms that are not in force", "I8", unknown, key=flow, expected="terms-version-unknown")
        return await say("Accept the terms", "I8", self.terms, key=flow, expected=TermsAccepted)

    async def second_code(self, accepted: Answered) -> None:
        """Too late, asked for again, right (I6, I9, I14)."""
        say, flow = self.journal.ask, self.flow
        await say("Another code too soon", "I14", ResendOtp(), key=flow, expected="resend-too-soon")
        code = await self.code(self.person.mobile, 1)
        await self.until_late(accepted)
        late = ConfirmOtp(code=Sealed.of(code))
        await say("A late code", "I6 I15", late, key=flow, expected="code-not-accepted")
        await say("Another code", "I14", ResendOtp(), key=flow, expected=OtpResent)
        fresh = ConfirmOtp(code=Sealed.of(await self.code(self.person.mobile, 2)))
        await say("The new code in time", "I9", fresh, key=flow, expected=OtpConfirmed)

    async def code(self, mobile: str, number: int) -> str:
        """The so-many-th code on this phone."""
        code = await self.post.code(mobile, number)
        self.journal.secrets[f"code {len(self.journal.secrets) + 1}"] = code
        return code

    async def until_late(self, asked: Answered) -> None:
        """Waits until the code that this command led to is really late: its life after its sending, which is the
        broker's stamp of `OtpHandedOver` (I6).

        Raises:
            NothingCame: it was not handed over within a minute.
        """

        def sent() -> datetime | None:
            caused = self.system.watch.caused_by([asked.sent.id])
            return next((seen.stamp for seen in caused if seen.name == "OtpHandedOver"), None)

        await self.system.watch.until(lambda: sent() is not None, PATIENCE_S)
        sending = sent()
        if sending is None:
            raise NothingCame("a code was not handed over within a minute")
        late = sending + timedelta(seconds=self.system.lives.code_s) + CLEARLY_LATE
        await asyncio.sleep(max(0.0, (late - datetime.now(UTC)).total_seconds()))

    async def activation(self) -> None:
        """A login before it, the link, the link again (I10, I11)."""
        say = self.journal.ask
        login = self.log_in(self.person.password)
        await say("Log in before activation", "I11 I15", login, key=self.flow, expected="sign-in-refused")
        token = self.journal.secrets["activation token"] = await self.post.activation_token()
        link = ActivateUser(activation_token=Sealed.of(token))
        await say("The link in the e-mail", "I10", link, key=self.flow, expected=ActivationAccepted)
        await say("The link again", "I10", link, key=self.flow, expected=ActivationAccepted)

    async def sign_in(self) -> str:
        """A wrong password, then the right one; returns the session's token (I11)."""
        say = self.journal.ask
        wrong = self.log_in("copper lantern without a door")
        await say("A wrong password", "I11 I15", wrong, key=self.flow, expected="sign-in-refused")
        right = self.log_in(self.person.password)
        answered = await say("Log in", "I11", right, key=self.flow, expected=LoggedIn)
        token = self.journal.secrets["session token"] = self.journal.client.open(answered, "token")
        return token

    async def address(self, token: str) -> None:
        """The person's own addresses from the registry; one is chosen (I12)."""
        say, client = self.journal.ask, self.journal.client
        show = ShowAddresses(token=Sealed.of(token), answer_key=client.answer_key)
        shown = await say("Own national addresses", "I12", show, key=self.flow, expected=AddressesShown)
        ids = [address["address_id"] for address in json.loads(client.open(shown, "addresses"))]
        self.journal.note("They are the registry's", "I12", str(sorted(self.person.addresses)), str(sorted(ids)))
        none = ChooseAddress(token=Sealed.of(token), address_id="somebody-elses")
        await say("An address never shown", "I12", none, key=self.flow, expected="address-not-accepted")
        first = ChooseAddress(token=Sealed.of(token), address_id=ids[0])
        await say("Choose an address", "I12", first, key=self.flow, expected=AddressSaved)


def other_than(code: str) -> str:
    """A code of the same length that differs in its last digit."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


async def signed_in(system: System, person: Person, journal: Journal) -> str:
    """Signs a person up by the straight way; returns the session's token."""
    up = SigningUp(system, person, journal)
    system.registry.add(person.in_registry)
    say, flow = journal.ask, up.flow
    await say("Identity and birth date", "I1-I5", up.start, key=flow, expected=RegistrationStarted)
    first = ConfirmOtp(code=Sealed.of(await up.post.code(person.approved_mobile, 1)))
    await say("The code", "I5 I6", first, key=flow, expected=OtpConfirmed)
    await say("E-mail, mobile, password", "I7", up.contact(person.password), key=flow, expected=ContactGiven)
    await say("Accept the terms", "I8", up.terms, key=flow, expected=TermsAccepted)
    second = ConfirmOtp(code=Sealed.of(await up.post.code(person.mobile, 1)))
    await say("The second code", "I9", second, key=flow, expected=OtpConfirmed)
    link = ActivateUser(activation_token=Sealed.of(await up.post.activation_token()))
    await say("The link in the e-mail", "I10", link, key=flow, expected=ActivationAccepted)
    answered = await say("Log in", "I11", up.log_in(person.password), key=flow, expected=LoggedIn)
    return journal.client.open(answered, "token")
