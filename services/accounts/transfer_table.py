"""Moving an account from party to party (A9, A12, A13): which message leads to which decision."""

from datetime import datetime
from typing import Any

from contracts import accounts, accounts_supply_internal, accounts_transfer_internal, billing, metering, transfers
from contracts.decision import Incoming
from services.accounts.addressing import the_customer, the_reference_named, the_reference_typed
from services.accounts.askers import Asker, answer_route
from services.accounts.effects import prepare_reference
from services.accounts.transfer import (
    accept_evidence,
    do_without_supply,
    open_transfer,
    reject_evidence,
    take_supply,
)
from services.accounts.transfer_case import TransferFacts, Waits
from services.accounts.transfer_closing import divide_bill, fail_for_unknown_account, note_debt, take_reading
from services.accounts.transfer_consent import consent_to_transfer, decline_transfer, note_consent, note_no_consent
from services.accounts.transfer_door import (
    end_subscription,
    register_subscriber,
    request_ownership_transfer,
    request_transfer,
)
from services.accounts.transfer_moving import complete_transfer, note_refused_change, note_undone_change
from services.accounts.transfer_party import ABSENT
from services.accounts.transfer_states import Transfer, due_at
from services.accounts.transfer_timer import wake_transfer
from services.accounts.transfer_undo import cancel_transfer
from services.chassis.service import Decide, KeyedHash, Kind, Prepare, Route


def prepare_transfer(waits: Waits) -> Prepare:
    """How long each wait is."""

    async def prepare(_: object, __: Incoming[Any], ___: object, present: datetime) -> TransferFacts:
        return TransferFacts(present, waits)

    return prepare


def transfer_kind(waits: Waits) -> Kind:
    """`transfer:<reference number>`."""
    return Kind("transfer", Transfer, due_at=due_at, on_timer=wake_transfer, prepare_timer=prepare_transfer(waits))


def transfer_askers(waits: Waits) -> dict[str, Asker]:
    """What a transfer makes of answers that other kinds ask for, too: by the name of the answer."""
    decisions: dict[str, Decide] = {
        "DuesFound": note_debt,  # A18
        "AccountUnknown": fail_for_unknown_account,
        "EvidenceConfirmed": accept_evidence,  # A12, A13
        "EvidenceNotConfirmed": reject_evidence,
        "ConsentGiven": note_consent,
        "ConsentNotGiven": note_no_consent,
    }
    return {name: Asker(decide, prepare_transfer(waits)) for name, decide in decisions.items()}


def transfer_routes(waits: Waits) -> tuple[Route, ...]:
    """Messages for transfers and for nobody else."""
    prepare = prepare_transfer(waits)
    typed = the_reference_typed("transfer")
    doors = (
        Route(accounts.RequestTransfer, the_customer, request_transfer, prepare_reference, creates=True),  # A9
        Route(
            transfers.RequestOwnershipTransfer,  # A12
            the_customer,
            request_ownership_transfer,
            prepare_reference,
            creates=True,
        ),
        Route(transfers.RegisterSubscriber, the_customer, register_subscriber, prepare_reference, creates=True),  # A13
        Route(transfers.EndSubscription, the_customer, end_subscription, prepare_reference, creates=True),  # A13
    )
    parties = (
        Route(transfers.ConsentToTransfer, typed, consent_to_transfer, prepare, absent=ABSENT),
        Route(transfers.DeclineTransfer, typed, decline_transfer, prepare, absent=ABSENT),
        Route(transfers.CancelTransfer, typed, cancel_transfer, prepare, absent=ABSENT),
    )
    inside = (
        Route(
            accounts_transfer_internal.TransferFiled,
            the_reference_named("transfer"),
            open_transfer,
            prepare,
            creates=True,
        ),
        Route(accounts_supply_internal.SupplyGranted, the_transfer_named, take_supply, prepare),
        Route(accounts_supply_internal.SupplyDenied, the_transfer_named, do_without_supply, prepare),
    )
    neighbours = (
        answer_route(metering.ClosingReadingTaken, transfer=Asker(take_reading, prepare)),
        answer_route(billing.RunningBillFound, transfer=Asker(divide_bill, prepare)),
        answer_route(billing.HolderChanged, transfer=Asker(complete_transfer, prepare)),
        answer_route(billing.HolderChangeRefused, transfer=Asker(note_refused_change, prepare)),
        answer_route(billing.HolderChangeUndone, transfer=Asker(note_undone_change, prepare)),
    )
    return (*doors, *parties, *inside, *neighbours)


def the_transfer_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The supply repeats the transfer's id."""
    transfer: str = incoming.body.transfer
    return transfer
