"""Given a state, when a message arrives, then this follows: the language of the decisions' tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from contracts.decision import Customer, Decision, Facts, Incoming, Outgoing
from contracts.message import Command, Message

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
"""Noon in Riyadh: the instant at which scenarios happen unless they say otherwise."""


def arriving(
    body: Message,
    *,
    id: str = "m-1",
    subject: str = "flow-1",
    source: str = "web",
    now: datetime = NOON,
    customer: Customer | None = None,
    opened: dict[str, str] | None = None,
    correlation_id: str | None = None,
) -> Incoming[Any]:
    """A message as a decision sees it; `opened` gives the texts of its sealed fields."""
    texts = opened or {}
    correlation = correlation_id or (id if isinstance(body, Command) else "c-1")
    return Incoming(body, id, source, subject, correlation, now, customer, opener=texts.__getitem__)


@dataclass(frozen=True)
class Given:
    """A state, and what led to it."""

    state: Any
    decision: Decision[Any] | None = field(default=None)

    def when(self, decide: Callable[..., Decision[Any]], message: Incoming[Any], facts: Facts | None = None) -> Given:
        """Decide once. Facts default to a present at the message's stamp."""
        decision = decide(self.state, message, facts or Facts(message.now))
        return Given(decision.state, decision)

    def then(self, *expected: type[Message] | Message) -> Given:
        """Exactly these messages follow, in order; a class stands for any message of it."""
        bodies = self.messages
        assert len(bodies) == len(expected), f"expected {expected}, got {bodies}, refusal {self._decision.refusal}"
        for body, wanted in zip(bodies, expected, strict=True):
            assert isinstance(body, wanted) if isinstance(wanted, type) else body == wanted, (
                f"{body!r} is not {wanted!r}"
            )
        assert self._decision.refusal is None, self._decision.refusal
        return self

    def then_refused(self, public_reason: str, reason: str, missing_step: str | None = None) -> Given:
        """Refused with these reasons (J4) and, where given, the missing step (J2)."""
        refusal = self._decision.refusal
        assert refusal is not None, f"not refused: {self.messages}"
        assert (refusal.public_reason, refusal.reason) == (public_reason, reason)
        assert missing_step is None or refusal.missing_step == missing_step
        return self

    def then_state(self, expected: Any) -> Given:
        """The state is of this class, or equal to this value."""
        matches = isinstance(self.state, expected) if isinstance(expected, type) else self.state == expected
        assert matches, f"state is {self.state!r}"
        return self

    def with_state(self, **changes: Any) -> Given:
        """The same state with some fields changed."""
        return replace(self, state=replace(self.state, **changes))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The bodies of what follows."""
        return tuple(m.body if isinstance(m, Outgoing) else m for m in self._decision.messages)

    @property
    def effects(self) -> tuple[object, ...]:
        """The calls that follow."""
        return self._decision.effects

    @property
    def _decision(self) -> Decision[Any]:
        assert self.decision is not None, "nothing has happened yet"
        return self.decision


def given(state: Any = None) -> Given:
    """Begin a scenario; None is an absent aggregate."""
    return Given(state)
