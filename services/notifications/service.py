"""Notifications: which message leads to which decision. Start reading here."""

from datetime import timedelta
from typing import Any

from contracts import accounts, identity, identity_sessions, notifications, topics
from contracts.decision import Incoming
from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from services.chassis.service import KeyedHash, Kind, Lane, Perform, Route, Service
from services.notifications.addressing import the_message, the_recipient
from services.notifications.asking import Asking
from services.notifications.attempt import AskStatus, AttemptRules, SendBroadcast, SendCode, SendEmail, SendSms
from services.notifications.broadcast_table import BROADCAST_KINDS, BROADCAST_LANES, broadcast_routes
from services.notifications.call_results import not_begun, outcome_of
from services.notifications.contact_desk import COMPANY, ContactDesk, Published, contact_data
from services.notifications.delivery import Deliveries
from services.notifications.delivery_states import DeliveryState, due_at
from services.notifications.effects import NotificationsEffects
from services.notifications.notice_table import NOTICE_KINDS, NOTICE_ROUTES
from services.notifications.recipient import RecipientState, contact_proven, tell_event, tell_notice, tell_sign_in
from services.notifications.settings import NotificationsSettings

LANES = (
    Lane("codes", topics.IDENTITY_CODES, urgent=True),  # N1
    Lane("code-results", topics.NOTIFICATIONS_CODE_RESULTS, urgent=True),  # N1
    Lane("identity-notices", topics.IDENTITY_NOTICES),
    Lane("identity-events", topics.IDENTITY_EVENTS),
    Lane("accounts-events", topics.ACCOUNTS_EVENTS),
    Lane("reports-events", topics.REPORTS_EVENTS),
    Lane("internal", topics.NOTIFICATIONS_INTERNAL),
    Lane("commands", topics.NOTIFICATIONS_COMMANDS),
    *BROADCAST_LANES,
    Lane("replay", topics.REPLAY["notifications"]),
)


def the_code(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A code's delivery has the code's own id."""
    return f"delivery:{incoming.body.otp_id}"


def the_new_message(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A link asked for becomes a delivery with the asking message's id."""
    return f"delivery:{incoming.id}"


def the_company(_: Incoming[Any], __: KeyedHash) -> str:
    """There is one company."""
    return COMPANY


def contact_desk(settings: NotificationsSettings) -> ContactDesk:
    """The contact channels of these settings; its `at_start()` is said when the process starts (N9)."""
    return ContactDesk(contact_data(contact_channels(EmailAddress(settings.contact_email))))


def attempt_rules(settings: NotificationsSettings) -> AttemptRules:
    """How calls are timed under these settings (law 8)."""
    return AttemptRules(
        call_limit=settings.longest_call,
        start_within=timedelta(seconds=settings.attempt_start_s),
        margin=timedelta(seconds=settings.attempt_margin_s),
        held_at_most=timedelta(seconds=settings.sms_held_s),
    )


def notifications_service(settings: NotificationsSettings, effects: NotificationsEffects) -> Service:
    """The whole service (N1-N4, N6-N10)."""
    deliveries = Deliveries(attempt_rules(settings), settings.broadcast_hours)
    asking = Asking(deliveries, settings.pages_url)
    desk = contact_desk(settings)
    kinds = (
        Kind("delivery", DeliveryState, due_at=due_at, on_timer=deliveries.on_timer),  # N6
        Kind("recipient", RecipientState),
        Kind("contact-channels", Published),
        *NOTICE_KINDS,
        *BROADCAST_KINDS,
    )
    routes = (
        Route(identity.OtpRequested, the_code, asking.for_code, creates=True),  # N1, N2
        Route(identity.ActivationLinkRequested, the_new_message, asking.for_activation_link, creates=True),  # N3
        Route(notifications.MessageWanted, the_message, asking.for_message, creates=True),
        Route(notifications.CodeHandOverReported, the_message, deliveries.on_result),  # N10
        Route(notifications.HandOverReported, the_message, deliveries.on_result),  # N6
        Route(notifications.StatusReported, the_message, deliveries.on_status),  # N6
        Route(notifications.ReceiptReceived, the_message, deliveries.on_receipt),  # N7
        Route(identity.ContactProven, the_recipient, contact_proven, creates=True),
        Route(identity.UserActivated, the_recipient, tell_event, creates=True),  # N3
        Route(identity.UserSignedIn, the_recipient, tell_sign_in, creates=True),  # N3
        Route(identity_sessions.PasswordChanged, the_recipient, tell_event, creates=True),  # N3
        Route(accounts.AccountDefined, the_recipient, tell_event, creates=True),  # N3
        Route(accounts.TransferRequested, the_recipient, tell_event, creates=True),  # N3
        Route(notifications.NoticeWanted, the_recipient, tell_notice, creates=True),
        Route(notifications.ContactChannelsConfigured, the_company, desk.on_configured, creates=True),  # N9
        Route(notifications.AskContactChannels, the_company, desk.on_asked, creates=True),  # N9
        *NOTICE_ROUTES,  # N3
        *broadcast_routes(settings, asking, deliveries),  # N4
    )
    perform: dict[type, Perform] = {
        SendCode: effects.send_code,
        SendSms: effects.send_sms,
        SendBroadcast: effects.send_broadcast,
        SendEmail: effects.send_email,
        AskStatus: effects.ask_status,
    }
    return Service("notifications", LANES, kinds, routes, effects, perform, outcome_of, not_begun)
