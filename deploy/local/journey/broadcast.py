"""The company writes to the actual beneficiaries it has in mind (N4)."""

import random
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.broadcasts import BroadcastAccepted, StartBroadcast
from deploy.local.journey.cast import PATIENCE_S, Customer, happened, said
from deploy.local.system import System


async def broadcast(system: System, who: Customer, account: str) -> None:
    """An operator warns a list of people, of whom this person is one; it comes to their phone once."""
    relation = await happened(system.watch, "the relation", said("RelationConfirmed", account_number=account))
    mark = "".join(random.choices(string.ascii_lowercase, k=8))  # so that it is known among others
    text = f"Works on the line near you, {mark}: the power is off on Thursday from 9 to 11."
    warning = StartBroadcast(
        message_class="warning",
        text_ar=f"أعمال على الخط قربكم {mark}: تنقطع الكهرباء الخميس من 9 إلى 11.",
        text_en=text,
        user_ids=(str(getattr(relation.body, "user_id", "")),),
        valid_until=datetime.now(UTC) + timedelta(hours=2),
    )
    operators = replace(who.journal, client=system.client("operators"))
    broken = warning.model_copy(update={"text_en": "Look at https://elsewhere.example"})
    await operators.ask("An operator's text with a foreign link", "N8", broken, key=str(uuid4()),
                        expected="broadcast-text-not-accepted")  # fmt: skip
    await operators.ask("A warning to a list of beneficiaries", "N4", warning, key=str(uuid4()),
                        expected=BroadcastAccepted)  # fmt: skip

    def came() -> int:
        return sum(mark in each for each in who.post.texts(who.person.mobile))

    await system.watch.until(lambda: came() > 0, PATIENCE_S)
    who.journal.note("It comes to the phone", "N4", "once", {0: "never", 1: "once"}.get(came(), "more than once"))
