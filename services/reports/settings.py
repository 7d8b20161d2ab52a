"""Settings of reports."""

from datetime import timedelta

from pydantic import Field

from services.chassis.settings import ServiceSettings


class ReportsSettings(ServiceSettings):
    """The chassis's settings, how patient reports is, and how long its links live."""

    readings_wait_s: float = Field(
        default=60.0, description="seconds that a report waits for readings or requests, 0.1 to 300", ge=0.1, le=300
    )
    statement_wait_s: float = Field(
        default=60.0, description="seconds that a payment report waits for billing, 0.1 to 300", ge=0.1, le=300
    )
    revision_quiet_s: float = Field(
        default=5.0, description="seconds without a change before a new version is made, 0.1 to 3600", ge=0.1, le=3600
    )
    link_life_s: float = Field(
        default=900.0, description="seconds that a report's link lives, 1 to 86400", ge=1, le=86_400
    )
    render_limit_s: float = Field(
        default=20.0, description="seconds that a download may wait for its file, 0.1 to 60", ge=0.1, le=60
    )

    @property
    def readings_wait(self) -> timedelta:
        """How long readings are waited for before the customer is told to try again (J3)."""
        return timedelta(seconds=self.readings_wait_s)

    @property
    def statement_wait(self) -> timedelta:
        """How long billing is waited for before the customer is told to try again (R2, J3)."""
        return timedelta(seconds=self.statement_wait_s)

    @property
    def revision_quiet(self) -> timedelta:
        """How long it must be quiet before a report is made anew (R6)."""
        return timedelta(seconds=self.revision_quiet_s)

    @property
    def link_life(self) -> timedelta:
        """How long a link works (R8)."""
        return timedelta(seconds=self.link_life_s)
