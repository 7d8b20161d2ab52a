import csv
import io
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from contracts.decision import Facts
from contracts.message import MAX_MESSAGE_BYTES
from contracts.operations import TIMER_ELAPSED
from contracts.reports import ReportMade, StatementReady
from contracts.reports_internal import (
    DocumentCompleted,
    MovesGiven,
    MovesWanted,
    RelationSpan,
    ReportDeclined,
    StatementOrdered,
)
from contracts.requests import RequestMoved
from contracts.values.language import Language
from services.chassis.encoding import MAX_STATE_BYTES
from services.reports.account_texts import REQUEST_KINDS, STATES
from services.reports.answering import LinkFacts, answer_with_document
from services.reports.any_report import due_at, on_timer
from services.reports.customer import Order, ReportsCustomer
from services.reports.order_states import Declined
from services.reports.rendering import file_name, render
from services.reports.statement import (
    A_PART,
    MOST_REQUESTS,
    MOST_REQUESTS_A_MONTH,
    MOST_STATES,
    MOST_STATES_IN_ALL,
    KnownRequest,
    StateAt,
    Statement,
    bounded,
    collect_move,
    collector_of,
    give_moves,
    merged,
)
from services.reports.statement_order import Gathering, StatementMade, order_statement, take_moves
from services.reports.statement_paper import statement_csv, statement_document
from services.reports.texts import isolate
from tests.scenario import NOON, Given, arriving, given
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    EXPIRES_AT,
    FACTS,
    FEBRUARY,
    GIVE_UP_AT,
    NOURA,
    REPORT_ID,
    reread,
    written,
)

OUTAGE, TRANSFER = "7K3M-0QXZ-91TC-AA", "7K3M-0QXZ-91TC-BB"
DEFINITION = "7K3M-0QXZ-91TC-00"
TIMER = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")
SPAN = RelationSpan(account_number=ACCOUNT, relation="owner", basis="billing", from_day=date(2023, 1, 1))
PAST = RelationSpan(
    account_number="30087654321",
    relation="tenant",
    basis="transfer",
    from_day=date(2024, 1, 1),
    last_day=FEBRUARY.first,
)
LONG_PAST = PAST.model_copy(update={"last_day": date(2025, 1, 1)})
ORDER = StatementOrdered(
    report_id=REPORT_ID,
    user_id=NOURA.user_id,
    acted_by="user-sara",
    first_day=FEBRUARY.first,
    last_day=FEBRUARY.last,
    relations=(SPAN, PAST, LONG_PAST),
)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def moved(reference: str, state: str, when: datetime, final: bool = False, kind: str = "outage") -> RequestMoved:
    return RequestMoved(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        kind=kind,
        reference=reference,
        definition_reference=DEFINITION,
        state=state,
        final=final,
        at=when,
    )


MOVES = (
    moved(TRANSFER, "requested", at(1, 20), kind="actual-account"),
    moved(TRANSFER, "awaiting-consents", at(1, 20, 10), kind="actual-account"),
    moved(OUTAGE, "received", at(2, 1)),
    moved(OUTAGE, "resolved", at(2, 2), final=True),
    moved(TRANSFER, "completed", at(2, 3), final=True, kind="actual-account"),
)


def months_of(moves: Any) -> dict[str, Any]:
    """The collectors after these events."""
    states: dict[str, Any] = {}
    for body in moves:
        name = collector_of(body)
        states[name] = given(states.get(name)).when(collect_move, arriving(body)).then().state
    return states


def gathered(moves: Any = MOVES) -> Given:
    """A statement after every month it asked has answered."""
    states = months_of(moves)
    scenario = given().when(order_statement, arriving(ORDER, correlation_id="command-1"), FACTS)
    waiting = [message for message in scenario.messages if isinstance(message, MovesWanted)]
    while waiting:
        wanted = waiting.pop()
        name = f"requests:{wanted.user_id}.{wanted.month}"
        (answer,) = given(states.get(name)).when(give_moves, arriving(wanted)).messages
        scenario = scenario.when(take_moves, arriving(answer), FACTS)
        waiting += [message for message in scenario.messages if isinstance(message, MovesWanted)]
    return scenario


def statement(moves: Any = MOVES) -> Statement:
    made: Statement = gathered(moves).then_state(StatementMade).state.report
    return made


