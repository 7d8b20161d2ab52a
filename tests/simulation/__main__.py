"""Plays seeds: `python -m tests.simulation --seeds 2000`, or one of them with its trace: `--seed 17`."""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.simulation.faults import AT_LEAST, EVENTS, POINTS
from tests.simulation.play import Verdict, play
from tests.simulation.world import Options

SEEDS_FOR_COVERAGE = 2_000
SEEDS_FOR_LIFE = 20
THROUGH_AT_LEAST = 0.5
"""So many people a seed do all that they came for: where nothing happens, every promise is kept."""

KEPT = Path(__file__).parent / "kept_seeds.txt"


def main() -> int:
    """The exit code: 0 if every promise was kept, and every fault has fired."""
    arguments = argparse.ArgumentParser(description="Plays seeds of the simulator.")
    arguments.add_argument("--seeds", type=int, default=SEEDS_FOR_COVERAGE, help="how many")
    arguments.add_argument("--first", type=int, default=1, help="the first of them")
    arguments.add_argument("--seed", type=int, help="only this one, with its trace")
    arguments.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = arguments.parse_args()
    if given.seed is not None:
        return replay(given.seed)
    kept = [seed for seed in kept_seeds() if not given.first <= seed < given.first + given.seeds]
    return campaign([*kept, *range(given.first, given.first + given.seeds)], given.processes)


def kept_seeds() -> list[int]:
    """Seeds that once found a bug: they are always played, first of all."""
    lines = KEPT.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def replay(seed: int) -> int:
    """One seed, told line by line."""
    verdict = play(seed, Options(traced=True))
    print("\n".join(verdict.trace))
    print(f"seed {seed}: fingerprint {verdict.fingerprint}, {dict(verdict.totals)}")
    for problem in verdict.problems:
        print(f"PROBLEM {problem}")
    return 1 if verdict.problems else 0


def campaign(seeds: Iterable[int], processes: int) -> int:
    """Many seeds, spread over processes."""
    begun, played, failed = time.monotonic(), 0, 0
    fired: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for verdict in _verdicts(seeds, processes):
        played += 1
        fired.update(verdict.fired)
        totals.update(verdict.totals)
        if verdict.problems:
            failed += 1
            print(f"seed {verdict.seed} failed; replay: make simulate SEED={verdict.seed}")
            print("".join(f"    {problem}\n" for problem in verdict.problems[:5]), end="", flush=True)
        if played % 100 == 0:
            print(f"{played} seeds, {failed} failed, {time.monotonic() - begun:.0f} s", flush=True)
    _table(fired, totals)
    rare = [fault for fault in (*POINTS, *EVENTS) if fired[fault] < AT_LEAST] if played >= SEEDS_FOR_COVERAGE else []
    for fault in rare:
        print(f"too rare: {fault} fired {fired[fault]} times, wanted {AT_LEAST}")
    is_dead = played >= SEEDS_FOR_LIFE and totals["came through"] < played * THROUGH_AT_LEAST
    if is_dead:
        print(f"too quiet: {totals['came through']} people came through, wanted {played * THROUGH_AT_LEAST:.0f}")
    print(f"{played} seeds, {failed} failed, {time.monotonic() - begun:.0f} s")
    return 1 if failed or rare or is_dead else 0


def _verdicts(seeds: Iterable[int], processes: int) -> Iterator[Verdict]:
    if processes == 1:
        yield from map(play, seeds)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(play, seeds, chunksize=4)


def _table(fired: Counter[str], totals: Counter[str]) -> None:
    print("\nfault                             fired")
    for fault in (*POINTS, *EVENTS):
        print(f"{fault:32} {fired[fault]:6}")
    print("\ntotal                                   ")
    for name, count in totals.most_common():
        print(f"{name:60} {count:8}")


if __name__ == "__main__":
    sys.exit(main())
