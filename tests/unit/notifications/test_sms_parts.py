import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.isolation import isolate
from services.notifications.sms_parts import encoding_of, part_count, unit_count


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ا" * 70, 1),
        ("ا" * 71, 2),
        ("ا" * 134, 2),
        ("ا" * 135, 3),
    ],
)
def test_N8_160_or_153_septets_and_70_or_67_units_a_part(text: str, parts: int) -> None:
    assert part_count(text) == parts


def test_N8_the_extension_table_counts_two() -> None:
    assert (encoding_of("€"), unit_count("€[]{}~|^\\")) == ("GSM-7", 18)
    assert part_count("€" * 80) == 1
    assert part_count("€" * 80 + "a") == 2


def test_N8_an_escape_pair_is_not_split_over_two_parts() -> None:
    assert part_count("a" * 152 + "€" + "a" * 152) == 3  # 306 septets, but the pair moves to the second part
    assert part_count("a" * 151 + "€" + "a" * 153) == 2


def test_N8_a_surrogate_pair_is_not_split_over_two_parts() -> None:
    assert unit_count("😀") == 2
    assert part_count("ا" * 66 + "😀" + "ا" * 66) == 3  # 134 units, but the pair moves to the second part
    assert part_count("ا" * 65 + "😀" + "ا" * 67) == 2


def test_N8_isolation_marks_count_in_ucs2() -> None:
    assert unit_count(isolate("123456")) == 8
    assert part_count("ا" * 62 + isolate("123456")) == 1
    assert part_count("ا" * 63 + isolate("123456")) == 2
    assert encoding_of(isolate("1")) == "UCS-2"


@given(st.text(max_size=400))
def test_N8_parts_hold_all_units_and_waste_at_most_one_unit_each(text: str) -> None:
    single, each = (160, 153) if encoding_of(text) == "GSM-7" else (70, 67)
    units, parts = unit_count(text), part_count(text)
    if units <= single:
        assert parts == 1
    else:
        assert units <= parts * each
        assert units > (parts - 1) * (each - 1)


@given(st.text(max_size=300))
def test_N8_ucs2_units_are_those_of_utf16(text: str) -> None:
    arabic = "ا" + text
    assert unit_count(arabic) == len(arabic.encode("utf-16-be", "surrogatepass")) // 2
