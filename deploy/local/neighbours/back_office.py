r"""The simulated back office: works on cases step by step, goes out to dangers, settles conflicts.

    python -m deploy.local.neighbours.back_office --kafka localhost:9092 --keys keys/back-office \
        --fingerprints fingerprints.json --steps complaint=assigned,escalated,answered --seconds-a-step 0.5

It does no step faster than in 200 ms, takes a case up once whatever comes twice, leaves a withdrawn case alone, and can
be away for as long as one likes.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from uuid import UUID, uuid4, uuid5

import structlog

from contracts.back_office import CaseOpened, CaseProgressed, CaseWithdrawn, ConflictRaised, ConflictSettled
from contracts.back_office import DangerReported as Danger
from contracts.topics import BACK_OFFICE_REQUESTS, BACK_OFFICE_URGENT
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, AtADesk, Request, RequestDesk
from deploy.local.neighbours.running import until_stopped
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.sealing import SealBroken

NAME: Final = "back-office"
DANGER: Final = "danger"
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "bill-copy": ("sent",),
    "bill-correction": ("under-review", "corrected"),
    "bill-language": ("changed",),
    "complaint": ("assigned", "answered"),
    "outage": ("assigned", "resolved"),
    DANGER: ("assigned", "secured"),
    "insulation": ("visit-planned", "approved"),
    "barq-plus": ("assessed", "connected"),
    "smart-meter": ("visit-planned", "installed"),
}
"""What it does with each kind of case unless told otherwise. Cases of other kinds lie where they are."""

_NAMESPACE: Final = UUID("4f1f3c0e-6f0c-5a5d-9a39-0f1c52a7d0be")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it was taken up, its form opened."""

    case_id: str
    kind: str
    account_number: str
    form: str = field(repr=False)


class BackOfficeSimulator(AtADesk):
    """`async with BackOfficeSimulator(...) as office`: works while the block runs.

    `keys_folder` is the back office's own folder of `make_keys`, `fingerprints` what `make_keys` returned. `steps` says
    what is done with cases of a kind, in addition to `STEPS`. `cases` are those taken up, oldest first.
    """

    def __init__(
        self,
        bootstrap: str,
        keys_folder: Path,
        fingerprints: Mapping[str, Mapping[str, str]],
        steps: Mapping[str, tuple[str, ...]] | None = None,
        seconds_a_step: float = SECONDS_TO_ANSWER,
    ) -> None:
        pinned = {service: Fingerprints(**prints) for service, prints in fingerprints.items()}
        self._keyring = Keyring(NAME, PrivateKeys.load(keys_folder), pinned)
        self._steps = {**STEPS, **(steps or {})}
        self._seconds = max(SECONDS_TO_ANSWER, seconds_a_step)
        self._desk = RequestDesk(NAME, bootstrap, (BACK_OFFICE_URGENT, BACK_OFFICE_REQUESTS), self._answer)
        self._withdrawn: set[str] = set()
        self.cases: dict[str, Case] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self._desk.send(self._keyring.own_announcement(), NAME, str(uuid4()))
        except BaseException:
            await self._desk.__aexit__(None, None, None)
            raise
        return self

    async def _answer(self, request: Request) -> Answer | None:
        match request.body:
            case CaseOpened() | Danger() as opened:
                await self._work_on(opened, request)
            case CaseWithdrawn(case_id=case_id):
                self._withdrawn.add(case_id)
            case ConflictRaised() as conflict:
                await asyncio.sleep(self._seconds)
                return Answer(settled(conflict), conflict.asked_by)
            case _:
                pass
        return None

    async def _work_on(self, opened: CaseOpened | Danger, request: Request) -> None:
        try:
            form = self._keyring.opener(opened, request.subject)("form")
        except SealBroken:
            return
        if opened.case_id in self.cases:
            return
        kind = opened.kind if isinstance(opened, CaseOpened) else DANGER
        self.cases[opened.case_id] = Case(opened.case_id, kind, opened.account_number, form)
        for step in self._steps.get(kind, ()):
            await asyncio.sleep(self._seconds)
            await self._desk.at_work()
            if opened.case_id in self._withdrawn:
                return
            body = CaseProgressed(asked_by=opened.asked_by, case_id=opened.case_id, step=step)
            await self._desk.send(body, opened.asked_by, str(uuid5(_NAMESPACE, f"{opened.case_id}/{step}")), request)
            self._desk.answered["CaseProgressed"] += 1


def settled(conflict: ConflictRaised) -> ConflictSettled:
    """The claim that is oldest, and of several the first of them, by its documents."""
    oldest = min(conflict.claims, key=lambda claim: claim.from_day)
    return ConflictSettled(
        asked_by=conflict.asked_by,
        case_id=conflict.case_id,
        user_id=oldest.user_id,
        from_day=oldest.from_day,
        grounds="documents",
    )


def steps_of(text: str) -> tuple[str, tuple[str, ...]]:
    """`complaint=assigned,answered`: a kind and what is done with its cases. Raises ValueError for anything else."""
    kind, equals, steps = text.partition("=")
    if not kind or not equals:
        raise ValueError("KIND=STEP,STEP")
    return kind, tuple(step for step in steps.split(",") if step)


async def _main(office: BackOfficeSimulator) -> None:
    async with office:
        await until_stopped("back office works")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated back office.")
    arguments.add_argument("--kafka", required=True, help="host:port")
    arguments.add_argument("--keys", type=Path, required=True, help="the back office's own folder of keys")
    arguments.add_argument("--fingerprints", type=Path, required=True, help="JSON, as HESABI_KEY_FINGERPRINTS")
    arguments.add_argument("--steps", type=steps_of, action="append", default=[], help="KIND=STEP,STEP; again for more")
    arguments.add_argument(
        "--seconds-a-step", type=float, default=SECONDS_TO_ANSWER, help=f"at least {SECONDS_TO_ANSWER}"
    )
    given = arguments.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pinned = json.loads(given.fingerprints.read_text(encoding="utf-8"))
    simulator = BackOfficeSimulator(given.kafka, given.keys, pinned, dict(given.steps), given.seconds_a_step)
    asyncio.run(_main(simulator))
