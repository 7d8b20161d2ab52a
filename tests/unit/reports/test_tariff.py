from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reports.period import Period, month_period
from services.reports.tariff import (
    RULE_R7,
    TARIFF,
    Block,
    Price,
    PriceRefused,
    Source,
    TariffKind,
    TariffRow,
    TariffTable,
    VatRow,
    price_of,
    prorated_wh,
)

APRIL = month_period(2026, 4)
KWH = 1_000


def priced(energy: dict[date, int], period: Period, kind: TariffKind, table: TariffTable = TARIFF) -> Price:
    price = price_of(energy, period, kind, table)
    assert isinstance(price, Price)
    return price


def month_of(kwh: int) -> dict[date, int]:
    return {APRIL.first: kwh * KWH}


@pytest.mark.parametrize(
    ("kind", "kwh", "blocks", "vat", "total"),
    [
        # 1,000 x 0.18 = 180.00; VAT 27.00
        ("residential", 1_000, [(1_000, 18, 180_00)], 27_00, 207_00),
        # 6,000 x 0.18 = 1,080.00 to the last kWh of the block; VAT 162.00
        ("residential", 6_000, [(6_000, 18, 1_080_00)], 162_00, 1_242_00),
        # + 2,500 x 0.30 = 750.00; VAT 15 % of 1,830.00 = 274.50
        ("residential", 8_500, [(6_000, 18, 1_080_00), (2_500, 30, 750_00)], 274_50, 2_104_50),
        # 6,000 x 0.22 = 1,320.00, 4,000 x 0.32 = 1,280.00; VAT 390.00
        ("commercial", 10_000, [(6_000, 22, 1_320_00), (4_000, 32, 1_280_00)], 390_00, 2_990_00),
    ],
)
def test_R7_blocks_vat_and_total_by_hand(
    kind: TariffKind, kwh: int, blocks: list[tuple[int, int, int]], vat: int, total: int
) -> None:
    price = priced(month_of(kwh), APRIL, kind)
    assert [(ln.energy_wh // KWH, ln.rate_halalas, ln.amount_halalas) for ln in price.lines] == blocks
    assert [line.amount_halalas for line in price.vat] == [vat]
    assert price.total_halalas == total


def test_R7_the_block_is_prorated_by_the_days_of_a_part_of_a_month() -> None:
    ten_days = Period(date(2026, 4, 1), date(2026, 4, 10))
    price = priced({ten_days.first: 2_600 * KWH}, ten_days, "residential")  # limit 6,000 x 10/30 = 2,000
    assert [(line.energy_wh, line.amount_halalas) for line in price.lines] == [(2_000_000, 360_00), (600_000, 180_00)]


def test_R7_a_prorated_limit_is_rounded_half_up_to_the_watt_hour() -> None:
    assert prorated_wh(6_000, Period(date(2026, 1, 1), date(2026, 1, 7))) == 1_354_839  # 1,354,838.7
    assert prorated_wh(6_000, Period(date(2026, 2, 1), date(2026, 2, 28))) == 6_000_000


def test_R7_each_month_of_a_longer_period_has_its_own_blocks() -> None:
    period = Period(date(2026, 4, 1), date(2026, 5, 31))
    price = priced({date(2026, 4, 3): 5_000 * KWH, date(2026, 5, 3): 7_000 * KWH}, period, "residential")
    assert [line.energy_wh // KWH for line in price.lines] == [5_000, 6_000, 1_000]


def test_R7_a_change_of_the_table_within_a_month_cuts_it() -> None:
    old, new = Source("old", "old"), Source("new", "new")
    table = TariffTable(
        rows=(
            TariffRow("residential", date(2020, 1, 1), date(2026, 4, 15), (Block(6_000, 10), Block(None, 20)), old),
            TariffRow("residential", date(2026, 4, 16), None, (Block(6_000, 18), Block(None, 30)), new),
        ),
        vat=(VatRow(date(2020, 1, 1), None, 15, RULE_R7),),
    )
    energy = {date(2026, 4, 15): 3_100 * KWH, date(2026, 4, 16): 2_900 * KWH}
    price = priced(energy, APRIL, "residential", table)
    assert [(ln.energy_wh // KWH, ln.rate_halalas, ln.source) for ln in price.lines] == [
        (3_000, 10, old),  # 6,000 x 15/30
        (100, 20, old),
        (2_900, 18, new),
    ]
    assert price.subtotal_halalas == 300_00 + 20_00 + 522_00


def test_R7_a_change_of_vat_has_a_line_for_each_rate() -> None:
    vat = (VatRow(date(2020, 1, 1), date(2026, 4, 15), 5, RULE_R7), VatRow(date(2026, 4, 16), None, 15, RULE_R7))
    table = TariffTable(TARIFF.rows, vat)
    energy = {date(2026, 4, 15): 1_000 * KWH, date(2026, 4, 16): 1_000 * KWH}
    price = priced(energy, APRIL, "residential", table)
    assert [(ln.percent, ln.base_halalas, ln.amount_halalas) for ln in price.vat] == [
        (5, 180_00, 9_00),
        (15, 180_00, 27_00),
    ]


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 400_000), min_size=1))
def test_R1_blocks_add_up_to_the_energy_and_lines_to_the_total(energy: dict[date, int]) -> None:
    price = priced(energy, Period(date(2026, 1, 1), date(2026, 12, 31)), "residential")
    assert price.energy_wh == sum(energy.values())
    assert price.subtotal_halalas == sum(line.base_halalas for line in price.vat)
    assert price.subtotal_halalas == sum(line.amount_halalas for line in price.lines)
    assert price.total_halalas == price.subtotal_halalas + sum(line.amount_halalas for line in price.vat)


@given(st.integers(0, 20_000_000), st.integers(1, 500_000))
def test_R7_more_energy_never_costs_less(energy: int, more: int) -> None:
    less_energy, more_energy = (priced({APRIL.first: wh}, APRIL, "commercial") for wh in (energy, energy + more))
    assert less_energy.total_halalas <= more_energy.total_halalas


def test_R7_a_half_halala_is_rounded_up() -> None:
    price = priced({APRIL.first: 25}, APRIL, "residential")  # 25 Wh x 18 = 0.45 halala
    assert price.lines[0].amount_halalas == 0
    price = priced({APRIL.first: 250}, APRIL, "residential")  # 4.5 halalas
    assert price.lines[0].amount_halalas == 5


def test_R7_a_day_before_the_table_has_no_price() -> None:
    period = Period(date(2020, 6, 30), date(2020, 7, 1))
    assert price_of({period.first: 1}, period, "residential") == PriceRefused("no-tariff-for-day", period.first)


def test_R7_the_day_on_which_the_table_ends_is_named_and_the_last_day_of_a_row_is_its_own() -> None:
    source = Source("old", "old")
    row = TariffRow("residential", date(2020, 1, 1), date(2026, 4, 15), (Block(None, 10),), source)
    table = TariffTable((row,), (VatRow(date(2020, 1, 1), None, 15, RULE_R7),))
    energy = dict.fromkeys(Period(date(2026, 3, 1), APRIL.last), KWH)
    until = Period(date(2026, 3, 1), date(2026, 4, 15))
    assert priced(energy, until, "residential", table).subtotal_halalas == 46 * 10
    assert priced(energy, Period(until.last, until.last), "residential", table).subtotal_halalas == 10
    refused = price_of(energy, Period(until.first, date(2026, 4, 16)), "residential", table)
    assert refused == PriceRefused("no-tariff-for-day", date(2026, 4, 16))


def test_R1_R7_a_line_says_from_where_to_where_its_block_reaches_and_a_month_without_energy_has_its_first() -> None:
    price = priced({APRIL.first: 7_000 * KWH}, Period(APRIL.first, date(2026, 5, 31)), "residential")
    assert [(line.period.first.month, line.from_wh, line.up_to_wh, line.energy_wh) for line in price.lines] == [
        (4, 0, 6_000_000, 6_000_000),
        (4, 6_000_000, None, 1_000_000),
        (5, 0, 6_000_000, 0),
    ]


def test_R7_a_day_without_a_rate_of_vat_has_no_price() -> None:
    table = TariffTable(TARIFF.rows, (VatRow(date(2026, 4, 2), None, 15, RULE_R7),))
    refused = price_of({APRIL.first: KWH}, APRIL, "residential", table)
    assert refused == PriceRefused("no-tariff-for-day", APRIL.first)


def test_R5_without_readings_there_is_no_price() -> None:
    assert price_of({}, APRIL, "residential") == PriceRefused("no-readings", APRIL.first)


def test_R7_every_row_names_its_source_and_rows_of_a_kind_do_not_overlap() -> None:
    sources = [row.source for row in TARIFF.rows] + [row.source for row in TARIFF.vat]
    assert all(source.en and source.ar for source in sources)
    for day in (date(2020, 7, 1) + timedelta(days=n) for n in range(0, 4_000, 10)):
        for kind in ("residential", "commercial"):
            held = [r for r in TARIFF.rows if r.kind == kind and r.first <= day and (r.last is None or day <= r.last)]
            assert len(held) == 1