def test_R3_a_statement_asks_its_months_and_the_year_before_once() -> None:
    once = given().when(order_statement, arriving(ORDER), FACTS)
    months = [message.month for message in once.messages if isinstance(message, MovesWanted)]
    assert (months[0], months[-1], len(months)) == ("2025-02", "2026-02", 13)
    assert due_at(once.state) == GIVE_UP_AT
    once.when(order_statement, arriving(ORDER), FACTS).then().then_state(once.state)


def test_R3_J3_I17_a_gathered_statement_is_made_and_told_under_the_commands_id() -> None:
    made = gathered()
    made.then(
        DocumentCompleted(report_id=REPORT_ID, user_id=NOURA.user_id, expires_at=EXPIRES_AT),
        ReportMade(
            user_id=NOURA.user_id,
            acted_by="user-sara",
            report_id=REPORT_ID,
            kind="statement",
            version=1,
            made_at=NOON,
        ),
    )
    assert reread("report", made.state) == made.state
    order = Order(report_id=REPORT_ID, command_id="command-1", answer_key=ASKER, kind="statement")
    completed = made.messages[0]
    link = LinkFacts(NOON, f"/reports/{REPORT_ID}.secret")
    customer = ReportsCustomer(under_way=(order,))
    given(customer).when(answer_with_document, arriving(completed), link).then(StatementReady)


def test_R3_each_request_has_its_whole_history_across_months_oldest_first() -> None:
    transfer, outage = statement().requests
    assert (transfer.reference, transfer.final, [each.state for each in transfer.states]) == (
        TRANSFER,
        True,
        ["requested", "awaiting-consents", "completed"],
    )
    assert (outage.reference, [each.at for each in outage.states]) == (OUTAGE, [at(2, 1), at(2, 2)])


def test_R3_what_was_over_before_the_period_or_came_after_it_is_not_on_it() -> None:
    over = [moved(OUTAGE, "received", at(1, 1)), moved(OUTAGE, "resolved", at(1, 2), final=True)]
    assert statement(over).requests == ()
    assert statement([moved(OUTAGE, "received", at(3, 1))]).requests == ()
    still_open = [moved(OUTAGE, "received", at(1, 1)), moved(OUTAGE, "resolved", at(3, 2), final=True)]
    (request,) = statement(still_open).requests
    assert (request.final, [each.state for each in request.states]) == (False, ["received"])


def test_R3_relations_are_intervals_and_those_long_over_are_not_on_it() -> None:
    assert [(each.from_day, each.last_day) for each in statement().relations] == [
        (date(2023, 1, 1), None),
        (date(2024, 1, 1), FEBRUARY.first),
    ]


def test_R3_a_state_said_twice_is_kept_once_and_a_collector_belongs_to_a_person_and_riyadh_month() -> None:
    once = given().when(collect_move, arriving(MOVES[0]))
    once.when(collect_move, arriving(MOVES[0])).then().then_state(once.state)
    evening = moved(OUTAGE, "received", datetime(2026, 1, 31, 21, 30, tzinfo=UTC))  # 1 February in Riyadh
    assert collector_of(evening) == f"requests:{NOURA.user_id}.2026-02"
    assert reread("requests", once.state) == once.state


def test_R3_a_part_that_answers_twice_counts_once_and_nothing_comes_after_the_end() -> None:
    part = MovesGiven(report_id=REPORT_ID, month="2026-02", part=0, requests=(), more=False)
    waiting = given().when(order_statement, arriving(ORDER), FACTS).when(take_moves, arriving(part), FACTS)
    waiting.when(take_moves, arriving(part), FACTS).then().then_state(waiting.state)
    made = gathered()
    made.when(take_moves, arriving(part), FACTS).then().then_state(made.state)


def test_R3_J3_months_that_do_not_answer_are_given_up_in_time() -> None:
    waiting = given().when(order_statement, arriving(ORDER), FACTS)
    waiting.when(on_timer, arriving(TIMER), Facts(NOON)).then().then_state(waiting.state)
    silent = waiting.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT))
    silent.then(ReportDeclined(report_id=REPORT_ID, user_id=NOURA.user_id, reason="requests-did-not-come"))
    silent.then_state(Declined(user_id=NOURA.user_id, reason="requests-did-not-come"))


