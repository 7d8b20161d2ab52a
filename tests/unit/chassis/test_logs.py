import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from aiokafka.errors import RequestTimedOutError, SaslAuthenticationFailed
from pydantic import BaseModel, ValidationError

from services.chassis.logs import ALLOWED_FIELDS, MAX_POSITIONS, _Foreign, configure_logs, describe, log_loop_error
from tests.logs_restored import logs_restored

MARKED = "marked-7f3a"
OTHER_MARKED = "+966500000001"


class Written:
    """What was logged, line by line, and how many fields were dropped."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.dropped = 0

    def drop(self, count: int) -> None:
        self.dropped += count

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        assert MARKED not in self.stream.getvalue()
        assert OTHER_MARKED not in self.stream.getvalue()
        return line


@pytest.fixture
def written() -> Iterator[Written]:
    """Logs as a service has them, put back afterwards as they were."""
    with logs_restored():
        written = Written()
        configure_logs("identity", "replica-1", "info", written.drop, written.stream)
        yield written


@pytest.mark.parametrize("broken", ["write", "flush"])
def test_style_15_who_tells_something_goes_on_though_nobody_can_be_told(broken: str) -> None:
    """A pipe whose reader has gone, a disk that is full: the line is lost, and nothing else."""

    class Gone(io.StringIO):
        def write(self, line: str) -> int:
            if broken == "write":
                raise BrokenPipeError
            return super().write(line)

        def flush(self) -> None:
            if broken == "flush":
                raise OSError(28, "No space left on device")

    dropped = list[int]()
    with logs_restored():
        configure_logs("identity", "replica-1", "info", dropped.append, Gone())
        log().error("lane_stalled", lane="ordinary", told_to="nobody")
    assert dropped == [1], "it was on its way out"


def log() -> Any:
    return structlog.get_logger()


def test_style_15_a_line_is_an_event_and_ids(written: Written) -> None:
    log().info("otp_refused", reason="code-wrong", aggregate="person:0af3", partition=3, seconds=0.25)
    line = written.line
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "otp_refused",
        "level": "info",
        "service": "identity",
        "replica": "replica-1",
        "reason": "code-wrong",
        "aggregate": "person:0af3",
        "partition": 3,
        "seconds": 0.25,
    }
    assert written.dropped == 0


def test_style_15_a_field_that_is_not_allowed_is_dropped_and_counted(written: Written) -> None:
    log().info("otp_refused", reason="code-wrong", mobile=OTHER_MARKED, body={"name": MARKED}, exception=MARKED)
    line = written.line
    assert line["fields_dropped"] == 2
    assert written.dropped == 2
    assert line["reason"] == "code-wrong"


@pytest.mark.parametrize(
    "value",
    [
        f"{MARKED} with words",
        "محمد",
        OTHER_MARKED,
        f"{MARKED}@example.com",
        [MARKED],
        {"a": MARKED},
        MARKED.encode(),
        "x" * 201,
        "a\nb",
        "",
    ],
)
def test_style_15_an_allowed_field_holds_codes_and_numbers_only(written: Written, value: Any) -> None:
    log().info("otp_refused", reason=value)
    assert written.line["reason"] == "***"


@pytest.mark.parametrize("event", [f"refused {MARKED}", "Refused", f"%s {MARKED}", "", None, {"a": MARKED}])
def test_style_15_an_event_that_is_no_name_is_not_written(written: Written, event: Any) -> None:
    log().info(event)
    assert written.line["event"] == "unnamed_event"


def test_style_15_service_and_replica_cannot_be_overwritten_by_positions(written: Written) -> None:
    log().info("started", error=[MARKED], at=[MARKED], stack_info=MARKED)
    assert not {"error", "at"} & written.line.keys()


def failing(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as cause:
        raise ValueError(f"{text} {text}") from cause


def test_style_15_of_an_exception_only_its_classes_and_positions_are_written(written: Written) -> None:
    try:
        failing(MARKED)
    except ValueError:
        log().exception("load_failed", lane="codes")
    line = written.line
    assert line["error"] == ["KeyError", "ValueError"]
    assert line["level"] == "error"
    assert [position.rpartition(" ")[2] for position in line["at"]] == [
        "failing",
        "test_style_15_of_an_exception_only_its_classes_and_positions_are_written",
        "failing",
    ]
    assert line["at"][0].startswith("tests/unit/chassis/test_logs.py:")


def test_trap_34_what_pydantic_read_is_not_written(written: Written) -> None:
    class Body(BaseModel):
        code: int

    try:
        Body.model_validate({"code": MARKED})
    except ValidationError as error:
        log().warning("body_malformed", exc_info=error)
    assert written.line["error"] == ["ValidationError"]


def test_style_15_a_group_of_exceptions_is_described_by_its_members() -> None:
    group = ExceptionGroup(MARKED, [ValueError(MARKED), TypeError(MARKED)])
    names, _ = describe(group)
    assert names == ["ValueError", "TypeError", "ExceptionGroup"]


def test_style_15_the_description_of_an_exception_has_an_end() -> None:
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        raise ValueError(MARKED)

    error: Exception | None = None
    for _ in range(50):
        following = ValueError(MARKED)
        following.__cause__ = error
        error = following
    assert error is not None
    with pytest.raises(ValueError, match=MARKED) as caught:
        deep(60)
    assert len(describe(error)[0]) <= MAX_POSITIONS
    assert len(describe(caught.value)[1]) == MAX_POSITIONS


def library_logs() -> None:
    logging.getLogger("aiokafka.consumer").error("record %s", MARKED)


def library_logs_an_exception() -> None:
    try:
        raise ValueError(MARKED)
    except ValueError:
        logging.getLogger("pymongo").exception("document %s", MARKED)


def library_logs_with_a_reason() -> None:
    logging.getLogger("aiokafka").error("Unable connect to %s: %s", MARKED, SaslAuthenticationFailed(MARKED))


def library_warns() -> None:
    warnings.warn(MARKED, UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("act", "logger", "error"),
    [
        (library_logs, "aiokafka.consumer", None),
        (library_logs_an_exception, "pymongo", ["ValueError"]),
        (library_logs_with_a_reason, "aiokafka", ["SaslAuthenticationFailed"]),
        (library_warns, "py.warnings", None),
    ],
)
@pytest.mark.filterwarnings("default")
def test_trap_9_of_a_library_only_its_name_is_written(
    written: Written, act: Callable[[], None], logger: str, error: list[str] | None
) -> None:
    act()
    line = written.line
    assert (line["event"], line["level"], line["logger"], line.get("error")) == (
        "library_warning",
        "warning",
        logger,
        error,
    )


def test_trap_9_what_a_library_says_at_every_try_is_one_line_a_minute(written: Written) -> None:
    now = 0.0
    library = _Foreign(lambda: now)
    logging.root.handlers[:] = [library]
    for _ in range(95):
        library_logs()
    now = 60.0
    library_logs()
    library_logs_an_exception()
    said = [(line["logger"], line["count"]) for line in written.lines]
    assert said == [("aiokafka.consumer", 1), ("aiokafka.consumer", 95), ("pymongo", 1)]


def test_trap_9_what_libraries_say_below_a_warning_is_not_written(written: Written) -> None:
    logging.getLogger("uvicorn.error").info("request of %s", MARKED)
    assert written.lines == []


def test_style_15_what_ends_a_process_or_task_is_written_without_its_text(written: Written) -> None:
    error = ValueError(MARKED)
    sys.excepthook(ValueError, error, None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    loop = asyncio.new_event_loop()
    log_loop_error(loop, {"message": MARKED, "exception": error})
    log_loop_error(loop, {"message": MARKED})
    log_loop_error(loop, {"message": "Unclosed AIOKafkaConsumer"})  # that one is ours to close
    loop.close()
    assert [(line["event"], line.get("error")) for line in written.lines] == [
        ("crashed", ["ValueError"]),
        ("thread_crashed", ["ValueError"]),
        ("task_failed", ["ValueError"]),
        *[("task_failed", None)] * 2,
    ]
    assert MARKED not in written.stream.getvalue()


@pytest.mark.parametrize(
    "left", [{"exception": RequestTimedOutError(MARKED)}, {"message": "Unclosed AIOKafkaConnection"}]
)
def test_trap_43_what_a_kafka_client_leaves_behind_is_no_bug_of_ours(written: Written, left: dict[str, Any]) -> None:
    loop = asyncio.new_event_loop()
    log_loop_error(loop, left)
    loop.close()
    assert (written.line["event"], written.line["logger"]) == ("library_warning", "aiokafka")


def test_style_15_lines_below_the_level_are_not_written(written: Written) -> None:
    log().debug("polled")
    assert written.lines == []


def test_style_15_no_field_is_allowed_whose_name_speaks_of_people() -> None:
    personal = {
        "mobile",
        "email",
        "name",
        "password",
        "code",
        "token",
        "identity_number",
        "birth_date",
        "body",
        "value",
    }
    assert not personal & ALLOWED_FIELDS
