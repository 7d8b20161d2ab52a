"""The simulated billing system: who owes what on which account.

    python -m deploy.local.neighbours.billing --kafka localhost:9092 --account 30012345678

Dues of a person on an account are given as data; where none are, they are made from the two numbers, always the same.
"""

import argparse
import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Final, Self

from contracts.billing import AccountUnknown, Due, DuesAsked, DuesFound
from contracts.topics import BILLING_REQUESTS
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, Request, RequestDesk
from deploy.local.neighbours.running import until_stopped

NAME: Final = "billing"
_DAYS_TO_PAY: Final = timedelta(days=30)


class BillingSimulator:
    """`async with BillingSimulator(...) as billing`: answers accounts while the block runs.

    `accounts` are the accounts that exist. `dues` gives what a user owes on an account, by (account number, user id);
    an empty tuple means nothing.
    """

    def __init__(
        self,
        bootstrap: str,
        accounts: Iterable[str],
        dues: Mapping[tuple[str, str], tuple[Due, ...]] | None = None,
    ) -> None:
        self._accounts = set(accounts)
        self._dues = dict(dues or {})
        self._desk = RequestDesk(NAME, bootstrap, BILLING_REQUESTS, self._answer)

    @property
    def answered(self) -> Counter[str]:
        """Answers so far, by the name of their message."""
        return self._desk.answered

    def owe(self, account_number: str, user_id: str, dues: tuple[Due, ...]) -> None:
        """From now on this user owes this on this account, which exists."""
        self._accounts.add(account_number)
        self._dues[account_number, user_id] = dues

    def go_away(self) -> None:
        """From now on nothing is answered; requests wait."""
        self._desk.go_away()

    def come_back(self) -> None:
        """Answer what has waited, and go on."""
        self._desk.come_back()

    async def __aenter__(self) -> Self:
        await self._desk.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._desk.__aexit__(kind, error, trace)

    async def _answer(self, request: Request) -> Answer | None:
        asked = request.body
        if not isinstance(asked, DuesAsked):
            return None
        await asyncio.sleep(SECONDS_TO_ANSWER)
        return Answer(self.says(asked, datetime.now(UTC)), asked.asked_by)

    def says(self, asked: DuesAsked, now: datetime) -> DuesFound | AccountUnknown:
        """The answer as of `now`: this user's dues on this account, never another's."""
        account, user = asked.account_number, asked.user_id
        if account not in self._accounts:
            return AccountUnknown(asked_by=asked.asked_by, account_number=account, user_id=user)
        given = self._dues.get((account, user))
        dues = made_up_dues(account, user, now.date()) if given is None else given
        total = sum(due.amount_halalas for due in dues)
        return DuesFound(
            asked_by=asked.asked_by, account_number=account, user_id=user, as_of=now, dues=dues, total_halalas=total
        )


def made_up_dues(account_number: str, user_id: str, today: date) -> tuple[Due, ...]:
    """Last month's consumption between 50 and 850 riyals and a fee for the meter, of this user on this account."""
    digest = hashlib.sha256(f"{account_number}/{user_id}".encode()).digest()
    consumption = 5_000 + int.from_bytes(digest[:4], "big") % 80_000
    last_day = today.replace(day=1) - timedelta(days=1)
    return tuple(
        Due(
            what_for=what_for,
            period_from=last_day.replace(day=1),
            period_to=last_day,
            amount_halalas=halalas,
            due_date=last_day + _DAYS_TO_PAY,
        )
        for what_for, halalas in (("consumption", consumption), ("meter-service", 1_000))
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
