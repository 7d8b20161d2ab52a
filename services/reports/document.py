"""What stands on the paper, word for word in one language; the template only places it (R4).

Every number in these texts is isolated. They reach the template as data, never as its code.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from services.reports.chart import Chart

Tone = Literal["plain", "good", "warning", "muted"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value of the heading."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the large numbers, its unit and the small line below; `share` (0-1000) draws a bar, None draws none."""

    label: str
    value: str
    unit: str
    note: str
    tone: Tone
    share: int | None = None


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """Words below a place of the time axis."""

    slot: int
    text: str


@dataclass(frozen=True, slots=True)
class ChartText:
    """A chart with its words; the legend names only what occurs (None: does not occur)."""

    title: str
    unit: str
    alt: str
    chart: Chart
    tick_texts: tuple[str, ...]
    axis: tuple[AxisLabel, ...]
    legend_full: str | None
    legend_incomplete: str | None
    legend_gap: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: `number` columns are set at the end of the line, `share` is its part of the width."""

    title: str
    number: bool
    share: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    cells: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the cells of `totals` are a label, over all columns but the last, and a value."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in one language. `notices` are read before its numbers; only consumption has a chart."""

    language: str
    brand: str
    title: str
    other_language: str
    other_title: str
    description: str
    period: str
    period_hijri: str
    facts: tuple[Fact, ...]
    headlines: tuple[Headline, ...]
    tables: tuple[Table, ...]
    notes_title: str
    notes: tuple[str, ...]
    footer: str
    source_note: str | None = None
    notices: tuple[str, ...] = ()
    chart: ChartText | None = None

    def data(self) -> dict[str, Any]:
        """The document as JSON-ready data, which is what the template reads."""
        return asdict(self)
