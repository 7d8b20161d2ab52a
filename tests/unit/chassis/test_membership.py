"""What a lane has in hand is its own as long as nobody else can have begun with it (law 5, decision 35)."""

import time
from dataclasses import dataclass, field

import pytest
from aiokafka.errors import KafkaTimeoutError

from services.chassis.clock import SINCE_BOOT
from services.chassis.membership import HEARTBEAT_S, REBALANCE_S, REVOKE_LIMIT_S, SESSION_S, SHOWN_FOR_S, Membership
from services.chassis.settings import LONGEST_CALL_S
from services.chassis.store import CALL_LIMIT_S, store_limit_s


@dataclass
class Group:
    """A group that counts on a member, or does not, and takes its time to say so."""

    counts: bool = True
    answers_after_s: float = 0.0
    deals_meanwhile: bool = False
    breaks: bool = False
    now: float = 100.0
    asked: int = 0
    assignment: object | None = field(default_factory=object)

    async def ask(self) -> bool:
        self.asked += 1
        self.now += self.answers_after_s
        if self.deals_meanwhile:
            self.assignment = object()
        if self.breaks:
            raise KafkaTimeoutError
        return self.counts

    def member(self) -> Membership:
        """One that has just read."""
        made = Membership(lambda: self.assignment, self.ask, lambda: self.now)
        made.takes_from(self.assignment)
        return made


async def test_law5_the_group_is_asked_where_it_has_shown_nothing_for_long() -> None:
    group = Group()
    member = group.member()
    for _ in range(3):
        assert await member.holds()
    assert group.asked == 1
    group.now += SHOWN_FOR_S
    assert await member.holds()
    assert group.asked == 1
    group.now += 0.1
    assert await member.holds()
    assert group.asked == 2


async def test_law5_what_the_group_showed_counts_from_the_question_on() -> None:
    group = Group(answers_after_s=3.0)
    member = group.member()
    assert await member.holds()
    group.now += SHOWN_FOR_S - 3.0 + 0.1
    assert await member.holds()
    assert group.asked == 2


async def test_law5_who_is_not_counted_on_holds_nothing() -> None:
    group = Group(counts=False)
    member = group.member()
    for _ in range(2):
        assert not await member.holds()
    assert group.asked == 2
    group.counts = True
    assert await member.holds()


async def test_law5_who_stood_still_while_it_asked_holds_nothing() -> None:
    group = Group(answers_after_s=SHOWN_FOR_S + 0.1)
    assert not await group.member().holds()


async def test_law5_what_was_read_before_partitions_were_dealt_anew_is_not_held() -> None:
    group = Group()
    member = group.member()
    assert await member.holds()
    group.assignment = object()
    assert not await member.holds()
    assert group.asked == 1
    member.takes_from(group.assignment)
    assert await member.holds()


async def test_law5_partitions_dealt_anew_while_it_asks_are_not_held() -> None:
    assert not await Group(deals_meanwhile=True).member().holds()


@pytest.mark.parametrize("how", ["put-out", "let-go", "let-go-and-put-out", "nothing-read"])
async def test_law5_who_is_no_member_or_has_nothing_holds_nothing_and_does_not_ask(how: str) -> None:
    group = Group()
    member = group.member()
    if "put-out" in how:
        group.assignment = None
    if "let-go" in how:
        member.lets_go()
    if how == "nothing-read":
        member = Membership(lambda: group.assignment, group.ask, lambda: group.now)
    assert not await member.holds()
    assert group.asked == 0


async def test_law7_a_group_that_does_not_answer_is_machinery() -> None:
    group = Group(breaks=True)
    with pytest.raises(KafkaTimeoutError):
        await group.member().holds()


def test_law5_the_clock_of_a_membership_goes_on_while_the_machine_sleeps() -> None:
    assert SINCE_BOOT == time.CLOCK_BOOTTIME
    begun = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert begun <= Membership(object, Group().ask)._seconds() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_law5_the_last_save_that_may_begin_ends_before_others_get_the_partitions() -> None:
    """However the partitions go: a member falls silent, or a batch outlasts what it may keep a rebalance waiting. And
    however long operators let a call take."""
    assert store_limit_s(LONGEST_CALL_S) >= CALL_LIMIT_S
    last_save = SHOWN_FOR_S + store_limit_s(LONGEST_CALL_S)
    assert last_save < SESSION_S
    assert HEARTBEAT_S + REVOKE_LIMIT_S + last_save < REBALANCE_S
