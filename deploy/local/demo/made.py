"""What the demo leaves in `out/demo/`: SMS texts, e-mails, reports, reference numbers, the services' logs."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.journey import Outcome
from deploy.local.journey.homes import Homes
from deploy.local.system import System

FOLDER: Final = Path(__file__).parents[3] / "out" / "demo"
MAIL: Final = "mail"


@dataclass(frozen=True, slots=True)
class Made:
    """One line of the summary: a path within the repository and what it is."""

    path: str
    what: str


def emptied_folder() -> Path:
    """`out/demo/`, without what an earlier demo left."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    return FOLDER


def write_out(system: System, outcome: Outcome, folder: Path) -> list[Made]:
    """Writes everything that was made; returns the lines of the summary."""
    bills = system.gateway.ledger.bills
    texts = "\n\n".join(f"to {bill.recipient} from {bill.sender}\n{bill.body}" for bill in bills)
    (folder / "sms.txt").write_text(f"{texts}\n", encoding="utf-8")
    definition, transfer = outcome.reference or "none", outcome.transfer_reference or "none"
    references = f"definition of account {outcome.homes.home}: {definition}\ntransfer: {transfer}\n"
    (folder / "references.txt").write_text(references)
    for file in outcome.files:
        (folder / file.name).write_bytes(file.content)
    shutil.copytree(system.folder / "logs", folder / "logs")
    reports = [Made(_shown(folder / file.name), _of(file.name, outcome.homes)) for file in outcome.files]
    return [
        Made(_shown(folder / "references.txt"), f"{definition} (definition), {transfer} (transfer)"),
        *reports,
        Made(_shown(folder / "sms.txt"), f"{len(bills)} SMS, to this person and to the neighbour"),
        Made(_shown(folder / MAIL), f"{len(system.mail.taken)} e-mails as .eml"),
        Made(_shown(folder / "logs"), "what the services logged: event names and ids"),
    ]


def _of(name: str, homes: Homes) -> str:
    if name.startswith("payments"):
        return f"what was billed and paid on account {homes.home}, by simulated billing"
    if name.startswith("statement"):
        return "requests with their references, relations in time"
    if "large" in name:
        return f"three months of account {homes.large}: public sample, shifted, times 8"
    return f"last month of account {homes.home}: public sample, shifted"


def _shown(path: Path) -> str:
    return str(path.relative_to(FOLDER.parents[1]))
