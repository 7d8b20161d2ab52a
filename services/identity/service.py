"""Identity: which message leads to which decision. Start reading here."""

from typing import Any

from contracts import identity, notifications, registry, topics
from contracts import identity_internal as inside
from contracts.decision import Incoming
from services.chassis.service import KeyedHash, Kind, Lane, Route, Service
from services.identity import activation, addresses, mobile_number, person, registration, sign_in
from services.identity import code_delivery as delivery
from services.identity.activation import NO_SUCH_LINK, the_linked_user
from services.identity.addresses import NOT_SIGNED_IN
from services.identity.deadlines import due_at, on_timer
from services.identity.effects import IdentityEffects
from services.identity.ids import number_aggregate, person_id, user_aggregate, user_id
from services.identity.preparing import Preparing
from services.identity.registration import NOT_BEGUN
from services.identity.settings import IdentitySettings
from services.identity.states import UserState

LANES = (
    Lane("commands", topics.IDENTITY_COMMANDS),
    Lane("credentials", topics.IDENTITY_CREDENTIALS),
    Lane("internal", topics.IDENTITY_INTERNAL),
    Lane("registry", topics.REGISTRY_ANSWERS),
    Lane("codes", topics.NOTIFICATIONS_CODES),
)

KINDS = (
    Kind("person", person.PersonState),
    Kind("user", UserState, due_at, on_timer),
    Kind("mobile", mobile_number.Number),
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
    return user_aggregate(incoming.body.asked_by)


def the_customer(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The user whom the verified session token speaks for."""
    return user_aggregate(incoming.who.user_id)


def the_number(incoming: Incoming[Any], keyed_hash: KeyedHash) -> str:
    """The budget of the mobile number in the seal."""
    return number_aggregate(incoming.opened("mobile"), keyed_hash)


def identity_service(settings: IdentitySettings, effects: IdentityEffects) -> Service:
    """The whole service (I1-I12, I14-I16, I18)."""
    ready = Preparing(settings.policy)
    routes = (
        # Signing up: first code
        Route(identity.StartRegistration, the_identity, person.start_registration, ready.opening, creates=True),
        Route(inside.RegistrationOpened, the_user, delivery.open_registration, ready.policy_only, creates=True),
        Route(registry.ApprovedMobileFound, the_asker, delivery.approved_mobile_found),  # I5
        Route(registry.ApprovedMobileAbsent, the_asker, delivery.approved_mobile_absent),  # I15
        Route(identity.ResendOtp, the_flow, registration.resend_otp, ready.policy_only, absent=NOT_BEGUN),  # I14
        Route(identity.ConfirmOtp, the_flow, registration.confirm_otp, ready.policy_only, absent=NOT_BEGUN),  # I6, I9
        # Budgets, issue and hand-over of codes (I14, I6)
        Route(inside.PersonCodeAsked, the_person, person.ask_for_code),
        Route(inside.PersonCodeGranted, the_user, delivery.person_granted),
        Route(inside.PersonCodeDenied, the_user, delivery.person_denied),
        Route(inside.NumberCodeAsked, the_number, mobile_number.ask_for_code, creates=True),
        Route(inside.NumberCodeGranted, the_user, delivery.number_granted, ready.code),
        Route(inside.NumberCodeDenied, the_user, delivery.number_denied),
        Route(notifications.OtpHandedOver, the_asker, delivery.otp_handed_over),
        Route(notifications.OtpNotHandedOver, the_asker, delivery.otp_not_handed_over),
        # Signing up: contact, terms, second code, link
        Route(identity.GiveContact, the_flow, registration.give_contact, ready.contact, absent=NOT_BEGUN),  # I7, I16
        Route(identity.AcceptTerms, the_flow, registration.accept_terms, ready.policy_only, absent=NOT_BEGUN),  # I8
        Route(inside.PersonClaimed, the_person, person.claim, ready.policy_only),
        Route(inside.ClaimGranted, the_user, activation.claim_granted, ready.link),  # I10
        Route(inside.ClaimRefused, the_user, activation.claim_refused),
        Route(identity.ActivateUser, the_linked_user, activation.activate_user, absent=NO_SUCH_LINK),  # I10
        Route(inside.ActivationReported, the_person, person.note_activation),
        Route(inside.ActivationNoted, the_user, activation.activation_noted),
        # Signing in, national address
        Route(identity.LogIn, the_identity, sign_in.log_in, ready.sign_in, creates=True),  # I11, I14, I15
        Route(inside.SignInReported, the_user, sign_in.report_sign_in),  # N3, I18
        Route(identity.ShowAddresses, the_customer, addresses.show_addresses, ready.asker, absent=NOT_SIGNED_IN),  # I12
        Route(registry.AddressesFound, the_asker, addresses.addresses_found),
        Route(identity.ChooseAddress, the_customer, addresses.choose_address, absent=NOT_SIGNED_IN),
        Route(identity.AddAddress, the_customer, addresses.add_address, absent=NOT_SIGNED_IN),
        Route(inside.AddressReported, the_person, person.note_address),
    )
    return Service("identity", LANES, KINDS, routes, effects, perform={})
