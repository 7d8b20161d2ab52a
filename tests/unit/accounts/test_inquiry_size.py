"""However much a customer has asked for, an inquiry's answer fits one message (A8): one that does not is decided three
times in vain, and parks the customer with everything they have."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from contracts.accounts import InquireReference, ReferenceFound
from contracts.message import MAX_MESSAGE_BYTES
from contracts.sealed import Sealed
from contracts.values.reference_number import reference_number
from services.accounts.customer import KnownRequest, RequestStep
from services.accounts.door import MOST_KEPT, MOST_STEPS
from services.accounts.inquiry import inquire_reference
from services.chassis.sealing import MAX_BINDING_BYTES, public_jwk, seal
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import HOLDER, KEY, NOURA, REFERENCE, TOKEN

KEY_OF_ASKER = public_jwk(OKPKey.generate_key("X25519"))
COMPLAINT = ("received", "assigned", "answered")
LONGEST = tuple(f"{number:02d}".ljust(64, "x") for number in range(MOST_STEPS))


def asked(number: int, kind: str, states: tuple[str, ...]) -> KnownRequest:
    steps = tuple(RequestStep(state=state, at=NOON + timedelta(milliseconds=number)) for state in states)
    return KnownRequest(
        reference=reference_number(KEY, f"request-{number}"),
        definition_reference=REFERENCE,
        kind=kind,
        state=states[-1],
        final=True,
        requested_at=steps[0].at,
        history=steps,
    )


def inquired(requests: tuple[KnownRequest, ...], reference: str) -> ReferenceFound:
    body = InquireReference(token=TOKEN, answer_key=KEY_OF_ASKER, reference=reference)
    scene = given(replace(HOLDER, requests=requests)).when(inquire_reference, arriving(body, customer=NOURA))
    (answer,) = scene.then(ReferenceFound).messages
    assert isinstance(answer, ReferenceFound)
    return answer


def requests_in(answer: ReferenceFound) -> list[dict[str, Any]]:
    assert answer.inquiry.plain is not None
    shown: list[dict[str, Any]] = json.loads(answer.inquiry.plain.reveal())["requests"]
    return shown


@pytest.mark.parametrize(("kind", "states"), [("complaint", COMPLAINT), ("x" * 64, LONGEST)], ids=["usual", "longest"])
def test_A8_an_inquiry_about_all_that_is_kept_fits_its_message_and_leaves_out_no_request(
    kind: str, states: tuple[str, ...]
) -> None:
    requests = tuple(asked(number, kind, states) for number in range(MOST_KEPT))
    answer = inquired(requests, REFERENCE)
    assert answer.inquiry.plain is not None
    jwe = seal(answer.inquiry.plain.reveal(), KEY_OF_ASKER, "b" * MAX_BINDING_BYTES)
    sealed = ReferenceFound(inquiry=Sealed(jwe=jwe))
    assert len(sealed.model_dump_json().encode()) <= MAX_MESSAGE_BYTES
    shown = requests_in(answer)
    assert [each["reference"] for each in shown] == [each.reference for each in requests]
    lengths = [len(each["history"]) for each in shown]
    assert set(lengths) == {0, len(states)}
    assert lengths == sorted(lengths)  # the latest ones tell theirs
    (oldest,) = requests_in(inquired(requests, requests[0].reference))
    assert [step["state"] for step in oldest["history"]] == list(states)
