"""One AsyncAPI 3.0 document a service, judged by the specification's own JSON Schema with `jsonschema` (Draft 7)."""

import copy
import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from contracts.asyncapi import answers_to, asyncapi_document, senders_of
from contracts.catalogue import published_messages
from contracts.message import Answer, Command, Message
from contracts.schemas import Side
from contracts.topics import CATALOGUE, SERVICES
from deploy.publishing.publish import ASYNCAPI, ROOT
from tests.contract.test_published import parts_of
from tests.gates import Gates

SPECIFICATION = Path(__file__).parent / "data/asyncapi-3.0.0/schema.json"
Document = dict[str, Any]


@functools.cache
def validator() -> Draft7Validator:
    """The specification's schema for 3.0.0."""
    return Draft7Validator(json.loads(SPECIFICATION.read_bytes()))


def errors(document: Document) -> list[str]:
    """Where the document is no AsyncAPI 3.0, in words."""
    return [f"{error.json_path}: {error.message[:80]}" for error in validator().iter_errors(document)]


def dangling(document: Document, folder: Path) -> list[str]:
    """References to nothing, within the document or to files beside it: the specification's schema does not follow."""
    return [
        target
        for part in parts_of(document)
        if isinstance(target := part.get("$ref"), str)
        and not (_leads_somewhere(document, target) if target[0] == "#" else (folder / target).is_file())
    ]


def _leads_somewhere(document: Document, pointer: str) -> bool:
    place: Any = document
    for step in pointer.removeprefix("#/").split("/"):
        if not isinstance(place, dict) or step not in place:
            return False
        place = place[step]
    return True


@functools.cache
def published(service: str) -> Document:
    """The document as others read it."""
    document: Document = yaml.safe_load((ROOT / ASYNCAPI / f"{service}.yaml").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_good_asyncapi_and_leads_to_what_it_names(service: str) -> None:
    assert errors(published(service)) == []
    assert dangling(published(service), ROOT / ASYNCAPI) == []


def without_action(document: Document) -> None:
    """Nobody knows whether it sends or receives."""
    next(iter(document["operations"].values())).pop("action")


def with_partitions_in_words(document: Document) -> None:
    """Kafka's binding has a schema of its own."""
    document["channels"]["identity.events"]["bindings"]["kafka"]["partitions"] = "six"


def with_an_unknown_mechanism(document: Document) -> None:
    """There is no such security scheme."""
    document["components"]["securitySchemes"]["scram"]["type"] = "scramSha1024"


def of_version_two(document: Document) -> None:
    """An earlier specification."""
    document["asyncapi"] = "2.6.0"


@pytest.mark.parametrize("spoil", [without_action, with_partitions_in_words, with_an_unknown_mechanism, of_version_two])
def test_it_refuses_bad_documents(spoil: Any, gates: Gates) -> None:
    document = copy.deepcopy(published("identity"))
    spoil(document)
    gates.refuses("contracts: AsyncAPI", spoil.__name__.replace("_", " "), errors(document))


def test_it_refuses_references_to_nothing(gates: Gates) -> None:
    document = copy.deepcopy(published("identity"))
    operation = next(iter(document["operations"].values()))
    operation["channel"]["$ref"] = "#/channels/identity.gone"
    next(iter(document["components"]["messages"].values()))["payload"]["schema"]["$ref"] = "../schemas/gone.json"
    found = dangling(document, ROOT / ASYNCAPI)
    assert sorted(found) == ["#/channels/identity.gone", "../schemas/gone.json"]
    gates.refuses("contracts: AsyncAPI", "references to nothing", found)


@pytest.mark.parametrize("service", SERVICES)
def test_the_channels_are_the_topics_that_the_service_may_use(service: str) -> None:
    channels = published(service)["channels"]
    assert channels.keys() == {n for n, topic in CATALOGUE.items() if service in topic.readers | topic.writers}
    for name, channel in channels.items():
        kafka, topic = channel["bindings"]["kafka"], CATALOGUE[name]
        assert kafka["partitions"] == topic.partitions
        for key, value in kafka["topicConfiguration"].items():
            assert topic.config[key] == (value[0] if isinstance(value, list) else str(value))


def test_every_message_is_sent_by_somebody_and_told_where_it_is_sent_or_received() -> None:
    told = {
        (operation["action"], reference["$ref"].rpartition("/")[2])
        for service in SERVICES
        for operation in published(service)["operations"].values()
        for reference in operation.get("messages", ())
    }
    for name, message in published_messages().items():
        assert senders_of(message) != frozenset(), name
        assert (("send", name) in told) == bool(senders_of(message) & set(SERVICES)), name
        assert (("receive", name) in told) == bool(message.topic.readers & set(SERVICES)), name


def test_J3_every_command_names_its_answer_and_may_be_refused() -> None:
    for name, message in published_messages().items():
        if issubclass(message, Command):
            operation = published(message.service)["operations"][f"receive {name}"]
            told = {reference["$ref"].rpartition("/")[2] for reference in operation["reply"]["messages"]}
            assert told == {answer.type_name for answer in answers_to(message)}
            assert f"hesabi.{message.service}.CommandRefused.v1" in told
            assert len(told) > 1, f"{name} does not say what it is answered by"
            assert operation["reply"]["channel"]["$ref"] == f"#/channels/{message.service}.answers"


@pytest.mark.parametrize("version", [1, 2])
def test_law13_a_command_gets_the_answer_of_its_own_version(version: int) -> None:
    command = published_messages()[f"hesabi.accounts.ShowDues.v{version}"]
    assert issubclass(command, Command)
    told = {answer.type_name for answer in answers_to(command)}
    assert told == {f"hesabi.accounts.DuesShown.v{version}", "hesabi.accounts.CommandRefused.v1"}


def test_who_sends_promises_the_closed_schema_and_who_receives_the_open_one() -> None:
    def schema_path(message: type[Message], side: Side) -> str:
        return side

    def side(service: str, message: str) -> str:
        document = asyncapi_document(service, schema_path)
        return str(document["components"]["messages"][message]["payload"]["schema"]["$ref"])

    assert side("identity", "hesabi.identity.UserRegistered.v1") == "writer"
    assert side("accounts", "hesabi.identity.UserRegistered.v1") == "reader"


def test_an_answer_is_found_by_the_command_that_it_answers() -> None:
    messages = published("identity")["components"]["messages"]
    for name, message in published_messages().items():
        if name in messages:
            by = messages[name]["correlationId"]["$ref"].rpartition("/")[2]
            assert by == ("cause" if issubclass(message, Answer) else "flow")
