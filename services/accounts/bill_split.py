"""The running bill is divided between the party who leaves and the one who comes, to the halala (A9)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from contracts.values.money import round_half_up

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBill:
    """What has run up since the last bill, as billing knows it: `amount_halalas` for the days `period_from` to
    `period_to` (both included), in which `opening_wh` to `latest_wh` stood on the register."""

    amount_halalas: int
    period_from: date
    period_to: date
    opening_wh: int
    latest_wh: int

    def is_running_on(self, day: date) -> bool:
        """Whether `day` divides this bill and no other: it lies in the bill's period, or is the one after its end.
        Time does not run backwards. The register may, over an exchange of the meter or from all nines to zero."""
        return self.period_from <= self.period_to and self.period_from <= day and day - self.period_to <= ONE_DAY

    def is_of_this_register(self, closing_wh: int, day: date) -> bool:
        """Whether the bill's register can have stood there as `day` began: before the bill not above its end, later not
        below its beginning. Otherwise another meter was read, before or after an exchange perhaps, and a register that
        ends below its beginning is of two."""
        if self.latest_wh < self.opening_wh:
            return False
        return closing_wh <= self.latest_wh if day <= self.period_from else self.opening_wh <= closing_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Two parts in halalas, neither below 0; together they are the whole bill."""

    outgoing_halalas: int
    incoming_halalas: int


def split_by_energy(bill: RunningBill, closing_wh: int, day: date) -> Shares:
    """A9: what was used up to the closing reading is the outgoing party's.

    The reading is of the bill's register; outside the bill's own it counts as its nearest end. A bill without energy,
    of fees alone, goes by days: `day` is the first one of the incoming party.
    """
    used = bill.latest_wh - bill.opening_wh
    if used == 0:
        return split_by_days(bill, day)
    until_closing = _within(closing_wh, bill.opening_wh, bill.latest_wh) - bill.opening_wh
    return _shared(bill.amount_halalas, until_closing, used)


def split_by_days(bill: RunningBill, day: date) -> Shares:
    """A9, without a closing reading: every day of the period weighs the same; those from `day` on are the incoming
    party's."""
    days = (bill.period_to - bill.period_from).days + 1
    return _shared(bill.amount_halalas, _within((day - bill.period_from).days, 0, days), days)


def _shared(amount: int, part: int, whole: int) -> Shares:
    """`part` of `whole` for the outgoing party, rounded half up; the rest, whatever it is, for the incoming one."""
    outgoing = round_half_up(amount * part, whole)
    return Shares(outgoing_halalas=outgoing, incoming_halalas=amount - outgoing)


def _within(value: int, lowest: int, highest: int) -> int:
    return max(lowest, min(value, highest))
