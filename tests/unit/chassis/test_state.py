"""Laws 7, 11 and 13: states as text."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import pytest

from contracts.sealed import Secret
from services.chassis.document import FORMAT, Document, FormatTooNew
from services.chassis.encoding import MAX_STATE_BYTES, BudgetExceeded
from services.chassis.service import Kind
from services.chassis.state import StateCodec
from services.chassis.state_cipher import BOUND, DocumentCipher, StateCipher
from tests.fakes.world import NOON


@dataclass(frozen=True)
class Open:
    """A state with a secret."""

    name: Secret
    lines: tuple[str, ...] = ()
    stage: Literal["open"] = "open"


@dataclass(frozen=True)
class Closed:
    """A state without."""

    total: int
    stage: Literal["closed"] = "closed"


class NextRelease(StateCipher):
    """Binds the secrets of new documents."""

    def new(self, document_id: str, form: bytes = BOUND) -> tuple[bytes, DocumentCipher]:
        return super().new(document_id, form)


KEY = b"k" * 32


def codec(cipher: StateCipher | None = None) -> StateCodec:
    kind = Kind(
        "thing", Open | Closed, due_at=lambda s: NOON + timedelta(seconds=s.total) if s.stage == "closed" else None
    )
    return StateCodec(kind, cipher or StateCipher(KEY))


@pytest.mark.parametrize("state", [Open(Secret("private"), ("a", "b")), Closed(3)])
def test_what_is_written_is_read_as_the_same_type(state: Open | Closed) -> None:
    document = Document("thing:1")
    codec().write(document, state)
    assert codec().read(document) == state


def test_no_state_is_none() -> None:
    assert codec().read(Document("thing:1")) is None


def test_law11_a_secret_is_never_written_in_clear_and_is_lost_with_its_key() -> None:
    document = Document("thing:1")
    codec().write(document, Open(Secret("private")))
    assert document.state is not None
    assert "private" not in document.state
    other = Document("thing:2")
    codec().write(other, Open(Secret("private")))
    document.data_key = other.data_key
    with pytest.raises(Exception, match=r"cannot be read|validation error"):
        codec().read(document)


def test_law11_secrets_that_the_next_release_bound_are_read_and_stay_bound() -> None:
    document, other = Document("thing:1"), Document("thing:2")
    codec(NextRelease(KEY)).write(document, Open(Secret("theirs")))
    assert codec().read(document) == Open(Secret("theirs"))
    codec().write(document, Open(Secret("theirs still")))
    assert codec().read(document) == Open(Secret("theirs still"))
    other.state, other.data_key = (
        document.state,
        document.data_key,
    )  # by somebody who writes the database, without a key
    with pytest.raises(Exception, match="cannot be read"):
        codec().read(other)


def test_law10_the_state_says_when_it_is_due() -> None:
    document = Document("thing:1", due_at=NOON)
    codec().write(document, Open(Secret("")))
    assert document.due_at is None
    codec().write(document, Closed(5))
    assert document.due_at == NOON + timedelta(seconds=5)


def test_law7_a_state_has_256_KiB_and_a_failed_write_leaves_the_draft_as_it_was() -> None:
    document = Document("thing:1")
    codec().write(document, Closed(1))
    before = document.draft()
    with pytest.raises(BudgetExceeded):
        codec().write(document, Open(Secret(""), ("x" * MAX_STATE_BYTES,)))
    failing = codec()
    failing.kind = Kind("thing", Open | Closed, due_at=lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ZeroDivisionError):
        failing.write(document, Closed(2))
    assert (document.state, document.due_at) == (before.state, before.due_at)


@pytest.mark.parametrize("state", ["{}", '{"stage":"closed"}', '{"stage":"closed","total":"1x"}', "no JSON"])
def test_law7_a_state_that_does_not_fit_raises(state: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        codec().read(Document("thing:1", state=state))


def test_law13_the_next_format_is_read_and_this_one_is_written() -> None:
    document = Document("thing:1")
    codec().write(document, Closed(1))
    document.format = FORMAT + 1
    assert codec().read(document) == Closed(1)
    codec().write(document, Closed(2))
    assert document.format == FORMAT


def test_law13_a_stage_of_another_release_is_no_fault_of_the_aggregate() -> None:
    with pytest.raises(FormatTooNew):
        codec().read(Document("thing:1", state='{"stage":"stage-of-the-next-release","total":1}'))
