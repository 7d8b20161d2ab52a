"""A report as a file, made in a few threads beside the loop: bounded, with a time limit, the last ones remembered (R4).

A render that takes too long cannot be stopped; it keeps its place until it ends, so that there are never more than the
places allow. Who has waited too long for a file finds it made when they come again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Final, Literal, assert_never

from contracts.values.language import Language
from services.reports.csv_report import render_csv
from services.reports.document import Document
from services.reports.layout import document_of
from services.reports.payment import PaymentReport
from services.reports.payment_paper import payment_csv, payment_document
from services.reports.pdf_report import typeset
from services.reports.report import ConsumptionReport
from services.reports.statement import Statement
from services.reports.statement_paper import statement_csv, statement_document

FileFormat = Literal["pdf", "csv"]
AnyReport = ConsumptionReport | PaymentReport | Statement
_Name = tuple[str, Language, FileFormat]
Render = Callable[[AnyReport, Language, FileFormat], bytes]

WORKERS: Final = 2
PLACES: Final = 10
"""Files being made or waiting to be at one time; more are turned away."""

REMEMBERED_BYTES: Final = 8 * 1024 * 1024
"""Of files kept in memory; most have 50 to 200 KB, the largest over a megabyte."""


class RenderBusy(Exception):
    """All places are taken, or the file was not made in time: the reader may come again."""


def render(report: AnyReport, language: Language, file_format: FileFormat) -> bytes:
    """The report's file."""
    match file_format:
        case "pdf":
            return typeset(document_of_any(report, language), created_at=int(_made_at(report).timestamp()))
        case "csv":
            return _csv(report, language)
        case _:
            assert_never(file_format)


def document_of_any(report: AnyReport, language: Language) -> Document:
    """What stands on the paper of a report of any kind."""
    match report:
        case ConsumptionReport():
            return document_of(report, language)
        case PaymentReport():
            return payment_document(report, language)
        case Statement():
            return statement_document(report, language)
        case _:
            assert_never(report)


def file_name(report: AnyReport) -> str:
    """A name for the file, without language and ending: kind, days, and the version of a later one."""
    days = f"{report.period.first}-{report.period.last}"
    match report:
        case ConsumptionReport():
            return f"consumption-{days}" + (f"-v{report.revision.version}" if report.revision else "")
        case PaymentReport():
            return f"payments-{days}"
        case Statement():
            return f"statement-{days}"
        case _:
            assert_never(report)


def _csv(report: AnyReport, language: Language) -> bytes:
    match report:
        case ConsumptionReport():
            return render_csv(report, language)
        case PaymentReport():
            return payment_csv(report, language)
        case Statement():
            return statement_csv(report, language)
        case _:
            assert_never(report)


def _made_at(report: AnyReport) -> datetime:
    return report.heading.as_of if isinstance(report, ConsumptionReport) else report.made_at


class Renderer:
    """Makes files within `limit_s` seconds; whoever asks for one that is being made waits for the same."""

    def __init__(self, limit_s: float, render: Render = render) -> None:
        self._limit_s = limit_s
        self._render = render
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="render")
        self._making: dict[_Name, asyncio.Future[bytes]] = {}
        self._files: OrderedDict[_Name, bytes] = OrderedDict()
        self._bytes = 0

    async def file(self, report_id: str, report: AnyReport, language: Language, file_format: FileFormat) -> bytes:
        """The file of this report, which never changes. Raises `RenderBusy`."""
        name = (report_id, language, file_format)
        if name in self._files:
            self._files.move_to_end(name)
            return self._files[name]
        making = self._making.get(name) or self._begun(name, report)
        done, _ = await asyncio.wait([making], timeout=self._limit_s)
        if not done:
            raise RenderBusy
        return making.result()

    def _begun(self, name: _Name, report: AnyReport) -> asyncio.Future[bytes]:
        if len(self._making) >= PLACES:
            raise RenderBusy
        _, language, file_format = name
        making = asyncio.wrap_future(self._pool.submit(self._render, report, language, file_format))
        self._making[name] = making
        making.add_done_callback(partial(self._ended, name))
        return making

    def _ended(self, name: _Name, making: asyncio.Future[bytes]) -> None:
        del self._making[name]
        if making.cancelled() or making.exception() is not None:
            return
        self._files[name] = making.result()
        self._bytes += len(making.result())
        while self._bytes > REMEMBERED_BYTES:
            _, oldest = self._files.popitem(last=False)
            self._bytes -= len(oldest)

    def close(self) -> None:
        """Take no more work; what has not begun never will."""
        self._pool.shutdown(wait=False, cancel_futures=True)
