"""The ledger is an append-only file; hostile records and paused lanes are what they say."""

from pathlib import Path

from contracts.envelope import EnvelopeRejected, from_headers
from deploy.kubernetes.lanes import LANES
from tests.chaos.extract import paused_lanes
from tests.chaos.hostile import KEY, hostile_records
from tests.chaos.ledger import LedgerFile, read_ledger


def test_what_was_written_again_is_one_entry_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    with LedgerFile(file) as ledger:
        ledger.wrote("a", "hesabi.accounts.ShowDues.v1", "accounts.commands", "flow-1", 5)
        ledger.wrote("a", "hesabi.accounts.ShowDues.v1", "accounts.commands", "flow-1", 9)
        ledger.took("a", "accounts.commands", 2, 40)
        ledger.wrote("b", "hesabi.accounts.ShowDues.v1", "accounts.commands", "flow-1", 9)
    entries = read_ledger(file.read_text().splitlines())
    assert (entries["a"].written, entries["a"].at_ms, entries["a"].places) == (2, 5, [("accounts.commands", 2, 40)])
    assert (entries["a"].name, entries["a"].acknowledged, entries["b"].acknowledged) == ("ShowDues", True, False)


def test_hostile_records_go_to_every_topic_with_a_lane() -> None:
    records = list(hostile_records())
    assert {record.topic for record in records} == {lane.topic for lanes in LANES.values() for lane in lanes}
    assert any(value is None for record in records for _, value in record.headers)


def test_only_records_with_a_bad_envelope_are_rejected_for_it() -> None:
    for record in hostile_records():
        rejected = isinstance(from_headers(KEY, record.headers), EnvelopeRejected)
        assert rejected == (record.reason == "envelope"), record.what


def test_a_lane_that_stands_still_is_found_in_the_metrics() -> None:
    metrics = 'hesabi_lane_paused{lane="commands"} 1.0\nhesabi_lane_paused{lane="internal"} 0.0\n'
    assert paused_lanes("identity-1", metrics) == ["identity-1 commands"]
