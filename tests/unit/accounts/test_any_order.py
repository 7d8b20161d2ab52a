"""Whatever is sent in whatever order by whomever, and however often: no account is defined without all its steps."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.accounts import (
    AcceptServiceTerms,
    AccountAdded,
    AccountDefined,
    AddAccount,
    BeneficiaryDeclared,
    CompleteDefinition,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionAdmitted,
    DefinitionClaimed,
    DefinitionCompleted,
    DefinitionDenied,
    DefinitionStarted,
    DuesShown,
    ReviewConfirmed,
    ServiceTermsAccepted,
    ShowDues,
    StartDefinition,
)
from contracts.accounts_supply_internal import BeneficiaryLodged, SupplyLodged
from contracts.billing import AccountUnknown, DuesAsked, DuesFound
from contracts.decision import Customer, Facts, Incoming, Outgoing
from contracts.message import Message
from contracts.operations import TIMER_ELAPSED
from contracts.values.reference_number import reference_number
from services.accounts.completion import complete_definition, finish_definition, refuse_completion
from services.accounts.customer import KnownCustomer, take_in_definition
from services.accounts.definition import (
    Definition,
    accept_service_terms,
    add_account,
    confirm_review,
    declare_beneficiary,
    start_definition,
)
from services.accounts.dues import (
    DuesFacts,
    give_up_on_dues,
    refuse_unknown_account,
    show_dues,
    show_found_dues,
)
from services.accounts.reference import ReferenceFacts
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from tests.scenario import NOON, arriving
from tests.unit.accounts.situations import ACCOUNT, ASKER, FAHAD, GIVE_UP_AT, KEY, NOURA, TOKEN, due

_HASH = text_hash(CURRENT_VERSION, "ar") or ""
COMMANDS: dict[str, tuple[Message, Any]] = {
    "start": (StartDefinition(token=TOKEN, relation="owner"), start_definition),
    "add": (AddAccount(token=TOKEN, identifier_kind="account-number", identifier=ACCOUNT), add_account),
    "add-nonsense": (AddAccount(token=TOKEN, identifier_kind="account-number", identifier="1"), add_account),
    "confirm": (ConfirmReview(token=TOKEN), confirm_review),
    "declare": (DeclareBeneficiary(token=TOKEN, is_actual_beneficiary=False), declare_beneficiary),
    "dues": (ShowDues(token=TOKEN, answer_key=ASKER), show_dues),
    "accept": (
        AcceptServiceTerms(token=TOKEN, version=CURRENT_VERSION, language="ar", text_hash=_HASH),
        accept_service_terms,
    ),
    "complete": (CompleteDefinition(token=TOKEN), complete_definition),
}
NEWS = ("billing-answers", "billing-knows-nothing", "customer-answers", "timer")
IN_ORDER = ("start", "add", "confirm", "declare", "dues", "billing-answers", "accept", "complete", "customer-answers")
NEEDED = (
    DefinitionStarted,
    AccountAdded,
    ReviewConfirmed,
    BeneficiaryDeclared,
    DuesShown,
    ServiceTermsAccepted,
    DefinitionCompleted,
)


class World:
    """One definition, its customer, billing, and every message that has gone out."""

    def __init__(self) -> None:
        self.definition: Definition | None = None
        self.customer: KnownCustomer | None = None
        self.sent: list[Message] = []
        self.questions: list[tuple[DuesAsked, str]] = []
        self.claims: list[Incoming[Any]] = []
        self.answers: dict[str, int] = {}
        self.commands = 0

    def command(self, name: str, customer: Customer) -> None:
        body, decide = COMMANDS[name]
        self.commands += 1
        incoming = arriving(body, id=f"command-{self.commands}", customer=customer)
        self.answers[incoming.id] = 0
        if self.definition is None and decide is not start_definition:
            self.answers[incoming.id] = 1  # the loop refuses what an absent definition is sent
            return
        facts: Facts = Facts(NOON)
        if decide is show_dues:
            facts = DuesFacts(NOON, GIVE_UP_AT)
        if decide is complete_definition:
            facts = ReferenceFacts(NOON, reference_number(KEY, incoming.id))
        self._decide(decide, incoming, facts)

    def news(self, name: str) -> None:
        if self.definition is None:
            return
        match name:
            case "billing-answers" | "billing-knows-nothing" if self.questions:
                question, correlation = self.questions.pop()
                self._billing(name, question, correlation)
            case "customer-answers" if self.claims:
                self._customer(self.claims.pop())
            case "timer":
                body = TIMER_ELAPSED["accounts"](aggregate="definition:flow-1")
                self._decide(give_up_on_dues, arriving(body), Facts(GIVE_UP_AT))
            case _:
                pass

    def _billing(self, name: str, question: DuesAsked, correlation: str) -> None:
        asked = {"asked_by": question.asked_by, "account_number": ACCOUNT, "user_id": question.user_id}
        found = DuesFound.model_validate({**asked, "as_of": NOON, "dues": (due(5),), "total_halalas": 5})
        unknown = AccountUnknown.model_validate(asked)
        body, decide = (found, show_found_dues) if name == "billing-answers" else (unknown, refuse_unknown_account)
        self._decide(decide, arriving(body, correlation_id=correlation), Facts(NOON))

    def _customer(self, claim: Incoming[Any]) -> None:
        decision = take_in_definition(self.customer, claim, Facts(NOON))
        self.customer = decision.state
        for body in decision.messages:
            if isinstance(body, SupplyLodged | BeneficiaryLodged):
                continue
            assert isinstance(body, DefinitionAdmitted | DefinitionDenied)
            decide = finish_definition if isinstance(body, DefinitionAdmitted) else refuse_completion
            self._decide(decide, arriving(body, correlation_id=claim.correlation_id), Facts(NOON))

    def _decide(self, decide: Any, incoming: Incoming[Any], facts: Facts) -> None:
        decision = decide(self.definition, incoming, facts)
        self.definition = decision.state
        if decision.refusal is not None and (decision.refusal.command_id or incoming.id in self.answers):
            self.answers[decision.refusal.command_id or incoming.id] += 1
        for message in decision.messages:
            out = message if isinstance(message, Outgoing) else Outgoing(message, incoming.correlation_id)
            self.sent.append(out.body)
            match out.body:
                case DuesAsked():
                    self.questions.append((out.body, out.correlation_id))
                case DefinitionClaimed():
                    self.claims.append(arriving(out.body, correlation_id=out.correlation_id))
                case AccountDefined():
                    pass
                case _:
                    self.answers[out.correlation_id] += 1

    def waiting(self) -> set[str]:
        """Commands that may still be without their answer."""
        command = getattr(self.definition, "command_id", None)
        return set() if command is None else {command}


def happen(world: World, name: str, customer: Customer) -> None:
    if name in COMMANDS:
        world.command(name, customer)
    else:
        world.news(name)


def follows(sent: list[Message], needed: tuple[type[Message], ...]) -> bool:
    rest = iter(sent)
    return all(any(isinstance(message, kind) for message in rest) for kind in needed)


events = st.tuples(st.sampled_from((*COMMANDS, *NEWS)), st.sampled_from((NOURA, NOURA, NOURA, FAHAD)))


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=30), st.integers(0, len(IN_ORDER)))
def test_J2_no_order_of_steps_defines_an_account_without_all_of_them(
    noise: list[tuple[str, Customer]], steps: int
) -> None:
    world = World()
    for name in IN_ORDER[:steps]:
        happen(world, name, NOURA)
    for name, customer in noise:
        happen(world, name, customer)
    defined = [message for message in world.sent if isinstance(message, AccountDefined)]
    assert len(defined) <= 1
    if defined:
        assert follows(world.sent, NEEDED)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=30))
def test_J3_each_command_gets_one_answer_at_most_and_none_is_forgotten(noise: list[tuple[str, Customer]]) -> None:
    world = World()
    for name, customer in noise:
        happen(world, name, customer)
        assert all(
            count == 1 or (count == 0 and command in world.waiting()) for command, count in world.answers.items()
        )


def test_A7_the_steps_in_their_order_define_the_account() -> None:
    world = World()
    for name in IN_ORDER:
        happen(world, name, NOURA)
    assert [type(message) for message in world.sent if not isinstance(message, DuesAsked | DefinitionClaimed)] == [
        *NEEDED,
        AccountDefined,
    ]
    assert world.customer is not None
    assert len(world.customer.definitions) == 1
    assert set(world.answers.values()) == {1}
