r"""The simulated national registry: approved mobiles and national addresses of made-up people.

    python -m deploy.local.neighbours.registry --kafka localhost:9092 --keys keys/registry \
        --fingerprints fingerprints.json --people people.json

It answers after 200 ms or as slowly as a person's data says (one takes 35 s), and can be away for as long as one likes.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import structlog
from pydantic import TypeAdapter

from contracts.message import Message
from contracts.registry import (
    AddressesAsked,
    AddressesFound,
    ApprovedMobileAbsent,
    ApprovedMobileAsked,
    ApprovedMobileFound,
)
from contracts.sealed import Sealed
from contracts.topics import REGISTRY_REQUESTS
from contracts.values.digits import compact
from contracts.values.national_address import StatedAddress
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, Request, RequestDesk
from deploy.local.neighbours.running import until_stopped
from services.chassis.key_reader import KeyReader
from services.chassis.keyring import Keyring
from services.chassis.keys import Fingerprints, KeyUnknown, PrivateKeys
from services.chassis.sealing import SealBroken

NAME: Final = "registry"
SLOWEST_S: Final = 35.0
"""As long as the real registry has been seen to take."""

_LOOK_FOR_KEY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person: what the registry holds. `birth_date` is the declared Hijri date, `1410-05-12`; `mobile` E.164,
    None without an approved one; `addresses` by their address id."""

    identity_type: str
    identity_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    mobile: str | None = field(repr=False)
    addresses: Mapping[str, StatedAddress] = field(repr=False, default_factory=dict)
    seconds_to_answer: float = SECONDS_TO_ANSWER


class RegistrySimulator:
    """`async with RegistrySimulator(...) as registry`: answers identity while the block runs.

    `keys_folder` is the registry's own folder of `make_keys`, `fingerprints` what `make_keys` returned.
    """

    def __init__(
        self,
        bootstrap: str,
        keys_folder: Path,
        fingerprints: Mapping[str, Mapping[str, str]],
        people: Iterable[Person],
    ) -> None:
        pinned = {service: Fingerprints(**prints) for service, prints in fingerprints.items()}
        self._keyring = Keyring(NAME, PrivateKeys.load(keys_folder), pinned)
        self._keys = KeyReader({"bootstrap_servers": bootstrap, "client_id": NAME}, self._keyring, ["identity"])
        self._people = {(each.identity_type, each.identity_number): each for each in people}
        self._desk = RequestDesk(NAME, bootstrap, REGISTRY_REQUESTS, self._answer)
        self._reading: asyncio.Task[None] | None = None

    @property
    def answered(self) -> Counter[str]:
        """Answers so far, by the name of their message."""
        return self._desk.answered

    def add(self, person: Person) -> None:
        """From now on this person is known."""
        self._people[person.identity_type, person.identity_number] = person

    def go_away(self) -> None:
        """From now on nothing is answered; requests wait."""
        self._desk.go_away()

    def come_back(self) -> None:
        """Answer what has waited, and go on."""
        self._desk.come_back()

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
        try:
            person = self._person_in(request)
        except SealBroken:
            return None
        await asyncio.sleep(max(SECONDS_TO_ANSWER, person.seconds_to_answer if person else 0.0))
        body = self._said_of(person, request)
        if body is None:
            return None
        asked_by = str(request.body.asked_by)  # type: ignore[attr-defined]  # every request of the registry has it
        return Answer(await self._sealed(body, asked_by), asked_by)

    def _person_in(self, request: Request) -> Person | None:
        opened = self._keyring.opener(request.body, request.subject)
        match request.body:
            case ApprovedMobileAsked(identity_type=kind):
                person = self._people.get((kind, compact(opened("identity_number"))))
                return person if person is not None and person.birth_date == opened("birth_date") else None
            case AddressesAsked(identity_type=kind):
                return self._people.get((kind, compact(opened("identity_number"))))
            case _:
                return None

    def _said_of(self, person: Person | None, request: Request) -> Message | None:
        match request.body:
            case ApprovedMobileAsked(asked_by=asked_by):
                if person is None or person.mobile is None:
                    return ApprovedMobileAbsent(asked_by=asked_by)
                return ApprovedMobileFound(asked_by=asked_by, mobile=Sealed.of(person.mobile))
            case AddressesAsked(asked_by=asked_by):
                return AddressesFound(asked_by=asked_by, addresses=Sealed.of(addresses_json(person)))
            case _:
                return None

    async def _sealed(self, body: Message, subject: str) -> Message:
        while True:
            with contextlib.suppress(KeyUnknown):
                return self._keyring.seal_fields(body, subject)
            await asyncio.sleep(_LOOK_FOR_KEY_S)


def addresses_json(person: Person | None) -> str:
    """What `AddressesFound.addresses` opens to: a list, empty for a person without addresses or unknown."""
    addresses = person.addresses if person is not None else {}
    return json.dumps(
        [
            {"address_id": address_id, **{part: value for part, value in asdict(address).items() if value is not None}}
            for address_id, address in addresses.items()
        ],
        ensure_ascii=False,
    )


def people_of(text: str) -> list[Person]:
    """People from a JSON list of objects with the fields of `Person`. Raises pydantic's ValidationError."""
    return TypeAdapter(list[Person]).validate_json(text)


async def _main(registry: RegistrySimulator) -> None:
    async with registry:
        await until_stopped("registry answers")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated national registry.")
    arguments.add_argument("--kafka", required=True, help="host:port")
    arguments.add_argument("--keys", type=Path, required=True, help="the registry's own folder of keys")
    arguments.add_argument("--fingerprints", type=Path, required=True, help="JSON, as HESABI_KEY_FINGERPRINTS")
    arguments.add_argument("--people", type=Path, required=True, help="JSON list of people")
    given = arguments.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pinned = json.loads(given.fingerprints.read_text(encoding="utf-8"))
    known = people_of(given.people.read_text(encoding="utf-8"))
    asyncio.run(_main(RegistrySimulator(given.kafka, given.keys, pinned, known)))
