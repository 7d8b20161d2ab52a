"""Logging out, and a password that was forgotten (I13)."""

from uuid import uuid4

from contracts.identity import LoggedIn, LogIn
from contracts.identity_sessions import (
    ConfirmPasswordReset,
    LoggedOut,
    LogOut,
    PasswordReset,
    PasswordResetStarted,
    StartPasswordReset,
)
from contracts.sealed import Sealed
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.person import Person
from deploy.local.system import System


async def sessions(system: System, who: Customer) -> None:
    """The password is forgotten; a code proves who it is; every session ends; log in anew and out again."""
    flow = str(uuid4())
    unknown = _start(Person.made_up(who.language))
    await who.ask("A stranger forgot a password", "I13 I15", unknown, PasswordResetStarted)
    number = who.post.codes(who.person.mobile) + 1
    await who.ask("I forgot my password", "I13", _start(who.person), PasswordResetStarted, flow)
    code = await who.post.code(who.person.mobile, number)
    who.journal.keep_secret("code", code)
    fresh = who.journal.keep_secret("new password", f"{who.person.password}-once-more")
    confirm = ConfirmPasswordReset(code=Sealed.of(code), password=Sealed.of(fresh))
    await who.ask("The code and a new password", "I13 I16", confirm, PasswordReset, flow)
    await happened(system.watch, "the end of all sessions", said("SessionsEnded", session_id=None))
    ended = LogOut(token=who.sealed_token)
    await who.ask("The old session is over", "I13", ended, "sign-in-needed (log-in)")
    await who.ask("The old password", "I13 I15", _log_in(who, who.person.password), "sign-in-refused")
    answered = await who.ask("Log in with the new one", "I11 I13", _log_in(who, fresh), LoggedIn)
    token = who.client.open(answered, "token")
    who.journal.keep_secret("session token", token)
    out = LogOut(token=Sealed.of(token))
    await who.ask("Log out", "I13", out, LoggedOut)
    await happened(system.watch, "the session's end", lambda seen: _ends_one(seen.name, seen.body))
    await who.ask("A command after that", "I13", out, "sign-in-needed (log-in)")


def _ends_one(name: str, body: object) -> bool:
    return name == "SessionsEnded" and getattr(body, "session_id", None) is not None


def _start(person: Person) -> StartPasswordReset:
    return StartPasswordReset(
        identity_type=person.identity_type,
        identity_number=Sealed.of(person.identity_number),
        birth_date=Sealed.of(person.birth_date),
        language=person.language,
    )


def _log_in(who: Customer, password: str) -> LogIn:
    return LogIn(
        identity_type=who.person.identity_type,
        identity_number=Sealed.of(who.person.identity_number),
        password=Sealed.of(password),
        answer_key=who.client.answer_key,
    )