def busy_month() -> list[RequestMoved]:
    moves = []
    for number in range(MOST_REQUESTS_A_MONTH + 3):
        for index in range(MOST_STATES + 2):
            when = at(2, 1) + timedelta(minutes=number * 20 + index)
            moves.append(moved(f"{number:030d}", "s" * 60 + f"{index:04d}", when, kind="k" * 64))
    return moves


def test_R3_a_flood_of_requests_is_bounded_part_by_part_and_fits_documents_and_messages() -> None:
    (month,) = months_of(busy_month()).values()
    assert len(month.requests) == MOST_REQUESTS_A_MONTH
    assert {len(each.states) for each in month.requests} == {MOST_STATES}
    assert len((written("requests", month).state or "").encode()) < MAX_STATE_BYTES
    wanted = MovesWanted(report_id=REPORT_ID, user_id=NOURA.user_id, month="2026-02", part=0)
    answers = [
        given(month).when(give_moves, arriving(wanted.model_copy(update={"part": part}))).messages[0]
        for part in range(ceil(MOST_REQUESTS_A_MONTH / A_PART))
    ]
    assert [answer.more for answer in answers if isinstance(answer, MovesGiven)] == [True] * 7 + [False]
    assert all(len(answer.model_dump_json().encode()) < MAX_MESSAGE_BYTES for answer in answers)
    made = statement(busy_month())
    assert len(made.requests) + made.left_out == MOST_REQUESTS_A_MONTH
    assert sum(len(each.states) for each in made.requests) <= MOST_STATES_IN_ALL
    assert any("left out" in note for note in statement_document(made, Language.ENGLISH).notes)
    state = gathered(busy_month()).state
    assert len((written("report", state).state or "").encode()) < MAX_STATE_BYTES * 9 // 10


def test_R3_of_more_requests_than_fit_the_latest_are_kept_and_the_rest_counted() -> None:
    requests = [
        KnownRequest(
            reference=f"{number:020d}",
            definition_reference=DEFINITION,
            account_number=ACCOUNT,
            kind="outage",
            final=True,
            states=(StateAt(state="received", at=NOON + timedelta(minutes=number)),),
        )
        for number in range(MOST_REQUESTS + 7)
    ]
    kept, left_out = bounded(requests, FEBRUARY)
    assert (len(kept), left_out, kept[0]) == (MOST_REQUESTS, tuple(reversed(requests[:7])), requests[7])
    assert merged(kept, ()) == kept


def test_R3_states_of_one_instant_stand_in_the_order_in_which_they_were_told() -> None:
    steps = ("received", "assigned", "on-the-way", "working", "waiting", "tested", "resolved")
    made = statement([moved(OUTAGE, step, at(2, 1)) for step in steps])
    assert tuple(each.state for each in made.requests[0].states) == steps


def test_R3_R4_names_are_in_the_readers_language_and_unknown_codes_are_shown_isolated() -> None:
    report = statement([*MOVES, moved("7K3M-0QXZ-91TC-CC", "new-state", at(2, 5), kind="new-kind")])
    english, arabic = (statement_document(report, language) for language in (Language.ENGLISH, Language.ARABIC))
    words = str(english)
    assert REQUEST_KINDS["actual-account"].en in words
    assert STATES["awaiting-consents"].en in words
    assert STATES["awaiting-consents"].ar in str(arabic)
    rows = [row.cells for table in english.tables for row in table.rows]
    assert any(isolate("new-kind") in cells and isolate("new-state") in cells for cells in rows)
    assert file_name(report) == "statement-2026-02-01-2026-02-28"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("moves", [(), MOVES])
def test_R4_R3_the_statement_renders_to_the_same_bytes_in_pdf_and_csv(language: Language, moves: Any) -> None:
    made = gathered(moves).state
    again = reread("report", made)
    for file_format in ("pdf", "csv"):
        assert render(made.report, language, file_format) == render(again.report, language, file_format)
    assert b"pdfuaid:part" in render(made.report, language, "pdf")
    rows = list(csv.reader(io.StringIO(statement_csv(made.report, language).decode("utf-8-sig"))))
    assert len(rows) == 1 + len(moves) + 2
    assert {len(row) for row in rows} == {9}


def test_R3_what_is_gathered_says_who_waits() -> None:
    waiting = given().when(order_statement, arriving(ORDER, correlation_id="command-1"), FACTS).state
    assert isinstance(waiting, Gathering)
    assert (waiting.correlation_id, waiting.acted_by) == ("command-1", "user-sara")
