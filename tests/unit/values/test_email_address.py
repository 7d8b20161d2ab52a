import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.email_address import LONGEST_EMAIL, EmailAddress, parse_email
from contracts.values.rejected import Rejected

MALFORMED = Rejected("email-malformed")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("amal@example.com", "amal@example.com"),
        (" Amal.Q+bill@EXAMPLE.com ", "Amal.Q+bill@example.com"),
        ("\u202aamal@example.com\u202c\u200f", "amal@example.com"),  # copied out of a right-to-left text
        ("amal@مثال.السعودية", "amal@xn--mgbh0fb.xn--mgberp4a5d4ar"),
    ],
)
def test_I7_an_address_has_one_form(text: str, canonical: str) -> None:
    assert parse_email(text) == EmailAddress(canonical)
    assert parse_email(canonical) == EmailAddress(canonical)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "amal",
        "amal@",
        "@example.com",
        "amal@example",
        "amal@localhost",
        "amal@[127.0.0.1]",
        "amal@@example.com",
        "Amal <amal@example.com>",
        "amal@example.com, b@example.com",
        "amal@example.com\r\nBcc: b@example.com",
        "am\x00al@example.com",
        '"a b"@example.com',
        "أمل@example.com",
        "\ud800@example.com",
        "=?utf-8?q?x?=@example.com",  # the library that writes mails raises on it
        "a=?@example.com",
    ],
)
def test_I7_what_is_no_deliverable_address_is_refused(text: str) -> None:
    assert parse_email(text) == MALFORMED


def test_I7_an_address_has_254_characters_at_most() -> None:
    host = ".".join(["h" * 49] * 4)
    longest = f"{'a' * (LONGEST_EMAIL - len(host) - 5)}@{host}.com"
    assert len(longest) == 254
    assert parse_email(longest) == EmailAddress(longest)
    assert parse_email(f"a{longest}") == Rejected("email-too-long")


@given(st.emails() | st.text() | st.text(st.characters()).map(lambda local: f"{local}@example.com"))
def test_I7_whatever_is_typed_gets_an_address_or_a_reason(text: str) -> None:
    judged = parse_email(text)
    if isinstance(judged, EmailAddress):
        assert parse_email(judged.text) == judged
        assert judged.text.isascii()
    else:
        assert judged in (MALFORMED, Rejected("email-too-long"))


def test_I7_an_address_hides_in_its_repr() -> None:
    address = EmailAddress("amal@example.com")
    assert "amal" not in f"{address!r} {address}"
