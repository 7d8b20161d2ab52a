"""The simulated billing's books: who holds an account, what they were billed and paid, what they still owe.

Everything is made up from the account's number by the register that metering reads too, so that all of it agrees: a
month's bill is what the register has counted in it at one price, what a person owes is what the books have billed to
them and not seen paid, and a statement of account reconciles with both. Days are Riyadh's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from contracts.billing import Due, StatementEntry
from deploy.local.neighbours.register import register_wh

HALALAS_A_KWH: Final = 18
VAT_PERCENT: Final = 15
METER_SERVICE_HALALAS: Final = 1_000
_DAYS_TO_PAY: Final = timedelta(days=30)
_ONE_DAY: Final = timedelta(days=1)
_YEARS_BEFORE: Final = 3


@dataclass(frozen=True, slots=True)
class Holding:
    """One party's time on an account; `until` is the first day of the next one's. `first_share` and `last_share` are
    the parts of running bills, in halalas, by which it began and ended."""

    user_id: str
    since: date
    until: date | None = None
    first_share: int | None = None
    last_share: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """One amount billed on `day`; paid on `paid_on`, or not yet."""

    what_for: str
    period_from: date
    period_to: date
    amount_halalas: int
    day: date
    due_date: date
    paid_on: date | None = None

    @property
    def due(self) -> Due:
        """As a customer sees it (A5)."""
        return Due(
            what_for=self.what_for,
            period_from=self.period_from,
            period_to=self.period_to,
            amount_halalas=self.amount_halalas,
            due_date=self.due_date,
        )


@dataclass(frozen=True, slots=True)
class RunningBill:
    """What the running month comes to, up to its end and from its beginning or the present party's first day."""

    period_from: date
    period_to: date
    amount_halalas: int


class Books:
    """Holdings by account, and what follows from them. `dues` are given as data and take the place of monthly bills."""

    def __init__(self, accounts: Iterable[str], dues: Mapping[tuple[str, str], tuple[Due, ...]]) -> None:
        self.accounts = set(accounts)
        self.given = dict(dues)
        self._holdings: dict[str, list[Holding]] = {}
        self._plans: dict[tuple[str, str], tuple[tuple[Bill, ...], tuple[Due, ...]]] = {}

    # --- who holds an account ---
    def holder(self, account: str, user_id: str, today: date) -> Holding | None:
        """The present holding. Where there is none, whoever asks first has held the account for three years."""
        if account not in self.accounts:
            return None
        if account not in self._holdings:
            self.let(account, user_id, today.replace(year=today.year - _YEARS_BEFORE, day=1))
        return self._holdings[account][-1]

    def let(self, account: str, user_id: str, since: date) -> None:
        """This user alone has held the account since that day."""
        self.accounts.add(account)
        self._holdings[account] = [Holding(user_id, since)]

    def change(self, account: str, to_user_id: str, day: date, shares: tuple[int, int]) -> None:
        """The present holding ends, another one begins on `day`; each with its share of the running bill."""
        *before, present = self._holdings[account]
        self._holdings[account] = [
            *before,
            replace(present, until=day, last_share=shares[0]),
            Holding(to_user_id, day, first_share=shares[1]),
        ]

    def change_back(self, account: str) -> None:
        """As if the last change had not been."""
        *before, outgoing, _incoming = self._holdings[account]
        self._holdings[account] = [*before, replace(outgoing, until=None, last_share=None)]

    # --- what was billed ---
    def running(self, account: str, day: date) -> RunningBill:
        """The bill of the month of `day`, by estimate up to its end."""
        present = next(reversed(self._holdings.get(account, [])), None)
        first, last = _month_of(day)
        if present is not None and first < present.since <= last:
            share = present.first_share
            amount = _price(account, present.since, last) if share is None else share
            return RunningBill(present.since, last, amount)
        return RunningBill(first, last, _price(account, first, last))

    def bills(self, account: str, user_id: str, today: date) -> tuple[Bill, ...]:
        """Everything billed to this user up to `today`, in order of its days; nothing of anybody else's (A18)."""
        given = self.given.get((account, user_id))
        holdings = [each for each in self._holdings.get(account, []) if each.user_id == user_id]
        found = [bill for each in holdings for bill in _final(each)]
        if given is None:
            found += [bill for each in holdings for bill in _monthly(account, each, today)]
        else:
            found += [_as_bill(due) for due in given]
        return tuple(sorted((bill for bill in found if bill.day <= today), key=lambda bill: bill.day))

    def dues(self, account: str, user_id: str, today: date) -> tuple[Due, ...]:
        """What this user owes: instalments of a plan, and unpaid bills that are in none."""
        covered, parts = self._plans.get((account, user_id), ((), ()))
        return (*parts, *(bill.due for bill in self._unpaid(account, user_id, today) if bill not in covered))

    def has_plan(self, account: str, user_id: str) -> bool:
        """Whether a plan of this user's is in force; here none ends."""
        return (account, user_id) in self._plans

    def agree(self, account: str, user_id: str, today: date, parts: Iterable[tuple[date, int]]) -> None:
        """What this user owes now is paid in these parts."""
        owed = self.dues(account, user_id, today)
        period_from, period_to = min(each.period_from for each in owed), max(each.period_to for each in owed)
        instalments = tuple(
            Due(
                what_for="instalment",
                period_from=period_from,
                period_to=period_to,
                amount_halalas=amount,
                due_date=due_date,
            )
            for due_date, amount in parts
        )
        self._plans[account, user_id] = (self._unpaid(account, user_id, today), instalments)

    # --- a statement of account ---
    def entries(self, account: str, user_id: str, first: date, last: date, today: date) -> tuple[StatementEntry, ...]:
        """Bills and payments from `first` to `last` and not later than today, in order."""
        found = []
        for bill in self.bills(account, user_id, today):
            amount = bill.amount_halalas
            found.append(StatementEntry(day=bill.day, kind="bill", what_for=bill.what_for, amount_halalas=amount))
            if bill.paid_on is not None and bill.paid_on <= today:
                found.append(
                    StatementEntry(day=bill.paid_on, kind="payment", what_for=bill.what_for, amount_halalas=amount)
                )
        return tuple(sorted((each for each in found if first <= each.day <= last), key=lambda each: each.day))

    def balance(self, account: str, user_id: str, day: date, today: date) -> int:
        """What the user owed at the end of `day`: billed until then and not paid until then."""
        return sum(
            bill.amount_halalas
            for bill in self.bills(account, user_id, min(day, today))
            if bill.paid_on is None or bill.paid_on > min(day, today)
        )

    def _unpaid(self, account: str, user_id: str, today: date) -> tuple[Bill, ...]:
        bills = self.bills(account, user_id, today)
        return tuple(bill for bill in bills if bill.paid_on is None or bill.paid_on > today)


