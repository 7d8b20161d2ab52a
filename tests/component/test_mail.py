"""E-mail over real SMTP to the simulated relay: every way a hand-over can end."""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.values.contact_channel import contact_channels
from contracts.values.email_address import EmailAddress
from deploy.local.neighbours.mail_sink import FaultKind, MailSink
from services.notifications.composing import ComposedMail, Composer
from services.notifications.hand_over import Accepted, CallLimits, HandOver, NotSent, Rejected, Unknown
from services.notifications.mail import Mail, build_mail
from services.notifications.mail_transport import MailClient, MailRelay
from services.notifications.templates import Language
from tests.certificates import certificate
from tests.component.neighbours import neighbour_process

COMPOSER = Composer(contact_channels(EmailAddress("care@company.example")), frozenset({"hesabi.example"}))
LIMITS = CallLimits(connect=3.0, read=3.0, total=4.0)
LINK = "https://hesabi.example/activate?token=abc"


def activation_mail(language: Language = "ar") -> Mail:
    composed = COMPOSER.mail("activation-link", language, {"link": LINK, "valid_until": "2026-03-02 12:00"})
    assert isinstance(composed, ComposedMail)
    return build_mail(
        composed,
        mail_id="mail-1",
        sender=EmailAddress("no-reply@hesabi.example"),
        recipient=EmailAddress("person@mail.example"),
        date=dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC),
    )


@pytest.fixture
async def sink() -> AsyncIterator[MailSink]:
    async with MailSink() as running:
        yield running


async def handed_over(port: int, limits: CallLimits = LIMITS) -> HandOver:
    return await MailClient(MailRelay("127.0.0.1", port, starttls=False), limits).hand_over(activation_mail())


@pytest.mark.parametrize(
    ("language", "subject"), [("ar", "تفعيل حسابك في «حسابي»"), ("en", "Activate your Hesabi account")]
)
async def test_N3_a_mail_arrives_as_it_was_made(sink: MailSink, language: Language, subject: str) -> None:
    mail = activation_mail(language)
    outcome = await MailClient(MailRelay("127.0.0.1", sink.port, starttls=False), LIMITS).hand_over(mail)
    assert outcome == Accepted("<mail-1@hesabi.example>")
    (taken,) = sink.taken
    assert (taken.sender, taken.recipient) == ("no-reply@hesabi.example", "person@mail.example")
    assert taken.content == mail.content
    assert (taken.message["Subject"], taken.message["Message-ID"]) == (subject, "<mail-1@hesabi.example>")
    text, page = taken.message.iter_parts()
    assert LINK in text.get_content()
    assert f'lang="{language}"' in page.get_content()


@pytest.mark.parametrize(
    ("fault", "outcome", "taken"),
    [
        ("temporary", NotSent("not-now", "451"), 0),
        ("recipient-refused", Rejected("recipient", "550"), 0),
        ("message-refused", Rejected("message", "554"), 0),
        ("hang", Unknown("no-answer-in-time"), 1),
        ("drop", Unknown("connection-cut"), 1),
    ],
)
async def test_N3_each_failure_is_its_own_outcome(
    sink: MailSink, fault: FaultKind, outcome: HandOver, taken: int
) -> None:
    sink.inject(fault)
    assert await handed_over(sink.port) == outcome
    assert len(sink.taken) == taken


async def test_N3_an_unknown_mail_sent_again_has_the_same_message_id(sink: MailSink) -> None:
    sink.inject("drop")
    assert isinstance(await handed_over(sink.port), Unknown)
    assert isinstance(await handed_over(sink.port), Accepted)
    assert {taken.message["Message-ID"] for taken in sink.taken} == {"<mail-1@hesabi.example>"}
    assert len(sink.taken) == 2


async def test_N3_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert await handed_over(port) == NotSent("no-connection")


async def test_N3_a_relay_that_says_nothing_is_not_sent() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await handed_over(port, CallLimits(0.2, 0.2, 0.5)) == NotSent("no-connection")


async def test_N3_a_relay_that_closes_its_door_is_not_sent() -> None:
    async def closed(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no mail here\r\n")
        writer.close()

    async with await asyncio.start_server(closed, "127.0.0.1", 0) as server:
        assert await handed_over(server.sockets[0].getsockname()[1]) == NotSent("no-connection", "554")


@pytest.mark.parametrize(
    ("password", "outcome"),
    [("right-password", Accepted("<mail-1@hesabi.example>")), ("wrong-password", NotSent("turned-away", "535"))],
)
async def test_N3_the_login_goes_over_an_encrypted_connection(tmp_path: Path, password: str, outcome: HandOver) -> None:
    certificate, tls = _certificate(tmp_path)
    async with MailSink(tls=tls, login=("hesabi", "right-password")) as sink:
        relay = MailRelay("127.0.0.1", sink.port, True, "hesabi", password, ca_file=str(certificate))
        assert await MailClient(relay, LIMITS).hand_over(activation_mail()) == outcome


async def test_N3_an_unknown_certificate_is_not_trusted(tmp_path: Path) -> None:
    _, tls = _certificate(tmp_path)
    async with MailSink(tls=tls) as sink:
        relay = MailRelay("127.0.0.1", sink.port, starttls=True)
        assert await MailClient(relay, LIMITS).hand_over(activation_mail()) == NotSent("no-connection")
        assert sink.taken == []


async def test_N3_nothing_is_said_in_clear_where_starttls_is_asked_and_not_offered(sink: MailSink) -> None:
    relay = MailRelay("127.0.0.1", sink.port, starttls=True)
    assert await MailClient(relay, LIMITS).hand_over(activation_mail()) == NotSent("no-connection")
    assert sink.taken == []


async def test_N3_the_sink_runs_as_a_process_and_keeps_mails_as_files(tmp_path: Path) -> None:
    async with neighbour_process("deploy.local.neighbours.mail_sink", "--folder", str(tmp_path / "mail")) as line:
        assert isinstance(await handed_over(int(line.rpartition(":")[2])), Accepted)
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert file.name == "001-mail-1-hesabi.example.eml"
    assert file.read_bytes() == activation_mail().content


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1, and the server's context with it."""
    path, key = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key)
    return path, context
