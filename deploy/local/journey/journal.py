"""What was done, what was to come of it and what did: the rows of the demo's table and of the tests' comparison."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from contracts.message import Answer, Command
from deploy.local.client import Answered, Client
from deploy.local.watch import ANSWER_TOPICS, KEY_TOPICS, Seen, Watch

UNSHOWN: Final = ANSWER_TOPICS | KEY_TOPICS
NO_COMMAND: Final = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `milliseconds` is the time from command to answer, None where there is no command."""

    part: str
    title: str
    rules: str
    expected: str
    got: str
    milliseconds: float | None
    command_ids: tuple[str, ...]

    @property
    def is_expected(self) -> bool:
        """Whether the outcome is the expected one."""
        return self.got == self.expected

    @property
    def outcome(self) -> tuple[str, str, str, str]:
        """The row without what differs from run to run."""
        return self.part, self.title, self.expected, self.got


class NotAsExpected(Exception):
    """A step had another outcome than the journey needs to go on."""


@dataclass(slots=True)
class Journal:
    """Takes the steps of one person by one channel; `show` is told of each when it is over."""

    client: Client
    show: Callable[[Step], None]
    part: str = ""
    steps: list[Step] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Codes, tokens and links that were used, by name: none may be found in clear where it does not belong."""

    def keep_secret(self, name: str, value: str) -> str:
        """Remember what must be found in clear nowhere but where it belongs. Returns it."""
        self.secrets[f"{name} {len(self.secrets) + 1}"] = value
        return value

    async def ask(
        self, title: str, rules: str, command: Command, *, key: str, expected: type[Answer] | str
    ) -> Answered:
        """One command with an expected outcome: an answer, or a public reason with the missing step in brackets.

        Raises:
            NotAsExpected: it had another.
        """
        answered = await self.client.ask(command, key=key)
        wanted = expected if isinstance(expected, str) else expected.__name__
        self.note(title, rules, wanted, answered.outcome, answered.milliseconds, (answered.sent.id,))
        return answered

    async def look(self, title: str, rules: str, expected: str, found: Callable[[], Awaitable[str]]) -> None:
        """One step without a command, such as a download, timed.

        Raises:
            NotAsExpected: it had another outcome.
        """
        begun = time.perf_counter()
        got = await found()
        self.note(title, rules, expected, got, (time.perf_counter() - begun) * 1000)

    def adds_up(self, title: str, rules: str, whole: int, parts: int) -> None:
        """Parts in halalas make a whole that differs from run to run.

        Raises:
            NotAsExpected: they do not.
        """
        self.note(title, rules, "the whole", "the whole" if parts == whole else f"{parts} of {whole} halalas")

    def note(
        self,
        title: str,
        rules: str,
        expected: str,
        got: str,
        milliseconds: float | None = None,
        command_ids: tuple[str, ...] = NO_COMMAND,
    ) -> None:
        """One step that is over.

        Raises:
            NotAsExpected: `got` is not `expected`.
        """
        step = Step(self.part, title, rules, expected, got, milliseconds, command_ids)
        self.steps.append(step)
        self.show(step)
        if not step.is_expected:
            raise NotAsExpected(f"{title}: expected {expected}, got {got}")


def events_of(watch: Watch, step: Step) -> list[Seen]:
    """The messages that a step caused so far: events and questions to neighbours. Left out are the answer and what a
    service says to itself only."""
    by_id = {seen.envelope.id: seen for seen in watch.caused_by(step.command_ids) if _is_shown(seen)}
    return list(by_id.values())  # a message that was published again is the same message (law 5)


def events_by_service(watch: Watch, step: Step) -> dict[str, list[str]]:
    """The names of the same by service: `{"notifications": ["MessageHandedOver x2", "MessageDelivered"]}`."""
    by_service: dict[str, Counter[str]] = {}
    for seen in events_of(watch, step):
        by_service.setdefault(seen.envelope.source, Counter())[seen.name] += 1
    return {service: [_times(name, n) for name, n in names.items()] for service, names in by_service.items()}


def refusals_of(watch: Watch, step: Step) -> list[str]:
    """The precise reasons of refusals, which only operators see (J4)."""
    caused = watch.caused_by(step.command_ids)
    return list({str(getattr(seen.body, "reason", "")) for seen in caused if seen.name == "RefusalRecorded"})


def _is_shown(seen: Seen) -> bool:
    private = seen.topic.endswith((".internal", ".audit", "-results"))
    return seen.topic not in UNSHOWN and not private


def _times(name: str, times: int) -> str:
    return name if times == 1 else f"{name} x{times}"
