"""Rendered manifests and what they must be: valid, restricted, patient, and of one mind with the code."""

import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator

from tests.guards.source import ROOT

OVERLAY: Final = "deploy/kubernetes/overlays/example"
CRDS: Final = Path(__file__).parent / "crds"
OLDEST, NEWEST = "1.32", "1.37"
"""Kubernetes versions that the manifests are checked against."""

STOP_S: Final = 10
SPARE_S: Final = 15
"""`HESABI_STOP_TIMEOUT_S`'s default, and what must remain of the grace period beyond it (trap 37)."""

Resource = Mapping[str, Any]


class Unrendered(Exception):
    """kustomize refused; the text is what it said."""


@cache
def rendered(overlay: str = OVERLAY) -> tuple[Resource, ...]:
    """Everything that `kubectl apply -k` would send."""
    command = [str(ROOT / ".venv/bin/kubectl"), "kustomize", str(ROOT / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unrendered(done.stderr)
    return tuple(each for each in yaml.safe_load_all(done.stdout) if each)


def named(resources: Iterable[Resource], kind: str) -> dict[str, Resource]:
    """The resources of a kind, by name."""
    return {each["metadata"]["name"]: each for each in resources if each["kind"] == kind}


def settings_of(resources: Iterable[Resource], service: str) -> dict[str, str]:
    """A service's environment as its pod gets it; a secret's value is its name."""
    everything = tuple(resources)
    pod = named(everything, "Deployment")[f"hesabi-{service}"]["spec"]["template"]["spec"]
    maps = named(everything, "ConfigMap")
    found: dict[str, str] = {}
    for container in pod["containers"]:
        for source in container.get("envFrom", ()):
            found |= maps[source["configMapRef"]["name"]]["data"]
        for variable in container.get("env", ()):
            found[variable["name"]] = variable.get("value") or str(variable["valueFrom"])
    return found


# --- schemas --------------------------------------------------------------------------------------------------------
def schema_faults(resource: Resource) -> list[str]:
    """What the API server of each version, or Strimzi's definitions, would not know or take."""
    if resource["apiVersion"].startswith("kafka.strimzi.io/"):
        errors = _definition(resource["kind"]).iter_errors(resource)
        return [f"{resource['kind']} {'.'.join(map(str, error.path))}: {error.validator}" for error in errors]
    faults = []
    for version in (OLDEST, NEWEST):
        try:
            kubernetes_validate.validate(dict(resource), version, strict=True)
        except kubernetes_validate.ValidationError as error:
            faults.append(f"{resource['kind']} ({version}): {'.'.join(map(str, error.path))} {error.message[:80]}")
    return faults


@cache
def _definition(kind: str) -> Draft202012Validator:
    for file in CRDS.glob("*.yaml"):
        definition = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]
        if definition["names"]["kind"] == kind:
            version = next(each for each in definition["versions"] if each["storage"])
            return Draft202012Validator(_closed(version["schema"]["openAPIV3Schema"]))
    raise LookupError(kind)


def _closed(schema: Any) -> Any:
    """A definition's schema with every object closed, as the API server's strict validation has it."""
    if not isinstance(schema, dict):
        return schema
    closed = {
        key: {name: _closed(part) for name, part in value.items()} if key == "properties" else _closed(value)
        for key, value in schema.items()
    }
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "properties" not in schema
    return closed if is_open else closed | {"additionalProperties": False}


# --- workloads ------------------------------------------------------------------------------------------------------
def pod_faults(name: str, pod: Resource) -> list[str]:
    """What of a pod with one container is less than restricted and limited."""
    return _broken(name, _pod_checks(pod) | _container_checks(pod["containers"][0]))


def workload_faults(deployment: Resource) -> list[str]:
    """What of a Deployment is less than restricted, limited and patient."""
    name, pod = str(deployment["metadata"]["name"]), deployment["spec"]["template"]["spec"]
    return pod_faults(name, pod) + _broken(name, _patience_checks(deployment["spec"], pod))


def _broken(name: str, checks: Mapping[str, bool]) -> list[str]:
    return [f"{name}: {what}" for what, holds in checks.items() if not holds]


def _pod_checks(pod: Resource) -> dict[str, bool]:
    security = pod.get("securityContext", {})
    return {
        "runs as a numbered user, not root": bool(security.get("runAsNonRoot") and security.get("runAsUser", 0) > 0),
        "seccomp": security.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "no token of the API server": pod.get("automountServiceAccountToken") is False,
        "nothing of the node's": not any(pod.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")),
        "no volume of the node's": not any("hostPath" in volume for volume in pod.get("volumes", ())),
    }


def _patience_checks(spec: Resource, pod: Resource) -> dict[str, bool]:
    container = pod["containers"][0]
    stopping = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    probes = {name: container.get(name, {}).get("httpGet", {}).get("path") for name in _PROBES}
    return {
        "grace for draining": pod.get("terminationGracePeriodSeconds", 30) >= stopping + STOP_S + SPARE_S,
        "two replicas at least": spec.get("replicas", 1) >= 2,
        "never fewer while rolling": spec["strategy"].get("rollingUpdate", {}).get("maxUnavailable") == 0,
        "spread over nodes and zones": _spread(pod, spec["selector"]) == _SPREAD_BY,
        "probes": probes == _PROBES,
    }


def _spread(pod: Resource, selector: Resource) -> set[str]:
    """The keys by which the Deployment's own pods are spread; a constraint without a selector spreads none."""
    constraints = pod.get("topologySpreadConstraints", ())
    return {each["topologyKey"] for each in constraints if each.get("labelSelector") == selector}


def budget_faults(resources: Iterable[Resource]) -> list[str]:
    """Deployments whose own pods no disruption budget of their name protects; one without a selector protects none."""
    everything = tuple(resources)
    budgets = named(everything, "PodDisruptionBudget")
    return [
        f"{name}: no budget for its pods"
        for name, deployment in named(everything, "Deployment").items()
        if budgets.get(name, {}).get("spec", {}).get("selector") != deployment["spec"]["selector"]
    ]


def _container_checks(container: Resource) -> dict[str, bool]:
    security, limits = container.get("securityContext", {}), container.get("resources", {}).get("limits", {})
    tag = container["image"].rpartition(":")[2] if ":" in container["image"].rpartition("/")[2] else "latest"
    return {
        "no more rights": security.get("allowPrivilegeEscalation") is False and not security.get("privileged"),
        "no capabilities": security.get("capabilities", {}) == {"drop": ["ALL"]},
        "reads its own file system only": security.get("readOnlyRootFilesystem") is True,
        "limits": {"cpu", "memory", "ephemeral-storage"} <= limits.keys(),
        "requests": {"cpu", "memory"} <= container.get("resources", {}).get("requests", {}).keys(),
        "an image that stays the same": tag != "latest" or "@sha256:" in container["image"],
    }


_SPREAD_BY: Final = {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
_PROBES: Final = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}


def network_faults(resources: Iterable[Resource]) -> list[str]:
    """Whether everything is denied that is not named, and nobody is let in or out without a port."""
    policies = named(resources, "NetworkPolicy")
    everything = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    faults = [] if any(each["spec"] == everything for each in policies.values()) else ["nothing denies by default"]
    for name, policy in policies.items():
        rules = [*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())]
        faults += [f"{name}: a rule without ports" for rule in rules if not rule.get("ports")]
        faults += [f"{name}: a rule without peers" for rule in rules if not (rule.get("from") or rule.get("to"))]
    return faults
