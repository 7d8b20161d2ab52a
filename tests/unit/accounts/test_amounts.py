"""Amounts for whoever asked (law 1, decision 36)."""

import json
from datetime import UTC, date, datetime

import pytest

from contracts.accounts import Dues
from contracts.billing import Due
from contracts.message import MAX_MESSAGE_BYTES
from contracts.requests import Instalment, Quote
from services.accounts.amounts import PADDED_TO, sealed_amounts
from tests.unit.accounts.situations import ASKER

AS_OF = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def a_due(halalas: int, what_for: str = "consumption") -> Due:
    return Due(
        what_for=what_for,
        period_from=date(2026, 2, 1),
        period_to=date(2026, 2, 28),
        amount_halalas=halalas,
        due_date=date(2026, 3, 20),
    )


def dues_of(*halalas: int) -> Dues:
    return Dues(as_of=AS_OF, dues=tuple(a_due(each) for each in halalas), total_halalas=sum(halalas))


def text_of(amounts: Dues | Quote) -> str:
    sealed = sealed_amounts(amounts, ASKER)
    assert sealed.to == ASKER
    assert sealed.plain is not None
    return sealed.plain.reveal()


def test_law13_dues_open_to_what_channels_read() -> None:
    assert json.loads(text_of(dues_of(20_350))) == {
        "as_of": "2026-03-01T09:00:00Z",
        "dues": [
            {
                "what_for": "consumption",
                "period_from": "2026-02-01",
                "period_to": "2026-02-28",
                "amount_halalas": 20_350,
                "due_date": "2026-03-20",
            }
        ],
        "total_halalas": 20_350,
    }


def test_law13_a_quote_opens_to_what_channels_read() -> None:
    quote = Quote(total_halalas=7, parts=(Instalment(number=1, due_date=date(2026, 4, 1), amount_halalas=7),))
    assert json.loads(text_of(quote)) == {
        "total_halalas": 7,
        "parts": [{"number": 1, "due_date": "2026-04-01", "amount_halalas": 7}],
    }


@pytest.mark.parametrize("dues", [dues_of(), dues_of(0), dues_of(99_999_999), dues_of(*[20_350] * 12)])
def test_L1_the_length_of_a_seal_tells_nothing_of_what_is_owed(dues: Dues) -> None:
    assert len(text_of(dues)) == PADDED_TO
    assert Dues.model_validate_json(text_of(dues)) == dues


def test_A5_as_many_dues_as_billing_may_name_fit_into_one_answer() -> None:
    most = Dues(as_of=AS_OF, dues=(a_due(10**12, "x" * 64),) * 100, total_halalas=10**14)
    length = len(text_of(most))
    assert length > PADDED_TO
    assert length % PADDED_TO == 0
    assert length * 4 / 3 < MAX_MESSAGE_BYTES / 2
