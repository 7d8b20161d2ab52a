"""The Kubernetes manifests: rendered, strictly checked, and naming what code and contracts name."""

from collections.abc import Iterator, Mapping
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
GROUPS_BEGIN: Final = {
    "app": "app.",
    "back-office": "back-office.",
    "billing": "billing.",
    "call-centre": "call-centre.",
    "metering": "metering.",
    "operators": "operators.",
    "registry": "registry.",
    "web": "web.",
}
"""How the groups of others than services begin: how many these have, and what they are for, is theirs to say."""


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


def topic_faults(manifest: Mapping[str, Any]) -> list[str]:
    """What of a topic is not as the contracts have it, or is lost when one broker of three is."""
    spec, topic = manifest["spec"], topics.CATALOGUE[manifest["spec"]["topicName"]]
    safe = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
    wanted = {"partitions": topic.partitions, "replicas": 3, **topic.config, **safe}
    found = {"partitions": spec["partitions"], "replicas": spec["replicas"], **spec["config"]}
    return [f"{topic.name}: {name}" for name in sorted(dict(found.items() ^ wanted.items()))]


def rights_faults(manifest: Mapping[str, Any]) -> list[str]:
    """What a user may do and the contracts do not say, or the other way round (law 12)."""
    name, rules = manifest["metadata"]["name"], manifest["spec"]["authorization"]["acls"]
    given = {(_resource(rule["resource"]), each) for rule in rules for each in rule["operations"]}
    wanted = {*_topic_rights(name), *_group_rights(name)}
    return sorted(f"{name}: {right} {resource}" for resource, right in given ^ wanted)


def _resource(resource: Mapping[str, str]) -> str:
    return f"{resource['type']} {resource['name']} ({resource['patternType']})"


def _topic_rights(name: str) -> Iterator[tuple[str, str]]:
    looks = {"Describe", "DescribeConfigs"} if name in SERVICES else {"Describe"}  # law 9
    for topic in topics.CATALOGUE.values():
        rights = {"Read"} if name in topic.readers else set()
        rights |= {"Write"} if name in topic.writers else set()
        for right in rights | looks if rights else ():
            yield f"topic {topic.name} (literal)", right


def _group_rights(name: str) -> Iterator[tuple[str, str]]:
    """A service's groups one by one: by a prefix a lane could be joined that is not there (law 14)."""
    lanes = [f"{name}.{lane.name} (literal)" for lane in LANES.get(name, ())]
    for group in lanes or [f"{GROUPS_BEGIN[name]} (prefix)"]:
        yield from ((f"group {group}", right) for right in ("Describe", "Read"))


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
    kafka_topics = named(rendered(), "KafkaTopic").values()
    assert sorted(each["spec"]["topicName"] for each in kafka_topics) == sorted(topics.CATALOGUE)
    assert [fault for each in kafka_topics for fault in topic_faults(each)] == []
    used = {lane.topic.name for service in SERVICES for lane in LANES[service]}
    assert used <= topics.CATALOGUE.keys()


def test_law_12_a_user_reads_and_writes_what_the_contracts_say_and_nothing_else() -> None:
    kafka_users = named(rendered(), "KafkaUser")
    assert sorted(kafka_users) == users()
    assert [fault for each in kafka_users.values() for fault in rights_faults(each)] == []


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


def test_it_refuses_a_topic_that_can_be_lost_and_a_right_that_nobody_was_given(gates: Gates) -> None:
    for what, change in _LOSABLE.items():
        topic: dict[str, Any] = deepcopy(dict(named(rendered(), "KafkaTopic")["identity.commands"]))
        change(topic["spec"], topic["spec"]["config"])
        gates.refuses("manifests: topics", what, topic_faults(topic))
    for what, alter in _TOO_MUCH.items():
        user: dict[str, Any] = deepcopy(dict(named(rendered(), "KafkaUser")["identity"]))
        rules = user["spec"]["authorization"]["acls"]
        alter(rules, rules[0], rules[-1])
        gates.refuses("manifests: rights", what, rights_faults(user))


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


def _of(rules: list[dict[str, Any]], topic: str) -> list[str]:
    operations: list[str] = next(rule["operations"] for rule in rules if rule["resource"]["name"] == topic)
    return operations


_LOSABLE: Final[dict[str, Any]] = {
    "one replica": lambda spec, _: spec.update(replicas=1),
    "one partition more": lambda spec, _: spec.update(partitions=7),
    "one copy is enough": lambda _, config: config.update({"min.insync.replicas": "1"}),
    "a leader that has not all of it": lambda _, config: config.update({"unclean.leader.election.enable": "true"}),
    "kept for a week": lambda _, config: config.pop("retention.ms"),
    "its writers' stamps": lambda _, config: config.pop("message.timestamp.type"),
}

_TOO_MUCH: Final[dict[str, Any]] = {
    "a lane's group is missing": lambda rules, _, __: rules.pop(),
    "groups by a prefix": lambda _, __, last: last["resource"].update(patternType="prefix"),
    "topics by a prefix": lambda _, first, __: first["resource"].update(patternType="prefix"),
    "reads what it only writes": lambda rules, *_: _of(rules, "identity.codes").append("Read"),
    "writes what it only reads": lambda rules, *_: _of(rules, "accounts.keys").append("Write"),
    "makes topics": lambda _, first, __: first["operations"].append("Create"),
}
