import pytest

from contracts.values.document_number import judge_document_number
from contracts.values.public_reasons import public_reason_of
from contracts.values.rejected import Rejected


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("10203040506", "10203040506"),
        (" ١٠٢٠-٣٠٤٠ ", "10203040"),
        ("10203040506 / 1-0", "10203040506/10"),
        ("ab12", "AB12"),
        ("9" * 40, "9" * 40),
    ],
)
def test_A10_a_document_number_is_read_in_either_script(typed: str, number: str) -> None:
    assert judge_document_number(typed) == number


@pytest.mark.parametrize("typed", ["", "123", "9" * 41, "12/", "/1234", "12<34", "صك1234", "123ß", "123ı", "ﬁ12"])
def test_A10_what_is_no_document_number_is_refused(typed: str) -> None:
    rejected = judge_document_number(typed)
    assert rejected == Rejected("document-number-malformed")
    assert public_reason_of("document-number-malformed") == "document-number-not-accepted"
