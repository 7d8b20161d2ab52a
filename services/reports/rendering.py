"""A report as a file, made in a few threads beside the loop: bounded, with a time limit, the last ones remembered (R4).

A render that takes too long cannot be stopped; it keeps its place until it ends, so that there are never more than the
places allow.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, assert_never

from contracts.values.language import Language
from services.reports.csv_report import render_csv
from services.reports.pdf_report import render_pdf
from services.reports.report import ConsumptionReport

FileFormat = Literal["pdf", "csv"]
Render = Callable[[ConsumptionReport, Language, FileFormat], bytes]

WORKERS: Final = 2
PLACES: Final = 10
"""Renders at work or waiting at one time; more are turned away."""

REMEMBERED: Final = 32
"""Files kept in memory, of some 50 to 200 KB each."""


class RenderBusy(Exception):
    """All places are taken, or the file was not made in time: the reader may come again."""


def render(report: ConsumptionReport, language: Language, file_format: FileFormat) -> bytes:
    """The report's file."""
    match file_format:
        case "pdf":
            return render_pdf(report, language)
        case "csv":
            return render_csv(report, language)
        case _:
            assert_never(file_format)


class Renderer:
    """Makes files within `limit_s` seconds."""

    def __init__(self, limit_s: float, render: Render = render) -> None:
        self._limit_s = limit_s
        self._render = render
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="render")
        self._places = threading.BoundedSemaphore(PLACES)
        self._files: OrderedDict[tuple[str, Language, FileFormat], bytes] = OrderedDict()

    async def file(
        self, report_id: str, report: ConsumptionReport, language: Language, file_format: FileFormat
    ) -> bytes:
        """The file of this report, which never changes. Raises `RenderBusy`."""
        name = (report_id, language, file_format)
        known = self._files.get(name)
        if known is None:
            known = await self._made(report, language, file_format)
            self._files[name] = known
        self._files.move_to_end(name)
        if len(self._files) > REMEMBERED:
            self._files.popitem(last=False)
        return known

    async def _made(self, report: ConsumptionReport, language: Language, file_format: FileFormat) -> bytes:
        if not self._places.acquire(blocking=False):
            raise RenderBusy
        future = self._pool.submit(self._render, report, language, file_format)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise RenderBusy from None

    def close(self) -> None:
        """Take no more work; what has not begun never will."""
        self._pool.shutdown(wait=False, cancel_futures=True)
