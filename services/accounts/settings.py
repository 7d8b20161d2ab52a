"""Settings of accounts."""

from datetime import timedelta

from pydantic import Field

from services.chassis.settings import ServiceSettings


class AccountsSettings(ServiceSettings):
    """The chassis's settings and how patient accounts is."""

    dues_wait_s: float = Field(
        default=20.0, description="seconds that billing's answer is waited for, 0.1 to 300", ge=0.1, le=300
    )

    @property
    def dues_wait(self) -> timedelta:
        """How long billing is waited for before the customer is told to try again (A5, J3)."""
        return timedelta(seconds=self.dues_wait_s)
