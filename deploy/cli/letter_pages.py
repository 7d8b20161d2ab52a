"""How dead letters look: a table, one of them with its history, and what became of orders. Nothing sealed is opened."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts.envelope import rfc3339
from contracts.operations import DeadLetterReplayed
from deploy.cli.letter_orders import UNPARKED, Result
from deploy.cli.letters import Book, Deed, Letter
from deploy.cli.shown import SEALED, plain, rows

ID_CHARACTERS: Final = 8
_ABOVE: Final = 5
"""So many parts of a letter stand on its first line where there is no room for all."""
_GAP: Final = Text("  ")

MEANINGS: Final[Mapping[str, str]] = {
    "envelope": "its headers are none of ours: the sender is to be corrected, and sends anew",
    "type-unknown": "no release that reads this topic knows the message: replay it when one does",
    "writer-not-permitted": "it came from somebody who may not write it: find out who; drop it",
    "body-too-large": "it is over 64 KiB: the sender is to be corrected, and sends anew",
    "body-malformed": "it breaks its schema: the sender is to be corrected, or a release reads it and it is replayed",
    "aggregate-malformed": "nobody can tell whom it is for: the sender is to be corrected, and sends anew",
    "seal-not-opened": "it was sealed to another key: look at the key's rotation; replay it when the key is there",
    "aggregate-parked": "deciding failed three times: correct the bug, then replay all letters of the aggregate",
}
"""What each reason of a letter means for whoever has to do something."""

REFUSALS: Final[Mapping[str, str]] = {
    "letter-fails-again": "the bug is still there: correct it, then replay; nothing is lost",
    "letter-out-of-order": "letters before it are neither replayed nor dropped; are they gone, drop this one",
    "letter-unknown": "the service has put aside no letter of that number",
    "letter-not-opened": "its seal is not opened by any key that the service has",
    "letter-does-not-fit": "it is not the letter that it is said to be",
    "letter-not-readable": "this release cannot read its record: replay it with one that does, or drop it",
    "original-not-kept": "its record was too large to be kept in the letter: read it at its place, then drop this",
    "topic-not-read": "the service does not read its topic: an order is given anew, anything else is dropped",
    "letters-settled": "they have been replayed or dropped meanwhile: look at the list again",
    "letters-left": "more was put aside meanwhile: replay it, too",
    "aggregate-not-parked": "it is not parked",
    "aggregate-unknown": "the service keeps nothing under such a name",
    "order-key-wrong": "another program made the order, under another key than its letter's: give it by this one",
    "command-expired": "the order came too late: give it again",
}
"""What a refused order means."""

NOT_DECIDED: Final[Mapping[str, str]] = {
    "dead-letter": "it is a dead letter again: what was wrong with its record still is",
    "put-aside": "its aggregate is parked, and it is put aside again behind what waits there",
    "duplicate": "not decided: it or later ones of its sender have been; if it is wanted, its sender sends it anew",
}
"""Outcomes of a replay that was carried out and has not brought what it was ordered for. The others have: `refused` is
a decision, too, that the sender hears of, and of what is `skipped` or `ignored` no use is made by anybody."""


def state_of(book: Book, letter: Letter) -> str:
    """`open`, or what has been done."""
    if book.is_open(letter):
        return "open"
    deeds = book.deeds(letter)
    return _what(deeds[-1]) if deeds else "settled"


def letter_list(book: Book, letters: Sequence[Letter], width: int | None) -> Text:
    """The letters in a table, and how many there are. Nothing of them is cut, because it is there to be typed again:
    what has not enough room on a terminal of `width` columns goes on below, broken between its parts only. None: not on
    a terminal, a line for each."""
    table = [_heads(), *(_cells(letter, state_of(book, letter)) for letter in letters)]
    sizes = [max(cell.cell_len for cell in column) for column in zip(*table, strict=True)]
    is_narrow = width is not None and sum(sizes) + len(_GAP) * (len(sizes) - 1) > width
    lines: list[Text] = []
    for row in table if letters else ():
        above = [_padded(cell, size) for cell, size in zip(row, sizes, strict=True)]
        if is_narrow:
            lines += [*_packed(above[:_ABOVE], width or 0), *_packed([_GAP, *row[_ABOVE:]], width or 0)]
        else:
            lines.append(_GAP.join(above))
    for line in lines:
        line.rstrip()
    return Text("\n").join([*lines, Text(summary(book, letters), style="bright_black")])


def _heads() -> list[Text]:
    heads = ("time (UTC)", "service", "letter", "reason", "state", "message", "stood at", "aggregate")
    return [Text(head, style="bold") for head in heads]


def _cells(letter: Letter, state: str) -> list[Text]:
    """What the heads name."""
    return [
        Text(letter.stamp.strftime("%m-%d %H:%M:%S")),
        Text(letter.service),
        Text(letter.id[:ID_CHARACTERS], style="cyan"),
        Text(plain(letter.body.reason)),
        Text(state, style="yellow" if state == "open" else "bright_black"),
        Text(_message(letter)),
        Text(_place(letter)),
        Text(_whose(letter)),
    ]


def _padded(cell: Text, size: int) -> Text:
    padded = cell.copy()
    padded.pad_right(size - cell.cell_len)
    return padded


def _packed(cells: Iterable[Text], width: int) -> list[Text]:
    """As many of them on a line as there is room for."""
    lines: list[list[Text]] = [[]]
    for cell in filter(None, cells):
        if lines[-1] and _GAP.join([*lines[-1], cell]).cell_len > width:
            lines.append([_GAP])
        lines[-1].append(cell)
    return [_GAP.join(line) for line in lines]


def summary(book: Book, letters: Sequence[Letter]) -> str:
    """How many are open, and how many aggregates are parked."""
    still_open = sum(book.is_open(letter) for letter in letters)
    return f"letters: {len(letters)}, open: {still_open}, parked aggregates: {len(book.parked)}"


def letter_page(book: Book, letter: Letter) -> RenderableType:
    """One letter with its history."""
    about = [(name, plain(value)) for name, value in letter_json(book, letter).items() if value not in (None, [])]
    parts: list[RenderableType] = [rows((name, value) for name, value in about if name != "history")]
    deeds = book.deeds(letter)
    if deeds:
        parts += [Text(), rows((_time(deed), _told(deed)) for deed in deeds)]
    meaning = MEANINGS.get(letter.body.reason)
    if meaning is not None and book.is_open(letter):
        parts += [Text(), Text(f"{letter.body.reason}: {meaning}", style="bright_black")]
    if letter.whose is not None and book.is_open(letter):
        left = book.open_of(letter.whose)
        before = sum((each.sequence or 0) < (letter.sequence or 0) for each in left)
        parts.append(Text(f"{before} open letters of {letter.whose[1]} are before it, {len(left)} in all"))
    return Group(*parts)


def letter_json(book: Book, letter: Letter) -> dict[str, Any]:
    """One letter for a program. The record stays sealed."""
    body = letter.body
    return {
        "letter": letter.id,
        "service": letter.service,
        "time": rfc3339(letter.stamp),
        "reason": body.reason,
        "state": state_of(book, letter),
        "message_type": body.message_type,
        "source_topic": body.source_topic,
        "epoch": body.epoch,
        "partition": body.partition,
        "offset": body.offset,
        "aggregate": body.aggregate,
        "sequence": letter.sequence,
        "parked": letter.whose in book.parked if letter.whose is not None else None,
        "original": SEALED,
        "history": [
            {
                "time": rfc3339(deed.stamp),
                "what": _what(deed),
                "operator": getattr(deed.body, "operator", None),
                "why": getattr(deed.body, "why", None),
            }
            for deed in book.deeds(letter)
        ],
    }


def result_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """What became of orders, for a program."""
    return [
        {
            "service": result.service,
            "letter": result.letter.id if result.letter else None,
            "aggregate": result.aggregate or (result.letter.body.aggregate if result.letter else None),
            "refused": result.is_refused,
            "went_well": went_well(result),
            "outcome": result.what,
        }
        for result in results
    ]


def went_well(result: Result) -> bool:
    """Whether an order has brought what it was given for: it was not refused, and left no letter undecided."""
    return not result.is_refused and result.what not in NOT_DECIDED


def result_page(results: Sequence[Result]) -> RenderableType:
    """What became of orders: outcomes by their number, each letter that is not decided, each aggregate that goes on."""
    grid = Table.grid(padding=(0, 2))
    done = Counter(result.what for result in results if went_well(result) and result.what != UNPARKED)
    for what, count in sorted(done.items()):
        grid.add_row(*_yes(f"{count} {what}"))
    for result in results:
        if result.what == UNPARKED:
            grid.add_row(*_yes(f"{result.aggregate} goes on"))
        elif not went_well(result):
            grid.add_row(Text("no", style="bold yellow"), Text(_no(result), overflow="fold"))
    return grid


def _yes(what: str) -> tuple[Text, Text]:
    return Text("yes", style="bold green"), Text(what, overflow="fold")


def _no(result: Result) -> str:
    about = result.letter.id[:ID_CHARACTERS] if result.letter else str(result.aggregate)
    meaning = (REFUSALS if result.is_refused else NOT_DECIDED).get(result.what)
    return f"{about}: {result.what}{f': {meaning}' if meaning else ''}"


def _what(deed: Deed) -> str:
    return f"replayed: {deed.body.outcome}" if isinstance(deed.body, DeadLetterReplayed) else "dropped"


def _time(deed: Deed) -> str:
    return deed.stamp.strftime("%m-%d %H:%M:%S")


def _told(deed: Deed) -> str:
    operator, why = getattr(deed.body, "operator", ""), getattr(deed.body, "why", "")
    return plain(f"{_what(deed)}, by {operator}: {why}")


def _message(letter: Letter) -> str:
    return (letter.body.message_type or "").rpartition(".v")[0].rpartition(".")[2]


def _place(letter: Letter) -> str:
    return plain(f"{letter.body.source_topic}/{letter.body.partition}/{letter.body.offset}")


def _whose(letter: Letter) -> str:
    return "" if letter.body.aggregate is None else plain(f"{letter.body.aggregate} #{letter.sequence}")
