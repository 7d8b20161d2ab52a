"""What was billed and paid, what was asked for and how one stands to one's supplies (R2, R3)."""

from contracts.reports import PaymentReportReady, RequestPaymentReport, RequestStatement, StatementReady
from contracts.topics import ACCOUNTS_EVENTS
from deploy.local.journey.cast import Customer
from deploy.local.journey.reports import File, Months, Paper, fetch, refused
from deploy.local.system import System


async def papers(system: System, who: Customer, other: Customer, account: str) -> list[File]:
    """A payment report and a statement, in both languages and as CSV, for their owner only."""
    months = Months.before(system.today)
    first, last = f"{months.first_day:%Y-%m}", f"{months.last_day:%Y-%m}"
    key = who.client.answer_key
    pay = RequestPaymentReport(
        token=who.sealed_token, account_number=account, first_month=first, last_month=last, answer_key=key
    )
    answered = await who.ask("What was billed and paid", "R2", pay, PaymentReportReady)
    payments = system.service("reports").url + who.client.open(answered, "link")
    who.journal.keep_secret("link of the payment report", payments.rpartition(".")[2])
    await refused(who, "Somebody else's token", payments, other.token, 404)
    await system.has_read("reports.accounts", ACCOUNTS_EVENTS)
    now = f"{system.today:%Y-%m}"
    state = RequestStatement(token=who.sealed_token, first_month=now, last_month=now, answer_key=key)
    answered = await who.ask("My requests and my relations", "R3", state, StatementReady)
    statement = system.service("reports").url + who.client.open(answered, "link")
    who.journal.keep_secret("link of the statement", statement.rpartition(".")[2])
    return [
        await fetch(who, f"{title} in {of}", door, Paper(f"{name}-{language}.{kind}", language, kind))
        for title, door, name in (("The payments", payments, "payments"), ("The statement", statement, "statement"))
        for of, language, kind in (("Arabic", "ar", "pdf"), ("English", "en", "pdf"), ("CSV", "en", "csv"))
    ]
