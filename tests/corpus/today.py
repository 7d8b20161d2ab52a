"""Today's four services under the keys of an old run, with the real loop over a fake store: they read what was kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contracts.keys import ServiceKeysPublished
from contracts.topics import KEYS, SERVICES
from deploy.local.terms import terms_in_force
from services.accounts import __main__ as accounts
from services.accounts.settings import AccountsSettings
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import Decoder
from services.chassis.dead_letters import Morgue
from services.chassis.document import loaded, stored
from services.chassis.encoding import Encoder
from services.chassis.fold import Folder
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, PrivateKeys
from services.chassis.loop import Loop
from services.chassis.service import Service
from services.chassis.settings import ServiceSettings
from services.chassis.state import StateCodec
from services.chassis.state_cipher import StateCipher
from services.chassis.sweep import partition_of
from services.chassis.tokens import SessionVerifier
from services.chassis.turns import Turns
from services.identity import __main__ as identity
from services.identity.settings import IdentitySettings
from services.notifications import __main__ as notifications
from services.notifications.settings import NotificationsSettings
from services.reports import __main__ as reports
from services.reports.settings import ReportsSettings
from tests.corpus.kept import Fields, Kept, KeptDocument, KeptRecord
from tests.fakes.log import FakeLog, FakePublisher, held
from tests.fakes.store import FakeStore
from tests.fakes.world import Told

OWNERS: Final = {topic.name: owner for owner, topic in KEYS.items()}

LATER: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""When today's code meets what was kept: after every release of which something is."""

Build = Callable[[Any, PrivateKeys], Service]
SERVICES_OF_TODAY: Final[Mapping[str, tuple[type[ServiceSettings], Build, dict[str, Any]]]] = {
    "identity": (IdentitySettings, identity.build, {"terms": json.dumps(terms_in_force())}),
    "accounts": (AccountsSettings, accounts.build, {}),
    "notifications": (
        NotificationsSettings,
        notifications.build,
        {
            "sms_url": "http://127.0.0.1:1",
            "sms_app_sid": "local-app-sid",
            "sms_sender": "Hesabi",
            "receipts_url": "http://127.0.0.1:1",
            "receipts_secret": "r" * 32,
            "smtp_host": "127.0.0.1",
            "smtp_port": 1,
            "smtp_starttls": False,
            "mail_from": "no-reply@hesabi.example",
            "contact_email": "care@hesabi.example",
            "pages_url": "https://hesabi.example",
        },
    ),
    "reports": (ReportsSettings, reports.build, {}),
}


@dataclass
class Today:
    """One service of today's code. `present` is its clock; `store` holds whatever old documents it is given."""

    name: str
    keys: PrivateKeys
    keyring: Keyring
    service: Service
    present: datetime = LATER
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        cipher = StateCipher(self.keys.state_key, self.keys.earlier_state_keys)
        self.codecs = {kind.name: StateCodec(kind, cipher) for kind in self.service.kinds}
        verifier = SessionVerifier(self.keyring.signing_key, _never_ended)
        self.decoder = Decoder(self.service, self.keys.keyed_hash, self.keyring.opener, verifier.verify)
        self.store = FakeStore(partition_of(self.name))
        self.log = FakeLog(lambda: self.present)

    def state(self, fields: Fields) -> Any:
        """The state of a stored document."""
        return self.codecs[str(fields["_id"]).partition(":")[0]].read(loaded(fields))

    def written_anew(self, kept: KeptDocument) -> KeptDocument:
        """The same document as today's code would write it."""
        document = loaded(kept.fields)
        self.codecs[kept.kind].write(document, self.codecs[kept.kind].read(document))
        written = stored(document, kept.fields["written_minute"], kept.fields["partition"])
        return replace(kept, fields=kept.fields | written)

    def begin_with(self, fields: Fields, present: datetime) -> None:
        """Nothing has happened yet, and the store has this one document."""
        self.present, self.told = present, Told()
        self.store = FakeStore(partition_of(self.name))
        self.store.put(fields)

    def loop(self) -> Loop:
        """The real loop of a process that knows nothing yet."""
        acknowledged, encoder = Acknowledged(), Encoder(self.name, self.keyring.seal_fields)
        folder = Folder(self.service, self.codecs, encoder, lambda: self.present, acknowledged.knows)
        morgue = Morgue(self.name, encoder, self.decoder.keyed_hash, acknowledged.knows)
        return Loop(
            self.name, self.decoder, folder, morgue, self.store, FakePublisher(self.log), acknowledged, self.told,
            lambda: self.present, Turns(lambda: 0.0), held,
        )  # fmt: skip


def today_under(kept: Kept, folder: Path) -> dict[str, Today]:
    """The four services, each with the keys that it had in the run that was kept, and all public keys learnt."""
    keys = kept.keys.write_to(folder)
    pinned = {name: Fingerprints(**prints) for name, prints in kept.keys.fingerprints.items()}
    found = {}
    for name in SERVICES:
        own = PrivateKeys.load(keys / name)
        keyring = Keyring(name, own, pinned)
        for record in filter(is_announcement, kept.records):
            if OWNERS[record.topic] != name:
                announced = ServiceKeysPublished.model_validate_json(record.value or b"")
                assert keyring.learn(OWNERS[record.topic], announced)
        found[name] = Today(name, own, keyring, _built(name, own, folder))
    return found


def _never_ended(*_: object) -> bool:
    """Sessions of an old run: who had logged out is not kept."""
    return False


def is_announcement(record: KeptRecord) -> bool:
    """Whether it says the public keys of a service or a neighbour of the run."""
    return record.topic in OWNERS and not record.made


def settings_of(keys: Path) -> dict[str, dict[str, Any]]:
    """The settings of the four services, none of which reaches anybody."""
    return {
        name: {
            "kafka_bootstrap": "127.0.0.1:1",
            "mongo_uri": "mongodb://127.0.0.1:1/",
            "database": name,
            "keys_folder": str(keys / name),
            "key_fingerprints": "{}",
            "http_port": 0,
            **own,
        }
        for name, (_, _, own) in SERVICES_OF_TODAY.items()
    }


def _built(name: str, keys: PrivateKeys, folder: Path) -> Service:
    settings_class, build, _ = SERVICES_OF_TODAY[name]
    return build(settings_class.model_validate(settings_of(folder)[name]), keys)
