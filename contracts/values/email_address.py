"""E-mail addresses (I7): syntax only; whether it is the person's own is proved by the activation link (I10)."""

from dataclasses import dataclass, field
from typing import Literal

from email_validator import EmailNotValidError, validate_email

from contracts.values.digits import without_direction_marks
from contracts.values.rejected import Rejected

EmailReason = Literal["email-malformed", "email-too-long"]

LONGEST_EMAIL = 254  # RFC 5321: the longest path an SMTP server must take, without its angle brackets


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address any mail relay takes: ASCII, domain in lower case and punycode. Made by `parse_email` only."""

    text: str = field(repr=False)


def parse_email(text: str) -> EmailAddress | Rejected[EmailReason]:
    """The address in `text`, by syntax alone, without asking DNS. Direction marks are no part of it (I3).

    Names outside ASCII before the @ are refused (ours): a relay without SMTPUTF8 could not deliver the activation link.
    So is what begins like an encoded word (RFC 2047), which no header of a mail can hold as it is.
    """
    address = without_direction_marks(text).strip()
    if len(address) > LONGEST_EMAIL:
        return Rejected("email-too-long")
    try:
        judged = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return Rejected("email-malformed")
    if judged.ascii_email is None or "=?" in judged.ascii_email:
        return Rejected("email-malformed")
    return EmailAddress(judged.ascii_email)
