"""Logs put back as they were: a test that configures them as a service does leaves nothing to the next."""

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator

import structlog


@contextlib.contextmanager
def logs_restored() -> Iterator[None]:
    """Handlers, level, hooks and structlog's configuration are afterwards what they were before."""
    root, handlers, level = logging.root, logging.root.handlers[:], logging.root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    configuration = structlog.get_config()
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = handlers, level
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        structlog.configure(**configuration)
