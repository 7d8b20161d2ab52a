"""The bars of a report's chart as plain geometry; what draws them decides nothing (R4, R5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.reports.consumption import Consumption, DayConsumption

BarStyle = Literal["solid", "hatched"]

FULL_HEIGHT = 10_000  # heights are parts of ten thousand of the value axis
_MOST_TICKS = 5
_EMPTY_AXIS_WH = 1_000  # where nothing was used, the axis ends at one kWh
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Slot:
    """What one place on the time axis has to show: its energy (None: no reading) and whether that is all of it."""

    energy_wh: int | None
    complete: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar at place `slot` (from 0), `height` of FULL_HEIGHT; hatched when estimated or partial."""

    slot: int
    height: int
    style: BarStyle


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the value axis at `height` of FULL_HEIGHT."""

    energy_wh: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, value axis, and the places that have no bar because they have no reading (R5)."""

    slots: int
    bars: tuple[Bar, ...]
    gaps: tuple[int, ...]
    ticks: tuple[Tick, ...]


def day_slots(days: Sequence[DayConsumption]) -> tuple[Slot, ...]:
    """A place for each day."""
    return tuple(Slot(day.energy_wh, day.status == "measured") for day in days)


def span_slots(spans: Sequence[Consumption]) -> tuple[Slot, ...]:
    """A place for each month or year."""
    return tuple(Slot(span.energy_wh, span.measured_days == span.period.days) for span in spans)


def chart_of(slots: Sequence[Slot]) -> Chart:
    """The chart of the places in their order."""
    peak = max((slot.energy_wh or 0 for slot in slots), default=0) or _EMPTY_AXIS_WH
    step = _step(peak)
    count = max(1, -(-peak // step))
    top = step * count
    return Chart(
        slots=len(slots),
        bars=tuple(
            Bar(place, slot.energy_wh * FULL_HEIGHT // top, "solid" if slot.complete else "hatched")
            for place, slot in enumerate(slots)
            if slot.energy_wh is not None
        ),
        gaps=tuple(place for place, slot in enumerate(slots) if slot.energy_wh is None),
        ticks=tuple(Tick(step * n, step * n * FULL_HEIGHT // top) for n in range(count + 1)),
    )


def _step(peak_wh: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... Wh that needs at most five steps to reach the peak."""
    power = 1
    while True:
        for digit in _STEPS:
            if digit * power * _MOST_TICKS >= peak_wh:
                return digit * power
        power *= 10
