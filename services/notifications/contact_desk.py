"""The contact channels as the company's one answer: published when they change, told to whoever asks (N9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from contracts.decision import Decision, Facts, Incoming, answered, decided, ignored
from contracts.notifications import (
    AskContactChannels,
    ContactChannelsConfigured,
    ContactChannelsGiven,
    ContactChannelsPublished,
)
from contracts.values.contact_channel import ContactChannel

COMPANY: Final = "contact-channels:company"


@dataclass(frozen=True, slots=True)
class ContactData:
    """Numbers and address as printed."""

    customer_line: str
    technical_support: str
    emergency: str
    email: str


def contact_data(channels: tuple[ContactChannel, ...]) -> ContactData:
    """The channels' addresses, each in its place."""
    return ContactData(**{channel.code.replace("-", "_"): channel.address for channel in channels})


@dataclass(frozen=True, slots=True)
class Published:
    """What was last published, and since when it holds."""

    channels: ContactData
    since: datetime
    stage: Literal["published"] = "published"


@dataclass(frozen=True, slots=True)
class ContactDesk:
    """`configured` is what this process was given: what is answered before anything was published."""

    configured: ContactData

    def at_start(self) -> ContactChannelsConfigured:
        """What a process says of its settings when it starts; its subject is `COMPANY`."""
        channels = self.configured
        return ContactChannelsConfigured(
            customer_line=channels.customer_line,
            technical_support=channels.technical_support,
            emergency=channels.emergency,
            email=channels.email,
        )

    def on_configured(
        self, state: Published | None, incoming: Incoming[ContactChannelsConfigured], _: Facts
    ) -> Decision[Published]:
        """Published only if they changed: a restart says nothing new."""
        said = incoming.body
        channels = ContactData(said.customer_line, said.technical_support, said.emergency, said.email)
        if state is not None and state.channels == channels:
            return ignored(state)
        news = ContactChannelsPublished(
            customer_line=channels.customer_line,
            technical_support=channels.technical_support,
            emergency=channels.emergency,
            email=channels.email,
            since=incoming.now,
        )
        return decided(Published(channels, incoming.now), news)

    def on_asked(self, state: Published | None, _: Incoming[AskContactChannels], __: Facts) -> Decision[Published]:
        """Anybody may ask. Nothing is recorded: the company's one document must not remember every asker."""
        channels = state.channels if state is not None else self.configured
        given = ContactChannelsGiven(
            customer_line=channels.customer_line,
            technical_support=channels.technical_support,
            emergency=channels.emergency,
            email=channels.email,
        )
        return answered(state, given)
