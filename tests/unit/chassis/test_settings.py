import json
from typing import Annotated, Literal

import pytest
from pydantic import Field

from services.chassis import settings
from services.chassis.keys import Fingerprints
from services.chassis.settings import ServiceSettings, read_settings

MARKED = "marked-7f3a"
GOOD = {
    "HESABI_KAFKA_BOOTSTRAP": "localhost:9092,[::1]:9093",
    "HESABI_MONGO_URI": f"mongodb://user:{MARKED}@localhost:27017",
    "HESABI_DATABASE": "identity",
    "HESABI_KEYS_FOLDER": "/run/keys",
    "HESABI_KEY_FINGERPRINTS": json.dumps({"identity": {"seal": "s", "signing": "t"}, "accounts": {"seal": "u"}}),
    "HESABI_HTTP_PORT": "0",
}


class GatewaySettings(ServiceSettings):
    """A service's own settings stand beside the chassis's."""

    gateway_timeout_s: Annotated[float, Field(gt=0)] = Field(default=10.0, description="seconds, above 0")
    gateways: dict[str, int] = Field(default={}, description="JSON map of gateway to weight")
    mode: Literal["one", "two"] = Field(default="one", description="one or two")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        read_settings(GatewaySettings)
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert MARKED not in shown.err
    return shown.err.strip()


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HESABI_GATEWAYS", '{"a": 1}')
    settings = read_settings(GatewaySettings)
    assert settings.kafka_bootstrap == "localhost:9092,[::1]:9093"
    assert settings.key_fingerprints == {"identity": Fingerprints("s", "t"), "accounts": Fingerprints("u")}
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 0)
    assert settings.gateways == {"a": 1}
    assert settings.replica


def test_law14_only_who_was_given_a_name_bears_it_in_its_groups(environment: pytest.MonkeyPatch) -> None:
    """Two on one machine have the machine's, and would take each other's partitions away."""
    assert read_settings(ServiceSettings).member is None
    environment.setenv("HESABI_REPLICA", "identity-1")
    assert read_settings(ServiceSettings).member == "identity-1"


def test_settings_do_not_show_passwords(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HESABI_KAFKA_USER", "identity")
    environment.setenv("HESABI_KAFKA_PASSWORD", MARKED)
    settings = read_settings(ServiceSettings)
    assert settings.mongo_uri.get_secret_value().endswith("localhost:27017")
    assert MARKED not in f"{settings!r}{settings}{settings.model_dump()}"


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named_in_one_line(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    environment.delenv(name)
    assert complaint(capsys).startswith(f"settings: {name} is missing: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HESABI_KAFKA_BOOTSTRAP", MARKED),
        ("HESABI_KAFKA_BOOTSTRAP", f"localhost:9092,{MARKED}"),
        ("HESABI_KAFKA_USER", f"{MARKED} with space"),
        ("HESABI_MONGO_URI", f"http://{MARKED}"),
        ("HESABI_DATABASE", f"{MARKED}/$x"),
        ("HESABI_KEY_FINGERPRINTS", MARKED),
        ("HESABI_KEY_FINGERPRINTS", f'["{MARKED}"]'),
        ("HESABI_KEY_FINGERPRINTS", f'{{"identity": {{"sael": "{MARKED}"}}}}'),
        ("HESABI_HTTP_HOST", MARKED),
        ("HESABI_HTTP_PORT", MARKED),
        ("HESABI_HTTP_PORT", "70000"),
        ("HESABI_LOG_LEVEL", MARKED),
        ("HESABI_REPLICA", f"{MARKED} x"),
        ("HESABI_CALL_TIMEOUT_S", "0"),
        ("HESABI_CALL_TIMEOUT_S", "inf"),
        ("HESABI_CALL_TIMEOUT_S", "6"),
        ("HESABI_STOP_TIMEOUT_S", MARKED),
        ("HESABI_UNPROVEN_LETTERS_UNTIL", "2027-01-31T00:00:00"),
        ("HESABI_GATEWAY_TIMEOUT_S", "-1"),
        ("HESABI_GATEWAYS", MARKED),
        ("HESABI_GATEWAYS", f'{{"{MARKED}": "x"}}'),
        ("HESABI_MODE", MARKED),
    ],
)
def test_a_wrong_setting_is_named_in_one_line_without_its_value(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    environment.setenv(name, value)
    assert complaint(capsys).startswith(f"settings: {name} is wrong: ")


@pytest.mark.parametrize("given", ["HESABI_KAFKA_USER", "HESABI_KAFKA_PASSWORD"])
def test_half_a_login_is_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    environment.setenv(given, MARKED)
    assert "HESABI_KAFKA_USER and HESABI_KAFKA_PASSWORD" in complaint(capsys)


@pytest.mark.parametrize("brokers", ["127.0.0.1:9092", "localhost:9092,[::1]:9093", "LOCALHOST:9092"])
def test_L11_a_login_of_kafka_goes_in_clear_to_this_machine(environment: pytest.MonkeyPatch, brokers: str) -> None:
    log_in(environment, brokers)
    assert read_settings(ServiceSettings).kafka_user == "identity"


@pytest.mark.parametrize(
    "brokers",
    [
        "broker:9092",
        "localhost:9092,broker:9092",
        "localhost.example:9092",
        "127.0.0.1.example:9092",
        "0.0.0.0:9092",
        "[::]:9092",
        "[::1]:1:9092",
        "::1:9092",
    ],
)
def test_L11_a_login_of_kafka_goes_to_another_machine_over_tls_only(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], brokers: str
) -> None:
    log_in(environment, brokers)
    wish = (
        "HESABI_KAFKA_USER needs HESABI_KAFKA_CA_FILE where HESABI_KAFKA_BOOTSTRAP is not localhost, 127.0.0.1 or [::1]"
    )
    assert complaint(capsys) == f"settings: {wish}"
    environment.setenv("HESABI_KAFKA_CA_FILE", "/run/ca.crt")
    assert read_settings(ServiceSettings).kafka_bootstrap == brokers


