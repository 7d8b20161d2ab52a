"""The public keys of a service, on its compacted key topic (architecture, law 11)."""

from types import new_class
from typing import Final, cast

from contracts.message import Event, PublicKey
from contracts.topics import KEYS


class ServiceKeysPublished(Event):
    """A service's present public keys, sent at every start under its own name as key; the last one counts.

    Readers accept them only if their RFC 7638 SHA-256 thumbprints are those pinned in their settings.
    """

    seal_key: PublicKey
    signing_key: PublicKey | None = None


SERVICE_KEYS_PUBLISHED: Final = {
    service: cast(
        "type[ServiceKeysPublished]",
        new_class(
            ServiceKeysPublished.__name__,
            (ServiceKeysPublished,),
            {"service": service, "topic": topic},
            lambda body: body.update(__module__=__name__),
        ),
    )
    for service, topic in KEYS.items()
}
"""The message by the service that sends it."""
