"""A form is a JSON object that its kind's schema accepts (A15-A17). What is wrong with one is said without a word of
its content: it is the customer's own."""

import json
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from contracts.decision import Facts
from contracts.sealed import Secret
from services.accounts.request_kind import OfferedKind

MOST_BYTES = 16 * 1024
FormReason = Literal["form-too-large", "form-not-json", "form-duplicate-keys", "form-fields-wrong"]


@dataclass(frozen=True, slots=True)
class FormRejected:
    """Why a form is not accepted; the precise reason is for operators (J4)."""

    reason: FormReason


@dataclass(frozen=True, slots=True)
class SubmissionFacts(Facts):
    """`reference`: the number that the request would have. `kind`: None if it is not offered. `form`: None without a
    kind; else its one written form, or what is wrong with it."""

    reference: str
    kind: OfferedKind | None
    form: Secret | FormRejected | None


class _DuplicateKeys(ValueError):
    pass


def read_form(text: str, kind: OfferedKind) -> Secret | FormRejected:
    """The form as it is kept and handed on, or the first fault."""
    if len(text) > MOST_BYTES or len(text.encode(errors="replace")) > MOST_BYTES:
        return FormRejected("form-too-large")
    try:
        form = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_number)
        written = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
        written.encode()  # a lone surrogate is JSON to Python, and no text to anybody else
    except _DuplicateKeys:
        return FormRejected("form-duplicate-keys")
    except (ValueError, RecursionError):
        return FormRejected("form-not-json")
    if "\\u0000" in written or not kind.accepts(form):
        return FormRejected("form-fields-wrong")
    return Secret(written)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateKeys
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")
