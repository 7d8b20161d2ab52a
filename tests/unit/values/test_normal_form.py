import sys
import unicodedata
from typing import Final, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.normal_form import MOST_IN_ONE, NormalForm, normalized
from tests.combining_marks import MARKS, is_sorted_in

FORMS: Final = get_args(NormalForm)
typed = st.text(st.characters() | st.sampled_from("aω\u0300\u0316\u0313\u0345가각\u1100\u1161\u11a8ﷺ"), max_size=60)


@pytest.mark.parametrize(("form", "apart"), [("NFC", "NFD"), ("NFKC", "NFKD")])
def test_no_character_of_a_normal_form_stands_for_more_than_four(
    form: NormalForm, apart: Literal["NFD", "NFKD"]
) -> None:
    # Taken apart, a text has as many characters as it was typed with or more, and its normal form is taken apart to
    # the same ones.
    everything = map(chr, range(sys.maxunicode + 1))
    in_form = (character for character in everything if unicodedata.is_normalized(form, character))
    assert max(len(unicodedata.normalize(apart, character)) for character in in_form) == MOST_IN_ONE


@given(typed, st.sampled_from(FORMS), st.integers(0, 30))
def test_whether_a_text_is_too_long_does_not_depend_on_how_much_of_it_is_looked_at(
    text: str, form: NormalForm, longest: int
) -> None:
    whole, made = unicodedata.normalize(form, text), normalized(text, form, longest)
    assert (made == whole) if len(whole) <= longest else (len(made) > longest)


def test_the_longest_text_is_taken_as_a_whole() -> None:
    apart = unicodedata.normalize("NFD", "ᾂ" * 100)
    assert len(apart) == 400
    assert normalized(apart, "NFC", 100) == "ᾂ" * 100


@pytest.mark.parametrize("form", FORMS)
def test_a_run_of_combining_marks_is_not_sorted(form: NormalForm) -> None:
    assert is_sorted_in(lambda: unicodedata.normalize(form, MARKS))
    assert not is_sorted_in(lambda: normalized(MARKS, form, 128))
