"""What a person must be to get broadcasts: actual beneficiary of a supply, with a national address in a region (N4)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from contracts.message import Message
from contracts.notifications_broadcast_internal import AudienceJoined, AudienceLeft
from services.notifications.audience import bucket_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The region of the person's national address, and the accounts of which they are the actual beneficiary."""

    region: int | None = None
    accounts: tuple[str, ...] = ()

    @property
    def is_beneficiary(self) -> bool:
        """Of any supply."""
        return bool(self.accounts)

    @property
    def audience(self) -> int | None:
        """The region to whose audience the person belongs, if to any."""
        return self.region if self.is_beneficiary else None

    def in_region(self, region: int) -> "Standing":
        """The national address is there now."""
        return replace(self, region=region)

    def using(self, account_number: str, *, now: bool) -> "Standing":
        """Beneficiary of this account from now on, or no more."""
        others = {*self.accounts} - {account_number}
        return replace(self, accounts=tuple(sorted({*others, account_number} if now else others)))


NO_STANDING: Final = Standing()


def moves(user_id: str, before: Standing, after: Standing) -> Iterator[Message]:
    """What the audiences hear of a change."""
    if before.audience == after.audience:
        return
    bucket = bucket_of(user_id)
    if before.audience is not None:
        yield AudienceLeft(user_id=user_id, region=before.audience, bucket=bucket)
    if after.audience is not None:
        yield AudienceJoined(user_id=user_id, region=after.audience, bucket=bucket)
