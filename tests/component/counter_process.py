"""`python -m tests.component.counter_process`: the toy service as a process, started as every service is."""

from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.service import Service
from services.chassis.settings import ServiceSettings
from tests.component.counter import counter_service


def build(settings: ServiceSettings, keys: PrivateKeys) -> Service:
    """The toy has no settings of its own."""
    return counter_service()


if __name__ == "__main__":
    run(ServiceSettings, build)
