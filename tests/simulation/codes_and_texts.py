"""Codes within their limits (I6), texts paid once (N6, N10)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from contracts.identity import ConfirmOtp, OtpConfirmed, OtpRequested
from contracts.identity_sessions import ConfirmConsent, ConfirmPasswordReset, ConsentConfirmed, PasswordReset
from contracts.notifications import MessageHandedOver, OtpHandedOver
from tests.fakes.world import fake_open
from tests.simulation.gateways import SmsCompany
from tests.simulation.said import Said

LIFE = timedelta(seconds=60)  # I6
TO_THE_GATEWAY_S = 1.0
"""So long a call is on its way."""

_ENTRIES = ((ConfirmOtp, OtpConfirmed), (ConfirmConsent, ConsentConfirmed), (ConfirmPasswordReset, PasswordReset))


class Otp(NamedTuple):
    """A code that was issued, and when it was sent, if it was."""

    otp_id: str
    code: str
    issued_at: datetime
    sent_at: datetime | None

    def takes(self, entry: datetime) -> bool:
        """I6: within 60 s of its sending and 120 s of its issue, or within 60 s of its issue."""
        if entry <= self.issued_at + LIFE:
            return True
        return self.sent_at is not None and entry <= min(self.sent_at + LIFE, self.issued_at + 2 * LIFE)


def codes(said: Said) -> list[str]:
    """No code counted past its limits, none twice."""
    issued = _issued(said)
    found: list[str] = []
    used: dict[str, str] = {}
    for command, answer in _ENTRIES:
        accepted = {record.envelope.causation_id or "" for record in said.all(answer)}
        entries = {record.envelope.id: record for record in reversed(said.all(command))}
        for command_id in sorted(accepted & entries.keys()):
            entry = entries[command_id]
            code = fake_open(str(entry.body.code.jwe))
            fitting = [otp for otp in issued if otp.code == code and otp.takes(entry.stamp)]
            if not fitting:
                found.append(f"{command.__name__} {command_id} was accepted at {entry.stamp}: no code lived then")
                continue
            # Once in a million two people have the same digits: each of their codes counts once.
            unused = next((otp for otp in fitting if used.get(otp.otp_id, command_id) == command_id), None)
            if unused is None:
                found.append(f"code {fitting[0].otp_id} counted twice")
            else:
                used[unused.otp_id] = command_id
    return found


def _issued(said: Said) -> list[Otp]:
    sent: dict[str, datetime] = {}
    for record in said.all(OtpHandedOver):
        sent.setdefault(record.body.otp_id, record.stamp)
    return [
        Otp(body.otp_id, fake_open(str(body.code.jwe)), body.issued_at, sent.get(body.otp_id))
        for body in said.once(OtpRequested)
    ]


def texts(said: Said, sms: SmsCompany) -> list[str]:
    """No text was paid twice (N6, N10), none was said to be handed over that was not, none came too late (N2)."""
    found = [f"the gateway took {i} {len(times)} times" for i, times in sms.taken.items() if len(times) > 1]
    told = {body.otp_id for body in said.once(OtpHandedOver)}
    told |= {body.message_id for body in said.once(MessageHandedOver) if body.channel == "sms"}
    found += [f"{i} is said to be handed over, and was not" for i in sorted(told - sms.taken.keys())]
    for body in said.once(OtpRequested):
        for at in sms.taken.get(body.otp_id, ()):
            if at > body.hand_over_by + timedelta(seconds=TO_THE_GATEWAY_S):
                found.append(f"code {body.otp_id} was handed over at {at}, after {body.hand_over_by}")
    return found
