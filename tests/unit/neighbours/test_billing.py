from datetime import UTC, datetime

from contracts.billing import AccountUnknown, DuesAsked, DuesFound
from deploy.local.neighbours.billing import BillingSimulator, made_up_dues
from services.accounts.definition import Informed
from services.accounts.dues import show_found_dues
from tests.scenario import NOON, given
from tests.unit.accounts.situations import ACCOUNT, AWAITING_DUES, FAHAD, NOURA, OTHER_ACCOUNT, due, from_billing

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def asked(user_id: str = NOURA.user_id, account: str = ACCOUNT) -> DuesAsked:
    return DuesAsked(asked_by="definition:flow-1", account_number=account, user_id=user_id, relation="owner")


async def test_A5_billing_gives_each_their_own_dues_and_accounts_takes_them() -> None:
    billing = BillingSimulator("localhost:1", [ACCOUNT], {(ACCOUNT, NOURA.user_id): (due(12_345),)})
    found = billing.says(asked(), NOW)
    assert isinstance(found, DuesFound)
    assert (found.user_id, found.total_halalas, found.as_of) == (NOURA.user_id, 12_345, NOW)
    given(AWAITING_DUES).when(show_found_dues, from_billing(found)).then_state(Informed)
    fahads = billing.says(asked(FAHAD.user_id), NOW)
    assert isinstance(fahads, DuesFound)
    assert fahads.dues == made_up_dues(ACCOUNT, FAHAD.user_id, NOON.date()) != found.dues


async def test_A5_made_up_dues_are_always_the_same_and_positive() -> None:
    dues = made_up_dues(ACCOUNT, NOURA.user_id, NOW.date())
    assert dues == made_up_dues(ACCOUNT, NOURA.user_id, NOW.date())
    assert all(each.amount_halalas > 0 and each.period_from <= each.period_to < each.due_date for each in dues)


async def test_A2_an_account_that_billing_does_not_have_is_unknown_until_somebody_owes_on_it() -> None:
    billing = BillingSimulator("localhost:1", [ACCOUNT])
    assert isinstance(billing.says(asked(account=OTHER_ACCOUNT), NOW), AccountUnknown)
    billing.owe(OTHER_ACCOUNT, NOURA.user_id, ())
    found = billing.says(asked(account=OTHER_ACCOUNT), NOW)
    assert isinstance(found, DuesFound)
    assert (found.dues, found.total_halalas) == ((), 0)