def log_in(environment: pytest.MonkeyPatch, brokers: str) -> None:
    environment.setenv("HESABI_KAFKA_BOOTSTRAP", brokers)
    environment.setenv("HESABI_KAFKA_USER", "identity")
    environment.setenv("HESABI_KAFKA_PASSWORD", MARKED)


LOGIN_OF_MONGODB = f"service:{MARKED}@"


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://{LOGIN_OF_MONGODB}localhost",
        f"mongodb://{LOGIN_OF_MONGODB}127.0.0.1:27017,[::1]:27018/?replicaSet=rs0",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?tls=true",
        f"mongodb://{LOGIN_OF_MONGODB}db.example,other.example:27018/admin?replicaSet=rs0&SSL=true",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?replicaSet=rs0;tls=true",
        f"mongodb+srv://{LOGIN_OF_MONGODB}db.example/?retryWrites=true",
        "mongodb://db.example:27017/?replicaSet=rs0",
    ],
)
def test_L11_a_login_of_mongodb_goes_over_tls_or_stays_here(environment: pytest.MonkeyPatch, uri: str) -> None:
    environment.setenv("HESABI_MONGO_URI", uri)
    assert read_settings(ServiceSettings).mongo_uri.get_secret_value() == uri


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://{LOGIN_OF_MONGODB}db.example",
        f"mongodb://{LOGIN_OF_MONGODB}db.example:27017/?replicaSet=rs0",
        f"mongodb://{LOGIN_OF_MONGODB}localhost,db.example/",
        f"mongodb://{LOGIN_OF_MONGODB}localhost@db.example/",
        f"mongodb://{LOGIN_OF_MONGODB}localhost.example",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?tls=false",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?tls=true&tlsAllowInvalidCertificates=true",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?tls=true&tlsAllowInvalidHostnames=true",
        f"mongodb+srv://{LOGIN_OF_MONGODB}db.example/?tlsInsecure=true",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?tls=true&tls=false",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/?appName=tls=true",
        f"mongodb://{LOGIN_OF_MONGODB}db.example/tls=true",
        f"mongodb+srv://{LOGIN_OF_MONGODB}db.example/?tls=false",
        f"mongodb+srv://{LOGIN_OF_MONGODB}localhost/?ssl=false",
        "mongodb://service@db.example",
        "mongodb://db.example/?authMechanism=MONGODB-AWS",
    ],
)
def test_L11_a_login_of_mongodb_goes_to_another_machine_over_tls_only(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], uri: str
) -> None:
    environment.setenv("HESABI_MONGO_URI", uri)
    wish = "a login needs tls=true where a host is not localhost, 127.0.0.1 or [::1]"
    assert complaint(capsys) == f"settings: HESABI_MONGO_URI is wrong: {wish}"


def test_every_fault_is_named_at_once(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environment.delenv("HESABI_DATABASE")
    environment.setenv("HESABI_HTTP_PORT", "x")
    said = complaint(capsys)
    assert "HESABI_DATABASE is missing" in said
    assert "HESABI_HTTP_PORT is wrong" in said


def test_every_setting_says_what_it_wants() -> None:
    assert [name for name, field in ServiceSettings.model_fields.items() if not field.description] == []


def test_traces_want_an_address_and_the_packages_for_them(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("HESABI_TRACES_ENDPOINT", "http://collector:4318/v1/traces")
    assert read_settings(ServiceSettings).traces_endpoint == "http://collector:4318/v1/traces"
    environment.setattr(settings, "find_spec", lambda _: None)
    assert "extra `traces`" in complaint(capsys)
    environment.setenv("HESABI_TRACES_ENDPOINT", "collector:4318")
    assert "HESABI_TRACES_ENDPOINT is wrong" in complaint(capsys)
