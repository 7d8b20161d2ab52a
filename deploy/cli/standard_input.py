"""What is typed when asked for, or comes on a pipe. Secrets are not shown, and errors never repeat what came."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.cli.outcome import Wrong


def prompt(field: str) -> str:
    """One line: asked for at a terminal, without showing it; else the next one of standard input.

    Raises:
        EOFError: there is none, as after Ctrl-D.
        Wrong: it is no UTF-8.
    """
    if sys.stdin.isatty():
        return _text(lambda: getpass.getpass(f"{field} (not shown): "))
    line = _text(sys.stdin.readline)
    if not line:
        raise EOFError
    return line.removesuffix("\n")


def text_for(field: str) -> str:
    """One line that is asked for at a terminal; else all of standard input but one line feed at its end.

    Raises:
        EOFError: nothing was typed, but Ctrl-D.
        Wrong: it is no UTF-8.
    """
    return prompt(field) if sys.stdin.isatty() else _text(sys.stdin.read).removesuffix("\n")


def text_of(file: str) -> str:
    """What a file holds; `-` is standard input.

    Raises:
        Wrong: it cannot be read, or is no UTF-8.
    """
    if file == "-":
        return _text(sys.stdin.read)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Wrong("the file cannot be read") from None


def _text(read: Callable[[], str]) -> str:
    try:
        text = read()
        text.encode()  # in some locales other bytes come as halves of characters, and break what is done with them
    except UnicodeError:
        raise Wrong("what came on standard input is no UTF-8") from None
    return text
