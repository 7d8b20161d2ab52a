"""Inside accounts: the customer's aggregate lets a transfer begin (A9, A12, A13)."""

from typing import Annotated

from pydantic import AwareDatetime

from contracts.accounts import Reference, Relation, TransferKind
from contracts.message import Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_INTERNAL


class TransferFiled(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Customer -> transfer: begin, under this reference. `document_number`: of the deed (A12) or the tenancy contract
    (A13); it is passed on to the registry and not kept; None for kinds without evidence."""

    user_id: Id
    acted_by: Id | None = None
    kind: TransferKind
    account_number: Id
    relation: Relation
    definition_reference: Reference
    reference: Reference
    document_number: Annotated[Sealed | None, SealedFor.THIS_SERVICE] = None
    filed_at: AwareDatetime
