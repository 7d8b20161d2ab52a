"""What an operator may set, as the rules see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.decision import Facts


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """One text of the terms in force (I8); `text_hash` is the SHA-256 of its UTF-8 text, in hex."""

    version: str
    language: str
    text_hash: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Lives and lists that the decisions work with."""

    code_life: timedelta  # I6: 60 s at most
    resend_after: timedelta  # I14
    registration_life: timedelta  # ours: a step is taken in this time, or the registration is erased
    link_life: timedelta  # I10
    session_life: timedelta  # I11
    addresses_wait: timedelta  # I12: the registry may take 35 s
    authority_wait: timedelta  # I17: the registry may take 35 s
    terms: tuple[TermsVersion, ...]  # I8
    company_words: tuple[str, ...]  # I16

    @property
    def claim_life(self) -> timedelta:
        """How long a claim without activation holds a person for 0.1.0: hours longer than any link can activate."""
        return self.link_life + 2 * LINK_GRACE


LINK_GRACE = timedelta(hours=1)
"""An activation sent in time may be read this much later (ours)."""


@dataclass(frozen=True, slots=True)
class PolicyFacts(Facts):
    """Facts of a decision that needs the policy and nothing drawn."""

    policy: Policy

    @property
    def step_ends_at(self) -> datetime:
        """When a registration's or a reset's next step has to be taken. Each step gives it that time again, and so does
        each code: one asked for in the last minutes would else be over before its life is (I6)."""
        return self.present + self.policy.registration_life
