"""Identity: which message leads to which decision. Start reading here."""

from typing import Any, Final

from contracts import identity, notifications, registry, topics
from contracts import identity_business as business
from contracts import identity_business_internal as between
from contracts import identity_internal as inside
from contracts import identity_sessions as sessions_said
from contracts import identity_sessions_internal as challenges
from contracts.decision import Incoming
from services.chassis.service import KeyedHash, Kind, Lane, Route, Service
from services.identity import (
    activation,
    addresses,
    approved_mobile,
    authority,
    challenge,
    consent,
    known_contact,
    mobile_number,
    password_reset,
    person,
    registration,
    sessions,
    sign_in,
)
from services.identity import authorised_persons as persons
from services.identity import business_registration as founding
from services.identity import code_delivery as delivery
from services.identity.acting import (
    NO_SUCH_BUSINESS,
    NOT_ACTING,
    act_for,
    the_business,
    the_individual,
    the_party,
    the_principal,
)
from services.identity.activation import NO_SUCH_LINK, the_linked_user
from services.identity.addresses import NOT_SIGNED_IN
from services.identity.business import Business, claim_business
from services.identity.business_facts import PreparingBusinesses
from services.identity.challenge_states import Challenge
from services.identity.consent import NO_SUCH_CONSENT
from services.identity.deadlines import business_due_at, due_at, on_business_timer, on_timer
from services.identity.effects import HASHES_AT_ONCE, IdentityEffects
from services.identity.ids import (
    asking_aggregate,
    consent_aggregate,
    number_aggregate,
    party_aggregate,
    person_id,
    reset_aggregate,
    user_aggregate,
    user_id,
)
from services.identity.policy import Policy
from services.identity.preparing import Preparing
from services.identity.registration import NOT_BEGUN
from services.identity.reset_facts import PreparingReset
from services.identity.settings import IdentitySettings
from services.identity.states import UserState

LANES = (
    Lane("commands", topics.IDENTITY_COMMANDS),
    Lane("credentials", topics.IDENTITY_CREDENTIALS, urgent=True, most=16 * HASHES_AT_ONCE),
    Lane("internal", topics.IDENTITY_INTERNAL),
    Lane("registry", topics.REGISTRY_ANSWERS),
    Lane("codes", topics.NOTIFICATIONS_CODES, urgent=True),
    Lane("consent-requests", topics.IDENTITY_CONSENT_REQUESTS),
    Lane("replay", topics.REPLAY["identity"]),
)

KINDS = (
    Kind("person", person.PersonState),
    Kind("user", UserState, due_at, on_timer),
    Kind("business", Business, business_due_at, on_business_timer),
    Kind("mobile", mobile_number.Number),
    Kind("challenge", Challenge, challenge.due_at, challenge.on_timer),
)


def the_identity(incoming: Incoming[Any], keyed_hash: KeyedHash) -> str:
    """The person with the stated identity number (I18)."""
    return person_id(incoming.body.identity_type, incoming.opened("identity_number"), keyed_hash)


