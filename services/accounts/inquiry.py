"""What stands behind a reference number, to its owner only (A8).

Only the asker's own document is looked at: another person's reference is refused by the same line as one that was never
issued, in the same time and with the same public reason.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.accounts import InquireReference, ReferenceFound
from contracts.decision import Decision, Facts, Incoming, answered, refused
from contracts.envelope import rfc3339
from contracts.sealed import Sealed
from contracts.values.public_reasons import public_reason_of
from contracts.values.reference_number import parse_reference
from contracts.values.rejected import Rejected
from services.accounts.customer import DefinedAccount, KnownCustomer, KnownRequest

MOST_CHARACTERS: Final = 44 * 1024
"""Of an inquiry's text, all of them ASCII (ours): sealed it is a third longer, and has to fit a message of 64 KiB."""


@dataclass(frozen=True, slots=True)
class Found:
    """A definition and what is shown under it."""

    definition: DefinedAccount
    requests: tuple[KnownRequest, ...]


def inquire_reference(
    state: KnownCustomer | None, incoming: Incoming[InquireReference], _: Facts
) -> Decision[KnownCustomer]:
    """A8: a definition's reference answers about it and every request under it; a request's own about that request."""
    reference = parse_reference(incoming.body.reference)
    if isinstance(reference, Rejected):
        return _no(state, public_reason_of(reference.reason), reference.reason)
    found = _behind(state or KnownCustomer(), reference)
    if found is None:
        return _no(state, "reference-not-found", "reference-not-theirs")
    inquiry = json.dumps(_shown(reference, found))
    return answered(state, ReferenceFound(inquiry=Sealed.of(inquiry, to=incoming.body.answer_key)))


def _no(state: KnownCustomer | None, public_reason: str, reason: str) -> Decision[KnownCustomer]:
    return replace(refused(state, public_reason, reason), recorded=False)


def _behind(customer: KnownCustomer, reference: str) -> Found | None:
    for definition in customer.definitions:
        under = tuple(each for each in customer.requests if each.definition_reference == definition.reference)
        if definition.reference == reference:
            return Found(definition, under)
        own = tuple(each for each in under if each.reference == reference)
        if own:
            return Found(definition, own)
    return None


def _shown(reference: str, found: Found) -> dict[str, object]:
    definition = found.definition
    shown = {
        "reference": reference,
        "definition": {
            "reference": definition.reference,
            "state": "defined",
            "relation": definition.relation,
            "identifier_kind": definition.identifier_kind,
            "identifier": definition.identifier.reveal(),
            "is_actual_beneficiary": definition.is_actual_beneficiary,
            "defined_at": rfc3339(definition.defined_at),
        },
    }
    return {**shown, "requests": _requests(found.requests, MOST_CHARACTERS - len(json.dumps(shown)))}


def _requests(requests: Sequence[KnownRequest], room: int) -> list[dict[str, Any]]:
    """All of them, the latest with their histories as far as there is room: an older one's own reference tells its."""
    shown: list[dict[str, Any]] = [
        {
            "reference": each.reference,
            "kind": each.kind,
            "state": each.state,
            "requested_at": rfc3339(each.requested_at),
            "history": [],
        }
        for each in requests
    ]
    room -= len(json.dumps(shown))
    for entry, each in zip(reversed(shown), reversed(requests), strict=True):
        history = [{"state": step.state, "at": rfc3339(step.at)} for step in each.history]
        room -= len(json.dumps(history))
        if room < 0:
            break
        entry["history"] = history
    return shown
