"""Every topic of Hesabi, once (architecture, law 12).

From this table come the local stack's topics, the services' subscriptions, and who may write where. A topic's
partitions are never changed: a new topic, drain, switch. `epoch` is raised when a topic is re-created or fails over
to a mirror.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

DataClass = Literal["sealed", "internal", "public"]
"""sealed: carries sealed personal fields; internal: pseudonyms only; public: anybody in the house may read."""

CHANNELS: Final = frozenset({"web", "app", "call-centre"})
SERVICES: Final = ("identity", "accounts", "notifications", "reports")
NEIGHBOURS: Final = ("registry", "billing", "metering", "back-office")
OPERATORS: Final = frozenset({"operators"})
"""The company's own people, by the command line. Besides channels, nobody else sends commands."""

MAX_RECORD_BYTES: Final = 256 * 1024
"""`max.message.bytes` of every topic; the producer's own limit lies below it (trap 17)."""

SEGMENT: Final = timedelta(days=1)
"""A log is removed by segments, each when the last record in it is old enough: a record stays so much longer than its
topic's retention at most. By itself Kafka fills a segment for a week."""

LETTERS_KEPT: Final = timedelta(days=21) - SEGMENT
"""Dead letters are sealed, and gone after 21 days (law 11)."""

_BULK: Final = frozenset({"metering.readings"})
"""Of others' topics the one that is large enough to be worth compressing."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its size, its life, its readers and writers."""

    name: str
    writers: frozenset[str]
    readers: frozenset[str]
    data_class: DataClass
    partitions: int = 6
    epoch: int = 1
    retention: timedelta = timedelta(days=14)
    compacted: bool = False

    @property
    def is_compressed(self) -> bool:
        """Whether batches stay packed as their writer packed them. The broker then looks at a batch's packed size only:
        12 MB that unpack to gigabytes would take out whoever reads them (law 7). So it unpacks what others than our
        services write, which are mostly seals, that hardly shrink."""
        return self.writers <= set(SERVICES) or self.name in _BULK

    @property
    def config(self) -> Mapping[str, str]:
        """The topic's settings as Kafka names them."""
        settings = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_RECORD_BYTES),
            "compression.type": "lz4" if self.is_compressed else "uncompressed",
            "cleanup.policy": "compact" if self.compacted else "delete",
        }
        if not self.compacted:
            settings["retention.ms"] = str(self.retention // timedelta(milliseconds=1))
            settings["segment.ms"] = str(SEGMENT // timedelta(milliseconds=1))
        return settings


CATALOGUE: dict[str, Topic] = {}
"""Every topic by name."""


def _topic(name: str, writers: Iterable[str], readers: Iterable[str], **rest: object) -> Topic:
    topic = Topic(name, frozenset(writers), frozenset(readers), **rest)  # type: ignore[arg-type]
    CATALOGUE[name] = topic
    return topic


# --- identity -------------------------------------------------------------------------------------------------------
IDENTITY_COMMANDS = _topic("identity.commands", CHANNELS | {"identity"}, {"identity"}, data_class="sealed")
IDENTITY_CREDENTIALS = _topic("identity.credentials", CHANNELS, {"identity"}, data_class="sealed")
IDENTITY_INTERNAL = _topic("identity.internal", {"identity"}, {"identity"}, data_class="sealed")
IDENTITY_CODES = _topic("identity.codes", {"identity"}, {"notifications"}, data_class="sealed")
IDENTITY_NOTICES = _topic("identity.notices", {"identity"}, {"notifications"}, data_class="sealed")
IDENTITY_EVENTS = _topic(
    "identity.events", {"identity"}, {"accounts", "notifications", "reports", *CHANNELS}, data_class="internal"
)
IDENTITY_ANSWERS = _topic("identity.answers", {"identity"}, CHANNELS | OPERATORS, data_class="sealed")
IDENTITY_SESSIONS = _topic(
    "identity.sessions", {"identity"}, SERVICES, data_class="internal", retention=timedelta(days=2)
)
"""Ended sessions, read whole by every process (I13); kept longer than any token lives."""
IDENTITY_CONSENT_REQUESTS = _topic("identity.consent-requests", {"accounts"}, {"identity"}, data_class="internal")
IDENTITY_CONSENTS = _topic("identity.consents", {"identity"}, {"accounts"}, data_class="internal")

# --- accounts -------------------------------------------------------------------------------------------------------
ACCOUNTS_COMMANDS = _topic("accounts.commands", CHANNELS | {"accounts"}, {"accounts"}, data_class="sealed")
ACCOUNTS_DANGER = _topic("accounts.danger", CHANNELS, {"accounts"}, data_class="sealed")
"""Reports of danger, on a lane of their own (A16, law 14)."""
ACCOUNTS_INTERNAL = _topic("accounts.internal", {"accounts"}, {"accounts"}, data_class="sealed")
ACCOUNTS_EVENTS = _topic(
    "accounts.events", {"accounts"}, {"notifications", "reports", *CHANNELS}, data_class="internal"
)
ACCOUNTS_ANSWERS = _topic("accounts.answers", {"accounts"}, CHANNELS | OPERATORS, data_class="sealed")

# --- notifications --------------------------------------------------------------------------------------------------
NOTIFICATIONS_COMMANDS = _topic(
    "notifications.commands", CHANNELS | {"notifications"}, {"notifications"}, data_class="sealed"
)
NOTIFICATIONS_INTERNAL = _topic("notifications.internal", {"notifications"}, {"notifications"}, data_class="sealed")
NOTIFICATIONS_CODE_RESULTS = _topic(
    "notifications.code-results", {"notifications"}, {"notifications"}, data_class="internal"
)
NOTIFICATIONS_CODES = _topic("notifications.codes", {"notifications"}, {"identity"} | OPERATORS, data_class="internal")
"""What became of each code. No channel reads it: some codes come to known people only (I15)."""
NOTIFICATIONS_EVENTS = _topic("notifications.events", {"notifications"}, CHANNELS | OPERATORS, data_class="internal")
NOTIFICATIONS_ANSWERS = _topic("notifications.answers", {"notifications"}, CHANNELS | OPERATORS, data_class="public")
NOTIFICATIONS_BROADCASTS = _topic("notifications.broadcasts", OPERATORS, {"notifications"}, data_class="internal")
NOTIFICATIONS_BULK = _topic("notifications.bulk", {"notifications"}, {"notifications"}, data_class="sealed")
"""What a broadcast becomes: the ordinary lane, apart from codes and from notices (N1, N4)."""

# --- reports --------------------------------------------------------------------------------------------------------
REPORTS_COMMANDS = _topic("reports.commands", CHANNELS | {"reports"}, {"reports"}, data_class="sealed")
REPORTS_INTERNAL = _topic("reports.internal", {"reports"}, {"reports"}, data_class="internal")
REPORTS_EVENTS = _topic("reports.events", {"reports"}, {"notifications", *CHANNELS}, data_class="internal")
REPORTS_ANSWERS = _topic("reports.answers", {"reports"}, CHANNELS | OPERATORS, data_class="sealed")

# --- neighbours -----------------------------------------------------------------------------------------------------
REGISTRY_REQUESTS = _topic("registry.requests", {"identity"}, {"registry"}, data_class="sealed")
REGISTRY_ANSWERS = _topic("registry.answers", {"registry"}, {"identity"}, data_class="sealed")
BILLING_REQUESTS = _topic("billing.requests", {"accounts"}, {"billing"}, data_class="internal")
BILLING_ANSWERS = _topic("billing.answers", {"billing"}, {"accounts"}, data_class="internal")
BILLING_STATEMENT_REQUESTS = _topic("billing.statement-requests", {"reports"}, {"billing"}, data_class="internal")
BILLING_STATEMENTS = _topic("billing.statements", {"billing"}, {"reports"}, data_class="internal")
METERING_READINGS = _topic("metering.readings", {"metering"}, {"reports"}, data_class="internal")
METERING_REQUESTS = _topic("metering.requests", {"accounts"}, {"metering"}, data_class="internal")
METERING_ANSWERS = _topic("metering.answers", {"metering"}, {"accounts"}, data_class="internal")
REGISTRY_EVIDENCE_REQUESTS = _topic("registry.evidence-requests", {"accounts"}, {"registry"}, data_class="sealed")
REGISTRY_EVIDENCE_ANSWERS = _topic("registry.evidence-answers", {"registry"}, {"accounts"}, data_class="internal")
BACK_OFFICE_REQUESTS = _topic("back-office.requests", {"accounts"}, {"back-office"}, data_class="sealed")
BACK_OFFICE_URGENT = _topic("back-office.urgent", {"accounts"}, {"back-office"}, data_class="sealed")
BACK_OFFICE_ANSWERS = _topic("back-office.answers", {"back-office"}, {"accounts"}, data_class="internal")

# --- every service's own --------------------------------------------------------------------------------------------
AUDIT = {s: _topic(f"{s}.audit", {s}, OPERATORS, data_class="internal", retention=timedelta(days=21)) for s in SERVICES}
"""Kept longer than dead letters: what became of one is told here, after it."""
DEAD_LETTERS = {
    s: _topic(f"{s}.dead-letters", {s}, OPERATORS, data_class="sealed", retention=LETTERS_KEPT) for s in SERVICES
}
REPLAY = {s: _topic(f"{s}.replay", OPERATORS, {s}, data_class="sealed") for s in SERVICES}
"""Operators' orders about dead letters, with the letters' originals as they were sealed."""
ORDERS = {
    s: _topic(f"{s}.orders", OPERATORS, {s}, data_class="internal", partitions=1, retention=timedelta(days=21))
    for s in SERVICES
}
"""What operators order about a service's lanes, read whole by each of its processes. Kept for as long as an audit can
need it to see what a skip does not prove (law 5)."""
KEYS = {
    s: _topic(f"{s}.keys", {s}, {*SERVICES, *NEIGHBOURS, *CHANNELS}, data_class="public", partitions=1, compacted=True)
    for s in (*SERVICES, "registry", "billing", "back-office")
}
