"""The real life of a code, 60 s (I6). The codes were asked for before everything else; here the minute ends."""

from contracts.identity import OtpConfirmed
from deploy.local.system import System
from tests.journeys.conftest import REAL, WholeMinute


async def test_I6_a_code_of_60_seconds_counts_in_its_56th_and_no_more_in_its_61st(
    system: System, whole_minute: WholeMinute
) -> None:
    assert system.lives.code_s < REAL.code_s == 60  # what a code was issued with counts, not what identity has now
    in_time, late = await whole_minute.in_time, await whole_minute.late
    assert isinstance(in_time.body, OtpConfirmed)
    assert late.public_reason == "code-not-accepted"
