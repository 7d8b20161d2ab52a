"""compose.yaml is what the Compose Specification knows, holds everything tightly, and names settings that exist."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft7Validator

from contracts.topics import SERVICES
from deploy.local.stack.containers import PUBLIC_IMAGES
from deploy.local.terms import terms_in_force
from services.chassis.settings import PREFIX
from tests.gates import Gates
from tests.guards.source import ROOT
from tests.guards.test_documented_settings import OF_SERVICE

SCHEMA: Final = Path(__file__).parent / "data/compose-spec/schema.json"
ONE_SHOT: Final = "first-start"
BY_ENTRYPOINT: Final = "key_fingerprints"
GATEWAY_AND_RELAY: Final = {
    PREFIX + name.upper()
    for name in ("sms_url", "sms_app_sid", "sms_sender", "smtp_host", "smtp_port", "smtp_user", "smtp_password")
}

Compose = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Compose:
    read: Compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def not_of_the_specification(compose: Compose) -> list[str]:
    """What the specification's own schema says against it."""
    validator = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(compose)]


def loose(compose: Compose) -> list[str]:
    """Services that could write, climb, eat the machine or be reached from elsewhere."""
    return [f"{name}: {what}" for name, service in compose["services"].items() for what in _loose(name, service)]


def _loose(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield "its files can be written"
    if service.get("cap_drop") != ["ALL"]:
        yield "it keeps capabilities"
    if service.get("security_opt") != ["no-new-privileges:true"]:
        yield "it may gain privileges"
    if not service.get("mem_limit") or not service.get("pids_limit"):
        yield "it has no limits"
    if name != ONE_SHOT and "healthcheck" not in service:
        yield "nobody looks after its health"
    if not all(port.startswith("127.0.0.1:") for port in service.get("ports", ())):
        yield "other machines reach it"
    if service["image"].endswith(":latest") or ":" not in service["image"]:
        yield "its image is not pinned"


def wrong_settings(compose: Compose) -> list[str]:
    """Variables that a service does not know, and required ones that it is not given."""
    wrong = []
    for name in SERVICES:
        given = compose["services"][name]["environment"].keys()
        fields = OF_SERVICE[name].model_fields
        known = {PREFIX + field.upper() for field in fields}
        required = {PREFIX + field.upper() for field, of in fields.items() if of.is_required()}
        required -= {PREFIX + BY_ENTRYPOINT.upper()}
        wrong += [f"{name}: {variable} is unknown" for variable in sorted(given - known)]
        wrong += [f"{name}: {variable} is missing" for variable in sorted(required - given)]
    return wrong


def filled_in(value: str) -> str:
    """A variable as Compose gives it where nothing is set but what must be."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "x" * 32, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))


def test_it_is_what_the_specification_knows(compose: Compose) -> None:
    assert not_of_the_specification(compose) == []


def test_it_runs_everything_and_holds_it_tightly(compose: Compose) -> None:
    assert compose["services"].keys() == {"kafka", "mongodb", ONE_SHOT, *SERVICES}
    assert loose(compose) == []


def test_every_setting_exists_and_none_is_missing(compose: Compose) -> None:
    assert wrong_settings(compose) == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_starts_with_its_settings(name: str, compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in compose["services"][name]["environment"].items():
        monkeypatch.setenv(variable, filled_in(value))
    monkeypatch.setenv(PREFIX + BY_ENTRYPOINT.upper(), "{}")
    assert OF_SERVICE[name]().database == f"hesabi_{name}"


def untaken(compose: Compose) -> list[str]:
    """Variables of the SMS gateway and the mail relay that are not taken from the environment."""
    given = compose["services"]["notifications"]["environment"]
    return sorted(name for name in GATEWAY_AND_RELAY if not str(given.get(name)).startswith(f"${{{name}:"))


def test_addresses_and_logins_of_gateway_and_relay_are_taken_from_the_environment(compose: Compose) -> None:
    assert untaken(compose) == []


def test_images_and_terms_are_those_of_the_code(compose: Compose) -> None:
    services = compose["services"]
    named = dict(re.findall(r"\$\{(\w+):-([^}]+)\}", services["kafka"]["image"] + services["mongodb"]["image"]))
    assert named == PUBLIC_IMAGES
    base = re.search(r"(?m)^ARG BASE_IMAGE=(.+)$", (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8"))
    assert base
    built = [service["build"]["args"] for service in services.values() if "build" in service]
    assert {each["BASE_IMAGE"] for each in built} == {f"${{HESABI_BASE_IMAGE:-{base[1]}}}"}
    assert [each["SERVICE"] for each in built] == ["accounts", *SERVICES]
    assert json.loads(services["identity"]["environment"]["HESABI_TERMS"]) == terms_in_force()


BAD: Final[Mapping[str, tuple[str, object]]] = {
    "a writable file system": ("read_only", False),
    "capabilities": ("cap_drop", ["NET_RAW"]),
    "privileges": ("security_opt", []),
    "no memory limit": ("mem_limit", None),
    "no health check": ("healthcheck", None),
    "a port for everybody": ("ports", ["8080:8080"]),
    "latest": ("image", "hesabi-identity:latest"),
}


@pytest.mark.parametrize("what", BAD)
def test_it_refuses(what: str, compose: Compose, gates: Gates) -> None:
    key, value = BAD[what]
    bad = deepcopy(compose)
    bad["services"]["identity"][key] = value
    if value is None:
        del bad["services"]["identity"][key]
    gates.refuses("images: compose.yaml", what, loose(bad))


def test_it_refuses_what_nobody_knows(compose: Compose, gates: Gates) -> None:
    bad = deepcopy(compose)
    bad["services"]["identity"]["mem_limt"] = "300m"
    gates.refuses("images: compose.yaml", "mem_limt", not_of_the_specification(bad))
    environment = bad["services"]["identity"]["environment"]
    environment["HESABI_OTP_LIFE"] = environment.pop("HESABI_TERMS")
    del bad["services"]["notifications"]["environment"]["HESABI_SMTP_USER"]
    gates.refuses("images: compose.yaml", "a relay without a login", untaken(bad))
    gates.refuses("images: compose.yaml", "a setting that does not exist", wrong_settings(bad))
