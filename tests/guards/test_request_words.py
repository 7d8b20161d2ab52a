"""Kinds and states of requests of accounts have words in a statement (R3): a code is no word for a customer."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from contracts.accounts import TransferKind
from services.accounts import evidence, instalment_states, transfer_case
from services.accounts.kind_files import OUR_KINDS
from services.reports.account_texts import REQUEST_KINDS, STATES
from tests.gates import Gates


def our_kinds() -> Iterator[Mapping[str, Any]]:
    """The kinds of requests as accounts has them."""
    for file in sorted(OUR_KINDS.glob("*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def wordless(kinds: set[str], states: set[str]) -> list[str]:
    """Kinds and states without words in reports."""
    return sorted((kinds - REQUEST_KINDS.keys()) | (states - STATES.keys()))


def test_R3_every_kind_and_state_of_a_request_has_words_in_a_statement() -> None:
    kinds = {kind["kind"] for kind in our_kinds()} | {*get_args(TransferKind), "instalments", evidence.KIND}
    states = {state for kind in our_kinds() for state in kind["steps"]}
    processes = (evidence.Outcome, instalment_states.ClosedState, transfer_case.Outcome)
    outcomes = {outcome for process in processes for outcome in get_args(process)}
    assert wordless(kinds, states | outcomes | {evidence.CHECKING}) == []


def test_it_refuses(gates: Gates) -> None:
    gates.refuses("words of requests", "a kind that reports do not know", wordless({"solar-panel"}, set()))
