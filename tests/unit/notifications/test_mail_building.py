import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.email_address import EmailAddress, parse_email
from services.notifications.composing import ComposedMail
from services.notifications.mail import build_mail
from services.notifications.mail_transport import MailRelay

SENDER = EmailAddress("no-reply@hesabi.example")
NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ARABIC = ComposedMail("ar", "تفعيل حسابك", text="مرحبًا \u2066123\u2069\n", html="<p dir='rtl'>مرحبًا</p>\n")


def built(composed: ComposedMail = ARABIC, recipient: str = "person@mail.example", mail_id: str = "m-1") -> bytes:
    return build_mail(composed, mail_id=mail_id, sender=SENDER, recipient=EmailAddress(recipient), date=NOON).content


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_N3_text_and_html_side_by_side_in_arabic() -> None:
    message = parsed(built())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()] == [ARABIC.text, ARABIC.html]
    assert message["Subject"] == "تفعيل حسابك"
    assert message["From"] == "حسابي <no-reply@hesabi.example>"
    assert message["To"] == "person@mail.example"
    assert (message["Content-Language"], message["Auto-Submitted"]) == ("ar", "auto-generated")
    assert not message.defects


def test_N3_a_repeat_has_the_same_bytes_and_message_id() -> None:
    assert built() == built()
    assert parsed(built())["Message-ID"] == "<m-1@hesabi.example>"
    assert parsed(built(mail_id="m-2"))["Message-ID"] != parsed(built())["Message-ID"]


def test_N3_every_line_is_ascii_and_short_enough_for_smtp() -> None:
    long = ComposedMail("ar", "تقرير " * 60, text="مرحبًا " * 500, html="<p>" + "مرحبًا " * 500 + "</p>")
    lines = built(long).split(b"\r\n")
    assert all(len(line) <= 998 and line.isascii() and b"\n" not in line for line in lines)
    assert parsed(built(long))["Subject"].strip() == ("تقرير " * 60).strip()


@pytest.mark.parametrize(
    "recipient",
    ["a@b.example", "o'brien+tag@mail.example", "x" * 64 + "@" + "d" * 60 + ".example", "person@xn--mgbah1a3hjkrd.com"],
)
def test_N3_the_recipient_survives_the_header(recipient: str) -> None:
    assert isinstance(parse_email(recipient), EmailAddress)
    (address,) = parsed(built(recipient=recipient))["To"].addresses
    assert address.addr_spec == recipient


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200))
def test_N3_no_text_can_add_a_header(text: str) -> None:
    message = parsed(built(ComposedMail("ar", ARABIC.subject, text=f"Bcc: x@y.example\n{text}", html=text)))
    assert "Bcc" not in message
    assert len(list(message.iter_parts())) == 2


def test_N3_a_login_without_encryption_is_refused() -> None:
    with pytest.raises(ValueError, match="STARTTLS"):
        MailRelay("127.0.0.1", 25, starttls=False, username="hesabi", password="pass")


def test_N3_the_relays_password_is_not_shown() -> None:
    assert "pass-word" not in repr(MailRelay("h", 587, starttls=True, username="hesabi", password="pass-word"))
