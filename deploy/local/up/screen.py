"""What `make up` prints once everything runs: where things are, and what to try."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.local.system import Lives
from deploy.local.up.announcement import ROOT, Announcement

TO_TRY = (
    ("./hesabi person", "draws a person, makes the registry know them, and prints every command of their first hour"),
    ("./hesabi inbox", "the SMS and e-mails of the last minutes"),
    ("./hesabi watch", "everything that is said on Kafka, live (in another terminal)"),
    ("./hesabi types StartRegistration", "the fields of a message, and a command to paste"),
    ("./hesabi journey", "the whole journey, by itself; it waits a minute for a code that is too late"),
)


def screen(up: Announcement, lives: Lives, seconds: float) -> RenderableType:
    """The whole screen."""
    return Panel(
        Group(
            _where(up),
            Text(),
            Text("Try these, in this order:", style="bold"),
            _rows(TO_TRY, "green"),
            Text(),
            Text(_lives(lives), style="dim"),
        ),
        title=f"Hesabi is up ({seconds:.0f} s). Ctrl-C ends it and removes what it made.",
        title_align="left",
        border_style="green",
        padding=(1, 2),
    )


def _where(up: Announcement) -> RenderableType:
    services = ", ".join(f"{name} {url.removeprefix('http://')}" for name, url in up.services.items())
    accounts = "; ".join(f"{number} ({what})" for number, what in up.accounts.items())
    return _rows(
        (
            ("Kafka", up.kafka),
            ("MongoDB", up.mongodb),
            ("HTTP doors", services),
            ("keys", f"{_shown(up.keys)} (a folder for each service)"),
            ("fingerprints", "./hesabi where fingerprints: what a client pins"),
            ("logs", _shown(up.logs)),
            ("accounts", accounts),
            ("SMS, e-mails", f"simulated gateway {up.sms_gateway}, relay {up.mail}: ./hesabi inbox"),
        ),
        "cyan",
    )


def _lives(lives: Lives) -> str:
    return (
        f"As in production: a code lives {lives.code_s:g} s and another may be asked for after {lives.resend_after_s:g}"
        f" s; a report's link lives {lives.report_link_s:g} s. Neighbours are simulated and answer after 0.2 s or more."
    )


def _shown(path: str) -> str:
    return path.removeprefix(f"{ROOT}/")


def _rows(rows: tuple[tuple[str, str], ...], style: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, what in rows:
        grid.add_row(Text(name, style=style, no_wrap=True), Text(what))
    return grid
