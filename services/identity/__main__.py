"""`python -m services.identity`: the identity service as a process."""

import sys
from functools import partial

from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.sealing import validate_public_jwk
from services.chassis.service import Service
from services.chassis.settings import WRONG_SETTING
from services.chassis.tokens import sign_session
from services.identity.effects import IdentityEffects
from services.identity.service import identity_service
from services.identity.settings import IdentitySettings


def build(settings: IdentitySettings, keys: PrivateKeys) -> Service:
    """The service with its own secrets. Without a signing key, which identity alone has, there is no session."""
    if keys.signing is None:
        sys.stderr.write("settings: HESABI_KEYS_FOLDER: signing.jwk is missing\n")
        raise SystemExit(WRONG_SETTING)
    effects = IdentityEffects(keys.keyed_hash, partial(sign_session, keys.signing), validate_public_jwk)
    return identity_service(settings, effects)


if __name__ == "__main__":
    run(IdentitySettings, build)
