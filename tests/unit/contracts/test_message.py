"""What a message class says of itself, and how strict its instances are."""

import pytest
from pydantic import ValidationError

from contracts import identity
from contracts.catalogue import published_messages
from contracts.identity import LogIn, UserRegistered
from contracts.message import CATALOGUE, Answer, Command, CustomerCommand, Event, Id, Message, Query
from contracts.sealed import Sealed, SealedFor
from contracts.topics import IDENTITY_COMMANDS, IDENTITY_EVENTS, NEIGHBOURS, SERVICES

MESSAGES = published_messages()


def test_type_service_and_topic_agree() -> None:
    for message in MESSAGES.values():
        system, service, name, version = message.type_name.split(".")
        assert (system, service, name) == ("hesabi", message.service, message.__name__)
        assert version[0] == "v"
        assert int(version[1:]) >= 1
        assert message.service in {*SERVICES, *NEIGHBOURS}
        assert message.topic.name.startswith(f"{message.service}.")


def test_every_message_is_frozen_strict_and_silent() -> None:
    for message in MESSAGES.values():
        config = message.model_config
        assert (config["frozen"], config["strict"], config["hide_input_in_errors"]) == (True, True, True)
        assert config["extra"] == ("forbid" if issubclass(message, Command) else "ignore")


def test_a_field_of_sealed_type_says_who_opens_it() -> None:
    for message in MESSAGES.values():
        sealed = {name for name, field in message.model_fields.items() if field.annotation in (Sealed, Sealed | None)}
        assert sealed == message.sealed_fields.keys()


def test_personal_fields_are_sealed() -> None:
    for message in MESSAGES.values():
        personal = {
            "identity_number",
            "birth_date",
            "mobile",
            "password",
            "code",
            "token",
            "activation_token",
            "address",
        }
        assert personal & message.model_fields.keys() <= message.sealed_fields.keys()


def test_J2_a_customers_command_carries_a_token() -> None:
    for message in MESSAGES.values():
        if issubclass(message, CustomerCommand):
            assert message.sealed_fields["token"] is SealedFor.THIS_SERVICE
        if issubclass(message, Query):
            assert "answer_key" in message.model_fields


def test_L11_an_answer_key_is_always_given() -> None:
    """What is sealed beside it is bound to it: were it optional, leaving it away would be another binding."""
    asking = [message for message in MESSAGES.values() if "answer_key" in message.model_fields]
    assert asking
    for message in asking:
        assert issubclass(message, Command)
        assert message.model_fields["answer_key"].is_required()


def test_J3_a_command_names_its_answer() -> None:
    for message in MESSAGES.values():
        if issubclass(message, Command):
            answers = {m.__name__ for m in MESSAGES.values() if issubclass(m, Answer) and m.service == message.service}
            assert [name for name in answers if f"`{name}`" in (message.__doc__ or "")], "its docstring names no answer"


def test_two_messages_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match=r"hesabi\.identity\.ConfirmOtp\.v1"):

        class ConfirmOtp(Command, service="identity", topic=IDENTITY_COMMANDS):
            """Another one."""

    assert CATALOGUE["hesabi.identity.ConfirmOtp.v1"] is identity.ConfirmOtp


def test_another_version_is_another_type() -> None:
    class ExampleSeen(Event, service="test-of-versions", topic=IDENTITY_EVENTS, version=2):
        """Seen."""

        example: Id

    try:
        assert ExampleSeen.type_name == "hesabi.test-of-versions.ExampleSeen.v2"
        assert ExampleSeen.type_name not in published_messages()
    finally:
        del CATALOGUE[ExampleSeen.type_name]


def test_a_base_is_in_no_catalogue() -> None:
    bases = {Message, Event, Answer, Command, CustomerCommand, Query}
    assert bases.isdisjoint(MESSAGES.values())


def test_a_message_does_not_change() -> None:
    message = UserRegistered(user_id="u-1", segment="individual", language="ar")
    with pytest.raises(ValidationError):
        message.user_id = "u-2"  # type: ignore[misc]


@pytest.mark.parametrize("body", ['{"code": 1234}', "{}", '{"code": null}', '{"code": "1234"}'])
def test_a_code_in_clear_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        identity.ConfirmOtp.model_validate_json(body)


@pytest.mark.parametrize(
    "key", ["", "{}", '{"kty": "OKP"', "x" * 60, "{" + "k" * 300 + "}", '{"kty":"OKP","crv":"X25519","x":"\x00"}']
)
def test_an_answer_key_has_the_size_and_shape_of_a_public_key(key: str) -> None:
    with pytest.raises(ValidationError):
        LogIn(identity_type="citizen", identity_number=Sealed(), password=Sealed(), answer_key=key)
