"""The catalogue of messages as a page to read, made from the contracts themselves."""

from collections.abc import Iterable, Sequence

from contracts.asyncapi import senders_of
from contracts.catalogue import about, published_messages
from contracts.message import Answer, Command, Message
from contracts.schemas import opener_of, title_of
from contracts.topics import CATALOGUE as TOPICS
from contracts.topics import CHANNELS, NEIGHBOURS, SERVICES, Topic

_INTRODUCTION = """\
# Catalogue of messages

Made by `make contracts` from [contracts/](../contracts); do not edit. Each message is CloudEvents 1.0 in Kafka's binary
mode: its type is `hesabi.<service>.<Name>.v<N>`, its body is JSON. Schemas (closed for writers, open for readers) are
in [contracts/published/schemas](../contracts/published/schemas), samples in
[contracts/published/samples](../contracts/published/samples).

A command is answered once, on the topic of answers of the service that it is for, with the command's id as correlation
id: by the message that its description names, or by `CommandRefused`. A *sealed* field can be opened by the named party
only. A question mark stands behind a field that may be left out.
"""

_TITLES = {
    "identity": "Identity",
    "accounts": "Accounts",
    "notifications": "Notifications",
    "reports": "Reports",
    "registry": "Registry (neighbour)",
    "billing": "Billing (neighbour)",
    "metering": "Metering (neighbour)",
    "back-office": "Back office (neighbour)",
}


def catalogue_page() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION]
    for service in (*SERVICES, *NEIGHBOURS):
        messages = [m for m in published_messages().values() if m.service == service]
        if messages:
            parts.append(_service(service, messages))
    parts.append(_topics())
    return "\n".join(parts)


def _service(service: str, messages: Sequence[type[Message]]) -> str:
    sections: dict[str, list[type[Message]]] = {
        "Commands": [m for m in messages if issubclass(m, Command)],
        "Answers": [m for m in messages if issubclass(m, Answer)],
        "Events": [m for m in messages if not issubclass(m, Command | Answer) and not _is_internal(m)],
        "Inside the service": [m for m in messages if not issubclass(m, Command | Answer) and _is_internal(m)],
    }
    lines = [f"## {_TITLES[service]}\n"]
    for title, members in sections.items():
        if members:
            lines.append(f"### {title}\n")
            lines.append(_table(("message", "topic", "from, to", "fields", "what it says"), (_row(m) for m in members)))
    return "\n".join(lines)


def _is_internal(message: type[Message]) -> bool:
    return message.topic.readers <= {message.service, "operators"} and message.service in SERVICES


def _row(message: type[Message]) -> tuple[str, ...]:
    topic = f"`{message.topic.name}`"
    return (f"**{title_of(message)}**", topic, _way(message), _fields(message), about(message))


def _way(message: type[Message]) -> str:
    """Who sends it, and who may read it."""
    return f"{_parties(senders_of(message))} → {_parties(message.topic.readers)}"


def _fields(message: type[Message]) -> str:
    return ", ".join(_field(message, name) for name in message.model_fields) or "none"


def _field(message: type[Message], name: str) -> str:
    optional = "" if message.model_fields[name].is_required() else "?"
    if name not in message.sealed_fields:
        return f"`{name}`{optional}"
    return f"`{name}`{optional} (sealed to {opener_of(message, name)})"


def _topics() -> str:
    heads = ("topic", "written by", "read by", "data", "partitions", "kept")
    return "## Topics\n\n" + _table(heads, (_topic_row(topic) for topic in TOPICS.values()))


def _topic_row(topic: Topic) -> tuple[str, ...]:
    kept = "the last of each key" if topic.compacted else f"{topic.retention.days} days"
    parties = (_parties(topic.writers), _parties(topic.readers))
    return (f"`{topic.name}`", *parties, topic.data_class, str(topic.partitions), kept)


def _parties(names: frozenset[str]) -> str:
    groups = {"channels": CHANNELS, "services": frozenset(SERVICES), "neighbours": frozenset(NEIGHBOURS)}
    whole = [title for title, members in groups.items() if members <= names]
    covered = frozenset[str]().union(*(groups[title] for title in whole))
    return ", ".join([*whole, *sorted(names - covered)])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines: list[Sequence[str]] = [heads, ["---"] * len(heads), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
