"""What a kind of request is: data about its form, its steps and its texts (A15-A17). A new kind is a new file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.decision import Decision, Facts, Incoming, answered
from contracts.requests import AskRequestKinds, RequestKind, RequestKindsGiven, RequestState

WITHDRAWN = "withdrawn"
"""The state of a request that its customer has taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindStep:
    """One state of a kind's requests: what may follow by the back office's work, and what the customer reads."""

    next: tuple[str, ...]
    withdrawable: bool
    text_ar: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedKind:
    """`first`: the state of a request just filed. `one_open`: a definition may have one open request of this kind.
    `party`: for those only whose relation to the supply somebody else has confirmed: what changes the supply or its
    bills, or tells of them (A10, A18); a report of what anybody may see or suffer is heard from whoever makes it.
    `party_month`: the form's field that names a month, of which who has left asks, too, if they were billed then (A18).
    `urgent`: danger, by a lane of its own. `accepts` says whether a form, read from JSON, fits `form_schema`."""

    kind: str
    title_ar: str
    title_en: str
    urgent: bool
    one_open: bool
    party: bool
    party_month: str | None
    first: str
    steps: Mapping[str, KindStep]
    form_schema: str
    accepts: Callable[[Any], bool] = field(compare=False, repr=False)

    def allows(self, before: str, after: str) -> bool:
        """Whether the back office may bring a request from one state to another."""
        return before in self.steps and after in self.steps[before].next

    def may_be_withdrawn(self, state: str) -> bool:
        """Whether the customer may still take a request in this state back."""
        return state in self.steps and self.steps[state].withdrawable

    def is_final(self, state: str) -> bool:
        """Whether no other state follows."""
        step = self.steps[state]
        return not step.next and not step.withdrawable


@dataclass(frozen=True, slots=True)
class RequestKinds:
    """Every kind on offer, by its code. At most one is urgent."""

    offered: Mapping[str, OfferedKind]

    @property
    def urgent(self) -> OfferedKind | None:
        """The kind that a report of danger is of."""
        return next((kind for kind in self.offered.values() if kind.urgent), None)

    def given(self) -> RequestKindsGiven:
        """All of them as channels show them."""
        return RequestKindsGiven(kinds=tuple(_shown(kind) for _, kind in sorted(self.offered.items())))

    def on_asked(self, state: None, _: Incoming[AskRequestKinds], __: Facts) -> Decision[None]:
        """Anybody may ask. Nothing is recorded."""
        return answered(state, self.given())


@dataclass(frozen=True, slots=True)
class KindFacts(Facts):
    """`kind`: the kind of the request that a message is about; None if it is no longer offered."""

    kind: OfferedKind | None


def _shown(kind: OfferedKind) -> RequestKind:
    states = tuple(
        RequestState(
            state=state,
            text_ar=step.text_ar,
            text_en=step.text_en,
            final=kind.is_final(state),
            withdrawable=step.withdrawable,
        )
        for state, step in kind.steps.items()
    )
    return RequestKind(
        kind=kind.kind,
        title_ar=kind.title_ar,
        title_en=kind.title_en,
        urgent=kind.urgent,
        form_schema=kind.form_schema,
        states=states,
    )
