"""The states of a challenge: a code by which a known person proves the mobile again, to reset a password (I13) or to
consent (A9). What is personal is a `Secret`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.identity_sessions import ConsentPurpose
from contracts.sealed import Secret
from services.identity.states import Code

Language = Literal["ar", "en"]
ChallengePurpose = Literal["reset-password", "give-consent"]


@dataclass(frozen=True, slots=True)
class KnownContact:
    """Where the person is reached, and as JSON list what does not make their password (I16)."""

    mobile: Secret
    own_data: Secret


@dataclass(frozen=True, slots=True)
class Unopened:
    """The user was quicker than the person: their word waits for the reset that it is meant for. To whoever asks, this
    challenge does not exist yet."""

    user_id: str
    contact: KnownContact
    ends_at: datetime
    stage: Literal["unopened"] = "unopened"


@dataclass(frozen=True, slots=True)
class Resetting:
    """A forgotten password. `user_id` and `contact` are None where no code ever comes, which looks the same (I15)."""

    challenge: str
    person: str
    user_id: str | None
    channel: str
    language: Language
    ends_at: datetime
    code: Code
    contact: KnownContact | None = None
    stage: Literal["resetting"] = "resetting"


@dataclass(frozen=True, slots=True)
class Changing:
    """The code was right and the password is taken; the person and the user are told. `command_id` waits."""

    user_id: str
    command_id: str
    stage: Literal["changing"] = "changing"


@dataclass(frozen=True, slots=True)
class Consenting:
    """Somebody asks for this person's consent. `mobile` is None until the user has told it. `acting_for`: the business
    for which they consent (I17)."""

    challenge: str
    asked_by: str
    consent_id: str
    user_id: str
    purpose: ConsentPurpose
    ends_at: datetime
    code: Code
    language: Language = "ar"
    mobile: Secret | None = None
    acting_for: str | None = None
    stage: Literal["consenting"] = "consenting"


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing personal is left. `user_id` is whose consent it was; a reset is anybody's who knows its flow."""

    purpose: ChallengePurpose
    why: Literal["used", "over", "failed"]
    user_id: str = ""
    stage: Literal["finished"] = "finished"


Challenge = Unopened | Resetting | Changing | Consenting | Finished
