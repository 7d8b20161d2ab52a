"""Who plays in a journey: customers with a phone, a mailbox and a session."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from contracts.accounts import AcceptServiceTerms
from contracts.message import Answer, Command
from contracts.sealed import Sealed
from deploy.local.client import Answered, Client
from deploy.local.journey.journal import Journal
from deploy.local.journey.person import Person
from deploy.local.journey.post import NothingCame, Post
from deploy.local.watch import Seen, Watch
from services.accounts.service_terms import CURRENT_VERSION, Language, text_hash

PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who has logged in by a channel, or (`acting_for`) a business for which this person acts."""

    journal: Journal
    token: str
    person: Person
    post: Post

    @property
    def language(self) -> Language:
        """In which this person is written to."""
        return self.person.language

    @property
    def client(self) -> Client:
        """The channel."""
        return self.journal.client

    @property
    def sealed_token(self) -> Sealed:
        """The session's token, to be sealed to whoever is asked."""
        return Sealed.of(self.token)

    def acting(self, token: str) -> "Customer":
        """The same person under a token for acting (I17)."""
        return replace(self, token=token)

    def with_journal(self, journal: Journal) -> "Customer":
        """The same customer, their steps written into somebody else's journal."""
        return replace(self, journal=replace(journal, client=self.client))

    async def ask(
        self, title: str, rules: str, command: Command, expected: type[Answer] | str, key: str | None = None
    ) -> Answered:
        """One command with an expected outcome."""
        return await self.journal.ask(title, rules, command, key=key or str(uuid4()), expected=expected)

    def terms(self) -> AcceptServiceTerms:
        """A6, in this person's language."""
        return AcceptServiceTerms(
            token=self.sealed_token,
            version=CURRENT_VERSION,
            language=self.language,
            text_hash=text_hash(CURRENT_VERSION, self.language) or "",
        )


async def happened(watch: Watch, what: str, found: Callable[[Seen], bool]) -> Seen:
    """The first message of which this is so, on whatever topic.

    Raises:
        NothingCame: there was none within a minute.
    """

    def look() -> Seen | None:
        return next((seen for seen in watch.seen if found(seen)), None)

    await watch.until(lambda: look() is not None, PATIENCE_S)
    seen = look()
    if seen is None:
        raise NothingCame(f"{what} did not happen within a minute")
    return seen


def said(name: str, **fields: object) -> Callable[[Seen], bool]:
    """Whether a message has this name and these values."""

    def is_it(seen: Seen) -> bool:
        return seen.name == name and all(getattr(seen.body, field, None) == value for field, value in fields.items())

    return is_it
