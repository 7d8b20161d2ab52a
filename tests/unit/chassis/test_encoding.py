"""Laws 4, 7 and 11; J4: what a decision says becomes entries with derived ids, sealed and sized."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.decision import Incoming, Outgoing, Refusal
from contracts.message import Message
from contracts.sealed import Sealed
from services.chassis.document import Document, Position
from services.chassis.encoding import _NAMESPACE, MAX_MESSAGES, BudgetExceeded, Encoder, derived_id, queued
from tests.component.counter import Add, Added, CallMade, Counted
from tests.fakes.world import NOON, fake_open, fake_seal

ENCODER = Encoder("accounts", fake_seal)
CAUSE = Position(1, "accounts.commands", 3, 17)


def incoming(body: Message | None = None) -> Incoming[Message]:
    return Incoming(body or Add(amount=1), "cause-1", "web", "f1", "command-1", NOON)


@given(st.text(max_size=30), st.integers(0, 60))
def test_law4_ids_are_uuid5_of_service_aggregate_cause_and_index(cause: str, index: int) -> None:
    assert derived_id("accounts", "count:1", cause, index) == str(
        uuid5(_NAMESPACE, f"accounts/count:1/{cause}/{index}")
    )
    assert UUID(derived_id("accounts", "count:1", cause, index)).version == 5


def test_law4_what_goes_out_unsaved_has_an_id_of_its_record() -> None:
    out = [Outgoing(Added(total=1), "command-1")]
    saved = ENCODER.entry("count:1", out[0], incoming(), 0, CAUSE, NOON)
    here = ENCODER.unsaved("count:1", out, incoming(), CAUSE, NOON)[0]
    again = ENCODER.unsaved("count:1", out, incoming(), CAUSE, NOON)[0]
    elsewhere = ENCODER.unsaved("count:1", out, incoming(), CAUSE._replace(offset=18), NOON)[0]
    assert here == again
    assert len({saved.id, here.id, elsewhere.id}) == 3


def test_J3_an_answer_names_its_command_and_other_messages_their_cause() -> None:
    answer = ENCODER.entry("count:1", Outgoing(Added(total=1), "command-0"), incoming(), 0, CAUSE, NOON)
    event = ENCODER.entry("count:1", Outgoing(Counted(amount=1), "command-0"), incoming(), 1, CAUSE, NOON)
    assert (answer.correlation_id, answer.causation_id) == ("command-0", "command-0")
    assert (event.correlation_id, event.causation_id) == ("command-0", "cause-1")
    assert answer.sequence is None


def test_law4_the_outbox_gives_the_sequence() -> None:
    document = Document("count:1")
    for total in (1, 2):
        queued(document, ENCODER.entry("count:1", Outgoing(Added(total=total), "c"), incoming(), 0, CAUSE, NOON))
    assert [e.sequence for e in document.outbox] == [1, 2]


def test_law11_sealed_fields_leave_sealed() -> None:
    entry = ENCODER.entry(
        "count:1", Outgoing(Add(amount=1, note=Sealed.of("private")), "c"), incoming(), 0, CAUSE, NOON
    )
    assert b"private" not in entry.body
    sealed = Add.model_validate_json(entry.body).note
    assert sealed is not None
    assert sealed.jwe is not None
    assert fake_open(sealed.jwe) == "private"


def test_law7_a_message_has_64_KiB_and_a_decision_50_messages() -> None:
    with pytest.raises(BudgetExceeded):
        ENCODER.body(Add.model_construct(amount=1, remark="x" * 65_536), "count:1")
    assert ENCODER.body(Add.model_construct(amount=1, remark="x" * 65_000), "count:1")
    with pytest.raises(BudgetExceeded):
        ENCODER.outgoing((Counted(amount=1),) * (MAX_MESSAGES + 1), incoming())
    assert len(ENCODER.outgoing((Counted(amount=1),) * MAX_MESSAGES, incoming())) == 50


def test_J4_a_refusal_is_public_for_the_asker_and_precise_for_operators() -> None:
    refusal = Refusal("not-available-now", "unlucky", missing_step="log-in")
    public, precise = (out.body.model_dump() for out in ENCODER.refusal(refusal, incoming()))
    assert (public["public_reason"], public["missing_step"]) == ("not-available-now", "log-in")
    assert public["command_type"] == Add.type_name
    assert public["text_ar"]
    assert public["text_en"]
    assert "reason" not in public
    assert "unlucky" not in str(public)
    assert (precise["reason"], precise["message_id"]) == ("unlucky", "cause-1")


def test_J3_only_commands_are_answered_with_a_refusal_at_once_or_later() -> None:
    event = incoming(CallMade(amount=1))
    assert len(ENCODER.refusal(Refusal("not-available-now", "unlucky"), event)) == 1
    late = Refusal("not-available-now", "unlucky", command_id="command-9", command_type=Add.type_name)
    answer, precise = ENCODER.refusal(late, event)
    assert (answer.correlation_id, precise.correlation_id) == ("command-9", "command-9")
    assert answer.body.model_dump()["command_type"] == Add.type_name
    assert precise.body.model_dump()["message_id"] == "command-9"
