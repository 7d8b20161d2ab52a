import re
from itertools import chain
from typing import get_args

import pytest

from contracts.values.language import Language
from contracts.values.public_reasons import ValueReason, public_reason_of
from contracts.values.public_texts import PUBLIC_TEXTS, Text, text_for

ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")
LATIN_LETTER = re.compile(r"[A-Za-z]")
VALUE_REASONS = list(chain.from_iterable(get_args(literal) for literal in get_args(ValueReason)))


@pytest.mark.parametrize("reason", PUBLIC_TEXTS)
def test_J4_each_public_reason_has_a_sentence_in_both_languages(reason: str) -> None:
    text = text_for(reason)
    assert ARABIC_LETTER.search(text.ar)
    assert not LATIN_LETTER.search(text.ar)
    assert LATIN_LETTER.search(text.en)
    assert not ARABIC_LETTER.search(text.en)
    assert text.ar.endswith(".")
    assert text.en.endswith(".")


def test_J4_no_two_reasons_read_the_same() -> None:
    assert len({text.ar for text in PUBLIC_TEXTS.values()}) == len(PUBLIC_TEXTS)
    assert len({text.en for text in PUBLIC_TEXTS.values()}) == len(PUBLIC_TEXTS)


@pytest.mark.parametrize("reason", PUBLIC_TEXTS)
def test_J4_a_reason_is_a_stable_code(reason: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason)


@pytest.mark.parametrize("reason", VALUE_REASONS)
def test_J4_each_reason_of_a_value_has_a_public_reason_with_a_text(reason: ValueReason) -> None:
    assert public_reason_of(reason) in PUBLIC_TEXTS


def test_J4_a_reason_without_a_text_is_a_bug() -> None:
    with pytest.raises(KeyError):
        text_for("no-such-reason")


def test_J4_a_text_is_chosen_by_language() -> None:
    text = Text("نعم.", "Yes.")
    assert (text.in_language(Language.ARABIC), text.in_language(Language.ENGLISH)) == ("نعم.", "Yes.")


@pytest.mark.parametrize("reason", ["code-not-accepted", "sign-in-refused", "identity-number-not-accepted"])
def test_I15_a_public_text_does_not_tell_known_from_unknown_nor_the_cause(reason: str) -> None:
    telling = ("known", "registered", "expired", "used", "exist", "مسجل", "انتهت", "مستخدم", "موجود")
    assert not [word for word in telling if word in text_for(reason).en or word in text_for(reason).ar]


def test_A14_a_plan_that_billing_refuses_is_not_said_to_be_refused_for_a_reason_that_it_did_not_give() -> None:
    assert "because" not in text_for("plan-not-agreed").en
    assert "لأن" not in text_for("plan-not-agreed").ar


def test_I10_whose_link_does_not_count_is_told_a_way_that_there_is() -> None:
    # No command asks for another link.
    text = text_for("link-not-accepted")
    assert "register again" in text.en
    assert "التسجيل من جديد" in text.ar
