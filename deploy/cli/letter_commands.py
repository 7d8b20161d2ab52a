"""`hesabi dead-letters`: what it asks, what it prints, how it ends."""

import argparse
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import Progress

from contracts.operations import Operator
from contracts.topics import SERVICES
from deploy.cli.installation import Installation
from deploy.cli.letter_arguments import filters_of
from deploy.cli.letter_orders import By, Result, desk
from deploy.cli.letter_pages import letter_json, letter_list, letter_page, result_json, result_page, went_well
from deploy.cli.letter_reading import read_book
from deploy.cli.letter_work import Plan, check_no_gap, drop, planned, replay
from deploy.cli.letters import Book, Filters, Letter
from deploy.cli.outcome import REFUSED, YES, Wrong
from deploy.cli.reasons import MEANT, reason

ASK_OVER: Final = 10
"""So many letters are replayed or dropped without a question."""

Show = Callable[[Any, Callable[[], Any]], None]


class LetterCommands:
    """One call. `show` prints a document as JSON or rendered."""

    def __init__(self, given: argparse.Namespace, console: Console, system: Installation, show: Show) -> None:
        self._given, self._console, self._system, self._show = given, console, system, show

    def run(self) -> Coroutine[Any, Any, int]:
        """The action that was typed; gives its exit code."""
        actions: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
            "list": self._list,
            "show": self._show_one,
            "replay": partial(self._order, "replay"),
            "drop": partial(self._order, "drop"),
        }
        return actions[self._given.action]()

    async def _list(self) -> int:
        book, filters = await self._asked(filters_of(self._given))
        letters = filters.chosen(each for each in book.letters if self._given.all or book.is_open(each))
        document = [letter_json(book, letter) for letter in letters]
        width = self._console.width if self._console.is_terminal else None
        self._show(document, lambda: letter_list(book, letters, width))
        return YES

    async def _show_one(self) -> int:
        book, _ = await self._asked(Filters())
        letter = _one(book, self._given.letters[0])
        self._show(letter_json(book, letter), lambda: letter_page(book, letter))
        return YES

    async def _order(self, action: str) -> int:
        given, filters = self._given, filters_of(self._given)
        by = _by(given)
        if filters == Filters():
            raise Wrong("which letters? Name some, or give a filter such as --aggregate")
        book, filters = await self._asked(filters)
        for beginning in filters.ids:
            _one(book, beginning)
        chosen = filters.chosen(each for each in book.letters if book.is_open(each))
        named = next((whose for whose in book.parked if whose[1] == filters.aggregate), None)
        plan = planned(book, chosen, named)
        if not plan.letters and not plan.whole:
            raise Wrong("no open letter is meant by that; `./hesabi dead-letters list` shows them")
        if action == "replay":
            check_no_gap(book, plan)
        self._ask(action, plan)
        results: list[Result] = []
        try:
            await self._carry_out(action, plan, book, by, results)
        finally:  # what was done is done, whatever came after it
            self._show(result_json(results), lambda: result_page(results) if results else None)
        return YES if all(map(went_well, results)) else REFUSED

    async def _carry_out(self, action: str, plan: Plan, book: Book, by: By, results: list[Result]) -> None:
        services = {letter.service for letter in plan.letters} | {service for service, _ in plan.whole}
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(action, total=len(plan.letters) + len(plan.whole))
            told: Callable[[Result], None] = lambda _: progress.advance(task)  # noqa: E731
            async with desk(self._system, services, by, self._given.timeout, told, results) as orders:
                if action == "replay":
                    await replay(orders, plan, lambda: read_book(self._system, services))
                else:
                    await drop(orders, plan, book)

    def _ask(self, action: str, plan: Plan) -> None:
        count = len(plan.letters)
        if count <= ASK_OVER or self._given.yes:
            return
        if not sys.stdin.isatty():
            raise Wrong(f"that would {action} {count} letters: give --yes if it is meant")
        if not self._console.input(f"{action} {count} letters? [y/N] ").strip().lower().startswith("y"):
            raise Wrong("nothing was done")

    async def _asked(self, filters: Filters) -> tuple[Book, Filters]:
        """The book, and the filters with the aggregate that is meant in it."""
        book = await read_book(self._system, filters.services or SERVICES)
        if filters.aggregate is None:
            return book, filters
        return book, replace(filters, aggregate=book.aggregate(filters.aggregate))


def _one(book: Book, beginning: str) -> Letter:
    found = [letter for letter in book.letters if letter.id.startswith(beginning)]
    if len(found) != 1:
        some = "several letters begin so: give more of the id" if found else "there is no such letter"
        raise Wrong(f"{some}; `./hesabi dead-letters list --all` shows them")
    return found[0]


def _by(given: argparse.Namespace) -> By:
    try:
        why = reason(given.why)
    except ValueError:
        raise Wrong(f"--why takes {MEANT}") from None
    try:
        operator = TypeAdapter[str](Operator).validate_python(given.operator)
    except ValidationError:
        raise Wrong("--operator takes an account's name: small letters, digits, dots and hyphens") from None
    return By(operator, why)
