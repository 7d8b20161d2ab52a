"""Notifications on a real Kafka and MongoDB, with the gateway and the relay: every message comes twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from contracts import accounts, identity, notifications, reports, requests, topics, transfers
from contracts.identity_business import AuthorisedPersonAdded, AuthorisedPersonRemoved, BusinessActivated
from contracts.identity_sessions import PasswordChanged
from contracts.message import Message
from contracts.sealed import Sealed
from deploy.local.stack import Stack
from services.notifications.notice import USE
from tests.component.notifications_outside import (
    CARE,
    DEAD_LETTERS,
    EMAIL,
    MOBILE,
    Outside,
    notifications_at_work,
    of_kind,
    on_topic,
)
from tests.eventually import eventually


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Notifications at work under the tests' settings."""
    async with notifications_at_work(stack, tmp_path, database_name) as outside:
        yield outside


def code(hand_over_by: datetime) -> identity.OtpRequested:
    return identity.OtpRequested(
        otp_id=str(uuid4()),
        purpose="confirm-mobile",
        mobile=Sealed.of(MOBILE),
        code=Sealed.of("482913"),
        language="ar",
        issued_at=hand_over_by - timedelta(seconds=90),
        hand_over_by=hand_over_by,
        valid_until=hand_over_by + timedelta(seconds=60),
    )


def news(user_id: str) -> list[Message]:
    """Whatever identity, accounts and reports say of one person."""
    now, number, first, second = datetime.now(UTC), "30012345678", "7K3M-0QXZ-91TC", "8K3M-0QXZ-91TC"
    whose = {"user_id": user_id, "account_number": number, "relation": "owner"}
    moved = {**whose, "definition_reference": first, "reference": second, "kind": "actual-account", "requested_at": now}
    defined = {**whose, "is_actual_beneficiary": True, "reference": first, "defined_at": now}
    link = {"user_id": user_id, "language": "ar", "email": Sealed.of(EMAIL), "activation_token": Sealed.of("token")}
    made = {
        "user_id": user_id,
        "report_id": str(uuid4()),
        "kind": "consumption",
        "account_number": number,
        "version": 1,
    }
    return [
        identity.ActivationLinkRequested.model_validate({**link, "valid_until": now + timedelta(hours=1)}),
        identity.ContactProven(user_id=user_id, email=Sealed.of(EMAIL), mobile=Sealed.of(MOBILE), language="ar"),
        identity.UserActivated(user_id=user_id, text_ar="تم", text_en="Done"),
        identity.UserSignedIn(user_id=user_id, channel="web", signed_in_at=now),
        PasswordChanged(user_id=user_id, changed_at=now),
        accounts.AccountDefined.model_validate(defined),
        accounts.TransferRequested.model_validate(moved),
        reports.ReportMade.model_validate({**made, "made_at": now}),
        reports.ReportMade.model_validate({**made, "version": 2, "made_at": now}),
        *news_of_requests(user_id),
        BusinessActivated(user_id=user_id, authorised_person=user_id, activated_at=now),
        AuthorisedPersonAdded(user_id=user_id, person_id=user_id, acted_by=user_id, at=now),
        AuthorisedPersonRemoved(user_id=user_id, person_id=user_id, acted_by=user_id, at=now),
    ]


