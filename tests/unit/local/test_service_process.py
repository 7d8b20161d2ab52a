"""Processes of one service have different names: under the same they would take each other's partitions away."""

import os
from pathlib import Path

from deploy.local.keys import make_keys
from deploy.local.service_process import ServiceProcess, Surroundings
from tests.benchmarks.contender import Contest


def name_of(process: ServiceProcess) -> str:
    """As it is told to the process."""
    return process._own_environment(Path("keys"))["HESABI_REPLICA"]


async def test_law14_who_is_lost_is_followed_by_another_name_and_that_is_nobody_else_s(tmp_path: Path) -> None:
    around = Surroundings("broker:9092", "mongodb://db", "hesabi", tmp_path, {}, tmp_path)
    first = ServiceProcess("identity", 8081, around, {})
    lost = name_of(first)
    await first.lose()
    await first.lose()
    third = first.another(3, 8083)
    assert len({lost, name_of(first), name_of(third)}) == 3
    assert [name_of(third), len(name_of(first))] == ["identity-3", len("identity-1-abcdef")]


def test_law14_contenders_of_a_benchmark_that_share_a_group_have_names_of_their_own(tmp_path: Path) -> None:
    pinned = make_keys(tmp_path)
    contest = Contest(
        "hesabi_loop", "a", "broker:9092", "mongodb://db", "bench", "together-2", str(tmp_path), pinned, 1
    )
    assert str(os.getpid()) in (contest.settings().member or "")
