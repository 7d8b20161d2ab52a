"""How the parts of a service's machinery are put together. Production and the simulator use this same function; what
they put in from outside differs (`Outside`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contracts.message import Message
from contracts.operations import COMMANDS_TOPIC
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import Decoder, TokenCheck
from services.chassis.audit import Audit, Committed
from services.chassis.dead_letters import Morgue
from services.chassis.effects_desk import EffectsDesk
from services.chassis.encoding import Encoder
from services.chassis.fold import Folder
from services.chassis.lane import KafkaLane
from services.chassis.loop import Loop
from services.chassis.observer import ServiceObserver
from services.chassis.publisher import Publisher
from services.chassis.service import KeyedHash, Service, TimedEffects
from services.chassis.skip_orders import SkipOrders
from services.chassis.state import DataKeys, StateCodec
from services.chassis.store import Store
from services.chassis.sweep import Sweep
from services.chassis.turns import Turns


@dataclass(frozen=True, slots=True)
class Outside:
    """What the machinery of a service is given: database and log, clocks, cryptography, an ear for what it tells.

    `present()` is the corrected clock, `monotonic()` one for measuring. `committed()` gives what every lane's
    group has committed."""

    store: Store
    publish: Publisher
    committed: Committed
    present: Callable[[], datetime]
    monotonic: Callable[[], float]
    keyed_hash: KeyedHash
    seal: Callable[[Message, str], Message]
    opener: Callable[[Message, str], Callable[[str], str]]
    check_token: TokenCheck
    data_keys: DataKeys
    observer: ServiceObserver
    unproven_letters_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Machinery:
    """The parts of one service that work together. The lanes are not attached to a broker yet."""

    codecs: dict[str, StateCodec]
    loop: Loop
    desk: EffectsDesk
    lanes: list[KafkaLane]
    sweep: Sweep
    audit: Audit
    orders: SkipOrders


def wired(service: Service, outside: Outside) -> Machinery:
    """Put a service's machinery together."""
    name, observer = service.name, outside.observer
    store, publish, present = outside.store, outside.publish, outside.present
    if isinstance(service.effects, TimedEffects):
        service.effects.clock = present
    orders = SkipOrders()
    acknowledged = Acknowledged(spoils=orders.spoil)
    encoder = Encoder(name, outside.seal)
    codecs = {kind.name: StateCodec(kind, outside.data_keys) for kind in service.kinds}
    turns = Turns(outside.monotonic, frozenset(lane.name for lane in service.lanes if lane.urgent))
    loop = Loop(
        name,
        Decoder(service, outside.keyed_hash, outside.opener, outside.check_token, outside.unproven_letters_until),
        Folder(service, codecs, encoder, present, acknowledged.knows),
        Morgue(name, encoder, outside.keyed_hash, acknowledged.knows),
        store,
        publish,
        acknowledged,
        observer,
        present,
        turns,
        lambda lane: lanes[lane].holds(),
        large=frozenset(kind.name for kind in service.kinds if kind.is_large),
    )
    desk = EffectsDesk(service, encoder.body, publish, present, observer)
    lanes = {
        lane.name: KafkaLane(name, lane, loop.settle, desk.start, acknowledged, observer) for lane in service.lanes
    }
    commands = next(lane for lane in lanes.values() if lane.topic is COMMANDS_TOPIC[name])
    sweep = Sweep(name, commands, store, publish, present)
    audit = Audit(
        service, commands, store, publish, outside.committed, present, observer.tell, acknowledged.learn, orders.spoil
    )
    return Machinery(codecs, loop, desk, [*lanes.values()], sweep, audit, orders)
