import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.isolation import BIDI_CONTROLS, isolate, isolate_link, one_line, outside_isolates


def test_N8_a_value_stands_between_isolates() -> None:
    assert isolate("2026-01-31") == "\u20662026-01-31\u2069"


def test_N8_a_link_ends_before_the_mark_that_closes_its_isolate() -> None:
    assert isolate_link("https://hesabi.example/a") == "\u2066https://hesabi.example/a \u2069"


@given(st.text())
def test_N8_no_value_can_leave_its_isolate_or_begin_a_line(value: str) -> None:
    isolated = isolate(value)
    assert (isolated[0], isolated[-1]) == ("\u2066", "\u2069")
    assert not BIDI_CONTROLS & set(isolated[1:-1])
    assert not any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in isolated)


@pytest.mark.parametrize("mark", sorted(BIDI_CONTROLS))
def test_N8_no_direction_mark_of_a_value_is_left_in_it(mark: str) -> None:
    assert isolate(f"20{mark}26") == "\u20662026\u2069"
    assert isolate_link(f"https://a{mark}b") == "\u2066https://ab \u2069"


@given(st.text())
def test_N8_only_marks_controls_and_spacing_are_taken_from_a_value(value: str) -> None:
    def letters(text: str) -> str:
        return "".join(
            char
            for char in text
            if char not in BIDI_CONTROLS and not char.isspace() and unicodedata.category(char) != "Cc"
        )

    assert letters(one_line(value)) == letters(value)


def test_N8_what_is_outside_the_isolates_is_what_the_lint_sees() -> None:
    assert outside_isolates("رمز \u2066123\u2069 ثم 456\u2069") == "رمز  ثم 456"
