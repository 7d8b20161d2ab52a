"""The demo's journey, headless."""

from collections import Counter

from contracts.accounts import AccountDefined
from contracts.message import CommandRefused, RefusalRecorded
from contracts.reports import RequestConsumptionReport
from contracts.topics import SERVICES
from deploy.local.journey import Outcome
from deploy.local.system import System
from deploy.local.watch import ANSWER_TOPICS
from tests.journeys.counting import bills_a_text, copies_a_mail, event_counts, named, once_each

MILESTONES = {
    "UserRegistered": 1,
    "UserActivated": 1,
    "ContactProven": 2,  # the person's and the business's
    "NationalAddressSaved": 2,
    "AccountDefined": 7,
    "ReportMade": 4,  # the version after the late reading has no command behind it
    "UserSignedIn": 2,
    "TransferRequested": 2,
    "TransferCompleted": 2,  # one for each party
    "InstalmentPlanAgreed": 1,
    "BusinessActivated": 1,
    "PasswordChanged": 1,
    "BroadcastPrepared": 1,
}
TOLD_BY_BOTH = {
    "registration-success": 1,
    "new-sign-in": 2,
    "account-defined": 7,
    "report-ready": 4,
    "beneficiary-disputed": 4,
    "dispute-won": 2,
    "dispute-lost": 2,
    "transfer-requested": 2,
    "transfer-consent-wanted": 4,
    "transfer-ended": 2,
    "transfer-completed-incoming": 1,
    "transfer-completed-outgoing": 1,
    "instalments-agreed": 1,
    "request-ended": 4,
    "danger-received": 1,
    "danger-ended": 1,
    "business-registered": 1,
    "authority-given": 1,
    "authorised-person-added": 1,
    "password-changed": 1,
    "activation-link": 1,
}
TOLD_BY_SMS = {
    "confirm-mobile-code": 2,
    "give-consent-code": 2,
    "broadcast-warning": 1,
}


def test_J1_J2_every_step_has_its_expected_outcome(journey: Outcome) -> None:
    assert len(journey.steps) > 150
    assert [step for step in journey.steps if not step.is_expected] == []


def test_J2_what_comes_too_early_names_the_step_that_is_missing(journey: Outcome) -> None:
    missing = {step.got for step in journey.steps if "(" in step.got}
    assert missing == {
        "sign-in-needed (log-in)",
        "step-missing (confirm-otp)",
        "step-missing (choose-address)",
        "step-missing (define-account)",
        "step-missing (add-account)",
        "step-missing (show-dues)",
    }


def test_J3_each_command_has_exactly_one_answer_with_its_correlation_id(system: System, journey: Outcome) -> None:
    answers = {command_id: once_each(system.watch.answers[command_id]) for command_id in journey.command_ids}
    assert [command_id for command_id, given in answers.items() if len(given) != 1] == []
    assert all(given[0].envelope.correlation_id == command_id for command_id, given in answers.items())


def test_J4_each_refusal_has_a_text_in_both_languages_and_its_precise_reason_is_on_the_audit_topic_only(
    system: System, journey: Outcome
) -> None:
    asked = set(journey.command_ids)
    caused = once_each(system.watch.caused_by(asked))
    refusals = [each.body for each in caused if each.topic in ANSWER_TOPICS and each.name == "CommandRefused"]
    assert len(refusals) >= 25
    assert all(isinstance(body, CommandRefused) and body.text_ar != body.text_en for body in refusals)
    audited = [each for each in caused if isinstance(each.body, RefusalRecorded) and each.body.message_id in asked]
    assert {each.topic for each in audited} == {f"{service}.audit" for service in SERVICES}
    assert len(audited) == len(refusals)


def test_I15_wrong_used_and_late_codes_look_alike_and_operators_tell_them_apart(
    system: System, journey: Outcome
) -> None:
    refused = [each for each in named(system, journey, "RefusalRecorded") if each.topic == "identity.audit"]
    by_public = {(getattr(each.body, "public_reason", ""), getattr(each.body, "reason", "")) for each in refused}
    assert {reason for public, reason in by_public if public == "code-not-accepted"} == {
        "code-wrong",
        "code-used",
        "code-expired",
        "person-not-member",  # a reset of nobody's: no code came
    }
    assert {reason for public, reason in by_public if public == "sign-in-refused"} == {
        "not-activated",
        "password-wrong",
    }


def test_I5_I9_codes_go_to_the_approved_mobile_first_and_to_the_given_one_then(
    system: System, journey: Outcome
) -> None:
    def with_code(mobile: str) -> int:
        texts = system.gateway.ledger.sent_to(mobile.removeprefix("+"))
        return sum(any(code in text for code in _codes(journey)) for text in texts)

    assert with_code(journey.person.approved_mobile) == 1
    assert with_code(journey.person.mobile) == 4  # two of the registration, a consent, a new password


def test_I10_A7_A9_A14_I17_N4_R8_milestones_are_said_once(system: System, journey: Outcome) -> None:
    assert {name: len(named(system, journey, name)) for name in MILESTONES} == MILESTONES


def test_I17_I18_random_ids_are_all_that_others_know_of_the_person_the_other_one_and_the_business(
    system: System, journey: Outcome
) -> None:
    events = [each for each in once_each(system.watch.caused_by(journey.command_ids)) if each.topic.endswith(".events")]
    parties = {user for each in events if (user := getattr(each.body, "user_id", None))}
    assert len(parties) == 3
    acted = {(body.user_id, body.acted_by) for each in events if isinstance(body := each.body, AccountDefined)}
    (business,) = {party for party, actor in acted if actor}
    assert {actor for party, actor in acted if party == business} < parties


def test_N3_every_milestone_is_told_by_sms_and_e_mail(system: System, journey: Outcome) -> None:
    told = Counter(
        (getattr(each.body, "template", ""), getattr(each.body, "channel", ""))
        for each in named(system, journey, "MessageHandedOver")
    )
    both = {(template, channel): n for template, n in TOLD_BY_BOTH.items() for channel in ("sms", "email")}
    assert told == both | {(template, "sms"): n for template, n in TOLD_BY_SMS.items()}


def test_N6_N10_each_message_is_billed_once(system: System, journey: Outcome) -> None:
    assert set(bills_a_text(system, journey).values()) == {1}
    assert set(copies_a_mail(system, journey).values()) == {1}


def test_R4_R5_reports_are_made_in_both_languages_from_what_was_measured(journey: Outcome) -> None:
    files = {file.name: file.content for file in journey.files}
    assert [name for name, content in files.items() if content.startswith(b"%PDF-")] == [
        "consumption-ar.pdf",
        "consumption-en.pdf",
        "consumption-2-en.pdf",
        "consumption-large-ar.pdf",
        "consumption-large-en.pdf",
        "payments-ar.pdf",
        "payments-en.pdf",
        "statement-ar.pdf",
        "statement-en.pdf",
    ]
    rows = files["consumption-en.csv"].decode("utf-8-sig").splitlines()
    assert sum(",No reading," in row for row in rows) == 2
    assert all("public sample, shifted" in row for row in rows[1:] if ",No reading," not in row)


def test_no_message_of_the_journey_became_a_dead_letter(system: System, journey: Outcome) -> None:
    topics = {topic for topic, _ in event_counts(system, journey)}
    assert "identity.events" in topics
    assert not any(topic.endswith(".dead-letters") for topic in topics)
    assert RequestConsumptionReport.topic.name not in topics


def _codes(journey: Outcome) -> list[str]:
    return [secret for name, secret in journey.secrets.items() if name.startswith("code ")]
