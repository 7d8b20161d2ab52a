"""Run with the last release's code on the path, and nothing of this tree: does it read what this tree writes?

Its standard input is JSON: `folder` of a part of the corpus, `keys` and `settings` of the services. It prints a JSON
list of what it objects to.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from bson import json_util

from contracts.catalogue import CATALOGUE
from contracts.operations import NUDGE, TIMER_ELAPSED
from contracts.topics import CATALOGUE as TOPICS
from services.chassis.document import loaded
from services.chassis.keys import PrivateKeys
from services.chassis.service import Service
from services.chassis.state import StateCodec
from services.chassis.state_cipher import StateCipher


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """What was recorded; what was made is perhaps never written by anybody."""
    options = json_util.RELAXED_JSON_OPTIONS.with_options(tz_aware=True)
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        found = json_util.loads(line, json_options=options)
        if "made" not in found:
            yield found


def built(name: str, keys: PrivateKeys, settings: Mapping[str, Any]) -> Service:
    """The last release's service."""
    build = import_module(f"services.{name}.__main__").build
    service: Service = build(get_type_hints(build)["settings"].model_validate(settings), keys)
    return service


def unread_documents(folder: Path, codecs: Mapping[tuple[str, str], StateCodec]) -> Iterator[str]:
    """Documents that the last release would stop at or park."""
    for line in lines(folder / "documents.jsonl.gz"):
        name = line["fields"]["_id"]
        codec = codecs.get((line["service"], name.partition(":")[0]))
        if codec is None:
            continue  # a new kind, which only new messages bring into being
        try:
            document = loaded(line["fields"])
            codec.write(document, codec.read(document))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not read
            yield f"{line['service']} {name}: {type(error).__name__}"


def unread_records(folder: Path, services: Mapping[str, Service]) -> Iterator[str]:
    """Records that the last release would put aside."""
    for line in lines(folder / "records.jsonl.gz"):
        topic, type_name = line["place"][0], dict(line["headers"])["ce_type"]
        for name, service in services.items():
            if any(lane.topic.name == topic for lane in service.lanes):
                own = {TIMER_ELAPSED[name].type_name, NUDGE[name].type_name}
                known = own | {route.message.type_name for route in service.routes}
                if type_name not in known:
                    if len(TOPICS[topic].readers) == 1:
                        yield f"{name} {type_name}: a type that it does not know, on a topic of its own"
                elif not _is_read(type_name, line["value"]):
                    yield f"{name} {type_name}: its body is not read"


def _is_read(type_name: str, value: str) -> bool:
    try:
        CATALOGUE[type_name].model_validate_json(value)
    except ValueError:
        return False
    return True


def main() -> None:
    """See above."""
    given = json.load(sys.stdin)
    keys = {name: PrivateKeys.load(Path(given["keys"]) / name) for name in given["settings"]}
    services = {name: built(name, keys[name], settings) for name, settings in given["settings"].items()}
    codecs = {
        (name, kind.name): StateCodec(kind, StateCipher(keys[name].state_key))
        for name, service in services.items()
        for kind in service.kinds
    }
    folder = Path(given["folder"])
    json.dump([*unread_documents(folder, codecs), *unread_records(folder, services)], sys.stdout)


if __name__ == "__main__":
    main()
