"""Money adds up: dues (A5), instalments (A14), the bill of an account that moves (A9)."""

from collections import Counter, defaultdict

from contracts.accounts import Dues, DuesShown
from contracts.billing import HolderChangeOrdered
from contracts.requests import InstalmentPlanAgreed, InstalmentsQuoted, Quote
from contracts.sealed import Sealed
from contracts.transfers import TransferCompleted, TransferEnded
from services.accounts.addressing import aggregate_named
from tests.fakes.world import fake_open
from tests.simulation.neighbours import Neighbours
from tests.simulation.said import Said


def money(said: Said, neighbours: Neighbours) -> list[str]:
    """Every sum that is wrong."""
    return [*_sums(said), *_transfers(said), *_plans(said, neighbours)]


def _sums(said: Said) -> list[str]:
    dues = [Dues.model_validate_json(_opened(shown.dues)) for shown in said.once(DuesShown)]
    quotes = {
        quoted.reference: Quote.model_validate_json(_opened(quoted.quote)) for quoted in said.once(InstalmentsQuoted)
    }
    found = [
        "dues do not add up" for each in dues if sum(due.amount_halalas for due in each.dues) != each.total_halalas
    ]
    return found + [
        f"parts of {reference} do not add up"
        for reference, quote in quotes.items()
        if sum(part.amount_halalas for part in quote.parts) != quote.total_halalas
    ]


def _opened(sealed: Sealed) -> str:
    assert sealed.jwe is not None
    return fake_open(sealed.jwe)


def _transfers(said: Said) -> list[str]:
    """Both parties hear the same end, once each, and their own share as billing has it, which knows the whole bill."""
    found = []
    orders = {order.asked_by: order for order in said.once(HolderChangeOrdered)}
    ends: dict[str, list[TransferCompleted]] = defaultdict(list)
    for completed in said.once(TransferCompleted):
        ends[completed.reference].append(completed)
    for reference, both in ends.items():
        if sorted(each.role for each in both) != ["incoming", "outgoing"]:
            found.append(f"transfer {reference} ended for {[each.role for each in both]}")
            continue
        order = orders[aggregate_named("transfer", reference)]
        ordered = {"incoming": order.to_share_halalas, "outgoing": order.from_share_halalas}
        if any({each.share_halalas, each.bill_halalas} != {ordered[each.role]} for each in both):
            found.append(f"shares of {reference} are not what billing was told")
    told = Counter((ended.reference, ended.user_id) for ended in said.once(TransferEnded))
    found += [f"the end of {reference} was told {n} times" for (reference, _), n in told.items() if n > 1]
    return found + [f"{reference} ended and completed" for reference in ends.keys() & {r for r, _ in told}]


def _plans(said: Said, neighbours: Neighbours) -> list[str]:
    """What a customer was told to be agreed is agreed with billing, once."""
    agreed = Counter(plan.reference for plan in said.once(InstalmentPlanAgreed))
    known = neighbours.plans_agreed()
    found = [f"plan {reference} was agreed {times} times" for reference, times in agreed.items() if times > 1]
    return found + [f"plan {reference} is not known to billing" for reference in sorted(agreed.keys() - known)]
