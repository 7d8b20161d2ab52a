"""Which aggregate a message is for. Outside identity a person is a `user_id` and nothing else (I18)."""

import re
from collections.abc import Callable
from uuid import UUID

from contracts.values.identity_number import IdentityNumber, judge_identity

KeyedHash = Callable[[str, str], str]

_BUSINESS_ID = re.compile(r"b-[0-9a-f]{32}")
_LINK_TOKEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9_-]{20,100}")


def person_id(identity_type: str, identity_number: str, keyed_hash: KeyedHash) -> str:
    """`person:...` by the keyed hash of the number in its canonical form (I18).

    A number that is none hashes apart from all real ones: its aggregate never comes into being.
    """
    judged = judge_identity(identity_type, identity_number)
    match judged:
        case IdentityNumber():
            return f"person:{keyed_hash('person', f'{judged.type_code}:{judged.text}')}"
        case _:
            return f"person:{keyed_hash('nobody', f'{identity_type}:{identity_number}')}"


def user_id(flow_id: str, keyed_hash: KeyedHash) -> str:
    """The random-looking id of the user whom this flow may bring forth (I18)."""
    return str(UUID(hex=keyed_hash("user", flow_id)))


def user_aggregate(user: str) -> str:
    """`user:...`, given either the user's id or the aggregate's id that a neighbour repeats."""
    return f"user:{user.removeprefix('user:')}"


def business_id(unified_number: str, keyed_hash: KeyedHash) -> str:
    """`b-...`, by the keyed hash of a unified number in its canonical form: one business is one aggregate (I17, I18).

    No user's id begins so: whoever is told of a party knows which of the two it is.
    """
    return f"b-{keyed_hash('business', unified_number)}"


def party_aggregate(party: str) -> str:
    """`user:...` or `business:...`, by the id that stands in a token's `sub` and in events' `user_id` (I17)."""
    return f"business:{party}" if _BUSINESS_ID.fullmatch(party) else user_aggregate(party)


def named_business(business: str) -> str:
    """`business:...`; for what is no business's id, one that does not exist."""
    return f"business:{business}" if _BUSINESS_ID.fullmatch(business) else "business:none"


def asking_aggregate(asked_by: str) -> str:
    """The aggregate that a neighbour's answer names: a user's or a business's."""
    return party_aggregate(asked_by.removeprefix("business:"))


def reset_aggregate(flow_id: str, keyed_hash: KeyedHash) -> str:
    """`challenge:...`, the password reset of this flow."""
    return f"challenge:{UUID(hex=keyed_hash('reset', flow_id))}"


def consent_aggregate(consent_id: str) -> str:
    """`challenge:...`, a consent by the id under which it was asked for."""
    return f"challenge:{consent_id}"


def number_aggregate(mobile: str, keyed_hash: KeyedHash) -> str:
    """`mobile:...`, the budget of a mobile number in E.164."""
    return f"mobile:{keyed_hash('mobile', mobile)}"


def linked_user(token: str, keyed_hash: KeyedHash) -> str:
    """The aggregate that an activation token names; for what is no token of ours, one that does not exist."""
    form = _LINK_TOKEN.fullmatch(token)
    return f"user:{form[1]}" if form else f"user:{keyed_hash('no-link', token)}"
