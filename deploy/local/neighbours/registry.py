r"""The simulated national registry: approved mobiles and national addresses of made-up people and businesses, who may
act for which business, and documents about supplies.

    python -m deploy.local.neighbours.registry --kafka localhost:9092 --keys keys/registry \
        --fingerprints fingerprints.json --people people.json --businesses businesses.json --documents documents.json

It answers after 200 ms or as slowly as its data says (one person takes 35 s), and can be away for as long as one likes.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import structlog

from contracts.message import Message
from contracts.registry import (
    AddressesAsked,
    AddressesFound,
    ApprovedMobileAbsent,
    ApprovedMobileAsked,
    ApprovedMobileFound,
    AuthorityAsked,
    AuthorityConfirmed,
    AuthorityNotConfirmed,
    EvidenceAsked,
    EvidenceConfirmed,
    EvidenceNotConfirmed,
)
from contracts.sealed import Sealed
from contracts.topics import REGISTRY_EVIDENCE_REQUESTS, REGISTRY_REQUESTS
from contracts.values.national_address import StatedAddress
from deploy.local.neighbours.registry_records import (
    Business,
    Document,
    Person,
    Records,
    businesses_of,
    documents_of,
    people_of,
)
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, AtADesk, Request, RequestDesk
from deploy.local.neighbours.running import until_stopped
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.sealing import SealBroken

__all__ = ["Business", "Document", "Person", "RegistrySimulator", "addresses_json", "answer_to", "people_of"]

NAME: Final = "registry"
SLOWEST_S: Final = 35.0
"""As long as the real registry has been seen to take."""

_LOOK_FOR_KEY_S: Final = 0.1


class RegistrySimulator(AtADesk):
    """`async with RegistrySimulator(...) as registry`: answers identity and accounts while the block runs.

    `keys_folder` is the registry's own folder of `make_keys`, `fingerprints` what `make_keys` returned.
    """

    def __init__(
        self,
        bootstrap: str,
        keys_folder: Path,
        fingerprints: Mapping[str, Mapping[str, str]],
        people: Iterable[Person],
        businesses: Iterable[Business] = (),
        documents: Iterable[Document] = (),
    ) -> None:
        pinned = {service: Fingerprints(**prints) for service, prints in fingerprints.items()}
        self._keyring = Keyring(NAME, PrivateKeys.load(keys_folder), pinned)
        self._keys = KeyReader({"bootstrap_servers": bootstrap, "client_id": NAME}, self._keyring, ["identity"])
        self._records = Records(people, businesses, documents)
        self._desk = RequestDesk(NAME, bootstrap, (REGISTRY_REQUESTS, REGISTRY_EVIDENCE_REQUESTS), self._answer)
        self._reading: asyncio.Task[None] | None = None

    def add(self, person: Person) -> None:
        """From now on this person is known."""
        self._records.add(person)

    def may_act(
        self,
        person: Person,
        unified_number: str,
        name: str,
        addresses: Mapping[str, StatedAddress] | None = None,
    ) -> None:
        """From now on this person is known and may act for this business (I17)."""
        self._records.may_act(person, unified_number, name, addresses)

    def add_document(self, document: Document) -> None:
        """From now on this document exists."""
        self._records.add_document(document)

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._keys.run())
        try:
            await self._desk.__aenter__()
            await self._desk.send(self._keyring.own_announcement(), NAME, str(uuid4()))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await self._desk.__aexit__(None, None, None)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _answer(self, request: Request) -> Answer | None:
        opened = self._keyring.opener(request.body, request.subject)
        try:
            said = answer_to(request.body, opened, self._records)
        except SealBroken:
            return None
        if said is None:
            return None
        body, seconds = said
        await asyncio.sleep(max(SECONDS_TO_ANSWER, seconds))
        asked_by = str(request.body.asked_by)  # type: ignore[attr-defined]  # every request of the registry has it
        return Answer(await self._sealed(body, asked_by), asked_by)

    async def _sealed(self, body: Message, subject: str) -> Message:
        while True:
            with contextlib.suppress(KeyUnknown):
                return self._keyring.seal_fields(body, subject)
            await asyncio.sleep(_LOOK_FOR_KEY_S)


def answer_to(body: Message, opened: Callable[[str], str], records: Records) -> tuple[Message, float] | None:
    """What the registry says to a request, and how many seconds it takes; None: it knows no such request.

    Raises:
        SealBroken: a sealed field cannot be opened.
    """
    match body:
        case ApprovedMobileAsked(asked_by=asked_by, identity_type=kind):
            person = records.person(kind, opened("identity_number"))
            seconds = person.seconds_to_answer if person else 0.0
            if person is None or person.mobile is None or person.birth_date != opened("birth_date"):
                return ApprovedMobileAbsent(asked_by=asked_by), seconds
            return ApprovedMobileFound(asked_by=asked_by, mobile=Sealed.of(person.mobile)), seconds
        case AddressesAsked(asked_by=asked_by, identity_type=kind):
            holder = records.holder_of_addresses(kind, opened("identity_number"))
            found = AddressesFound(asked_by=asked_by, addresses=Sealed.of(addresses_json(holder)))
            return found, holder.seconds_to_answer if holder else 0.0
        case AuthorityAsked():
            return _authority(body, opened, records)
        case EvidenceAsked():
            return _evidence(body, opened, records), 0.0
        case _:
            return None


def _authority(body: AuthorityAsked, opened: Callable[[str], str], records: Records) -> tuple[Message, float]:
    person = records.person(body.identity_type, opened("identity_number"))
    business = records.business(opened("unified_number"))
    if person is None or business is None:
        return AuthorityNotConfirmed(asked_by=body.asked_by), 0.0
    is_authorised = (person.identity_type, person.identity_number) in business.authorised
    answer = AuthorityConfirmed if is_authorised else AuthorityNotConfirmed
    return answer(asked_by=body.asked_by), business.seconds_to_answer


def _evidence(body: EvidenceAsked, opened: Callable[[str], str], records: Records) -> Message:
    document = records.document(body.evidence_kind, opened("document_number"), body.account_number, body.user_id)
    if document is None:
        return EvidenceNotConfirmed(asked_by=body.asked_by)
    return EvidenceConfirmed(asked_by=body.asked_by, valid_from=document.valid_from)


def addresses_json(holder: Person | Business | None) -> str:
    """What `AddressesFound.addresses` opens to: a list, empty for somebody without addresses or unknown."""
    addresses = holder.addresses if holder is not None else {}
    return json.dumps(
        [
            {"address_id": address_id, **{part: value for part, value in asdict(address).items() if value is not None}}
            for address_id, address in addresses.items()
        ],
        ensure_ascii=False,
    )


def _read(file: Path | None) -> str:
    return "[]" if file is None else file.read_text(encoding="utf-8")


async def _main(registry: RegistrySimulator) -> None:
    async with registry:
        await until_stopped("registry answers")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated national registry.")
    arguments.add_argument("--kafka", required=True, help="host:port")
    arguments.add_argument("--keys", type=Path, required=True, help="the registry's own folder of keys")
    arguments.add_argument("--fingerprints", type=Path, required=True, help="JSON, as HESABI_KEY_FINGERPRINTS")
    arguments.add_argument("--people", type=Path, required=True, help="JSON list of people")
    arguments.add_argument("--businesses", type=Path, help="JSON list of businesses and who may act for them")
    arguments.add_argument("--documents", type=Path, help="JSON list of deeds and tenancy contracts")
    given = arguments.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pinned = json.loads(given.fingerprints.read_text(encoding="utf-8"))
    registry = RegistrySimulator(
        given.kafka,
        given.keys,
        pinned,
        people_of(_read(given.people)),
        businesses_of(_read(given.businesses)),
        documents_of(_read(given.documents)),
    )
    asyncio.run(_main(registry))
