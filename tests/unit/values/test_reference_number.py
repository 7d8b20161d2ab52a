import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.reference_number import ALPHABET, parse_reference, reference_number
from contracts.values.rejected import Rejected
from tests.unit.values.test_digits import ARABIC_INDIC, EXTENDED_ARABIC_INDIC

KEY = bytes(range(32))
MALFORMED = Rejected("reference-number-malformed")
WRONG = Rejected("reference-number-check-character")

command_ids = st.uuids().map(str)
references = command_ids.map(lambda command_id: reference_number(KEY, command_id))


def in_groups(symbols: str) -> str:
    return "-".join(symbols[start : start + 4] for start in range(0, len(symbols), 4))


def test_A20_the_number_of_a_command_never_changes() -> None:
    assert reference_number(KEY, "0b6c5a0e-5d0c-4f8e-9f0e-3c8a4c1d2e3f") == "MCA8-ASHM-2KF4"


def test_A20_the_alphabet_has_32_symbols_without_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


@given(references)
def test_A20_groups_of_four_from_the_alphabet_with_55_bits_and_a_check_character(reference: str) -> None:
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", reference)
    assert (len(reference.replace("-", "")) - 1) * 5 >= 50


@given(references)
def test_A20_a_number_is_taken_back(reference: str) -> None:
    assert parse_reference(reference) == reference


@given(references, st.data())
def test_A20_either_script_case_look_alikes_and_any_grouping_are_one_number(
    reference: str, data: st.DataObject
) -> None:
    script = data.draw(st.sampled_from([{}, ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
    heard = "".join(
        data.draw(st.sampled_from({"0": "0Oo", "1": "1IiLl"}.get(symbol, symbol + symbol.lower())))
        for symbol in reference
    )
    grouped = heard.replace("-", data.draw(st.sampled_from(["", " ", "-", " \u2011 "])))
    assert parse_reference(f" \u2066{grouped.translate(script)}\u2069 ") == reference


@given(references)
def test_A20_every_single_wrong_character_is_caught(reference: str) -> None:
    symbols = reference.replace("-", "")
    for place, right in enumerate(symbols):
        for wrong in set(ALPHABET) - {right}:
            assert parse_reference(symbols[:place] + wrong + symbols[place + 1 :]) == WRONG


@given(references)
def test_A20_any_two_characters_that_changed_places_are_caught(reference: str) -> None:
    symbols = reference.replace("-", "")
    for first in range(len(symbols)):
        for second in range(first + 1, len(symbols)):
            swapped = list(symbols)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            expected = reference if symbols[first] == symbols[second] else WRONG
            assert parse_reference("".join(swapped)) == expected


@given(command_ids, command_ids)
def test_A20_another_command_or_key_gives_another_number(one: str, other: str) -> None:
    assert (reference_number(KEY, one) == reference_number(KEY, other)) is (one == other)
    assert reference_number(KEY, one) != reference_number(KEY[::-1], one)


def test_A20_all_symbols_of_the_hash_are_spread_over_the_alphabet() -> None:
    made = [reference_number(KEY, str(number)).replace("-", "") for number in range(1000)]
    assert all({symbols[place] for symbols in made} == set(ALPHABET) for place in range(12))


@pytest.mark.parametrize(
    "text", ["", "7K3M-0QXZ", "7K3M-0QXZ-91TC0", "7K3M-0QXU-91TC", "7K3M_0QXZ_91TC", "\u017fK3M-0QXZ-91TC"]
)
def test_A20_another_form_is_refused(text: str) -> None:
    assert parse_reference(text) == MALFORMED


@given(st.text() | st.text(ALPHABET, min_size=12, max_size=12))
def test_A20_whatever_is_typed_gets_the_printed_form_or_a_reason(text: str) -> None:
    parsed = parse_reference(text)
    assert parsed in (MALFORMED, WRONG) or parsed == in_groups(str(parsed).replace("-", ""))


def test_A20_a_short_key_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="too short"):
        reference_number(KEY[:31], "any")
