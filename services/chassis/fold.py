"""Folding messages into one aggregate: strictly prepare, decide, prepare, decide (architecture, law 2).

The order of checks is law: duplicates first, then commands sent again, then cheap refusals, then the decision. A
message that fails names its aggregate: what was folded before it is kept, and it and its followers wait (law 7).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from contracts.decision import Decision, Facts, Outgoing, Refusal
from contracts.message import Answer, Nudge, TimerElapsed
from services.chassis.arrival import Arrival
from services.chassis.document import Document, Entry, FormatTooNew
from services.chassis.encoding import Encoder, queued
from services.chassis.keys import KeyUnknown
from services.chassis.orders import Told, told_entries
from services.chassis.parked_letters import letters_of
from services.chassis.sealing import SealBroken
from services.chassis.service import Service
from services.chassis.state import StateCodec

MAX_ROUND_BYTES: Final = 2 * 1024 * 1024
"""What one round may put into an outbox before it is saved and published: a document stays far below 16 MB."""


@dataclass(frozen=True, slots=True)
class DueEffect:
    """A call to be made once, after the save (law 8). `asked_at` is the broker's stamp of the message that asked."""

    aggregate: str
    effect: object
    correlation_id: str
    asked_at: datetime


@dataclass(slots=True)
class Folded:
    """What became of an aggregate's messages in one round. `done`: how many of them are settled; the next one, if any,
    raised `failure`. `direct`: messages that are sent without having been saved."""

    draft: Document
    changed: bool = False
    done: int = 0
    direct: list[Entry] = field(default_factory=list)
    effects: list[DueEffect] = field(default_factory=list)
    queued_bytes: int = 0
    failure: Exception | None = None
    outcomes: list[str] = field(default_factory=list)
    waits: bool = False
    """Whether the next message is for the next round."""


@dataclass(slots=True)
class _Step:
    """One decision on its way into the draft."""

    before: Any
    decision: Decision[Any]
    messages: list[Outgoing]
    present: datetime

    @property
    def changes_nothing(self) -> bool:
        """Its number is saved all the same: decided again later, by whoever lost its partition meanwhile, it could
        queue what the commit that it went by seems to prove (law 5)."""
        return self.decision.state is self.before and not (self.messages or self.decision.effects)


