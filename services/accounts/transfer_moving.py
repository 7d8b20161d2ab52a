"""Billing changes the holder, all or nothing, and by that alone the account has moved or has not (A9, A18)."""

from contracts.accounts_supply_internal import SupplyMoved
from contracts.billing import HolderChanged, HolderChangeRefused, HolderChangeUndone
from contracts.decision import Decision, Incoming, decided, ignored
from services.accounts.transfer_case import TransferFacts
from services.accounts.transfer_news import completed_for, news_of
from services.accounts.transfer_questions import withdrawal_of
from services.accounts.transfer_states import Completed, Moving, Transfer, Undoing
from services.accounts.transfer_undo import end


def complete_transfer(state: Transfer, incoming: Incoming[HolderChanged], facts: TransferFacts) -> Decision[Transfer]:
    """A9: billing has done it. While the order is being withdrawn only the withdrawal's own answer counts: billing may
    have carried the order out first and still undo it."""
    match state:
        case Moving() if incoming.body.order_id == state.order.order_id:
            return _completed(state, facts)
        case Undoing() if incoming.correlation_id == withdrawal_of(state.order):
            return _completed(state, facts)
        case _:
            return ignored(state)


def note_refused_change(
    state: Transfer, incoming: Incoming[HolderChangeRefused], facts: TransferFacts
) -> Decision[Transfer]:
    """Billing has done nothing and will not."""
    match state:
        case Moving() if incoming.body.order_id == state.order.order_id:
            return end(state, "failed", "holder-change-refused", facts.present)
        case Undoing() if incoming.body.order_id == state.order.order_id:
            return end(state, state.outcome, state.reason, facts.present)
        case _:
            return ignored(state)


def note_undone_change(
    state: Transfer, incoming: Incoming[HolderChangeUndone], facts: TransferFacts
) -> Decision[Transfer]:
    """The order has no effect: the transfer has not happened."""
    match state:
        case Undoing() if incoming.body.order_id == state.order.order_id:
            return end(state, state.outcome, state.reason, facts.present)
        case _:
            return ignored(state)


def _completed(state: Moving | Undoing, facts: TransferFacts) -> Decision[Transfer]:
    done = Completed(case=state.case, order=state.order, completed_at=facts.present)
    agreement = state.order.agreement
    supply_moved = SupplyMoved(
        account_number=state.case.account_number,
        transfer=state.case.aggregate,
        to_user_id=agreement.parties.incoming,
        relation=state.case.relation,
        day=agreement.day,
        contract_from=state.case.contract_from,
    )
    told = (completed_for(done, "incoming"), completed_for(done, "outgoing"))
    return decided(done, supply_moved, *told, *news_of(done, facts.present))
