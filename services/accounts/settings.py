"""Settings of accounts."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from services.accounts.instalment_states import InstalmentTerms
from services.accounts.transfer_case import Waits
from services.chassis.settings import ServiceSettings


class AccountsSettings(ServiceSettings):
    """The chassis's settings and how patient accounts is."""

    dues_wait_s: float = Field(
        default=20.0, description="seconds that billing's answer is waited for, 0.1 to 300", ge=0.1, le=300
    )

    transfer_evidence_wait_s: float = Field(
        default=86_400.0,
        description="seconds that the registry has to check a deed or a contract",
        ge=0.1,
        le=2_592_000,
    )
    transfer_consent_wait_s: float = Field(
        default=259_200.0, description="seconds that both parties have to consent to a transfer", ge=0.1, le=2_592_000
    )
    transfer_answer_wait_s: float = Field(
        default=3_600.0, description="seconds until a neighbour that stays silent is asked again", ge=0.1, le=86_400
    )
    transfer_reading_wait_s: float = Field(
        default=172_800.0,
        description="seconds from the beginning of a transfer's day until its closing reading is estimated",
        ge=0.1,
        le=2_592_000,
    )
    transfer_days_ahead: int = Field(
        default=1, description="days from the second consent to the transfer's day", ge=0, le=30
    )

    @property
    def transfer_waits(self) -> Waits:
        """How patient a transfer is (A9)."""
        return Waits(
            evidence=timedelta(seconds=self.transfer_evidence_wait_s),
            consents=timedelta(seconds=self.transfer_consent_wait_s),
            answer=timedelta(seconds=self.transfer_answer_wait_s),
            reading=timedelta(seconds=self.transfer_reading_wait_s),
            days_ahead=self.transfer_days_ahead,
        )

    party_wait_s: float = Field(
        default=30.0,
        description="seconds before billing is asked again who an account's party is; doubled each time; 0.1 to 3600",
        ge=0.1,
        le=3600,
    )
    evidence_wait_s: float = Field(
        default=86_400.0,
        description="seconds that the registry's word on a document is waited for, 0.1 to 604800",
        ge=0.1,
        le=604_800,
    )

    @property
    def party_wait(self) -> timedelta:
        """How long billing's first answer about a party is waited for (A18)."""
        return timedelta(seconds=self.party_wait_s)

    @property
    def evidence_wait(self) -> timedelta:
        """How long the registry may take over a document, which it may be away for (A10)."""
        return timedelta(seconds=self.evidence_wait_s)

    instalment_smallest_part_halalas: int = Field(
        default=5_000, description="smallest part of a plan of instalments in halalas, 1 to 100000000", ge=1, le=10**8
    )
    instalment_quote_holds_s: float = Field(
        default=259_200.0,
        description="seconds that a quoted plan of instalments can be accepted, 1 to 2592000",
        ge=1,
        le=2_592_000,
    )
    request_kinds_folder: Path | None = Field(
        default=None, description="folder of the kinds of requests on offer; none: those that come with the service"
    )

    @property
    def instalment_terms(self) -> InstalmentTerms:
        """How patient instalments are, and their smallest part (A14, ours)."""
        return InstalmentTerms(
            billing_wait=self.dues_wait,
            quote_holds=timedelta(seconds=self.instalment_quote_holds_s),
            smallest_part_halalas=self.instalment_smallest_part_halalas,
        )

    @property
    def dues_wait(self) -> timedelta:
        """How long billing is waited for before the customer is told to try again (A5, J3)."""
        return timedelta(seconds=self.dues_wait_s)
