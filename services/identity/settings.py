"""Settings of identity."""

import json
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from contracts.message import Code
from services.chassis.settings import ServiceSettings
from services.identity.policy import Policy, TermsVersion


class TermsInForce(BaseModel):
    """One text of the terms (I8), as an operator names it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Code
    language: Annotated[str, Field(pattern=r"^(ar|en)$")]
    text_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise PydanticCustomError("json", "not JSON") from None


class IdentitySettings(ServiceSettings):
    """The chassis's settings and identity's own lives and lists. Lives in seconds."""

    terms: Annotated[tuple[TermsInForce, ...], NoDecode, BeforeValidator(_from_json)] = Field(
        description='JSON list of the terms in force: [{"version": "2026-01", "language": "ar", "text_hash": SHA-256}]',
        min_length=1,
        max_length=100,
    )  # I8: no terms are invented
    otp_life_s: float = Field(default=60, description="life of a code, 0.1 to 60 seconds", ge=0.1, le=60)  # I6
    resend_after_s: float = Field(
        default=60, description="wait before a code is asked for again, 0.1 to 3600 seconds", ge=0.1, le=3_600
    )  # I14
    session_life_s: int = Field(default=1_800, description="life of a session, 900 to 3600 seconds", ge=900, le=3_600)
    link_life_s: int = Field(
        default=86_400, description="life of an activation link, 1 to 86400 seconds", ge=1, le=86_400
    )  # I10
    registration_life_s: int = Field(
        default=1_800,
        description="time to take the next step of a registration or a password reset, 60 to 86400 seconds",
        ge=60,
        le=86_400,
    )
    addresses_wait_s: float = Field(
        default=60, description="time the registry has to name addresses, 0.1 to 300 seconds", ge=0.1, le=300
    )  # I12
    authority_wait_s: float = Field(
        default=60,
        description="time the registry has to say who may act for a business, 0.1 to 300 seconds",
        ge=0.1,
        le=300,
    )  # I17
    company_words: tuple[Annotated[str, Field(min_length=3, max_length=50)], ...] = Field(
        default=("hesabi", "حسابي", "electricity", "كهرباء", "kahraba", "kahrabaa", "barq"),
        description="JSON list of words of the company that do not make a password",
        max_length=200,
    )  # I16

    @property
    def policy(self) -> Policy:
        """The settings as the rules see them."""
        return Policy(
            code_life=timedelta(seconds=self.otp_life_s),
            resend_after=timedelta(seconds=self.resend_after_s),
            registration_life=timedelta(seconds=self.registration_life_s),
            link_life=timedelta(seconds=self.link_life_s),
            session_life=timedelta(seconds=self.session_life_s),
            addresses_wait=timedelta(seconds=self.addresses_wait_s),
            authority_wait=timedelta(seconds=self.authority_wait_s),
            terms=tuple(TermsVersion(t.version, t.language, t.text_hash) for t in self.terms),
            company_words=self.company_words,
        )