def the_person(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the person it is for."""
    return f"person:{incoming.body.person.removeprefix('person:')}"


def the_flow(incoming: Incoming[Any], keyed_hash: KeyedHash) -> str:
    """A step of a registration is for the user whom its flow brings forth (I18)."""
    return user_aggregate(user_id(incoming.subject, keyed_hash))


def the_user(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the user it is for."""
    return user_aggregate(incoming.body.user_id)


def the_asker(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A neighbour's answer repeats who asked."""
    return asking_aggregate(incoming.body.asked_by)


_ASK_FOR_CODES: Final = ("user:", "challenge:")


def the_code_asker(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A user or a challenge waits for a code and is named by its whole id. Nobody else does: what has become of a code
    is told by another service, which is to reach nothing more."""
    asked_by = str(incoming.body.asked_by)
    if not asked_by.startswith(_ASK_FOR_CODES):
        raise ValueError("nobody who asks for codes")
    return asked_by


def the_number(incoming: Incoming[Any], keyed_hash: KeyedHash) -> str:
    """The budget of the mobile number in the seal."""
    return number_aggregate(incoming.opened("mobile"), keyed_hash)


def the_reset(incoming: Incoming[Any], keyed_hash: KeyedHash) -> str:
    """A step of a password reset is for the challenge of its flow."""
    return reset_aggregate(incoming.subject, keyed_hash)


def the_consent(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The challenge of the consent that the message names."""
    return consent_aggregate(incoming.body.consent_id)


def the_challenge(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the challenge it is for by its whole id."""
    return str(incoming.body.challenge)


def the_party_asked(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The user or the business whose consent is asked for (I17)."""
    return party_aggregate(incoming.body.user_id)


def session_routes(policy: Policy) -> tuple[Route, ...]:
    """Logging out, forgotten passwords, consents by code (I13, A9)."""
    ready, reset = Preparing(policy), PreparingReset(policy)
    asked, plain = password_reset.NOT_BEGUN, ready.policy_only
    return (
        Route(sessions_said.LogOut, the_individual, sessions.log_out, absent=NOT_SIGNED_IN),
        # A forgotten password: the person, the challenge, the user
        Route(sessions_said.StartPasswordReset, the_identity, password_reset.start_reset, reset.opening, creates=True),
        Route(challenges.ResetOpened, the_challenge, password_reset.open_reset, plain, creates=True),
        Route(
            challenges.ResetContactAsked, the_user, known_contact.tell_for_reset, absent=password_reset.NOBODYS
        ),  # I15
        Route(sessions_said.ResendResetCode, the_reset, password_reset.resend_reset_code, plain, absent=asked),  # I14
        Route(
            sessions_said.ConfirmPasswordReset, the_reset, password_reset.confirm_reset, reset.password, absent=asked
        ),  # I6, I16
        Route(challenges.PasswordChosen, the_person, password_reset.take_password),
        Route(challenges.PasswordReplaced, the_user, password_reset.tell_password_changed),  # N3
        Route(challenges.ResetSettled, the_challenge, password_reset.reset_settled),
        # A consent: accounts asks, the party tells its mobile, the person enters the code
        Route(sessions_said.ConsentAsked, the_consent, consent.ask_consent, plain, creates=True),
        Route(challenges.ConsentContactAsked, the_party_asked, known_contact.tell_for_consent, creates=True),
        Route(sessions_said.ResendConsentCode, the_consent, consent.resend_consent_code, plain, absent=NO_SUCH_CONSENT),
        Route(sessions_said.ConfirmConsent, the_consent, consent.confirm_consent, absent=NO_SUCH_CONSENT),  # I6
        # Both: where the code goes
        Route(challenges.ContactTold, the_challenge, challenge.contact_told, plain, creates=True),
        Route(challenges.ContactWithheld, the_challenge, challenge.contact_withheld),
    )


def business_routes(policy: Policy) -> tuple[Route, ...]:
    """Businesses and who acts for them (I1, I3, I17)."""
    ready, facts = Preparing(policy), PreparingBusinesses(policy)
    nobody, alone = NOT_SIGNED_IN, NOT_ACTING
    return (
        # Registering: the user, the registry, the business
        Route(business.RegisterBusiness, the_individual, founding.register_business, facts.registering, absent=nobody),
        Route(registry.AuthorityConfirmed, the_asker, founding.authority_confirmed),
        Route(registry.AuthorityNotConfirmed, the_asker, founding.authority_not_confirmed),
        Route(between.BusinessClaimed, the_business, claim_business, creates=True),
        Route(between.BusinessGranted, the_user, founding.business_granted),
        Route(between.BusinessDenied, the_user, founding.business_denied),
        # Acting
        Route(business.ShowBusinesses, the_individual, authority.show_businesses, ready.asker, absent=nobody),
        Route(business.ActFor, the_business, act_for, facts.acting, absent=NO_SUCH_BUSINESS),
        # Authorised persons: the business, the person, the user, the business
        Route(business.AddAuthorisedPerson, the_principal, persons.add_person, facts.inviting, absent=alone),
        Route(business.ReplaceAuthorisedPerson, the_principal, persons.replace_person, facts.inviting, absent=alone),
        Route(between.PersonInvited, the_person, authority.pass_on_invitation),  # I15
        Route(between.AuthorityOffered, the_user, authority.take_authority),
        Route(between.AuthorityTaken, the_business, persons.admit_person),
        Route(business.RemoveAuthorisedPerson, the_principal, persons.remove_person, absent=alone),  # I13
        Route(between.AuthorityEnded, the_user, authority.end_authority),
        Route(business.ShowAuthorisedPersons, the_principal, persons.show_persons, ready.asker, absent=alone),
    )


ACTIVATING: Final = (
    Route(identity.ActivateUser, the_linked_user, activation.activate_user, absent=NO_SUCH_LINK),
    Route(inside.ActivationReported, the_person, person.note_activation),
    Route(inside.ActivationNoted, the_user, activation.activation_noted),
    Route(inside.ActivationLapsed, the_user, activation.activation_lapsed),
)
"""I10: the link, and the person's word that it is still theirs."""


def identity_service(settings: IdentitySettings, effects: IdentityEffects) -> Service:
    """The whole service (I1-I12, I14-I18)."""
    ready = Preparing(settings.policy)
    routes = (
        # Signing up: first code
        Route(identity.StartRegistration, the_identity, person.start_registration, ready.opening, creates=True),
        Route(inside.RegistrationOpened, the_user, approved_mobile.open_registration, ready.policy_only, creates=True),
        Route(registry.ApprovedMobileFound, the_asker, approved_mobile.approved_mobile_found),  # I5
        Route(registry.ApprovedMobileAbsent, the_asker, approved_mobile.approved_mobile_absent),  # I15
        Route(identity.ResendOtp, the_flow, registration.resend_otp, ready.policy_only, absent=NOT_BEGUN),  # I14
        Route(identity.ConfirmOtp, the_flow, registration.confirm_otp, ready.policy_only, absent=NOT_BEGUN),  # I6, I9
        # Budgets, issue and hand-over of codes (I14, I6)
        Route(inside.PersonCodeAsked, the_person, person.ask_for_code),
        Route(inside.PersonCodeGranted, the_code_asker, delivery.person_granted),
        Route(inside.PersonCodeDenied, the_code_asker, delivery.person_denied),
        Route(inside.NumberCodeAsked, the_number, mobile_number.ask_for_code, creates=True),
        Route(inside.NumberCodeGranted, the_code_asker, delivery.number_granted, ready.code),
        Route(inside.NumberCodeDenied, the_code_asker, delivery.number_denied),
        Route(notifications.OtpHandedOver, the_code_asker, delivery.otp_handed_over),
        Route(notifications.OtpNotHandedOver, the_code_asker, delivery.otp_not_handed_over),
        # Signing up: contact, terms, second code, link
        Route(identity.GiveContact, the_flow, registration.give_contact, ready.contact, absent=NOT_BEGUN),  # I7, I16
        Route(identity.AcceptTerms, the_flow, registration.accept_terms, ready.policy_only, absent=NOT_BEGUN),  # I8
        Route(inside.PersonClaimed, the_person, person.claim, ready.policy_only),
        Route(inside.ClaimGranted, the_user, activation.claim_granted, ready.link),  # I10
        Route(inside.ClaimRefused, the_user, activation.claim_refused),
        # Signing in, national address
        Route(identity.LogIn, the_identity, sign_in.log_in, ready.sign_in, creates=True),  # I11, I14, I15
        Route(inside.SignInReported, the_user, sign_in.report_sign_in),  # N3, I18
        Route(identity.ShowAddresses, the_party, addresses.show_addresses, ready.asker, absent=NOT_SIGNED_IN),  # I12
        Route(registry.AddressesFound, the_asker, addresses.addresses_found),
        Route(identity.ChooseAddress, the_party, addresses.choose_address, absent=NOT_SIGNED_IN),
        Route(identity.AddAddress, the_party, addresses.add_address, absent=NOT_SIGNED_IN),
        Route(inside.AddressReported, the_person, person.note_address),
    )
    others = ACTIVATING + session_routes(settings.policy) + business_routes(settings.policy)
    return Service("identity", LANES, KINDS, routes + others, effects, perform={})
