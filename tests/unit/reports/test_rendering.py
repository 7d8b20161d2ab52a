"""The renderer: a few places, a time limit, each file made once (R4)."""

import asyncio
import threading

from contracts.values.language import Language
from services.reports.order_states import Made
from services.reports.rendering import PLACES, REMEMBERED_BYTES, AnyReport, FileFormat, RenderBusy, Renderer
from tests.eventually import eventually
from tests.unit.reports.orders import FEBRUARY, collected, day_block

MADE: Made = collected(FEBRUARY, [day_block(day) for day in FEBRUARY]).state


async def test_R4_who_ask_for_one_file_at_one_time_share_one_place_and_one_render() -> None:
    made: list[FileFormat] = []
    go = threading.Event()

    def slow(_: AnyReport, __: Language, file_format: FileFormat) -> bytes:
        made.append(file_format)
        go.wait(30)
        return b"file"

    renderer = Renderer(limit_s=30, render=slow)
    try:
        same = [renderer.file("a" * 32, MADE.report, Language.ARABIC, "pdf") for _ in range(PLACES + 1)]
        asked = asyncio.gather(*same, renderer.file("b" * 32, MADE.report, Language.ARABIC, "csv"))
        await asyncio.sleep(0)
        go.set()
        assert await asked == [b"file"] * (PLACES + 2)
    finally:
        renderer.close()
    assert sorted(made) == ["csv", "pdf"]


async def test_R4_a_render_that_takes_too_long_keeps_its_place_until_it_ends_and_is_there_for_the_next_who_asks() -> (
    None
):
    go = threading.Event()
    made: list[FileFormat] = []

    def slow(_: AnyReport, __: Language, file_format: FileFormat) -> bytes:
        go.wait(30)
        made.append(file_format)
        return b"file"

    renderer = Renderer(limit_s=0.05, render=slow)

    async def asked(number: int) -> bytes | None:
        try:
            return await renderer.file(f"{number:032x}", MADE.report, Language.ARABIC, "pdf")
        except RenderBusy:
            return None

    try:
        assert await asyncio.gather(*map(asked, range(PLACES))) == [None] * PLACES
        assert await asked(PLACES) is None
        go.set()
        await eventually(lambda: len(renderer._files), lambda count: count == PLACES)
        assert await asyncio.gather(*map(asked, range(PLACES))) == [b"file"] * PLACES
    finally:
        go.set()
        renderer.close()
    assert len(made) == PLACES


async def test_R4_of_files_only_so_many_bytes_are_remembered() -> None:
    made: list[FileFormat] = []

    def noted(_: AnyReport, __: Language, file_format: FileFormat) -> bytes:
        made.append(file_format)
        return bytes(REMEMBERED_BYTES // 4)

    renderer = Renderer(limit_s=30, render=noted)
    try:
        for number in (*range(5), 4, 0):
            await renderer.file(f"{number:032x}", MADE.report, Language.ARABIC, "pdf")
        assert len(renderer._files) == 4
    finally:
        renderer.close()
    assert len(made) == 6  # the first had made room and was made again


async def test_R4_a_file_that_is_asked_for_again_is_remembered_before_one_that_is_not() -> None:
    made: list[int] = []

    def noted(_: AnyReport, __: Language, ___: FileFormat) -> bytes:
        made.append(len(made))
        return bytes(REMEMBERED_BYTES // 4)

    renderer = Renderer(limit_s=30, render=noted)
    try:
        for number in (0, 1, 2, 3, 0, 4, 0):
            await renderer.file(f"{number:032x}", MADE.report, Language.ARABIC, "pdf")
    finally:
        renderer.close()
    assert len(made) == 5  # the second had made room, not the first