@dataclass(slots=True)
class Folder:
    """Folds the messages of one service's aggregates. `present()` is the corrected clock (law 9);
    `is_published(aggregate, entry)` says whether an entry is known to be on the log (law 5)."""

    service: Service
    codecs: Mapping[str, StateCodec]
    encoder: Encoder
    present: Callable[[], datetime]
    is_published: Callable[[str, Entry], bool]

    async def fold(self, document: Document, arrivals: Sequence[Arrival], twin: Document | None = None) -> Folded:
        """Fold the arrivals, in order, into a draft of the document. `twin` counts the letters of one that is or was
        parked."""
        folded = Folded(document.draft())
        try:
            codec = self.codecs[document.id.partition(":")[0]]
            state = codec.read(folded.draft)
            for arrival in arrivals:
                if folded.queued_bytes > MAX_ROUND_BYTES or (arrival.order is not None and folded.direct):
                    break
                if arrival.order is not None:
                    state = await self._carry_out(folded, codec, state, arrival, twin)
                elif not self._is_settled(folded, arrival):
                    state = await self._decide(folded, codec, state, arrival)
                if folded.waits:
                    break
                folded.done += 1
        except (KeyUnknown, FormatTooNew):
            raise  # machinery: the lane pauses, nothing is parked
        except Exception as error:  # noqa: BLE001 - whatever a decision raises counts against its aggregate alone
            folded.failure = error
        if folded.changed:
            folded.draft.outbox = [e for e in folded.draft.outbox if not self.is_published(document.id, e)]
        return folded

    async def _carry_out(
        self, folded: Folded, codec: StateCodec, state: Any, arrival: Arrival, twin: Document | None
    ) -> Any:
        """An operator's order: a letter is decided as its message would have been, in its turn and once (law 7)."""
        draft, order = folded.draft, arrival.order
        assert order is not None
        if draft.has_decided(*arrival.order_number):
            folded.outcomes.append("duplicate")
            return state
        letters, wanted = letters_of(self.service.name, draft, twin), arrival.letters
        drops = arrival.incoming is order
        if wanted is not None and (no := letters.judge(*wanted, drops=drops)) is not None:
            self._tell(folded, Told(order, arrival.position, no))
            folded.outcomes.append("refused")
            return state
        if drops:  # what is settled among them is not told to be dropped
            order = replace(order, body=order.body.model_copy(update={"first": letters.settled + 1}))
            folded.outcomes.append("dropped")
        elif wanted is not None and wanted[1] <= letters.settled:
            folded.outcomes.append("duplicate")
        elif not self._is_settled(folded, arrival):
            state = await self._decide(folded, codec, state, arrival)
        told = Told(order, arrival.position, folded.outcomes[-1])
        if wanted is None and not (arrival.stream is not None and draft.has_decided(arrival.stream, arrival.number)):
            self._tell(folded, told)  # nothing was saved: told again when it comes again
            return state
        numbers = [arrival.order_number] + ([(letters.stream, wanted[1])] if wanted is not None else [])
        self._remember(folded, numbers, told)
        return state

    def _remember(self, folded: Folded, numbers: Sequence[tuple[str, int]], told: Told) -> None:
        """An order was carried out. Its numbers say from now on that all of it was said: what was to go out unsaved is
        saved with them, else it could be lost in between (J3)."""
        draft, unsaved = folded.draft, folded.direct
        folded.direct = []
        for stream, number in numbers:
            if not draft.has_decided(stream, number):
                draft.remember_number(stream, number, told.order.now)
        for entry in [*unsaved, *told_entries(self.encoder, draft.id, told, self.present())]:
            # An answer that is given again would seem proven by its first cause, and be trimmed unsent.
            queued(draft, replace(entry, cause=told.position))
        folded.changed = True

    def _tell(self, folded: Folded, told: Told) -> None:
        folded.direct += told_entries(self.encoder, folded.draft.id, told, self.present())

    def _is_settled(self, folded: Folded, arrival: Arrival) -> bool:
        """Whether what becomes of a message is known without its decision."""
        draft = folded.draft
        if arrival.stream is not None and draft.has_decided(arrival.stream, arrival.number):
            folded.outcomes.append("duplicate")
            return True
        if arrival.is_command and self._sent_again(folded, arrival):
            return True
        if isinstance(arrival.incoming.body, Nudge):
            folded.outcomes.append("nudged")
            return True
        refusal = arrival.obstacle or self._absence(draft, arrival)
        if refusal is None and arrival.is_command and not draft.has_room_for_command(arrival.incoming.now):
            refusal = Refusal("not-available-now", "too-many-commands")
        if refusal is not None:
            self._refuse_unsaved(folded, arrival, refusal)
        return refusal is not None

    def _sent_again(self, folded: Folded, arrival: Arrival) -> bool:
        known = folded.draft.commands.get(arrival.incoming.id)
        if known is None:
            return False
        if known.digest == arrival.digest:
            folded.direct.extend(known.entries())
            folded.outcomes.append("answered-again")
        else:
            self._refuse_unsaved(folded, arrival, Refusal("command-id-reused", "command-id-reused"))
        return True

    def _absence(self, draft: Document, arrival: Arrival) -> Refusal | None:
        if draft.state is not None or (arrival.route is not None and arrival.route.creates):
            return None
        return arrival.route.absent if arrival.route is not None else Refusal("not-found", "aggregate-absent")

    def _refuse_unsaved(self, folded: Folded, arrival: Arrival, refusal: Refusal) -> None:
        self.direct(folded, arrival, self.encoder.refusal(refusal, arrival.incoming))
        folded.outcomes.append("refused")

    def direct(self, folded: Folded, arrival: Arrival, messages: Sequence[Outgoing]) -> None:
        """Encode messages that go out without a save."""
        folded.direct += self.encoder.unsaved(
            folded.draft.id, messages, arrival.incoming, arrival.position, self.present()
        )

    async def _decide(self, folded: Folded, codec: StateCodec, state: Any, arrival: Arrival) -> Any:
        present = max(self.present(), (arrival.order or arrival.incoming).now)
        try:
            decision = await self._decision(codec, state, arrival, present)
        except SealBroken:
            self._refuse_unsaved(folded, arrival, Refusal("malformed", "seal-not-opened"))
            return state
        step = _Step(state, decision, self.encoder.outgoing(decision.messages, arrival.incoming), present)
        if decision.refusal is not None:
            step.messages += self.encoder.refusal(decision.refusal, arrival.incoming)
        if not decision.recorded or decision.state is None:
            self.direct(folded, arrival, step.messages)
            folded.outcomes.append("refused" if decision.refusal else "answered")
            return state
        if folded.direct:
            # The number that this message leaves covers those before it: what they were answered without a save must
            # be on the log first, else a crash between save and publish would take it for said (J3).
            folded.waits = True
            return state
        return self._record(folded, codec, arrival, step)

    async def _decision(self, codec: StateCodec, state: Any, arrival: Arrival, present: datetime) -> Decision[Any]:
        route, kind, incoming = arrival.route, codec.kind, arrival.incoming
        if route is None:
            assert kind.on_timer is not None
            decide, prepare = kind.on_timer, kind.prepare_timer
        else:
            decide, prepare = route.decide, route.prepare
        if prepare is None:
            return decide(state, incoming, Facts(present))
        return decide(state, incoming, await prepare(state, incoming, self.service.effects, present))

    def _record(self, folded: Folded, codec: StateCodec, arrival: Arrival, step: _Step) -> Any:
        # All that can fail comes before the first change of the draft: what was folded before stays whole.
        draft, incoming, decision = folded.draft, arrival.incoming, step.decision
        entries = [
            self.encoder.entry(draft.id, out, incoming, index, arrival.position, step.present)
            for index, out in enumerate(step.messages)
        ]
        if decision.state is not step.before:
            codec.write(draft, decision.state)
        if arrival.stream is not None:
            draft.remember_number(arrival.stream, arrival.number, incoming.now)
        if arrival.is_command:
            draft.remember_command(incoming.id, arrival.digest, incoming.now)
        for out, entry in zip(step.messages, entries, strict=True):
            numbered = queued(draft, entry)
            folded.queued_bytes += len(entry.body)
            if isinstance(out.body, Answer):
                draft.remember_answer(out.correlation_id, numbered)
        folded.changed = True
        folded.effects += [
            DueEffect(draft.id, effect, incoming.correlation_id, incoming.now) for effect in decision.effects
        ]
        early = isinstance(incoming.body, TimerElapsed) and step.changes_nothing
        folded.outcomes.append("refused" if decision.refusal else "ignored" if early else "decided")
        return decision.state