def news_of_requests(user_id: str) -> list[Message]:
    """What accounts says of transfers, plans and requests of one person."""
    now, reference = datetime.now(UTC), "8K3M-0QXZ-91TC"
    about = {"user_id": user_id, "account_number": "30012345678", "reference": reference}
    transfer = {**about, "kind": "actual-account"}
    shares = {"day": now.date(), "reading": "measured", "bill_halalas": 300, "share_halalas": 100, "debt_halalas": 5}
    part = requests.Instalment(number=1, due_date=now.date(), amount_halalas=300)
    plan = {**about, "total_halalas": 300, "parts": (part,), "agreed_at": now}
    request = {**about, "definition_reference": "7K3M-0QXZ-91TC", "at": now}
    moves = (("complaint", "resolved", True), ("danger", "received", False), ("danger", "secured", True))
    return [
        transfers.TransferConsentWanted.model_validate({**transfer, "until": now + timedelta(days=3)}),
        transfers.TransferCompleted.model_validate({**transfer, **shares, "role": "incoming"}),
        transfers.TransferCompleted.model_validate({**transfer, **shares, "role": "outgoing"}),
        transfers.TransferEnded.model_validate({**transfer, "outcome": "declined", "reason": "declined", "at": now}),
        transfers.BeneficiaryDisputed(account_number="30012345678", user_id=user_id, at=now),
        *(
            transfers.DisputeSettled(account_number="30012345678", user_id=user_id, is_beneficiary=won, at=now)
            for won in (True, False)
        ),
        requests.InstalmentPlanAgreed.model_validate(plan),
        *(
            requests.RequestMoved.model_validate({**request, "kind": kind, "state": state, "final": final})
            for kind, state, final in moves
        ),
    ]


async def test_N3_N10_J3_every_message_that_comes_twice_is_sent_and_told_once(outside: Outside) -> None:
    asked = code(datetime.now(UTC) + timedelta(seconds=90))
    await outside.tell_twice(asked, "registration:1")
    for body in news(outside.user_id):
        await outside.tell_twice(body)
    await eventually(lambda: len(outside.gateway.ledger.bills) >= 24 and len(outside.mails.taken) >= 23, within=30)
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    assert on_topic(said, DEAD_LETTERS) == []
    handed_over = of_kind(said, notifications.MessageHandedOver)
    by_sms = {each.message_id: each.template for each in handed_over if each.channel == "sms"}
    by_mail = {each.message_id: each.template for each in handed_over if each.channel == "email"}
    assert len(handed_over) == len(by_sms) + len(by_mail)
    assert sorted(by_sms.values()) == sorted([*USE, "confirm-mobile-code"])
    assert sorted(by_mail.values()) == sorted(USE)
    assert sorted(bill.correlation_id for bill in outside.gateway.ledger.bills) == sorted(by_sms)  # one bill each
    assert {bill.recipient for bill in outside.gateway.ledger.bills} == {MOBILE.removeprefix("+")}
    assert "482913" in outside.gateway.ledger.bills_of(asked.otp_id)[0].body
    taken = [str(each.message["Message-ID"]) for each in outside.mails.taken]
    assert sorted(taken) == sorted(f"<{message_id}@power.example>" for message_id in by_mail)
    told = notifications.OtpHandedOver(otp_id=asked.otp_id, asked_by="registration:1")
    assert on_topic(said, topics.NOTIFICATIONS_CODES) == [told]


async def test_N2_N10_a_code_past_its_hand_over_is_never_sent_and_told_once(outside: Outside) -> None:
    late = code(datetime.now(UTC) - timedelta(seconds=1))  # N2: its life has not ended, its hand-over has
    await outside.tell_twice(late, "registration:2")
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    told = notifications.OtpNotHandedOver(otp_id=late.otp_id, asked_by="registration:2", reason="expired")
    assert on_topic(said, topics.NOTIFICATIONS_CODES) == [told]
    expired = notifications.MessageExpired(message_id=late.otp_id, template="confirm-mobile-code", channel="sms")
    assert of_kind(said, notifications.MessageExpired) == [expired]
    assert outside.gateway.ledger.requests == 0
    assert on_topic(said, DEAD_LETTERS) == []


async def test_N9_J3_contact_channels_are_answered_and_the_same_again(outside: Outside) -> None:
    given = await outside.client.ask(notifications.AskContactChannels(), key="session-1")
    assert given.body == notifications.ContactChannelsGiven(
        customer_line="92000222", technical_support="920001100", emergency="933", email=CARE
    )
    await outside.client.send_bytes(given.sent)
    again = await outside.client.answer(given.sent, number=2)
    assert again.body == given.body  # nothing is recorded of a question: it is answered anew, and alike
    await eventually(outside.is_quiet, bool, within=30)
    said = await outside.said()
    assert len(of_kind(said, notifications.ContactChannelsPublished)) == 1
    assert on_topic(said, DEAD_LETTERS) == []
