"""What the energy of a period costs, with the working shown (R1, R7), in whole halalas and whole watt-hours.

Every row of the tables names its source; a person must confirm rows marked so before they are used for more than
information. Rounding is half up, once for each line and once for each VAT rate, so that printed lines add up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from contracts.values.money import Halalas, round_half_up, vat_on
from services.reports.period import Period, days_in_month

TariffKind = Literal["residential", "commercial"]
PriceRefusalReason = Literal["no-tariff-for-day", "no-readings"]

WH_A_KWH = 1_000
BASIS_POINTS_A_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from, as printed below the working."""

    en: str
    ar: str


@dataclass(frozen=True, slots=True)
class Block:
    """Energy of a month up to `up_to_kwh` (None: without end) at `rate_halalas` a kWh."""

    up_to_kwh: int | None
    rate_halalas: int


@dataclass(frozen=True, slots=True)
class TariffRow:
    """Blocks for one kind of supply from `first` to `last` (None: until further notice), and where they come from."""

    kind: TariffKind
    first: date
    last: date | None
    blocks: tuple[Block, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class VatRow:
    """Value added tax in percent from `first` to `last` (None: until further notice), and where it comes from."""

    first: date
    last: date | None
    percent: int
    source: Source


@dataclass(frozen=True, slots=True)
class TariffTable:
    """The effective-dated rows; rows of one kind do not overlap."""

    rows: tuple[TariffRow, ...]
    vat: tuple[VatRow, ...]


RULE_R7 = Source(
    en="Hesabi rule R7; rates to be confirmed against the published tariff",
    ar="قاعدة حسابي R7، وتُراجَع الأسعار على التعرفة المنشورة",
)
_BLOCK_LIMIT_KWH = 6_000  # R7: kWh a month
_SINCE = date(2020, 7, 1)  # the day from which VAT is 15 %; R7 knows no older rates, so older days get no amount

TARIFF = TariffTable(
    rows=(
        TariffRow("residential", _SINCE, None, (Block(_BLOCK_LIMIT_KWH, 18), Block(None, 30)), RULE_R7),  # R7
        TariffRow("commercial", _SINCE, None, (Block(_BLOCK_LIMIT_KWH, 22), Block(None, 32)), RULE_R7),  # R7
    ),
    vat=(VatRow(_SINCE, None, 15, RULE_R7),),  # R7
)


@dataclass(frozen=True, slots=True)
class WorkingLine:
    """One block of one stretch of days: the energy in it, its rate and its amount before VAT."""

    period: Period
    from_wh: int
    up_to_wh: int | None
    energy_wh: int
    rate_halalas: int
    amount_halalas: Halalas
    source: Source


@dataclass(frozen=True, slots=True)
class VatLine:
    """VAT at one rate on the lines it applies to."""

    percent: int
    base_halalas: Halalas
    amount_halalas: Halalas
    source: Source


@dataclass(frozen=True, slots=True)
class Price:
    """The working of a price: the lines add up to the subtotal, the subtotal and VAT to the total, exactly."""

    lines: tuple[WorkingLine, ...]
    vat: tuple[VatLine, ...]

    @property
    def energy_wh(self) -> int:
        """The energy priced."""
        return sum(line.energy_wh for line in self.lines)

    @property
    def subtotal_halalas(self) -> Halalas:
        """Before VAT."""
        return Halalas(sum(line.amount_halalas for line in self.lines))

    @property
    def total_halalas(self) -> Halalas:
        """With VAT."""
        return Halalas(self.subtotal_halalas + sum(line.amount_halalas for line in self.vat))


@dataclass(frozen=True, slots=True)
class PriceRefused:
    """No price: the table has no row for `day`, or from `day` on there is nothing to price."""

    reason: PriceRefusalReason
    day: date


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days of one month under one tariff row and one VAT row."""

    period: Period
    row: TariffRow
    vat: VatRow


def price_of(
    energy_by_day: Mapping[date, int], period: Period, kind: TariffKind, table: TariffTable = TARIFF
) -> Price | PriceRefused:
    """Price the energy (Wh) of the days of `period`; days that are absent have no reading and cost nothing (R5)."""
    if not any(day in energy_by_day for day in period):
        return PriceRefused("no-readings", period.first)
    stretches: list[_Stretch] = []
    for stretch in _stretches(period, kind, table):
        if not isinstance(stretch, _Stretch):
            return PriceRefused("no-tariff-for-day", stretch)
        stretches.append(stretch)
    worked = [(stretch, _lines(stretch, energy_by_day)) for stretch in stretches]
    return Price(tuple(line for _, lines in worked for line in lines), _vat_lines(worked))


def _stretches(period: Period, kind: TariffKind, table: TariffTable) -> Iterator[_Stretch | date]:
    """The period cut at the ends of months and where a row changes; a day without a row comes out as itself."""
    for month in period.months():
        begin: date | None = month.first
        while begin is not None:
            row = next((r for r in table.rows if r.kind == kind and _holds(r, begin)), None)
            vat = next((v for v in table.vat if _holds(v, begin)), None)
            if row is None or vat is None:
                yield begin
                return
            end = min(last for last in (month.last, row.last, vat.last) if last is not None)
            stretch = Period(begin, end)
            yield _Stretch(stretch, row, vat)
            begin = stretch.after if end < month.last else None


def _holds(row: TariffRow | VatRow, day: date) -> bool:
    return row.first <= day and (row.last is None or day <= row.last)


def _lines(stretch: _Stretch, energy_by_day: Mapping[date, int]) -> tuple[WorkingLine, ...]:
    """The blocks of a stretch, lowest first; a block that no energy reaches has no line, except the first."""
    energy = sum(energy_by_day.get(day, 0) for day in stretch.period)
    lines: list[WorkingLine] = []
    floor = 0
    for block in stretch.row.blocks:
        ceiling = None if block.up_to_kwh is None else prorated_wh(block.up_to_kwh, stretch.period)
        inside = max(0, (energy if ceiling is None else min(energy, ceiling)) - floor)
        if inside or not lines:
            amount = Halalas(round_half_up(inside * block.rate_halalas, WH_A_KWH))
            lines.append(
                WorkingLine(stretch.period, floor, ceiling, inside, block.rate_halalas, amount, stretch.row.source)
            )
        floor = floor if ceiling is None else ceiling
    return tuple(lines)


def _vat_lines(worked: Sequence[tuple[_Stretch, tuple[WorkingLine, ...]]]) -> tuple[VatLine, ...]:
    """VAT at each rate on all it applies to, rounded once."""
    result: list[VatLine] = []
    for row, group in groupby(worked, key=lambda pair: pair[0].vat):
        base = Halalas(sum(line.amount_halalas for _, lines in group for line in lines))
        result.append(VatLine(row.percent, base, vat_on(base, row.percent * BASIS_POINTS_A_PERCENT), row.source))
    return tuple(result)


def prorated_wh(kwh_a_month: int, part: Period) -> int:
    """A monthly block limit for the days of `part` (inside one month), in Wh, rounded half up (R7)."""
    return round_half_up(kwh_a_month * WH_A_KWH * part.days, days_in_month(part.first.year, part.first.month))
