from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.bill_split import RunningBill, Shares, split_by_days, split_by_energy

FEBRUARY = RunningBill(
    amount_halalas=10_001,
    period_from=date(2026, 2, 1),
    period_to=date(2026, 2, 28),
    opening_wh=100_000,
    latest_wh=200_000,
)

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@st.composite
def bills(draw: st.DrawFn) -> RunningBill:
    first, opening = draw(days), draw(st.integers(0, 10**15))
    return RunningBill(
        amount_halalas=draw(st.integers(0, 10**14)),
        period_from=first,
        period_to=first + timedelta(days=draw(st.integers(0, 400))),
        opening_wh=opening,
        latest_wh=opening + draw(st.integers(0, 10**15)),
    )


@given(bills(), st.integers(0, 3 * 10**15), days)
def test_A9_whatever_is_read_the_parts_make_the_whole_to_the_halala(bill: RunningBill, closing: int, day: date) -> None:
    for shares in (split_by_energy(bill, closing, day), split_by_days(bill, day)):
        assert shares.outgoing_halalas + shares.incoming_halalas == bill.amount_halalas
        assert min(shares.outgoing_halalas, shares.incoming_halalas) >= 0


@given(bills(), st.integers(0, 2 * 10**15), st.integers(0, 10**15), days)
def test_A9_a_higher_closing_reading_never_lowers_the_outgoing_partys_part(
    bill: RunningBill, closing: int, more: int, day: date
) -> None:
    lower, higher = (split_by_energy(bill, each, day) for each in (closing, closing + more))
    assert lower.outgoing_halalas <= higher.outgoing_halalas


@given(bills(), days, st.integers(0, 400))
def test_A9_a_later_day_never_lowers_the_outgoing_partys_part(bill: RunningBill, day: date, later: int) -> None:
    sooner, after = (split_by_days(bill, each) for each in (day, day + timedelta(days=later)))
    assert sooner.outgoing_halalas <= after.outgoing_halalas


@pytest.mark.parametrize(
    ("closing", "outgoing"),
    [(100_000, 0), (125_000, 2_500), (150_000, 5_001), (200_000, 10_001), (99_999, 0), (200_001, 10_001)],
)
def test_A9_what_was_used_up_to_the_closing_reading_is_the_outgoing_partys(closing: int, outgoing: int) -> None:
    shares = split_by_energy(FEBRUARY, closing, date(2026, 2, 15))
    assert shares == Shares(outgoing_halalas=outgoing, incoming_halalas=10_001 - outgoing)


@pytest.mark.parametrize(
    ("day", "outgoing"),
    [
        (date(2026, 2, 1), 0),
        (date(2026, 2, 8), 2_500),
        (date(2026, 2, 15), 5_001),
        (date(2026, 3, 1), 10_001),
        (date(2026, 1, 1), 0),
        (date(2027, 1, 1), 10_001),
    ],
)
def test_A9_without_a_reading_every_day_weighs_the_same(day: date, outgoing: int) -> None:
    shares = split_by_days(FEBRUARY, day)
    assert shares == Shares(outgoing_halalas=outgoing, incoming_halalas=10_001 - outgoing)


def test_A9_a_bill_of_fees_alone_is_divided_by_days() -> None:
    fees = RunningBill(
        amount_halalas=2_800,
        period_from=FEBRUARY.period_from,
        period_to=FEBRUARY.period_to,
        opening_wh=100_000,
        latest_wh=100_000,
    )
    assert split_by_energy(fees, 100_000, date(2026, 2, 8)) == split_by_days(fees, date(2026, 2, 8))
    assert split_by_days(fees, date(2026, 2, 8)).outgoing_halalas == 700


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        (date(2026, 1, 31), False),
        (date(2026, 2, 1), True),
        (date(2026, 2, 28), True),
        (date(2026, 3, 1), True),
        (date(2026, 3, 2), False),
    ],
)
def test_A9_a_bill_is_divided_by_a_day_in_its_period_or_by_the_one_after_its_end(day: date, runs: bool) -> None:
    assert FEBRUARY.is_running_on(day) is runs


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)])
def test_A9_a_bill_whose_time_runs_backwards_runs_on_no_day(day: date) -> None:
    assert not replace(FEBRUARY, period_to=date(2026, 1, 31)).is_running_on(day)


@pytest.mark.parametrize("last", [date.min, date.max])
def test_A9_the_first_and_the_last_day_of_all_time_end_a_bill_like_any_other(last: date) -> None:
    assert replace(FEBRUARY, period_from=last, period_to=last).is_running_on(last)


@pytest.mark.parametrize(
    ("closing", "day", "fits"),
    [
        (99_999, date(2026, 2, 1), True),
        (200_000, date(2026, 2, 1), True),
        (200_001, date(2026, 2, 1), False),
        (99_999, date(2026, 2, 2), False),
        (100_000, date(2026, 2, 2), True),
        (99_999, date(2026, 2, 15), False),
        (100_000, date(2026, 2, 15), True),
        (200_001, date(2026, 2, 28), True),
        (200_001, date(2026, 3, 1), True),
    ],
)
def test_A9_a_reading_that_the_bills_register_cannot_have_shown_is_of_another_meter(
    closing: int, day: date, fits: bool
) -> None:
    assert FEBRUARY.is_of_this_register(closing, day) is fits


@given(bills(), st.integers(0, 10**15), days)
def test_A9_no_reading_is_of_a_register_that_runs_backwards(bill: RunningBill, closing: int, day: date) -> None:
    exchanged = replace(bill, opening_wh=bill.latest_wh + 1)
    assert not exchanged.is_of_this_register(closing, day)
