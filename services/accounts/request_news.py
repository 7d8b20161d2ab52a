"""Every request, transfer, plan and claim tells each of its states twice: to the world, and to its customer (A8)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.accounts_request_internal import RequestNoted
from contracts.requests import RequestMoved
from contracts.sealed import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """What stays the same about a request as long as it lives: whose it is, what, and under which definition."""

    user_id: str
    acted_by: str | None = None
    account_number: Secret
    kind: str
    reference: str
    definition_reference: str


def moved(record: RequestRecord, state: str, *, final: bool, at: datetime) -> tuple[RequestMoved, RequestNoted]:
    """The request has come to this state: the event, and the note for the customer's aggregate. Send both, once a state
    and the first included."""
    said = {
        "user_id": record.user_id,
        "acted_by": record.acted_by,
        "account_number": record.account_number.reveal(),
        "kind": record.kind,
        "reference": record.reference,
        "definition_reference": record.definition_reference,
        "state": state,
        "final": final,
        "at": at,
    }
    return RequestMoved.model_validate(said), RequestNoted.model_validate(said)
