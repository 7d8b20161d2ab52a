"""The simulated billing system: who is the party of which account, what they owe, and what has become of it.

    python -m deploy.local.neighbours.billing --kafka localhost:9092 --account 30012345678

Its books are small and consistent (`billing_books`). Dues of a person on an account may be given as data.
"""

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from contracts.billing import (
    AccountUnknown,
    Due,
    DuesAsked,
    DuesFound,
    HolderChangeOrdered,
    HolderChangeWithdrawn,
    PartyAsked,
    PartyFound,
    PlanOrdered,
    RunningBillAsked,
    RunningBillFound,
    StatementAsked,
    StatementFound,
)
from contracts.message import Message
from contracts.topics import BILLING_REQUESTS, BILLING_STATEMENT_REQUESTS
from contracts.values.riyadh_day import riyadh_day
from deploy.local.neighbours.billing_books import Books
from deploy.local.neighbours.billing_orders import Orders
from deploy.local.neighbours.register import register_wh
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, AtADesk, Request, RequestDesk
from deploy.local.neighbours.running import until_stopped

NAME: Final = "billing"
_ONE_DAY: Final = timedelta(days=1)

BillingRequest = (
    DuesAsked
    | PartyAsked
    | RunningBillAsked
    | HolderChangeOrdered
    | HolderChangeWithdrawn
    | PlanOrdered
    | StatementAsked
)


class BillingSimulator(AtADesk):
    """`async with BillingSimulator(...) as billing`: answers accounts and reports while the block runs.

    `accounts` are the accounts that exist. `dues` gives what a user owes on an account, by (account number, user id);
    an empty tuple means nothing.
    """

    def __init__(
        self,
        bootstrap: str,
        accounts: Iterable[str],
        dues: Mapping[tuple[str, str], tuple[Due, ...]] | None = None,
    ) -> None:
        self._books = Books(accounts, dues or {})
        self._orders = Orders(self._books)
        self._silent: set[str] = set()
        self._misstated: set[str] = set()
        self._desk = RequestDesk(NAME, bootstrap, (BILLING_REQUESTS, BILLING_STATEMENT_REQUESTS), self._answer)

    def owe(self, account_number: str, user_id: str, dues: tuple[Due, ...]) -> None:
        """From now on this user owes this on this account, which exists."""
        self._books.accounts.add(account_number)
        self._books.given[account_number, user_id] = dues

    def know(self, account_number: str) -> None:
        """From now on this account exists."""
        self._books.accounts.add(account_number)

    def let(self, account_number: str, user_id: str, since: date) -> None:
        """This user alone has been the party of this account, which exists, since that day."""
        self._books.let(account_number, user_id, since)

    def refuse_orders(self, account_number: str, reason: str) -> None:
        """From now on every change of holder and every plan on this account is refused."""
        self._orders.refused_for[account_number] = reason

    def stay_silent(self, account_number: str) -> None:
        """From now on what is asked about this account is lost."""
        self._silent.add(account_number)

    def speak_again(self, account_number: str) -> None:
        """From now on what is asked about this account is answered again."""
        self._silent.discard(account_number)

    def misstate(self, account_number: str) -> None:
        """From now on statements of this account close with one halala too many (R2)."""
        self._misstated.add(account_number)

    async def _answer(self, request: Request) -> Answer | None:
        asked = request.body
        if not isinstance(asked, BillingRequest):
            return None
        await asyncio.sleep(SECONDS_TO_ANSWER)
        said = self.says(asked, datetime.now(UTC))
        return None if said is None else Answer(said, asked.asked_by)

    def says(self, asked: BillingRequest, now: datetime) -> Message | None:
        """The answer as of `now`; None: silence. An order is carried out with its answer, and the same one is answered
        the same way again."""
        today = riyadh_day(now)
        if isinstance(asked, HolderChangeWithdrawn):
            return self._orders.withdraw(asked)
        if asked.account_number in self._silent:
            return None
        match asked:
            case DuesAsked():
                return self._dues(asked, now, today)
            case PartyAsked():
                return self._party(asked, today)
            case RunningBillAsked():
                return self._running(asked)
            case HolderChangeOrdered():
                return self._orders.change(asked, today)
            case PlanOrdered():
                return self._orders.plan(asked, today)
            case StatementAsked():
                return self._statement(asked, now, today)

    def _dues(self, asked: DuesAsked, now: datetime, today: date) -> DuesFound | AccountUnknown:
        account, user = asked.account_number, asked.user_id
        if account not in self._books.accounts:
            return AccountUnknown(asked_by=asked.asked_by, account_number=account, user_id=user)
        self._books.holder(account, user, today)
        dues = self._books.dues(account, user, today)
        total = sum(due.amount_halalas for due in dues)
        return DuesFound(
            asked_by=asked.asked_by, account_number=account, user_id=user, as_of=now, dues=dues, total_halalas=total
        )

    def _party(self, asked: PartyAsked, today: date) -> PartyFound:
        holder = self._books.holder(asked.account_number, asked.user_id, today)
        is_party = holder is not None and holder.user_id == asked.user_id
        return PartyFound(
            asked_by=asked.asked_by,
            account_number=asked.account_number,
            user_id=asked.user_id,
            is_party=is_party,
            since=holder.since if holder is not None and is_party else None,
        )

    def _running(self, asked: RunningBillAsked) -> RunningBillFound | AccountUnknown:
        account = asked.account_number
        if account not in self._books.accounts:
            return AccountUnknown(asked_by=asked.asked_by, account_number=account, user_id=asked.asked_by)
        bill = self._books.running(account, asked.day)
        return RunningBillFound(
            asked_by=asked.asked_by,
            account_number=account,
            period_from=bill.period_from,
            period_to=bill.period_to,
            amount_halalas=bill.amount_halalas,
            opening_wh=register_wh(account, bill.period_from),
            latest_wh=register_wh(account, bill.period_to + _ONE_DAY),
        )

    def _statement(self, asked: StatementAsked, now: datetime, today: date) -> StatementFound:
        account, user = asked.account_number, asked.user_id
        closing = self._books.balance(account, user, asked.last_day, today)
        return StatementFound(
            asked_by=asked.asked_by,
            account_number=account,
            user_id=user,
            opening_halalas=self._books.balance(account, user, asked.first_day - _ONE_DAY, today),
            entries=self._books.entries(account, user, asked.first_day, asked.last_day, today),
            closing_halalas=closing + (account in self._misstated),
            as_of=now,
        )


async def _main(kafka: str, accounts: list[str]) -> None:
    async with BillingSimulator(kafka, accounts):
        await until_stopped("billing answers")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated billing system.")
    arguments.add_argument("--kafka", required=True, help="host:port")
    arguments.add_argument("--account", action="append", required=True, help="an account that exists; may be repeated")
    given = arguments.parse_args()
    asyncio.run(_main(given.kafka, given.account))
