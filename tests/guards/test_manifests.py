"""The Kubernetes manifests: rendered, strictly checked, and naming what code and contracts name."""

from copy import deepcopy
from typing import Any, Final

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from contracts import topics
from deploy.cli.installation import CA_FILE, FINGERPRINTS, KAFKA, PASSWORD, USER
from deploy.kubernetes.generate import manifests, users
from deploy.kubernetes.lanes import LANES
from services.chassis.settings import PREFIX, ServiceSettings
from tests.gates import Gates
from tests.guards.manifests import (
    OVERLAY,
    Unrendered,
    budget_faults,
    named,
    network_faults,
    pod_faults,
    rendered,
    schema_faults,
    settings_of,
    workload_faults,
)
from tests.guards.source import ROOT
from tests.guards.test_documented_settings import OF_SERVICE, PAGE, section

SERVICES: Final = tuple(OF_SERVICE)
OPERATORS: Final = f"{OVERLAY}/operators"
REPLICA: Final = f"{PREFIX}REPLICA"


def setting_faults(service: str, environment: dict[str, str]) -> list[str]:
    """Where a pod's environment is not what the service's settings take."""
    cls = OF_SERVICE[service]
    fields = {f"{PREFIX}{name.upper()}": field for name, field in cls.model_fields.items()}
    unknown = [f"{name} is no setting" for name in environment if name not in fields]
    missing = [
        f"{name} is missing" for name, field in fields.items() if field.is_required() and name not in environment
    ]
    clear = [
        f"{name} is a secret in clear"
        for name, value in environment.items()
        if name in fields and _is_secret(fields[name].annotation) and "secretKeyRef" not in value
    ]
    # Under one name pods take each other's partitions away (decision 33).
    shared = [] if "metadata.name" in environment.get(REPLICA, "") else [f"{REPLICA} is not the pod's name"]
    return unknown + missing + clear + shared


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def group_faults(manifest: dict[str, Any], service: str) -> list[str]:
    """Consumer groups that the service's lanes have and its user may not use, or the other way round."""
    rules = manifest["spec"]["authorization"]["acls"]
    allowed = {rule["resource"]["name"] for rule in rules if rule["resource"]["type"] == "group"}
    return sorted(allowed ^ {f"{service}.{lane.name}" for lane in LANES[service]})


def test_every_manifest_is_valid_in_the_oldest_and_the_newest_kubernetes() -> None:
    assert [fault for resource in rendered() for fault in schema_faults(resource)] == []


def test_every_workload_is_restricted_patient_and_limited() -> None:
    deployments = named(rendered(), "Deployment")
    assert sorted(deployments) == sorted(f"hesabi-{service}" for service in SERVICES)
    assert [fault for each in deployments.values() for fault in workload_faults(each)] == []
    assert budget_faults(rendered()) == []
    assert named(rendered(), "PodDisruptionBudget").keys() == deployments.keys()


def test_law12_the_operators_pod_is_restricted_ends_by_itself_and_reaches_no_database() -> None:
    resources = rendered(OPERATORS)
    assert [fault for resource in resources for fault in schema_faults(resource)] == []
    (pod,) = named(resources, "Pod").values()
    assert pod_faults("operators", pod["spec"]) == []
    assert pod["spec"]["activeDeadlineSeconds"] > 0
    database = named(rendered(), "NetworkPolicy")["kafka-and-mongodb"]["spec"]["podSelector"]["matchExpressions"]
    assert database == [{"key": "app.kubernetes.io/name", "operator": "In", "values": list(SERVICES)}]
    assert pod["metadata"]["labels"]["app.kubernetes.io/name"] not in SERVICES


