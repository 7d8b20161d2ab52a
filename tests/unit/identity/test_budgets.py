from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.budgets import Spent, SpentBySource, spend, spend_of_source
from tests.scenario import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_I14_ten_codes_an_hour_and_then_none() -> None:
    spent = Spent(tuple(NOON for _ in range(9)))
    tenth = spend(spent, NOON)
    assert isinstance(tenth, Spent)
    assert spend(tenth, NOON) == "codes-an-hour-used-up"
    assert isinstance(spend(tenth, NOON + HOUR), Spent)


def test_I14_fifty_codes_a_day_and_then_none() -> None:
    spent = Spent(tuple(NOON - HOUR * 2 for _ in range(50)))
    assert spend(spent, NOON) == "codes-a-day-used-up"
    assert isinstance(spend(spent, NOON - HOUR * 2 + DAY), Spent)


def test_I14_a_budget_remembers_no_more_than_its_day() -> None:
    spent = Spent((NOON - DAY, NOON - HOUR))
    assert spend(spent, NOON) == Spent((NOON - HOUR, NOON))


def test_I14_one_channels_flood_leaves_the_others_their_budget() -> None:
    rows = (SpentBySource("web", Spent(tuple(NOON for _ in range(10)))),)
    assert spend_of_source(rows, "web", NOON) == "codes-an-hour-used-up"
    after = spend_of_source(rows, "app", NOON)
    assert isinstance(after, tuple)
    assert {row.source: len(row.spent.moments) for row in after} == {"web": 10, "app": 1}


@given(st.lists(st.integers(0, 3 * 86_400), min_size=1, max_size=300))
def test_I14_no_window_ever_holds_more_than_its_budget(seconds: list[int]) -> None:
    spent, granted = Spent(), []
    for second in sorted(seconds):
        at = NOON + timedelta(seconds=second)
        after = spend(spent, at)
        if isinstance(after, Spent):
            spent = after
            granted.append(at)
        assert len(spent.moments) <= 50
    for end in granted:
        assert sum(end - HOUR < moment <= end for moment in granted) <= 10
        assert sum(end - DAY < moment <= end for moment in granted) <= 50
