"""What a user has to do with businesses (I17): those they may act for, and those whose registration is under way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from contracts.sealed import Secret

MOST_BUSINESSES: Final = 50  # ours: that one person may act for; keeps the document small and its senders few (law 4)
REGISTRATIONS_A_DAY: Final = 20  # ours: tries, so that nobody asks the registry through all numbers
UNANSWERED_AT_ONCE: Final = 5  # ours: registrations of one user that may wait for the registry
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KnownBusiness:
    """A business that this user may act for."""

    business_id: str
    name: Secret


@dataclass(frozen=True, slots=True)
class Registering:
    """A registration under way. `until`: how long the registry is waited for; None once it has said yes."""

    command_id: str
    business_id: str
    unified_number: Secret
    name: Secret
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Representation:
    """`tries`: when registrations were begun during the last day."""

    known: tuple[KnownBusiness, ...] = ()
    registering: tuple[Registering, ...] = ()
    tries: tuple[datetime, ...] = ()

    def knows(self, business_id: str) -> bool:
        """Whether this user may act for it."""
        return any(each.business_id == business_id for each in self.known)

    def registering_by(self, command_id: str) -> Registering | None:
        """The registration that this command began, while it is under way."""
        return next((each for each in self.registering if each.command_id == command_id), None)

    def overdue(self, present: datetime) -> Registering | None:
        """A registration for which the registry was waited for long enough."""
        return next((each for each in self.registering if each.until is not None and each.until <= present), None)

    @property
    def due_at(self) -> datetime | None:
        """When the first registration has waited long enough."""
        return min((each.until for each in self.registering if each.until is not None), default=None)

    def recent_tries(self, present: datetime) -> tuple[datetime, ...]:
        """Those of the last day."""
        return tuple(moment for moment in self.tries if moment > present - _DAY)

    def with_known(self, business: KnownBusiness) -> "Representation":
        """The user may act for this one, too; again changes nothing."""
        return self if self.knows(business.business_id) else replace(self, known=(*self.known, business))

    def without_known(self, business_id: str) -> "Representation":
        """The user may act for it no more."""
        return replace(self, known=tuple(each for each in self.known if each.business_id != business_id))

    def without_registering(self, command_id: str) -> "Representation":
        """That registration has come to its end."""
        return replace(self, registering=tuple(r for r in self.registering if r.command_id != command_id))


NO_BUSINESS: Final = Representation()
"""How everybody begins."""
