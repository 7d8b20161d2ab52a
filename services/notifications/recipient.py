"""A person as somebody to be told things: where they are reached, and what waits until that is known (N3)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, assert_never
from uuid import UUID, uuid5

from contracts.accounts import AccountDefined, TransferRequested
from contracts.decision import Decision, Facts, Incoming, Outgoing, decided, ignored
from contracts.identity import ContactProven, UserActivated, UserSignedIn
from contracts.identity_sessions import PasswordChanged
from contracts.notifications import MessageFailed, MessageWanted, NoticeWanted
from contracts.sealed import Sealed, Secret
from contracts.values.riyadh_day import riyadh_day
from services.notifications.notice import TIME_TO_ARRIVE, Channel, Notice, notice_of, use_of
from services.notifications.standing import NO_STANDING, Standing

MOST_WAITING: Final = 20
"""Notices kept for a person whose contact data has not come yet (ours)."""

MOST_SIGN_INS_A_DAY: Final = 10
"""Sign-ins of which a person is told in one Riyadh day (ours): who knows the password is never made to wait, and each
notice is an SMS that is paid for. A stranger's first sign-in is told unless the owner was told so often that day."""

_NAMESPACE: Final = UUID("2f0c1c5e-8a0b-5c39-9d1e-6b1f6f1f7a52")


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """A notice that waits for an address. `cause` is the message it came from; `values` is JSON."""

    cause: str
    correlation_id: str
    template: str
    channels: tuple[Channel, ...]
    values: Secret
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class NotYetReachable:
    """Events may overtake `ContactProven`: what they tell waits here."""

    waiting: tuple[WaitingNotice, ...]
    standing: Standing = NO_STANDING
    stage: Literal["not-yet-reachable"] = "not-yet-reachable"


@dataclass(frozen=True, slots=True)
class Reachable:
    """Proven mobile, given e-mail, chosen language. `sign_ins_told`: the sign-ins told on the last day that had any."""

    email: Secret
    mobile: Secret
    language: Literal["ar", "en"]
    standing: Standing = NO_STANDING
    sign_ins_told: tuple[datetime, ...] = ()
    stage: Literal["reachable"] = "reachable"


RecipientState = NotYetReachable | Reachable


def contact_proven(
    state: RecipientState | None, incoming: Incoming[ContactProven], _: Facts
) -> Decision[RecipientState]:
    """From now on the person is reached here; what waited goes out, and what is too late expires by itself (N2). Of a
    contact that is withdrawn nothing is kept (I10)."""
    if incoming.body.withdrawn:
        return decided(NotYetReachable((), state.standing)) if isinstance(state, Reachable) else ignored(state)
    reachable = Reachable(
        Secret(incoming.opened("email")),
        Secret(incoming.opened("mobile")),
        incoming.body.language,
        state.standing if state is not None else NO_STANDING,
        state.sign_ins_told if isinstance(state, Reachable) else (),
    )
    waiting = state.waiting if isinstance(state, NotYetReachable) else ()
    return decided(reachable, *(message for notice in waiting for message in _messages(reachable, notice)))


def tell_event(
    state: RecipientState | None,
    incoming: Incoming[UserActivated | UserSignedIn | PasswordChanged | AccountDefined | TransferRequested],
    _: Facts,
) -> Decision[RecipientState]:
    """Success messages and security notices by SMS and e-mail (N3)."""
    notice = notice_of(incoming.body)
    return _tell(state, _waiting(incoming, notice, incoming.now + use_of(notice.template)))


def tell_sign_in(
    state: RecipientState | None, incoming: Incoming[UserSignedIn], facts: Facts
) -> Decision[RecipientState]:
    """A security notice of a new sign-in, so many a day (N3). One that is heard of after a later day's counts as that
    day's, so that around midnight nobody gets two days' notices over and over."""
    if not isinstance(state, Reachable):
        return tell_event(state, incoming, facts)
    at = max((*state.sign_ins_told, incoming.body.signed_in_at))
    today = tuple(each for each in state.sign_ins_told if riyadh_day(each) == riyadh_day(at))
    if len(today) >= MOST_SIGN_INS_A_DAY:
        return ignored(state)
    return tell_event(replace(state, sign_ins_told=(*today, at)), incoming, facts)


def tell_notice(state: RecipientState | None, incoming: Incoming[NoticeWanted], _: Facts) -> Decision[RecipientState]:
    """A notice that another aggregate of this service wants."""
    notice = Notice(incoming.body.template, incoming.body.channels, json.loads(incoming.opened("values")))
    valid_until = incoming.body.valid_until or incoming.now + use_of(notice.template)
    return _tell(state, _waiting(incoming, notice, valid_until))


def _tell(state: RecipientState | None, notice: WaitingNotice) -> Decision[RecipientState]:
    match state:
        case Reachable():
            return decided(state, *_messages(state, notice))
        case NotYetReachable(waiting) if len(waiting) >= MOST_WAITING:
            return decided(state, *_not_told(notice))
        case NotYetReachable(waiting):
            return decided(replace(state, waiting=(*waiting, notice)))
        case None:
            return decided(NotYetReachable((notice,)))
        case _:
            assert_never(state)


def _waiting(incoming: Incoming[Any], notice: Notice, valid_until: datetime) -> WaitingNotice:
    values = Secret(json.dumps(dict(notice.values)))
    cause, correlation_id = incoming.id, incoming.correlation_id
    return WaitingNotice(cause, correlation_id, notice.template, notice.channels, values, valid_until)


def _messages(to: Reachable, notice: WaitingNotice) -> tuple[Outgoing, ...]:
    return tuple(
        Outgoing(
            MessageWanted(
                message_id=_message_id(notice, channel),
                template=notice.template,
                channel=channel,
                language=to.language,
                address=Sealed.of((to.mobile if channel == "sms" else to.email).reveal()),
                values=Sealed.of(notice.values.reveal()),
                hand_over_by=notice.valid_until - TIME_TO_ARRIVE,
                valid_until=notice.valid_until,
            ),
            notice.correlation_id,
        )
        for channel in notice.channels
    )


def _not_told(notice: WaitingNotice) -> tuple[Outgoing, ...]:
    return tuple(
        Outgoing(
            MessageFailed(
                message_id=_message_id(notice, channel),
                template=notice.template,
                channel=channel,
                reason="no-contact-data",
            ),
            notice.correlation_id,
        )
        for channel in notice.channels
    )


def _message_id(notice: WaitingNotice, channel: Channel) -> str:
    """Derived, so that deciding again gives the same (law 4)."""
    return str(uuid5(_NAMESPACE, f"{notice.cause}/{channel}"))
