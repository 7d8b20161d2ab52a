"""The states of a user: a registration, step by step, and what becomes of it (J2). What is personal is a `Secret`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.sealed import Secret
from services.identity.representation import NO_BUSINESS, Representation

Step = Literal["confirm-otp", "give-contact", "accept-terms", "activate", "log-in", "start-registration"]


# --- codes ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Wanted:
    """A code was asked for and none is issued yet. `number`: the how-manieth of this registration."""

    number: int
    asked_at: datetime
    replaces_lost: bool = False
    stage: Literal["wanted"] = "wanted"


@dataclass(frozen=True, slots=True)
class Issued:
    """A code that may be on its way (I6). `sent_at`: when the gateway took it; `lost`: it was not handed over (N10)."""

    number: int
    otp_id: str
    digits: Secret
    asked_at: datetime
    issued_at: datetime
    life: timedelta
    sent_at: datetime | None = None
    lost: bool = False
    wrong_tries: int = 0
    stage: Literal["issued"] = "issued"


Code = Wanted | Issued


# --- what is known of the person ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Declared:
    """What the person stated at the start (I1-I4), in canonical form. `person` is their aggregate (I18)."""

    user_id: str
    person: str
    channel: str
    segment: str
    nationality: str
    identity_type: str
    identity_number: Secret
    birth_date: Secret
    birth_date_gregorian: Secret
    language: Literal["ar", "en"]

    @property
    def user(self) -> str:
        """The id of this aggregate."""
        return f"user:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Contact:
    """E-mail and mobile in canonical form (I7)."""

    email: Secret
    mobile: Secret


@dataclass(frozen=True, slots=True)
class TermsEvidence:
    """That the terms were accepted (I8): which text, when, on which channel."""

    version: str
    language: str
    text_hash: str
    accepted_at: datetime
    channel: str


# --- a registration under way ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ProvingApproval:
    """The first code: to the mobile approved in Absher (I5), None until the registry names it. `registry_denied`: it
    named none, which the caller is never told (I15)."""

    declared: Declared
    ends_at: datetime
    code: Code
    approved_mobile: Secret | None = None
    registry_denied: bool = False
    stage: Literal["proving-approval"] = "proving-approval"


@dataclass(frozen=True, slots=True)
class GivingContact:
    """The first code was right. `codes`: how many this registration has asked for."""

    declared: Declared
    ends_at: datetime
    codes: int
    stage: Literal["giving-contact"] = "giving-contact"


@dataclass(frozen=True, slots=True)
class AcceptingTerms:
    """Contact and password are given (I7). `contacts`: how many times, since each costs a hash. `code`: the second code
    as far as one was asked for: issued, if to this contact's mobile; one to another counts as wanted only."""

    declared: Declared
    ends_at: datetime
    codes: int
    contacts: int
    contact: Contact
    password_hash: Secret
    code: Code | None = None
    stage: Literal["accepting-terms"] = "accepting-terms"


@dataclass(frozen=True, slots=True)
class ProvingMobile:
    """The terms are accepted; the second code goes to the mobile just given (I9)."""

    declared: Declared
    ends_at: datetime
    code: Code
    contacts: int
    contact: Contact
    password_hash: Secret
    terms: TermsEvidence
    stage: Literal["proving-mobile"] = "proving-mobile"


@dataclass(frozen=True, slots=True)
class Claiming:
    """Both codes were right; the person's aggregate is asked whether it is free. `command_id` waits for the answer."""

    declared: Declared
    contact: Contact
    terms: TermsEvidence
    command_id: str
    stage: Literal["claiming"] = "claiming"


# --- a user ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Link:
    """The activation link (I10): only the SHA-256 of its token is kept."""

    token_hash: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """Registered and not yet active. `reported`: the link was opened and the person's aggregate is being told, and
    whether it knows is looked at again at `look_at`."""

    declared: Declared
    contact: Contact
    terms: TermsEvidence
    link: Link
    reported: bool = False
    look_at: datetime | None = None
    stage: Literal["registered"] = "registered"


@dataclass(frozen=True, slots=True)
class AddressesWanted:
    """An unanswered `ShowAddresses`."""

    command_id: str
    answer_key: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Active:
    """A user who may log in. `shown` and `address` are JSON: the registry's addresses, until one is saved, and
    the one that counts.
    `represents`: the businesses of this user (I17)."""

    declared: Declared
    contact: Contact
    terms: TermsEvidence
    link: Link
    asked: tuple[AddressesWanted, ...] = ()
    shown: Secret | None = None
    address: Secret | None = None
    represents: Representation = NO_BUSINESS
    stage: Literal["active"] = "active"


@dataclass(frozen=True, slots=True)
class Ended:
    """A registration that came to nothing. Nothing personal is left."""

    why: Literal["abandoned", "already-registered", "never-activated"]
    stage: Literal["ended"] = "ended"


UserState = ProvingApproval | GivingContact | AcceptingTerms | ProvingMobile | Claiming | Registered | Active | Ended
