"""`python -m services.reports`: the reports service as a process."""

from collections.abc import Sequence
from functools import partial

import structlog
from starlette.routing import BaseRoute

from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.reports.alarm import raise_mismatch_alarm
from services.reports.download_door import DownloadDoor
from services.reports.effects import ReportsEffects
from services.reports.rendering import Renderer
from services.reports.service import reports_service
from services.reports.settings import ReportsSettings


def build(settings: ReportsSettings, keys: PrivateKeys) -> Service:
    """The service with its own secrets; the hashes of ids, links and references have a purpose each."""
    effects = ReportsEffects(keys.keyed_hash, reference_key=keys.hash_key)
    return reports_service(settings, effects, partial(raise_mismatch_alarm, structlog.get_logger()))


def doors(settings: ReportsSettings, runtime: Runtime) -> Sequence[BaseRoute]:
    """Reports are fetched here (R8)."""
    renderer = Renderer(settings.render_limit_s)
    return DownloadDoor(
        runtime.read_state,
        runtime.check_token,
        runtime.publish,
        runtime.clock.present,
        renderer,
        structlog.get_logger(),
    ).routes()


if __name__ == "__main__":
    run(ReportsSettings, build, doors)
