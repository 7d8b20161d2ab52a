"""What an operator reads is what the services take: settings, metrics and log events in docs/operations.md."""

import re
from collections.abc import Mapping
from typing import Final

import pytest
from prometheus_client.metrics import MetricWrapperBase

from services.accounts.settings import AccountsSettings
from services.chassis.logs import ALLOWED_FIELDS
from services.chassis.metrics import Metrics
from services.chassis.observer import ALARMS, WARNINGS
from services.chassis.settings import PREFIX, ServiceSettings
from services.identity.settings import IdentitySettings
from services.notifications.settings import NotificationsSettings
from services.reports.settings import ReportsSettings
from tests.gates import Gates
from tests.guards.source import ROOT, Source, sources

PAGE: Final = "docs/operations.md"
OF_SERVICE: Final[Mapping[str, type[ServiceSettings]]] = {
    "identity": IdentitySettings,
    "accounts": AccountsSettings,
    "notifications": NotificationsSettings,
    "reports": ReportsSettings,
}
_ROW: Final = re.compile(rf"^\| `{PREFIX}.*$", re.MULTILINE)
_METRIC: Final = re.compile(r"^\| `(hesabi_[a-z_]+)` \|(?: ([a-z, ]+))? \|", re.MULTILINE)
_LOG_ROW: Final = re.compile(r"^\| (`.+?`) \| (?:info|warning|error) \| (.*) \|$", re.MULTILINE)
_FIELD: Final = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
_EVENT: Final = re.compile(r"""(?:\.(?:info|warning|error)|_report|tell)\(\s*"([a-z][a-z_]+)\"""")


def rows_of(settings: type[ServiceSettings], without: type[ServiceSettings] | None = None) -> list[str]:
    """The table's rows for a class of settings, less those of another."""
    inherited = without.model_fields.keys() if without else ()
    rows = []
    for name, field in settings.model_fields.items():
        if name in inherited:
            continue
        if field.is_required():
            default = "**required**"
        elif field.default_factory is not None:
            default = "made at the start"
        else:
            default = _shown(field.default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {(field.description or '').replace('|', '/')} | {default} |")
    return rows


def _shown(default: object) -> str:
    plain = getattr(default, "get_secret_value", lambda: default)()
    if plain in (None, ""):
        return "none"
    if isinstance(plain, tuple):
        return ", ".join(f"`{each}`" for each in plain)
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


def section(page: str, title: str) -> str:
    """The part of a page under a heading, to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def undocumented(page: str, names: set[str]) -> list[str]:
    """Names that the page does not mention."""
    return sorted(name for name in names if f"`{name}`" not in page)


def metrics_of(table: str) -> set[tuple[str, str]]:
    """The metrics of a table, with their labels."""
    return set(_METRIC.findall(table))


def metric_rows() -> set[tuple[str, str]]:
    """The metrics that there are, as the table has them."""
    rows = set()
    for each in vars(Metrics()).values():
        if isinstance(each, MetricWrapperBase):
            (described,) = each.describe()
            name = f"{described.name}_total" if described.type == "counter" else described.name
            rows.add((name, ", ".join(each._labelnames)))
    return rows


def log_events(files: tuple[Source, ...]) -> set[str]:
    """The names of events that services log, and of those they tell through `tell`."""
    return {event for source in files for event in _EVENT.findall(source.text)} | WARNINGS | ALARMS


def unknown_fields(table: str) -> list[str]:
    """What the rows of events name like a field, and no log line may have."""
    rows = _LOG_ROW.findall(table)
    events = {event for names, _ in rows for event in _FIELD.findall(names)}
    return sorted({field for _, text in rows for field in _FIELD.findall(text)} - events - ALLOWED_FIELDS)


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / PAGE).read_text(encoding="utf-8")


def test_every_service_s_settings_are_the_documented_ones(page: str) -> None:
    expected = {"Every service": rows_of(ServiceSettings)}
    expected |= {name: rows_of(settings, ServiceSettings) for name, settings in OF_SERVICE.items()}
    for title, rows in expected.items():
        assert _ROW.findall(section(page, title)) == rows, f"{PAGE}, under {title}:\n" + "\n".join(rows)


def test_every_metric_is_documented_with_its_labels(page: str) -> None:
    assert metrics_of(section(page, "Metrics")) == metric_rows()


def test_every_log_event_is_documented(page: str) -> None:
    events = log_events(sources("services"))
    assert {"started", "lane_paused", "crashed"} <= events
    assert undocumented(page, events) == []


def test_the_fields_that_events_are_said_to_have_are_those_that_a_line_may_have(page: str) -> None:
    assert "retry_in_s" in section(page, "Logs")
    assert unknown_fields(section(page, "Logs")) == []


def test_it_refuses(gates: Gates, page: str) -> None:
    without = page.replace(rows_of(ServiceSettings)[0], "")
    missing = [row for row in rows_of(ServiceSettings) if row not in section(without, "Every service")]
    gates.refuses("docs: settings", "a page without HESABI_KAFKA_BOOTSTRAP", missing)
    metrics = metric_rows()
    unknown = page.replace("| `hesabi_lag_messages` | lane |", "| `hesabi_lag_messages` | lane, partition |")
    gates.refuses("docs: metrics", "a label that a metric has not", metrics ^ metrics_of(section(unknown, "Metrics")))
    gone = page.replace("| `hesabi_ended_sessions` |", "| `hesabi_open_sessions` |")
    gates.refuses("docs: metrics", "a metric that there is not", metrics ^ metrics_of(section(gone, "Metrics")))
    invented = Source("services/x.py", 'log.info("made_up", lane=1)')
    gates.refuses("docs: log events", 'log.info("made_up")', undocumented(page, log_events((invented,))))
    other = section(page, "Logs").replace("`retry_in_s`", "`wait_s`")
    gates.refuses("docs: log fields", "`wait_s`", unknown_fields(other))