def test_the_operators_pod_says_all_that_the_command_line_asks_for() -> None:
    (pod,), (settings,) = named(rendered(OPERATORS), "Pod").values(), named(rendered(OPERATORS), "ConfigMap").values()
    (password,) = pod["spec"]["containers"][0]["env"]
    assert settings["data"].keys() | {password["name"]} == {KAFKA, FINGERPRINTS, USER, PASSWORD, CA_FILE}
    assert password["valueFrom"]["secretKeyRef"]["name"] == settings["data"][USER]
    assert settings["data"][USER] in users()
    (mount,) = [each for each in pod["spec"]["containers"][0]["volumeMounts"] if each["name"] == "kafka-ca"]
    assert settings["data"][CA_FILE] == f"{mount['mountPath']}/ca.crt"


def test_pod_security_is_enforced_and_the_network_denies_by_default() -> None:
    namespaces = named(rendered(), "Namespace")
    assert {each["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for each in namespaces.values()} == {
        "restricted"
    }
    assert network_faults(rendered()) == []


def unsaid_of_kafka(page: str) -> list[str]:
    """What services and users need of the Kafka cluster, and the page does not say."""
    identity = named(rendered(), "KafkaUser")["identity"]
    port = settings_of(rendered(), "identity")["HESABI_KAFKA_BOOTSTRAP"].rpartition(":")[2]
    needed = (port, identity["spec"]["authentication"]["type"], identity["spec"]["authorization"]["type"])
    return [each for each in needed if f"`{each}`" not in section(page, "Kubernetes")]


def test_the_page_says_what_kafka_cluster_the_manifests_are_for() -> None:
    assert unsaid_of_kafka((ROOT / PAGE).read_text(encoding="utf-8")) == []


def test_generated_manifests_are_what_the_contracts_say() -> None:
    """If this fails: `make manifests`."""
    stale = [str(path) for path, text in manifests().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert stale == []


def test_code_contracts_and_manifests_name_the_same_topics_and_groups() -> None:
    by_name = {each["spec"]["topicName"]: each["spec"] for each in named(rendered(), "KafkaTopic").values()}
    assert by_name.keys() == topics.CATALOGUE.keys()
    assert {name: spec["partitions"] for name, spec in by_name.items()} == {
        name: topic.partitions for name, topic in topics.CATALOGUE.items()
    }
    kafka_users = named(rendered(), "KafkaUser")
    assert sorted(kafka_users) == users()
    assert [fault for service in SERVICES for fault in group_faults(dict(kafka_users[service]), service)] == []
    used = {lane.topic.name for service in SERVICES for lane in LANES[service]}
    assert used <= topics.CATALOGUE.keys()


def test_law_12_a_user_writes_where_it_is_a_writer_and_creates_nothing() -> None:
    for name, user in named(rendered(), "KafkaUser").items():
        rules = user["spec"]["authorization"]["acls"]
        writes = {rule["resource"]["name"] for rule in rules if "Write" in rule["operations"]}
        assert writes == {topic.name for topic in topics.CATALOGUE.values() if name in topic.writers}
        assert {operation for rule in rules for operation in rule["operations"]} <= {
            "Describe", "DescribeConfigs", "Read", "Write",
        }  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_starts_with_the_settings_of_its_manifest(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = settings_of(rendered(), service)
    assert setting_faults(service, environment) == []
    secrets = {
        "HESABI_MONGO_URI": "mongodb://user@host/?tls=true",
        "HESABI_RECEIPTS_SECRET": "a-secret-of-more-than-32-characters",
    }
    for name, value in environment.items():
        given = secrets.get(name, "hesabi-7d9f") if value.startswith("{'") else value
        monkeypatch.setenv(name, given)
    settings: BaseSettings = OF_SERVICE[service]()
    assert isinstance(settings, ServiceSettings)
    assert settings.database == f"hesabi_{service}"


def test_it_refuses(gates: Gates) -> None:
    deployment: dict[str, Any] = deepcopy(dict(named(rendered(), "Deployment")["hesabi-identity"]))
    pod = deployment["spec"]["template"]["spec"]
    pod["containers"][0]["securityContext"]["readOnlyRootFileSystem"] = True
    gates.refuses("manifests: schema", "a field with a letter in the wrong case", schema_faults(deployment))
    bad_topic = deepcopy(dict(named(rendered(), "KafkaTopic")["identity.commands"]))
    bad_topic["spec"]["partition"] = 6
    gates.refuses("manifests: schema", "KafkaTopic with `partition`", schema_faults(bad_topic))
    gates.refuses("manifests: network", "no policy at all", network_faults([]))
    environment = settings_of(rendered(), "identity")
    typo = {**environment, "HESABI_OTP_LIFE": "60"}
    gates.refuses("manifests: settings", "a setting that no service has", setting_faults("identity", typo))
    clear = {**environment, "HESABI_KAFKA_PASSWORD": "in clear"}
    gates.refuses("manifests: settings", "a secret in clear", setting_faults("identity", clear))
    alike = {**environment, REPLICA: "identity"}
    gates.refuses("manifests: settings", "one name for all replicas", setting_faults("identity", alike))
    del environment["HESABI_TERMS"]
    gates.refuses("manifests: settings", "a required one is missing", setting_faults("identity", environment))
    gates.refuses("manifests: Kafka", "a page that says nothing of the listener", unsaid_of_kafka("## Kubernetes\n"))
    with pytest.raises(Unrendered):
        rendered("deploy/kubernetes/overlays/no-such")
    user = deepcopy(dict(named(rendered(), "KafkaUser")["identity"]))
    user["spec"]["authorization"]["acls"] = user["spec"]["authorization"]["acls"][:-1]
    gates.refuses("manifests: groups", "a lane's group is missing", group_faults(user, "identity"))


def test_it_refuses_each_way_in_which_a_workload_can_be_lax(gates: Gates) -> None:
    for what, change in _LAX.items():
        deployment: dict[str, Any] = deepcopy(dict(named(rendered(), "Deployment")["hesabi-identity"]))
        pod = deployment["spec"]["template"]["spec"]
        change(deployment["spec"], pod, pod["containers"][0])
        gates.refuses("manifests: workload", what, workload_faults(deployment))
    unselective = deepcopy(list(map(dict, rendered())))
    named(unselective, "PodDisruptionBudget")["hesabi-identity"]["spec"].pop("selector")
    gates.refuses("manifests: workload", "a budget that selects no pod", budget_faults(unselective))


_LAX: Final[dict[str, Any]] = {
    "root": lambda _, pod, __: pod["securityContext"].update(runAsUser=0),
    "no seccomp": lambda _, pod, __: pod["securityContext"].pop("seccompProfile"),
    "a token": lambda _, pod, __: pod.pop("automountServiceAccountToken"),
    "the node's network": lambda _, pod, __: pod.update(hostNetwork=True),
    "the node's files": lambda _, pod, __: pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    "20 s of grace": lambda _, pod, __: pod.update(terminationGracePeriodSeconds=20),
    "one replica": lambda spec, _, __: spec.update(replicas=1),
    "one fewer while rolling": lambda spec, _, __: spec["strategy"]["rollingUpdate"].update(maxUnavailable=1),
    "a spread of no pods": lambda _, pod, __: pod["topologySpreadConstraints"][0].pop("labelSelector"),
    "privileged": lambda _, __, container: container["securityContext"].update(privileged=True),
    "a capability": lambda _, __, container: container["securityContext"].update(capabilities={"add": ["NET_RAW"]}),
    "a writable root": lambda _, __, container: container["securityContext"].pop("readOnlyRootFilesystem"),
    "no limits": lambda _, __, container: container["resources"].pop("limits"),
    "no requests": lambda _, __, container: container["resources"].pop("requests"),
    "latest": lambda _, __, container: container.update(image="images.power.example/hesabi/identity"),
    "no readiness probe": lambda _, __, container: container.pop("readinessProbe"),
}
