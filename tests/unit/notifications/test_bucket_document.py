"""How large a bucket's document gets: it hears from each of its members (law 4)."""

import json
from datetime import timedelta

import bson
import pytest

from services.chassis.document import Document, stored
from services.chassis.encoding import MAX_STATE_BYTES
from services.notifications.audience import MEMBERS_MEANT, MOST_MEMBERS
from tests.scenario import NOON


def bucket_of_size(members: int) -> Document:
    """Everybody has joined within the last month, so that no stream has made room."""
    users = [f"u-{number:032x}" for number in range(members)]
    document = Document("bucket:1.17", version=members, state=json.dumps({"members": users, "stage": "open"}))
    for number, user in enumerate(users):
        joined_at = NOON - timedelta(days=29) + timedelta(seconds=number)
        document.remember_number(f"notifications/recipient:{user}/notifications.internal", 3, joined_at)
    return document


@pytest.mark.parametrize(("members", "kilobytes"), [(MEMBERS_MEANT, 100), (MOST_MEMBERS, 800)])
def test_N4_a_bucket_is_a_document_of_bounded_size(members: int, kilobytes: int) -> None:
    document = bucket_of_size(members)
    assert len(document.numbers) == members
    assert len(document.state or "") <= MAX_STATE_BYTES
    assert len(bson.encode({"_id": document.id, **stored(document, NOON, 1)})) <= kilobytes * 1000


def test_N4_members_who_joined_long_ago_make_room() -> None:
    document = bucket_of_size(MEMBERS_MEANT)
    document.remember_number("notifications/recipient:u-new/notifications.internal", 1, NOON + timedelta(days=31))
    assert len(document.numbers) == 1
