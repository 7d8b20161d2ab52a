"""Identity's messages: sign up, activate, log in, national address (I1-I18).

What it tells itself is in `identity_internal`. Keys: a registration's commands carry the flow's id as key (a UUID that
the channel draws); customers' commands any id of the channel's choice, such as its own session's.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from contracts.message import Answer, Code, Command, CustomerCommand, CustomerText, Event, Id, PublicKey, Text
from contracts.sealed import Sealed, SealedFor
from contracts.topics import (
    IDENTITY_ANSWERS,
    IDENTITY_CODES,
    IDENTITY_COMMANDS,
    IDENTITY_CREDENTIALS,
    IDENTITY_EVENTS,
    IDENTITY_NOTICES,
)

LanguageCode = Literal["ar", "en"]
SealedText = Annotated[Sealed, SealedFor.THIS_SERVICE]
ForNotifications = Annotated[Sealed, SealedFor.NOTIFICATIONS]
ForAsker = Annotated[Sealed, SealedFor.ASKER]


# --- commands of channels -------------------------------------------------------------------------------------------
class StartRegistration(Command, service="identity", topic=IDENTITY_COMMANDS):
    """I1-I4. `birth_date` opens to the declared Hijri date `1410-05-12`. Answered by `RegistrationStarted`."""

    segment: Code
    nationality: Text | None = None
    identity_type: Code
    identity_number: SealedText
    birth_date: SealedText
    language: LanguageCode


class ConfirmOtp(Command, service="identity", topic=IDENTITY_COMMANDS):
    """Enter the code of this flow (I5, I6, I9). Answered by `OtpConfirmed`."""

    code: SealedText


class ResendOtp(Command, service="identity", topic=IDENTITY_COMMANDS):
    """Ask for another code in this flow: 60 s after asking for the last at the earliest (I14), or at once when the last
    was for the mobile just given and could not be handed over (N10). Answered by `OtpResent`."""


class GiveContact(Command, service="identity", topic=IDENTITY_CREDENTIALS):
    """I7. Answered by `ContactGiven`."""

    email: SealedText
    mobile: SealedText
    password: SealedText


class AcceptTerms(Command, service="identity", topic=IDENTITY_COMMANDS):
    """I8: evidence of what was accepted. Then a code goes to the mobile given (I9). Answered by `TermsAccepted`."""

    version: Code
    language: LanguageCode
    text_hash: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]


class ActivateUser(Command, service="identity", topic=IDENTITY_COMMANDS):
    """I10: the token of the activation link. Answered by `ActivationAccepted`; repeating it changes nothing."""

    activation_token: SealedText


class LogIn(Command, service="identity", topic=IDENTITY_CREDENTIALS):
    """I11: identity number and password. Answered by `LoggedIn`, its token sealed to `answer_key`."""

    identity_type: Code
    identity_number: SealedText
    password: SealedText
    answer_key: PublicKey


class ShowAddresses(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I12: the person's own addresses from the registry. Answered by `AddressesShown`."""

    answer_key: PublicKey


class ChooseAddress(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I12: one of the addresses shown. Answered by `AddressSaved`."""

    address_id: Id


class AddAddress(CustomerCommand, service="identity", topic=IDENTITY_COMMANDS):
    """I12: a new address. Answered by `AddressSaved`.

    `address` opens to a JSON object of texts: building_number, street, district, city, postal_code, additional_number
    and, where there is one, unit and short_address.
    """

    address: SealedText


# --- answers --------------------------------------------------------------------------------------------------------
class RegistrationStarted(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """The same for every identity, known or unknown (I15). `next_step` is `confirm-otp`."""

    next_step: Code


class OtpConfirmed(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step`: `give-contact` after the first code, `activate` after the second."""

    next_step: Code


class OtpResent(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """Another code was asked for. The same whether or not one can be sent (I15)."""

    next_step: Code


class ContactGiven(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `accept-terms`."""

    next_step: Code


class TermsAccepted(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `confirm-otp`."""

    next_step: Code


class ActivationAccepted(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `log-in`."""

    next_step: Code
    text_ar: CustomerText
    text_en: CustomerText


class LoggedIn(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """The session's token, a signed JWT, and its end. Each later command carries it, sealed to its recipient."""

    token: ForAsker
    expires_at: AwareDatetime
    next_step: Code


class AddressesShown(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """Opens to JSON: a list of national addresses, each with its `address_id`."""

    addresses: ForAsker


class AddressSaved(Answer, service="identity", topic=IDENTITY_ANSWERS):
    """`next_step` is `define-account`."""

    next_step: Code


# --- events ---------------------------------------------------------------------------------------------------------
class UserRegistered(Event, service="identity", topic=IDENTITY_EVENTS):
    """Registered after the second code, not yet active (I10)."""

    user_id: Id
    segment: Code
    language: LanguageCode


class UserActivated(Event, service="identity", topic=IDENTITY_EVENTS):
    """Active after the link (I10), with what the channel shows as success."""

    user_id: Id
    text_ar: CustomerText
    text_en: CustomerText


class UserSignedIn(Event, service="identity", topic=IDENTITY_EVENTS):
    """A new sign-in, for the security notice (N3)."""

    user_id: Id
    channel: Code
    signed_in_at: AwareDatetime


class NationalAddressSaved(Event, service="identity", topic=IDENTITY_EVENTS):
    """The national address is up to date (I12). Only the region (1-8) leaves identity. `acted_by`: who acted, where
    `user_id` is a business (I17)."""

    user_id: Id
    acted_by: Id | None = None
    region: Annotated[int, Field(ge=1, le=8)]


# --- to notifications -----------------------------------------------------------------------------------------------
OtpPurpose = Literal["approve-registration", "confirm-mobile", "reset-password", "give-consent"]


class OtpRequested(Event, service="identity", topic=IDENTITY_CODES):
    """A code to be sent by SMS on the codes lane (I5, I9, N1). Past `hand_over_by` it is not handed over (N2);
    past `valid_until` it is of no use."""

    otp_id: Id
    purpose: OtpPurpose
    mobile: ForNotifications
    code: ForNotifications
    language: LanguageCode
    issued_at: AwareDatetime
    hand_over_by: AwareDatetime
    valid_until: AwareDatetime


class ActivationLinkRequested(Event, service="identity", topic=IDENTITY_NOTICES):
    """An activation link by e-mail (I10). `activation_token` is the secret part of the link."""

    user_id: Id
    email: ForNotifications
    activation_token: ForNotifications
    language: LanguageCode
    valid_until: AwareDatetime


class ContactProven(Event, service="identity", topic=IDENTITY_NOTICES):
    """Where this person is reached from now on (N3): proven mobile, given e-mail. A business is reached by its
    authorised person (I17); `user_id` is then the business's id. `withdrawn`: no more, as nobody opened the activation
    link in time (I10); e-mail and mobile are then empty, and those told before are to be forgotten."""

    user_id: Id
    email: ForNotifications
    mobile: ForNotifications
    language: LanguageCode
    withdrawn: bool = False
