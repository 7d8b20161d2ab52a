import unicodedata

import pytest

from services.identity.contact import personal_data
from services.identity.effects import common_passwords
from services.identity.password import LONGEST, Blocked, PasswordReason, judge_password, normal_form
from tests.combining_marks import MARKS, is_sorted_in
from tests.unit.identity.situations import CITIZEN, CONTACT, DECLARED, PASSWORD, POLICY

BLOCKED = Blocked(common_passwords(), POLICY.company_words, personal_data(DECLARED, CONTACT))


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery staple",
        "Xk4$mmQ9!zrT2&pLw",
        "الجمال السبعة تمشي تحت المطر",
        "electricity never sleeps in july",
        "my password is a whole sentence",
        "三毛猫が窓辺でゆっくり眠っている午後",
        "x7" + "é" * 3 + "qmzkprtwvbnl",
        "aB3dE5gH7jK9mN1p" * 8,
        "ElectricityXk4$mmQ9",
    ],
)
def test_I16_a_long_password_of_any_composition_is_taken(password: str) -> None:
    assert judge_password(password, BLOCKED) is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "password-too-short"),
        ("Xk4$mmQ9!zrT2&", "password-too-short"),
        ("qz7Rk" * 26, "password-too-long"),
        ("1qaz2wsx3edc4rfv", "password-common"),
        ("mailcreated5240", "password-common"),
        ("QWERTYUIOP!!!??", "password-sequence"),
        ("basketball#2026!", "password-common"),
        ("!!basketball2026", "password-common"),
        ("Hesabi-Electricity", "password-company-word"),
        ("hesabihesabi26!x", "password-company-word"),
        ("ElectricityXk4$mmQ", "password-company-word"),
        (f"my id is {CITIZEN}", "password-own-data"),
        ("my id is ١٠٠٠٠٠٠٠٠٨", "password-own-data"),
        ("Noura.H likes long walks", "password-own-data"),
        ("call 559876543 tonight", "password-own-data"),
        ("born on 1410/05/12 at dawn", "password-own-data"),
        ("born on 10-12-1989 at dawn", "password-own-data"),
        ("zzzzzzzzzzzzzzz", "password-repeats"),
        ("camelcamelcamel", "password-repeats"),
        ("pa55word" * 3, "password-repeats"),
        ("q7m#q#7mm#qq77m", "password-repeats"),
        ("abcdefghijklmnop", "password-sequence"),
        ("1234567890123456", "password-sequence"),
        ("987654321abcdef", "password-sequence"),
        ("ضصثقفغعهخحجد123", "password-sequence"),
        ("qqqqxxxxmmmm4444####", "password-sequence"),
    ],
)
def test_I16_what_would_be_tried_first_is_refused_each_for_its_reason(password: str, reason: PasswordReason) -> None:
    assert judge_password(password, BLOCKED) == reason


@pytest.mark.parametrize(("length", "reason"), [(14, "password-too-short"), (15, None), (128, None)])
def test_I16_lengths_are_counted_in_characters(length: int, reason: str | None) -> None:
    letters = "mqxtkvbrzwlphdy" * 9
    mixed = "".join(letter if place % 3 else str(place % 7) for place, letter in enumerate(letters))
    assert judge_password(mixed[:length], BLOCKED) == reason


def test_I16_the_normal_form_is_nfc_and_counts() -> None:
    decomposed = unicodedata.normalize("NFD", "é" * 7) + "qmzkprt"
    assert len(decomposed) > 15
    assert judge_password(decomposed, BLOCKED) == "password-too-short"
    assert normal_form(decomposed) == unicodedata.normalize("NFC", decomposed)


def test_I16_a_password_of_the_longest_normal_form_is_taken_however_it_is_typed() -> None:
    longest = "ᾂωὦώὐqmzkprtwv" * 9 + "xk"
    typed = unicodedata.normalize("NFD", longest)
    assert len(longest) == LONGEST < len(typed)
    assert judge_password(typed, BLOCKED) is None
    assert normal_form(typed) == longest
    assert judge_password(typed + "k", BLOCKED) == "password-too-long"
    assert len(normal_form(unicodedata.normalize("NFD", "ᾂ" * LONGEST))) == LONGEST


def test_I16_a_run_of_combining_marks_is_too_long_before_it_is_sorted() -> None:
    assert judge_password(MARKS, BLOCKED) == "password-too-long"
    assert not is_sorted_in(lambda: judge_password(MARKS, BLOCKED))


def test_I3_digits_inside_passwords_are_not_folded() -> None:
    assert normal_form("كلمة ١٢٣٤٥٦") == "كلمة ١٢٣٤٥٦"


def test_I16_thousands_of_common_passwords_are_blocked_offline() -> None:
    assert len(common_passwords()) > 5_000
    assert {"password", "basketball", "1qaz2wsx3edc4rfv"} <= common_passwords()


@pytest.mark.parametrize("password", ["ＨＥＳＡＢＩ－ｈｅｓａｂｉ２６", "ｅｌｅｃｔｒｉｃｉｔｙ２６２６"])
def test_I16_another_width_makes_no_word_of_the_company_stronger(password: str) -> None:
    assert judge_password(password, BLOCKED) == "password-company-word"


def test_I16_a_word_of_the_company_is_blocked_however_an_operator_writes_it() -> None:
    blocked = Blocked(frozenset(), ("HesaBi", "ＢＡＲＱ"), ())
    assert judge_password("hesabi-barq-hesabi", blocked) == "password-company-word"
    assert judge_password("barqbarqbarq2026", blocked) == "password-company-word"
