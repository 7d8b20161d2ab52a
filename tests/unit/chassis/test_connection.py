import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import KafkaBroker

from services.chassis.connection import kafka_connection
from services.chassis.lane_broker import broker_connection
from services.chassis.settings import ServiceSettings

CA = next(p for p in (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt") if p)
SHARED = ("bootstrap_servers", "client_id", "retry_backoff_ms")
LOGIN = {"kafka_user": "identity", "kafka_password": "planted-password"}


def settings(**more: Any) -> ServiceSettings:
    given: dict[str, Any] = {
        "kafka_bootstrap": "broker:9092",
        "mongo_uri": "mongodb://db",
        "database": "identity",
        "keys_folder": Path("keys"),
        "key_fingerprints": "{}",
        "http_port": 0,
        "replica": "one",
    }
    return ServiceSettings(**(given | more))


@pytest.mark.parametrize(
    ("more", "protocol"),
    [
        ({}, "PLAINTEXT"),
        ({"kafka_ca_file": Path(CA)}, "SSL"),
        (LOGIN | {"kafka_bootstrap": "127.0.0.1:9092"}, "SASL_PLAINTEXT"),
        (LOGIN | {"kafka_ca_file": Path(CA)}, "SASL_SSL"),
    ],
)
async def test_L11_login_and_certificates_reach_every_client(more: dict[str, Any], protocol: str) -> None:
    connection = kafka_connection(settings(**more))
    assert connection["security_protocol"] == protocol
    assert ("sasl_plain_password" in connection) == ("kafka_user" in more)
    assert AIOKafkaAdminClient(**connection) is not None  # aiokafka itself accepts what it is given
    lanes = broker_connection(settings(**more))
    assert KafkaBroker(**lanes) is not None
    assert lanes["security"].use_ssl == protocol.endswith("SSL")
    assert getattr(lanes["security"], "username", None) == more.get("kafka_user")
    assert {option: lanes[option] for option in SHARED} == {option: connection[option] for option in SHARED}


def test_L11_every_authority_in_the_file_is_believed(tmp_path: Path) -> None:
    """While an authority changes, some servers show the old one's certificates and some the new one's."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    found = re.findall(f"{begin}.*?{end}", Path(CA).read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "ca.crt").write_text("\n".join(found[:2]))
    context = kafka_connection(settings(kafka_ca_file=tmp_path / "ca.crt"))["ssl_context"]
    assert context.cert_store_stats()["x509_ca"] == 2


def test_L11_a_missing_file_of_certificates_is_an_error_at_the_start() -> None:
    with pytest.raises(OSError, match=r"No such file"):
        kafka_connection(settings(kafka_ca_file=Path("/nowhere/ca.pem")))
