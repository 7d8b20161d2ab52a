"""How people reach the company (N9): data for messages and for whoever asks."""

from dataclasses import dataclass

from contracts.values.email_address import EmailAddress
from contracts.values.public_texts import Text


@dataclass(frozen=True, slots=True)
class ContactChannel:
    """One way to reach the company. `address` is a short phone number or an e-mail address, exactly as printed."""

    code: str
    address: str
    name: Text


_TELEPHONES = (
    ContactChannel("customer-line", "92000222", Text("خط خدمة العملاء", "Customer line")),  # N9: as printed
    ContactChannel("technical-support", "920001100", Text("الدعم الفني", "Technical support")),
    ContactChannel("emergency", "933", Text("طوارئ الكهرباء", "Electricity emergencies")),
)


def contact_channels(email: EmailAddress) -> tuple[ContactChannel, ...]:
    """All channels (N9). The e-mail address is the operator's required setting: none is invented here."""
    return (*_TELEPHONES, ContactChannel("email", email.text, Text("البريد الإلكتروني", "E-mail")))
