"""The table of topics keeps its own promises (architecture, laws 11 and 12)."""

from datetime import timedelta

import pytest

from contracts import topics
from contracts.catalogue import published_messages
from contracts.message import Answer, Command
from contracts.topics import CATALOGUE, CHANNELS, MAX_RECORD_BYTES, NEIGHBOURS, OPERATORS, SEGMENT, SERVICES

PARTIES = CHANNELS | {*SERVICES, *NEIGHBOURS} | OPERATORS
MESSAGES = published_messages()


def test_readers_and_writers_are_known_parties() -> None:
    for topic in CATALOGUE.values():
        assert topic.writers
        assert topic.readers
        assert topic.writers | topic.readers <= PARTIES


def test_law11_sealed_data_is_not_compacted_and_not_kept_over_21_days() -> None:
    for topic in CATALOGUE.values():
        kept = topic.retention + SEGMENT
        assert topic.data_class != "sealed" or (not topic.compacted and kept <= timedelta(days=21))


def test_law7_what_became_of_a_dead_letter_is_told_until_it_is_gone() -> None:
    assert [s for s in SERVICES if topics.AUDIT[s].retention < topics.DEAD_LETTERS[s].retention + SEGMENT] == []


def test_settings_are_kafkas() -> None:
    for topic in CATALOGUE.values():
        settings = topic.config
        assert all(isinstance(value, str) for value in settings.values())
        assert settings["message.timestamp.type"] == "LogAppendTime"  # law 9
        assert settings["max.message.bytes"] == str(MAX_RECORD_BYTES)
        if topic.compacted:
            assert settings["cleanup.policy"] == "compact"
            assert "retention.ms" not in settings
        else:
            assert settings["cleanup.policy"] == "delete"
            assert int(settings["retention.ms"]) == topic.retention.total_seconds() * 1000


def test_law11_a_log_is_closed_each_day_so_that_a_record_stays_a_day_longer_at_most() -> None:
    of_a_day = {"segment.ms": "86400000"}
    assert all(topic.compacted or of_a_day.items() <= topic.config.items() for topic in CATALOGUE.values())


def test_law7_the_broker_unpacks_what_others_than_our_services_write() -> None:
    stays_packed = {name for name, topic in CATALOGUE.items() if topic.config["compression.type"] == "lz4"}
    assert {name for name in stays_packed if not CATALOGUE[name].writers <= set(SERVICES)} == {"metering.readings"}
    assert {topic.config["compression.type"] for topic in CATALOGUE.values()} == {"lz4", "uncompressed"}
    assert CATALOGUE["identity.events"].is_compressed


def test_names_epochs_and_partitions() -> None:
    for topic in CATALOGUE.values():
        owner, _, rest = topic.name.partition(".")
        assert CATALOGUE[topic.name] is topic
        assert owner in {*SERVICES, *NEIGHBOURS}
        assert rest.replace("-", "").isalpha()
        assert topic.epoch >= 1
        assert topic.partitions >= 1


@pytest.mark.parametrize("service", SERVICES)
def test_commands_are_written_by_channels_and_the_service_itself(service: str) -> None:
    topic = CATALOGUE[f"{service}.commands"]
    assert topic.writers == CHANNELS | {service}  # its own timers and nudges (law 10)
    assert topic.readers == {service}


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_says_only_itself_may_write(service: str) -> None:
    own = ("answers", "events", "internal", "audit", "dead-letters", "keys")
    assert {name: CATALOGUE[f"{service}.{name}"].writers for name in own} == {name: {service} for name in own}


@pytest.mark.parametrize("service", SERVICES)
def test_answers_are_read_by_channels_and_operators_and_the_audit_by_operators_only(service: str) -> None:
    # Law 7, N4: operators order replays and broadcasts.
    assert CATALOGUE[f"{service}.answers"].readers == CHANNELS | OPERATORS
    assert CATALOGUE[f"{service}.audit"].readers == OPERATORS
    assert CATALOGUE[f"{service}.dead-letters"].readers == OPERATORS


def test_credentials_have_a_lane_of_their_own_written_by_channels_only() -> None:
    assert topics.IDENTITY_CREDENTIALS.writers == CHANNELS
    assert topics.IDENTITY_CREDENTIALS.readers == {"identity"}


def test_a_sealed_field_travels_on_a_topic_for_sealed_data_only() -> None:
    for message in MESSAGES.values():
        assert not message.sealed_fields or message.topic.data_class == "sealed"


def test_a_command_comes_from_channels_or_operators_and_nothing_else_does() -> None:
    for message in MESSAGES.values():
        if issubclass(message, Command):
            assert message.topic.writers >= CHANNELS or message.topic.writers == OPERATORS
        else:
            assert message.topic.writers - CHANNELS


def test_J3_answers_are_on_the_topic_of_answers() -> None:
    for message in MESSAGES.values():
        of_a_service = message.topic.name in {
            f"{service}.answers" for service in SERVICES
        }  # neighbours answer by facts
        assert issubclass(message, Answer) == of_a_service


@pytest.mark.parametrize("service", SERVICES)
def test_J4_the_precise_reason_is_on_the_audit_topic_only(service: str) -> None:
    precise = MESSAGES[f"hesabi.{service}.RefusalRecorded.v1"]
    public = MESSAGES[f"hesabi.{service}.CommandRefused.v1"]
    assert precise.topic.name == f"{service}.audit"
    assert "reason" not in public.model_fields
