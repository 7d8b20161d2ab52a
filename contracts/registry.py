"""What identity asks the national registry and what comes back. The registry may take 35 s or be away for hours.

Every answer repeats `asked_by`, the id of the aggregate that asked, and is correlated to the command that began it all.
"""

from typing import Annotated

from contracts.message import Code, Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import REGISTRY_ANSWERS, REGISTRY_REQUESTS


class ApprovedMobileAsked(Event, service="registry", topic=REGISTRY_REQUESTS):
    """Which mobile has this person approved? `birth_date` is the declared Hijri date, `1410-05-12`."""

    asked_by: Id
    identity_type: Code
    identity_number: Annotated[Sealed, SealedFor.REGISTRY]
    birth_date: Annotated[Sealed, SealedFor.REGISTRY]


class ApprovedMobileFound(Event, service="registry", topic=REGISTRY_ANSWERS):
    """The approved mobile in E.164."""

    asked_by: Id
    mobile: Annotated[Sealed, SealedFor.IDENTITY]


class ApprovedMobileAbsent(Event, service="registry", topic=REGISTRY_ANSWERS):
    """No such person, another birth date, or no approved mobile: the registry does not say which."""

    asked_by: Id


class AddressesAsked(Event, service="registry", topic=REGISTRY_REQUESTS):
    """Which national addresses does this person have?"""

    asked_by: Id
    identity_type: Code
    identity_number: Annotated[Sealed, SealedFor.REGISTRY]


class AddressesFound(Event, service="registry", topic=REGISTRY_ANSWERS):
    """The person's national addresses: JSON, a list of at most 20 objects with the fields of a national address and an
    `address_id` each."""

    asked_by: Id
    addresses: Annotated[Sealed, SealedFor.IDENTITY]
