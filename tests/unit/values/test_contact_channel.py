from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress


def test_N9_the_telephones_are_as_printed_and_the_email_is_the_operators() -> None:
    channels = contact_channels(EmailAddress("care@example.com"))
    assert {channel.code: channel.address for channel in channels} == {
        "customer-line": "92000222",
        "technical-support": "920001100",
        "emergency": "933",
        "email": "care@example.com",
    }
    assert all(channel.name.ar and channel.name.en for channel in channels)
