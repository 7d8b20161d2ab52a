import pytest

from contracts.values.rejected import Rejected
from contracts.values.segment import Segment, parse_segment


@pytest.mark.parametrize("segment", Segment)
def test_I1_a_segment_is_stated_by_its_code(segment: Segment) -> None:
    assert parse_segment(segment.value) is segment


@pytest.mark.parametrize("text", ["", "Individual", "person", "business "])
def test_I1_another_word_is_refused(text: str) -> None:
    assert parse_segment(text) == Rejected("segment-unknown")
