"""What the load must have led to, reckoned from the records that are on the topics."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.evidence import Evidence, Violation

EFFECTS: Final[Mapping[tuple[str, str], Mapping[str, int]]] = {
    ("StartRegistration", "RegistrationStarted"): {"RegistrationOpened": 1, "OtpRequested": 1},
    ("LogIn", "LoggedIn"): {"UserSignedIn": 1},
    ("ShowDues", "DuesShown"): {"DuesAsked": 1, "DuesFound": 1},
    ("CompleteDefinition", "DefinitionCompleted"): {
        "DefinitionClaimed": 1, "DefinitionAdmitted": 1, "AccountDefined": 1,
    },
    ("RequestStatement", "StatementReady"): {"ReportMade": 1},
}  # fmt: skip
"""By command and answer: messages of other aggregates that follow, and how many of each."""

STAGES: Final = (
    "begun",
    "named",
    "confirmed",
    "declared",
    "awaiting-dues",
    "informed",
    "agreed",
    "completing",
    "complete",
)
STAGE_OF: Final[Mapping[str, str]] = {
    "DefinitionStarted": "begun",
    "AccountAdded": "named",
    "ReviewConfirmed": "confirmed",
    "BeneficiaryDeclared": "declared",
    "DuesShown": "informed",
    "ServiceTermsAccepted": "agreed",
    "DefinitionCompleted": "complete",
}
"""How far a definition is when this has been answered (A1-A7)."""


def effects_once(evidence: Evidence) -> Iterator[Violation]:
    """Each command has led to what it leads to, once."""
    for entry, _ in evidence.commands():
        for answer in evidence.answers.get(entry.id, ())[:1]:
            caused = evidence.caused.get(entry.id, {})
            for name, times in EFFECTS.get((entry.name, answer.name), {}).items():
                found = len(caused.get(name, ()))
                if found != times:
                    kind = "lost" if found < times else "doubled"
                    yield Violation(kind, f"{entry.name} {entry.id} led to {found} x {name}")  # type: ignore[arg-type]


def definitions_kept(evidence: Evidence) -> Iterator[Violation]:
    """A definition is as far as its answers say, and each reference stands once with its customer (A7)."""
    states = evidence.states.get("accounts", {})
    references = Counter(
        defined["reference"]
        for aggregate, state in states.items()
        if aggregate.startswith("customer:")
        for defined in state["definitions"]
    )
    for entry, said in evidence.commands():
        for answer in evidence.answers.get(entry.id, ())[:1]:
            if answer.name not in STAGE_OF:
                continue
            stage = states.get(f"definition:{said.envelope.subject}", {}).get("stage")
            if stage is None or STAGES.index(stage) < STAGES.index(STAGE_OF[answer.name]):
                yield Violation("lost", f"{entry.name} {entry.id} is answered, its definition is {stage or 'absent'}")
            if answer.name == "DefinitionCompleted" and references[answer.body["reference"]] != 1:
                times = references[answer.body["reference"]]
                yield Violation("doubled" if times else "lost", f"a reference stands {times} times with its customer")


@dataclass(slots=True)
class Month:
    """A meter's month as it must be: the highest version of each day, and how many blocks changed it."""

    versions: dict[str, int] = field(default_factory=dict)
    edition: int = 0

    def take(self, day: str, version: int) -> None:
        """The next block in the order of the log (R6)."""
        if version > self.versions.get(day, 0):
            self.versions[day] = version
            self.edition += 1


def readings_kept(evidence: Evidence) -> Iterator[Violation]:
    """Every day block on the topic is in its month, by its highest version, and was taken in once (R5, R6)."""
    months: dict[str, Month] = {}
    for said in evidence.said:
        if said.envelope.id in evidence.ledger and said.name == "IntervalReadings":
            body = said.body
            aggregate = f"meter:{body['account_number']}:{body['day'][:7]}"
            months.setdefault(aggregate, Month()).take(body["day"], body["version"])
    for aggregate, month in months.items():
        yield from _month_kept(aggregate, month, evidence.states.get("reports", {}).get(aggregate))


def _month_kept(aggregate: str, month: Month, state: Mapping[str, Any] | None) -> Iterator[Violation]:
    kept = {block["day"]: block["version"] for block in state["days"]} if state is not None else {}
    for day, version in month.versions.items():
        if kept.get(day) != version:
            yield Violation("lost", f"{aggregate} has version {kept.get(day, 0)} of {day} and not {version}")
    if state is not None and state["edition"] > month.edition:
        yield Violation("doubled", f"{aggregate} was changed {state['edition']} times by {month.edition} blocks")
