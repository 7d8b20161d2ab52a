from hypothesis import given
from hypothesis import strategies as st

from contracts.values.digits import capitals, compact, fold_digits, without_direction_marks, without_unseen

ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
EXTENDED_ARABIC_INDIC = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def test_I3_both_arabic_scripts_fold_to_ascii_digits() -> None:
    assert fold_digits("٠١٢٣٤٥٦٧٨٩") == "0123456789"
    assert fold_digits("۰۱۲۳۴۵۶۷۸۹") == "0123456789"


@given(st.text())
def test_I3_folding_changes_digits_only(text: str) -> None:
    folded = fold_digits(text)
    assert len(folded) == len(text)
    assert all(before == after or after in "0123456789" for before, after in zip(text, folded, strict=True))


@given(st.from_regex(r"[0-9 ]{1,30}", fullmatch=True), st.sampled_from([ARABIC_INDIC, EXTENDED_ARABIC_INDIC]))
def test_I3_a_number_is_the_same_in_every_script(number: str, script: dict[int, int]) -> None:
    assert fold_digits(number.translate(script)) == number


def test_I3_other_scripts_digits_are_not_folded() -> None:
    assert fold_digits("１१²") == "１१²"


def test_I3_capitals_are_made_of_a_to_z_only() -> None:
    assert capitals("ab-z 12 Ab") == "AB-Z 12 AB"
    assert capitals("ßıſﬁéк") == "ßıſﬁéк"


def test_I3_separators_and_direction_marks_carry_no_meaning() -> None:
    assert compact(" \u202b١٢٣-45\u00a0 6\u202c\u200f\t7\u20118 ") == "12345678"
    assert without_direction_marks("\u2066شارع 5\u2069") == "شارع 5"


def test_I3_what_nobody_sees_does_not_make_a_number_another_one() -> None:
    unseen = "\u200b\u00ad\u200c\u200d\u2060\ufeff\u200f"
    assert compact(f"\ufeff05{unseen}01234567\u200b") == "0501234567"
    assert without_unseen(f"1410-05-12{unseen}") == "1410-05-12"


@given(st.text())
def test_I3_compacting_twice_is_compacting_once(text: str) -> None:
    assert compact(compact(text)) == compact(text)
