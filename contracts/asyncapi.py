"""One AsyncAPI 3.0 document a service: the topics it may read and write, and what travels on them (law 12).

Made from the catalogue and the table of topics alone. Bodies are references to the published schemas: the writer's
where the service sends, the reader's where it only receives.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from contracts.catalogue import about, published_messages
from contracts.envelope import CONTENT_TYPE
from contracts.message import Answer, Command, Message, version_of
from contracts.schemas import Side, description_of, title_of
from contracts.topics import CATALOGUE as TOPICS
from contracts.topics import CHANNELS, MAX_RECORD_BYTES, OPERATORS, Topic

SchemaPath = Callable[[type[Message], Side], str]
"""Where the schema of a message is, as seen from the document."""

Object = dict[str, Any]

KAFKA_BINDING: Final = "0.5.0"
_DIALECT: Final = "application/schema+json;version=draft-2020-12"
_ANSWERED_BY: Final = re.compile(r"[Aa]nswered by ([^.]*)")
_INSTANT: Final = {"type": "string", "format": "date-time"}
_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$"}


def asyncapi_document(service: str, schema_path: SchemaPath) -> Object:
    """The document of one of our services, ready to be written as YAML."""
    topics = [topic for topic in TOPICS.values() if service in topic.writers | topic.readers]
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:hesabi:service:{service}",
        "info": {
            "title": f"Hesabi {service}",
            "version": "1.0.0",
            "description": "Made by `make contracts`; do not edit. What this service may receive and send on Kafka:"
            " CloudEvents 1.0 in binary mode. A channel sends what the service receives, and the other way round.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE.decode(),
        "servers": {"kafka": _server()},
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {name: part for topic in topics for name, part in _operations(service, topic).items()},
        "components": _components(service, topics, schema_path),
    }


def senders_of(message: type[Message]) -> frozenset[str]:
    """Who sends a message: commands come from others, and everything else on their topic from the service itself."""
    writers = message.topic.writers
    return writers - {message.service} if issubclass(message, Command) else (writers - CHANNELS - OPERATORS) or writers


def answers_to(command: type[Command]) -> list[type[Message]]:
    """The answers that a command's description names, and the refusal, which every command may get. Of an answer with
    several versions it gets, by a convention of ours, the newest that is no newer than itself."""
    named = _ANSWERED_BY.search(description_of(command))
    names = {*re.findall(r"`(\w+)`", named[1] if named else ""), "CommandRefused"}
    answers = {
        message.__name__: message
        for message in sorted(published_messages().values(), key=version_of)
        if message.service == command.service and message.__name__ in names and issubclass(message, Answer)
        if version_of(message) <= version_of(command)
    }
    return [*answers.values()]


def _server() -> Object:
    return {
        "host": "{host}:{port}",
        "protocol": "kafka-secure",
        "description": "Any broker of the cluster; on a developer's own stack plain `kafka` without security.",
        "variables": {
            "host": {"description": "Name of a bootstrap broker."},
            "port": {"default": "9093", "description": "Port of its TLS listener with SCRAM."},
        },
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(topic: Topic) -> Object:
    policy = "compact" if topic.compacted else "delete"
    configuration: Object = {"cleanup.policy": [policy], "max.message.bytes": MAX_RECORD_BYTES}
    if not topic.compacted:
        configuration["retention.ms"] = topic.retention // timedelta(milliseconds=1)
    kafka = {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": configuration,
        "bindingVersion": KAFKA_BINDING,
    }
    messages = {m.type_name: {"$ref": f"#/components/messages/{m.type_name}"} for m in _messages_on(topic)}
    return {
        "address": topic.name,
        "description": f"Written by {_listed(topic.writers)}; read by {_listed(topic.readers)}."
        + ("" if messages else " Records of other topics, as they came."),
        **({"messages": messages} if messages else {}),
        "bindings": {"kafka": kafka},
        "x-data-class": topic.data_class,
        "x-epoch": topic.epoch,
    }


def _listed(parties: frozenset[str]) -> str:
    return ", ".join(sorted(parties))


def _messages_on(topic: Topic) -> list[type[Message]]:
    return [message for message in published_messages().values() if message.topic is topic]


def _operations(service: str, topic: Topic) -> dict[str, Object]:
    """One operation for each command, which has a reply; else one for each direction of a topic."""
    operations = {}
    messages = _messages_on(topic)
    if service in topic.writers:
        sent = [message for message in messages if service in senders_of(message)]
        operations[f"send {topic.name}"] = _operation("send", topic, sent)
    if service in topic.readers:
        for command in messages:
            if issubclass(command, Command):
                operations[f"receive {command.type_name}"] = _command(topic, command)
        rest = [message for message in messages if not issubclass(message, Command)]
        if rest or not messages:
            operations[f"receive {topic.name}"] = _operation("receive", topic, rest)
    return operations


def _operation(action: str, topic: Topic, messages: list[type[Message]]) -> Object:
    references = [_on(topic, message) for message in messages]
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        **({"messages": references} if references else {}),
    }


def _command(topic: Topic, command: type[Command]) -> Object:
    answers = answers_to(command)
    return {
        **_operation("receive", topic, [command]),
        "summary": about(command),
        "reply": {
            "channel": {"$ref": f"#/channels/{answers[0].topic.name}"},
            "messages": [_on(answer.topic, answer) for answer in answers],
        },
    }


def _on(topic: Topic, message: type[Message]) -> Object:
    return {"$ref": f"#/channels/{topic.name}/messages/{message.type_name}"}


def _components(service: str, topics: list[Topic], schema_path: SchemaPath) -> Object:
    messages = [message for topic in topics for message in _messages_on(topic)]
    return {
        "messages": {m.type_name: _message(service, m, schema_path) for m in messages},
        "messageTraits": {"record": _record()},
        "schemas": {"cloudEvent": _cloud_event()},
        "correlationIds": {
            "cause": {
                "description": "The id of the command that this answers.",
                "location": "$message.header#/ce_causationid",
            },
            "flow": {
                "description": "The id of the command with which it all began; a command has none but its own.",
                "location": "$message.header#/ce_correlationid",
            },
        },
        "securitySchemes": {
            "scram": {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512 over TLS, one user for each party."}
        },
    }


def _message(service: str, message: type[Message], schema_path: SchemaPath) -> Object:
    side: Side = "writer" if service in senders_of(message) else "reader"
    required = ["ce_causationid"] if issubclass(message, Answer) else []
    headers: Object = {"type": "object", "properties": {"ce_type": {"const": message.type_name}}}
    if required:
        headers["required"] = required
    return {
        "name": message.type_name,
        "title": title_of(message),
        "description": about(message),
        "headers": {"allOf": [{"$ref": "#/components/schemas/cloudEvent"}, headers]},
        "payload": {"schemaFormat": _DIALECT, "schema": {"$ref": schema_path(message, side)}},
        "correlationId": {"$ref": f"#/components/correlationIds/{'cause' if required else 'flow'}"},
        "traits": [{"$ref": "#/components/messageTraits/record"}],
    }


def _record() -> Object:
    key = {**_ID, "description": "Who speaks: the sending aggregate or flow; of an answer the command's id."}
    return {
        "contentType": CONTENT_TYPE.decode(),
        "bindings": {"kafka": {"key": key, "bindingVersion": KAFKA_BINDING}},
    }


def _cloud_event() -> Object:
    """The record's headers (`contracts.envelope`)."""
    return {
        "type": "object",
        "description": "CloudEvents 1.0.2, Kafka protocol binding, binary mode. Each header is text in UTF-8.",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {**_ID, "description": "Drawn anew for each message; a copy has the same."},
            "ce_source": {**_ID, "description": "Who sends: a writer of the topic."},
            "ce_type": {"type": "string", "maxLength": 300},
            "ce_subject": {**_ID, "description": "The same as the record's key."},
            "ce_time": _INSTANT,
            "ce_expirytime": {**_INSTANT, "description": "After this instant a command shall not count any more."},
            "ce_correlationid": _ID,
            "ce_causationid": {**_ID, "description": "The id of the message that led to this one."},
            "ce_sequence": {
                "type": "string",
                "pattern": "^[0-9]{1,18}$",
                "description": "Counts from 1 what one aggregate sends to one topic, without gaps. Answers have none.",
            },
            "content-type": {"const": CONTENT_TYPE.decode()},
        },
    }