def _monthly(account: str, holding: Holding, today: date) -> list[Bill]:
    """Bills of the months that ended within a holding: on the next month's first day, paid a month later if the party
    is still there."""
    bills = []
    first, last = _month_of(holding.since)
    while last < today and (holding.until is None or last < holding.until):
        begin = max(first, holding.since)
        share = holding.first_share if begin == holding.since else None
        used = _price(account, begin, last) if share is None else share
        day = last + _ONE_DAY
        paid = _month_of(day)[1] + _ONE_DAY
        paid_on = paid if holding.until is None or paid < holding.until else None
        for what_for, amount in (("consumption", used), ("meter-service", METER_SERVICE_HALALAS)):
            bills.append(Bill(what_for, begin, last, amount, day, last + _DAYS_TO_PAY, paid_on))
        first, last = _month_of(day)
    return bills


def _final(holding: Holding) -> list[Bill]:
    """The share by which a party left: billed on the day of the change, and theirs for good (A18)."""
    if holding.until is None or not holding.last_share:
        return []
    last = holding.until - _ONE_DAY
    begin = max(_month_of(holding.until)[0], holding.since)
    return [Bill("consumption", min(begin, last), last, holding.last_share, holding.until, last + _DAYS_TO_PAY)]


def _as_bill(due: Due) -> Bill:
    day = due.period_to + _ONE_DAY
    return Bill(due.what_for, due.period_from, due.period_to, due.amount_halalas, day, due.due_date)


def _price(account: str, first: date, last: date) -> int:
    """What the register counts from the beginning of `first` to the end of `last`, in halalas with tax."""
    energy = register_wh(account, last + _ONE_DAY) - register_wh(account, first)
    return energy * HALALAS_A_KWH * (100 + VAT_PERCENT) // (1000 * 100)


def _month_of(day: date) -> tuple[date, date]:
    """Its first and its last day."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - _ONE_DAY
