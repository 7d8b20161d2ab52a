from contracts.decision import Refusal
from services.chassis.service import Route
from tests.component.counter import CallMade, call_made


def test_law3_a_route_that_says_nothing_refuses_what_is_for_nobody() -> None:
    route = Route(CallMade, lambda message, _: message.subject, call_made)
    assert (route.creates, route.absent) == (False, Refusal("not-found", "aggregate-absent"))
