"""Logs: one JSON object a line on stdout, an event name and ids (style 15). Nothing personal gets through.

Guards: only allow-listed fields; only short values that look like codes, ids or numbers; of an exception its classes
and code positions, never its text; of a library its logger's name and a fixed event, never its text.
"""

import asyncio
import contextlib
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, TextIO, cast

import structlog
from aiokafka.errors import KafkaError
from structlog.typing import EventDict

LogLevel = Literal["debug", "info", "warning", "error"]

ALLOWED_FIELDS: Final = frozenset(
    {
        # who and where
        "service", "replica", "lane", "topic", "group", "partition", "offset", "epoch", "service_of_key", "logger",
        # what
        "kind", "aggregate", "message_id", "message_type", "correlation_id", "causation_id", "source", "sequence",
        "format", "effect", "stage", "outcome", "reason", "public_reason", "status", "version", "setting", "signal",
        "state",
        # how many, how long
        "count", "attempt", "records", "aggregates", "messages", "documents", "bytes", "lag", "port", "limit",
        "seconds", "milliseconds", "retry_in_s", "oldest_s", "skew_ms",
        # what broke
        "error", "at",
    }
)  # fmt: skip
"""The fields that a line may have beside `event`, `level`, `time` and `fields_dropped`."""

MAX_POSITIONS: Final = 12
"""Innermost code positions kept of an exception; the cause lies there."""

SAME_AGAIN_S: Final = 60.0
"""Seconds in which one place in a library's code is heard once."""

MOST_PLACES: Final = 1_000

HIDDEN: Final = "***"
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VALUE: Final = re.compile(r"[A-Za-z0-9:._/-]{1,200}")
_LEVELS: Final[Mapping[LogLevel, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_ROOT: Final = Path(__file__).resolve().parents[2]

Count = Callable[[int], None]


def configure_logs(service: str, replica: str, level: LogLevel, dropped: Count, stream: TextIO | None = None) -> None:
    """Route everything that is logged in this process, by us and by libraries, through the guards. Call it first.

    `dropped` is told how many fields a line lost; `stream` defaults to stdout.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _only_positions,
            _Allowed(service, replica, dropped),
            structlog.processors.JSONRenderer(serializer=json.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Bearing(stream or sys.stdout))),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(capture=True)
    logging.root.handlers[:] = [_Foreign()]
    logging.root.setLevel(logging.WARNING)
    sys.excepthook = _crashed
    threading.excepthook = lambda args: _report("thread_crashed", args.exc_value)
    sys.unraisablehook = lambda args: _report("error_ignored", args.exc_value)


class _Bearing:
    """A stream that nobody reads any more, or a full disk, loses lines and nothing else: whoever tells something has
    something to do."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Write it if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line)

    def flush(self) -> None:
        """Let it out if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def log_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For `loop.set_exception_handler`: what nobody awaited.

    Where a broker does not answer, a client leaves some behind that is no bug of ours: an answer that came after its
    caller's time limit, a connection forgotten when its start was called off (trap 43)."""
    error = context.get("exception")
    if isinstance(error, KafkaError) or context.get("message") == "Unclosed AIOKafkaConnection":
        logging.getLogger("aiokafka").warning("left behind", exc_info=error)
    else:
        _report("task_failed", error)


def describe(error: BaseException) -> tuple[list[str], list[str]]:
    """The classes of an exception, its causes and members, and where in the code it arose: `file:line function`,
    outermost first. Never its text, which may repeat what was read."""
    names = [type(each).__name__ for each in _family(error)]
    positions = [position for each in _family(error) for position in _positions(each.__traceback__)]
    return names[:MAX_POSITIONS], positions[-MAX_POSITIONS:]


def _family(error: BaseException, depth: int = 0) -> Iterator[BaseException]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and depth < MAX_POSITIONS:
        yield from _family(before, depth + 1)
    if isinstance(error, BaseExceptionGroup) and depth < MAX_POSITIONS:
        for member in error.exceptions:
            yield from _family(member, depth + 1)
    yield error


def _positions(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield f"{_short(code.co_filename)}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next


def _short(filename: str) -> str:
    file = Path(filename)
    if file.is_relative_to(_ROOT) and "site-packages" not in file.parts:
        return file.relative_to(_ROOT).as_posix()
    return "/".join(file.parts[-2:])


def _only_positions(_: Any, __: str, line: EventDict) -> EventDict:
    """Replace an exception by its classes and positions: the one writer of `error` and `at`."""
    given = line.pop("exc_info", None)
    for name in ("error", "at", "exception", "stack_info"):
        line.pop(name, None)
    if given is True:
        given = sys.exc_info()[1]
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        line["error"], line["at"] = describe(given)
    return line


class _Allowed:
    """The allow-list of fields and of the looks of values."""

    def __init__(self, service: str, replica: str, dropped: Count) -> None:
        self._own = {"service": service, "replica": replica}
        self._dropped = dropped

    def __call__(self, _: Any, __: str, line: EventDict) -> EventDict:
        event = line.pop("event", None)
        known = isinstance(event, str) and _EVENT.fullmatch(event) is not None
        written: dict[str, Any] = {"event": event if known else "unnamed_event"}
        written |= {"level": line.pop("level"), "time": line.pop("time")} | self._own
        kept = line.keys() & ALLOWED_FIELDS
        written |= {name: line[name] if name in {"error", "at"} else _safe(line[name]) for name in sorted(kept)}
        lost = len(line) - len(kept)
        if lost:
            written["fields_dropped"] = lost
            self._dropped(lost)
        return written


def _safe(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and _VALUE.fullmatch(value) else HIDDEN


class _Foreign(logging.Handler):
    """Libraries' own logging: their texts may hold records, so only the logger's name passes, and what broke.

    A client that waits for its broker says the same at every try: one line a minute for each place in a library's code,
    with `count`, how often it spoke since its last line.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._spoken: dict[tuple[str, str, int], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        place, now = (record.name, record.pathname, record.lineno), self._clock()
        last, unsaid = self._spoken.get(place, (-SAME_AGAIN_S, 0))
        if now - last < SAME_AGAIN_S:
            self._spoken[place] = (last, unsaid + 1)
            return
        if len(self._spoken) < MOST_PLACES or place in self._spoken:
            self._spoken[place] = (now, 0)
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else _error_among(record.args)
        structlog.get_logger().warning("library_warning", logger=record.name, count=unsaid + 1, exc_info=error)


def _error_among(values: object) -> BaseException | None:
    """Why a broker is not reached, a wrong password say, aiokafka tells by nothing but a part of its text."""
    among = values if isinstance(values, tuple) else ()
    return next((each for each in among if isinstance(each, BaseException)), None)


def _crashed(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    _report("crashed", error)


def _report(event: str, error: BaseException | None) -> None:
    structlog.get_logger().error(event, exc_info=error)
