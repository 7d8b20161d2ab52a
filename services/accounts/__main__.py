"""`python -m services.accounts`: the accounts service as a process."""

import sys

from services.accounts.effects import AccountsEffects
from services.accounts.kind_files import OUR_KINDS, KindFileWrong, read_kinds
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.service import Service
from services.chassis.settings import WRONG_SETTING


def build(settings: AccountsSettings, keys: PrivateKeys) -> Service:
    """The service with its own secret behind the reference numbers; that hash has a purpose of its own."""
    try:
        kinds = read_kinds(settings.request_kinds_folder or OUR_KINDS)
    except KindFileWrong as error:
        sys.stderr.write(f"settings: HESABI_REQUEST_KINDS_FOLDER: {error}\n")
        raise SystemExit(WRONG_SETTING) from None
    return accounts_service(settings, AccountsEffects(reference_key=keys.hash_key, kinds=kinds))


if __name__ == "__main__":
    run(AccountsSettings, build)
