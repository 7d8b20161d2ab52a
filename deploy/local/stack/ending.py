"""What ends a command that runs until it is told to end."""

import asyncio
import signal
from typing import Final

SIGNS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `kill`, and a terminal whose window was closed."""


def told_to_end() -> asyncio.Event:
    """Set at the first of these signals; more of them change nothing. Who was started to outlive its terminal (`nohup`)
    does."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    outlives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    for sign in SIGNS:
        if sign != signal.SIGHUP or not outlives:
            loop.add_signal_handler(sign, told.set)
    return told
