"""Traces, as the loop sees them: one span a batch, with the time of its stages and links to what caused it.

Off by default, and then nothing is imported and nothing is written. What a record carries is CloudEvents' extension for
distributed tracing, the header `ce_traceparent`; no decision looks at it, and it is kept in no document.
"""

import contextlib
import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Final, Protocol

from services.chassis.settings import ServiceSettings

HEADER: Final = "ce_traceparent"
_TRACEPARENT: Final = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


class Tracer(Protocol):
    """What is told of batches."""

    def batch(self, lane: str, topic: str, records: Sequence[Any]) -> contextlib.AbstractContextManager[None]:
        """A batch of a lane, for the length of the `with`."""
        ...

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage of the lane's batch took so long."""
        ...

    def close(self) -> None:
        """Send what is still here. May take seconds."""
        ...


class NoTraces:
    """Tells nobody."""

    def batch(self, lane: str, topic: str, records: Sequence[Any]) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        """Nothing."""
        return _NOTHING

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


_NOTHING: Final = contextlib.nullcontext()


def tracer_of(settings: ServiceSettings, service: str) -> Tracer:
    """The tracer that the settings want."""
    if settings.traces_endpoint is None:
        return NoTraces()
    # The packages of the extra `traces`, which few installations have, and which cost memory and time to import.
    from services.chassis.span_export import SpanExport, otlp_exporter  # noqa: PLC0415

    return SpanExport(service, settings.replica, otlp_exporter(settings.traces_endpoint))


def cause_of(headers: Sequence[tuple[str, bytes | None]]) -> tuple[int, int, int] | None:
    """Trace id, span id and flags that a record carries, None if it carries none that is valid."""
    for name, value in headers:
        if name == HEADER:
            found = _TRACEPARENT.fullmatch(value or b"")
            return (int(found[1], 16), int(found[2], 16), int(found[3], 16)) if found else None
    return None


@contextlib.contextmanager
def carrying(trace_id: int, span_id: int, flags: int) -> Any:
    """What is sent within the `with`, and by tasks begun there, names this span as its cause."""
    token = _current.set(f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}")
    try:
        yield
    finally:
        _current.reset(token)


def carried() -> list[tuple[str, bytes]]:
    """The header for what is sent here and now: one, or none where nothing is traced."""
    now = _current.get()
    return [] if now is None else [(HEADER, now.encode())]
