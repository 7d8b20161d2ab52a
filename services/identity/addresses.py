"""The national address (I12): one's own are shown from the registry and one is chosen, or a new one is added.

A business has an address of its own, kept up to date by whoever acts for it (I17).
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from contracts.decision import Customer, Decision, Facts, Incoming, Refusal, decided, ignored, refused
from contracts.identity import (
    AddAddress,
    AddressesShown,
    AddressSaved,
    ChooseAddress,
    NationalAddressSaved,
    ShowAddresses,
)
from contracts.identity_internal import AddressReported
from contracts.message import Message
from contracts.registry import AddressesAsked, AddressesFound
from contracts.sealed import Sealed, Secret
from contracts.values.national_address import StatedAddress, judge_national_address
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected
from services.identity.acting import NO_LONGER_AUTHORISED, unsaved
from services.identity.business import Business
from services.identity.policy import PolicyFacts
from services.identity.states import Active, AddressesWanted, UserState

UNANSWERED_AT_ONCE: Final = 5  # ours: questions of one user that may wait for the registry
MOST_SHOWN: Final = 20  # as the registry's contract says
_PARTS: Final = {part.name for part in fields(StatedAddress)}
_OPTIONAL: Final = {"unit", "short_address"}

NOT_SIGNED_IN: Final = Refusal("sign-in-needed", "user-not-active", missing_step="log-in")
"""The refusal of a customer's command where there is no active user (J2)."""


Party = UserState | Business
Owner = Active | Business
"""Whoever has a national address."""


@dataclass(frozen=True, slots=True)
class AskerFacts(PolicyFacts):
    """Whether the command's `answer_key` is a key to which something can be sealed."""

    key_is_good: bool


# --- showing --------------------------------------------------------------------------------------------------------
def show_addresses(state: Party, incoming: Incoming[ShowAddresses], facts: AskerFacts) -> Decision[Party]:
    """Ask the registry; the answer is given when it answers, or after a time-out."""
    owner = _owner(state, incoming.who)
    if isinstance(owner, Refusal):
        return unsaved(state, owner)
    if not facts.key_is_good:
        return refused(state, "malformed", "answer-key-not-accepted")
    if len(owner.asked) >= UNANSWERED_AT_ONCE:
        return refused(state, "not-available-now", "too-many-questions-unanswered")
    wanted = AddressesWanted(incoming.id, incoming.body.answer_key, facts.present + facts.policy.addresses_wait)
    return decided(replace(owner, asked=(*owner.asked, wanted)), _question_of(owner))


def _question_of(owner: Owner) -> AddressesAsked:
    match owner:
        case Active():
            declared = owner.declared
            return _question(declared.user, declared.identity_type, declared.identity_number)
        case Business():
            return _question(owner.aggregate, "business", owner.unified_number)


def _question(asked_by: str, identity_type: str, number: Secret) -> AddressesAsked:
    return AddressesAsked(asked_by=asked_by, identity_type=identity_type, identity_number=Sealed.of(number.reveal()))


def addresses_found(state: Party, incoming: Incoming[AddressesFound], _: Facts) -> Decision[Party]:
    """Show them to whoever asked by this command. A second or a late answer changes nothing."""
    if not isinstance(state, Active | Business):
        return ignored(state)
    wanted = next((w for w in state.asked if w.command_id == incoming.correlation_id), None)
    if wanted is None:
        return ignored(state)
    rest = replace(state, asked=tuple(w for w in state.asked if w is not wanted))
    text = incoming.opened("addresses")
    if _listed(text) is None:
        return Decision(rest, refusal=_unavailable(wanted, "registry-answer-unreadable"))
    return decided(replace(rest, shown=Secret(text)), AddressesShown(addresses=Sealed.of(text, to=wanted.answer_key)))


def addresses_overdue(state: Owner, facts: Facts) -> Decision[Any]:
    """The registry did not answer in time: the oldest overdue question is refused, the next one by the next wake-up."""
    overdue = next((w for w in state.asked if w.until <= facts.present), None)
    if overdue is None:
        return ignored(state)
    rest = replace(state, asked=tuple(w for w in state.asked if w is not overdue))
    return Decision(rest, refusal=_unavailable(overdue, "registry-silent"))


def _unavailable(wanted: AddressesWanted, reason: str) -> Refusal:
    return Refusal("not-available-now", reason, command_id=wanted.command_id, command_type=ShowAddresses.type_name)


# --- choosing and adding --------------------------------------------------------------------------------------------
def choose_address(state: Party, incoming: Incoming[ChooseAddress], _: Facts) -> Decision[Party]:
    """One of the addresses shown last, by its id."""
    owner = _owner(state, incoming.who)
    if isinstance(owner, Refusal):
        return unsaved(state, owner)
    if owner.shown is None:
        return refused(state, "address-not-accepted", "no-address-shown")
    chosen = next((a for a in _listed(owner.shown.reveal()) or () if a["address_id"] == incoming.body.address_id), None)
    if chosen is None:
        return refused(state, "address-not-accepted", "address-not-shown")
    return _save(owner, {part: value for part, value in chosen.items() if part in _PARTS}, incoming.who)


def add_address(state: Party, incoming: Incoming[AddAddress], _: Facts) -> Decision[Party]:
    """A new address, judged part by part; the short address is checked against the building number."""
    owner = _owner(state, incoming.who)
    if isinstance(owner, Refusal):
        return unsaved(state, owner)
    return _save(owner, _parsed(incoming.opened("address")), incoming.who)


def _save(owner: Owner, parts: Any, who: Customer) -> Decision[Party]:
    stated = _stated(parts)
    if stated is None:
        return refused(owner, "address-not-accepted", "address-unreadable")
    address = judge_national_address(stated)
    if isinstance(address, Rejected):
        return refused(owner, public_reason_of(address.reason), address.reason)
    saved: tuple[Message, ...] = (
        AddressSaved(next_step="define-account"),
        NationalAddressSaved(user_id=who.user_id, acted_by=who.actor, region=address.region),
    )
    if isinstance(owner, Active):
        # So that a login's next step is another one; a business's is read where it is acted for.
        saved += (AddressReported(person=owner.declared.person, user_id=owner.declared.user_id),)
    # The others that were shown are of no use any more, and personal.
    up_to_date = replace(owner, address=Secret(json.dumps(asdict(address), ensure_ascii=False)), shown=None)
    return decided(up_to_date, *saved)


def _owner(state: Party, who: Customer) -> Owner | Refusal:
    match state:
        case Active():
            return state
        case Business():
            return state if state.is_authorised(who.person) else NO_LONGER_AUTHORISED
        case _:
            return NOT_SIGNED_IN


# --- reading JSON from outside --------------------------------------------------------------------------------------
def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _stated(parts: Any) -> StatedAddress | None:
    """Exactly the parts of an address, all of them texts; parts that may be missing may also be null."""
    if not isinstance(parts, dict) or not _PARTS - _OPTIONAL <= parts.keys() <= _PARTS:
        return None
    given = {part: value for part, value in parts.items() if not (part in _OPTIONAL and value is None)}
    return StatedAddress(**given) if all(isinstance(value, str) for value in given.values()) else None


def _listed(text: str) -> list[dict[str, Any]] | None:
    """The registry's addresses, if they are at most 20 objects with an id each."""
    found = _parsed(text)
    if not isinstance(found, list) or len(found) > MOST_SHOWN:
        return None
    whole = all(isinstance(one, dict) and isinstance(one.get("address_id"), str) for one in found)
    return found if whole else None
