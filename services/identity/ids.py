"""Which aggregate a message is for. Outside identity a person is a `user_id` and nothing else (I18)."""

import re
from collections.abc import Callable
from uuid import UUID

from contracts.values.identity_number import IdentityNumber, judge_identity

KeyedHash = Callable[[str, str], str]

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


def number_aggregate(mobile: str, keyed_hash: KeyedHash) -> str:
    """`mobile:...`, the budget of a mobile number in E.164."""
    return f"mobile:{keyed_hash('mobile', mobile)}"


def linked_user(token: str, keyed_hash: KeyedHash) -> str:
    """The aggregate that an activation token names; for what is no token of ours, one that does not exist."""
    form = _LINK_TOKEN.fullmatch(token)
    return f"user:{form[1]}" if form else f"user:{keyed_hash('no-link', token)}"
