"""A person as somebody whom broadcasts reach: who they benefit from what, where, and what they are offered (N4)."""

import json
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from contracts.decision import Decision, Facts, Incoming, decided, refused
from contracts.identity import NationalAddressSaved
from contracts.message import Message
from contracts.notifications import MessageFailed
from contracts.notifications_broadcast_internal import (
    BeneficiaryNoted,
    BroadcastMessageWanted,
    BroadcastOffered,
)
from contracts.sealed import Sealed
from services.notifications.recipient import NotYetReachable, Reachable, RecipientState
from services.notifications.standing import Standing, moves

_NAMESPACE: Final = UUID("8b7a4c0e-3f0d-5f6a-9a51-7f3b2c9d6e14")


def address_saved(
    state: RecipientState | None, incoming: Incoming[NationalAddressSaved], _: Facts
) -> Decision[RecipientState]:
    """The person lives in this region now (I12)."""
    known = state or NotYetReachable(())
    return _standing_now(known, incoming.body.user_id, known.standing.in_region(incoming.body.region))


def beneficiary_noted(
    state: RecipientState | None, incoming: Incoming[BeneficiaryNoted], _: Facts
) -> Decision[RecipientState]:
    """A supply says that the person is its actual beneficiary, or no more (A10)."""
    known, noted = state or NotYetReachable(()), incoming.body
    standing = known.standing.using(noted.account_number, now=noted.is_beneficiary)
    return _standing_now(known, noted.user_id, standing)


def offered(state: RecipientState, incoming: Incoming[BroadcastOffered], _: Facts) -> Decision[RecipientState]:
    """An actual beneficiary gets the message by SMS, in their language; nobody else does."""
    offer = incoming.body
    if not state.standing.is_beneficiary:
        return refused(state, "not-found", "not-a-beneficiary")
    match state:
        case Reachable():
            return decided(state, _wanted(state, offer))
        case NotYetReachable():
            return decided(state, _not_reached(offer))


def message_id_of(broadcast_id: str, user_id: str) -> str:
    """One id for a broadcast and a person, however often it is offered: nobody gets it twice."""
    return str(uuid5(_NAMESPACE, f"{broadcast_id}/{user_id}"))


def _standing_now(state: RecipientState, user_id: str, standing: Standing) -> Decision[RecipientState]:
    return decided(replace(state, standing=standing), *moves(user_id, state.standing, standing))


def _wanted(to: Reachable, offer: BroadcastOffered) -> BroadcastMessageWanted:
    broadcast = offer.broadcast
    text = {"ar": broadcast.text_ar, "en": broadcast.text_en}[to.language]
    return BroadcastMessageWanted(
        message_id=message_id_of(broadcast.broadcast_id, offer.user_id),
        template=_template(offer),
        channel="sms",
        language=to.language,
        address=Sealed.of(to.mobile.reveal()),
        values=Sealed.of(json.dumps({"text": text})),
        not_before=offer.not_before,
        hand_over_by=broadcast.valid_until,
        valid_until=broadcast.valid_until,
        message_class=broadcast.message_class,
    )


def _not_reached(offer: BroadcastOffered) -> Message:
    return MessageFailed(
        message_id=message_id_of(offer.broadcast.broadcast_id, offer.user_id),
        template=_template(offer),
        channel="sms",
        reason="no-contact-data",
    )


def _template(offer: BroadcastOffered) -> str:
    return f"broadcast-{offer.broadcast.message_class}"
