"""A debt in parts: exact in halalas, month by month (A14)."""

from datetime import date
from itertools import pairwise

from hypothesis import given as each_of
from hypothesis import strategies as st

from contracts.accounts_request_internal import PlanQuoted
from services.accounts.instalment_plan import divided, months_after, planned
from services.accounts.instalment_states import Quoted
from services.accounts.instalments import quote_plan
from tests.scenario import given
from tests.unit.accounts.situations import from_billing
from tests.unit.accounts.test_instalments import FACTS, NEWS, TERMS, asking, found


@each_of(st.integers(1, 10**14), st.integers(1, 24))
def test_A14_parts_add_up_to_the_halala_and_differ_by_one_at_most(total: int, parts: int) -> None:
    amounts = divided(total, parts)
    assert len(amounts) == parts
    assert sum(amounts) == total
    assert max(amounts) - min(amounts) <= 1
    assert list(amounts) == sorted(amounts, reverse=True)


@each_of(st.dates(date(2020, 1, 1), date(2090, 12, 31)), st.integers(2, 24))
def test_A14_one_part_is_due_in_each_of_the_next_months(today: date, parts: int) -> None:
    dates = [part.due_date for part in planned(100_000, parts, today)]
    months = [each.year * 12 + each.month for each in (today, *dates)]
    assert [after - before for before, after in pairwise(months)] == [1] * parts
    assert all(
        each.day <= today.day and (each.day == today.day or each.month == 2 or today.day == 31) for each in dates
    )


def test_A14_the_31st_becomes_the_last_of_a_shorter_month_and_comes_back() -> None:
    assert [months_after(date(2026, 12, 31), number) for number in (1, 2, 3, 4)] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]


def test_A14_parts_that_are_just_large_enough_are_offered() -> None:
    owed = from_billing(found(3 * TERMS.smallest_part_halalas), "ask-1")
    given(asking()).when(quote_plan, owed, FACTS).then(PlanQuoted, *NEWS).then_state(Quoted)
