"""What a lane has taken at one go, on its way through the loop."""

from collections import defaultdict
from dataclasses import dataclass, field

from services.chassis.arrival import Arrival
from services.chassis.document import Document, Entry
from services.chassis.fold import DueEffect


@dataclass(slots=True)
class Batch:
    """One batch under way, or one share of its round, which has met and says what is its own."""

    waiting: dict[str, list[Arrival]] = field(default_factory=dict)
    met: dict[str, Document] = field(default_factory=dict)
    direct: list[tuple[str, Entry]] = field(default_factory=list)
    effects: list[DueEffect] = field(default_factory=list)
    nudged: set[str] = field(default_factory=set)
    undecodable: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
