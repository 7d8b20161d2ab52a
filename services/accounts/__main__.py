"""`python -m services.accounts`: the accounts service as a process."""

from services.accounts.effects import AccountsEffects
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.service import Service


def build(settings: AccountsSettings, keys: PrivateKeys) -> Service:
    """The service with its own secret behind the reference numbers; that hash has a purpose of its own."""
    return accounts_service(settings, AccountsEffects(reference_key=keys.hash_key))


if __name__ == "__main__":
    run(AccountsSettings, build)
