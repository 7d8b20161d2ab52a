"""Each command of the command line: what it asks, what it prints, how it ends."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from contracts import topics
from contracts.message import Message
from contracts.operations import RecordSkipped
from deploy.cli import desk_visit, listing, shown, skipping, standard_input, watching
from deploy.cli.fields import read_fields, read_object
from deploy.cli.installation import Installation, installation
from deploy.cli.letter_commands import LetterCommands
from deploy.cli.memory import Memory
from deploy.cli.message_types import message_type, writers_of
from deploy.cli.outcome import REFUSED, YES, Wrong
from deploy.cli.pasting import paste_of
from deploy.cli.seals import Place, check_sealed, check_vectors, named_key, sealed
from deploy.cli.sending import Came, Wish, send, send_again
from deploy.local.up.announcement import Announcement, local_folder

WIDTH_OF_FILES: Final = 150


class Commands:
    """The commands, for one call with its arguments."""

    def __init__(self, given: argparse.Namespace, console: Console) -> None:
        self._given, self._console = given, console

    def run(self) -> Coroutine[Any, Any, int]:
        """The command that was typed; gives its exit code."""
        chosen: Callable[[], Coroutine[Any, Any, int]] = getattr(self, self._given.command.replace("-", "_"))
        return chosen()

    async def send(self) -> int:
        """Exit code 1 for a refusal."""
        given = self._given
        if given.again:
            if given.type is not None:
                raise Wrong("--again sends the last command as it was: it takes no type")
            system = self._system()
            return self._show_answer(await send_again(system, _memory(system), given.timeout))
        if given.type is None:
            raise Wrong("which TYPE? `./hesabi types` lists them")
        message = message_type(given.type)
        values = self._values(message)
        wish = Wish(message, values, given.who, given.sender, given.key, given.flow, self._token())
        system = self._system()
        came = await send(system, _memory(system), wish, given.timeout, wait=not given.no_wait)
        return self._show_answer(came)

    async def watch(self) -> int:
        """Until Ctrl-C, or until so many came."""
        given = self._given
        wanted = watching.Wanted(given.topics, given.type, given.correlation, given.from_beginning, given.count)
        watching.checked_topics(given.topics)
        if not given.json:
            self._console.print(watching.head(self._console.width))
        async with contextlib.aclosing(watching.watch(self._system(), wanted, _tell)) as news:
            async for seen in news:
                self._show(watching.as_json(seen), partial(watching.row, self._console.width, seen))
        return YES

    async def seal(self) -> int:
        """Prints a JWE, or whether each vector is as it should be."""
        given = self._given
        if given.check is not None:
            return self._show_checks(given.check)
        if None in (given.type, given.field, given.key):
            raise Wrong("TYPE, FIELD and --key are needed: a seal is bound to all three")
        message = message_type(given.type)
        check_sealed(message, given.field)
        place = Place(message, given.field, given.key, named_key(message, given.answer_key))
        system = self._system()
        jwe = await sealed(system, place, self._text_to_seal(system))
        self._show({"jwe": jwe}, lambda: _raw(jwe))
        return YES

    async def journey(self) -> int:
        """Exit code 1 when a step came out otherwise, or the journey ended early."""
        given, console, end = self._given, self._console, dict[str, Any]()
        news = desk_visit.journey(self._system(), given.language, console.width, colours=console.is_terminal)
        async with contextlib.aclosing(news):
            async for line in news:
                end = line.get("end", end)
                if given.json and "shown" not in line:
                    _print_json(line)
                elif not given.json and "shown" in line:
                    console.file.write(line["shown"])
                    console.file.flush()
        if not given.json:
            console.print(_journey_s_end(end))
        return YES if end.get("is_expected") else REFUSED

    async def person(self) -> int:
        """A person and their commands."""
        found = await desk_visit.person(self._system(), self._given.language, self._given.who)
        self._show(found, lambda: _person_page(found))
        return YES

    async def inbox(self) -> int:
        """What came."""
        found = await desk_visit.inbox(self._system(), self._given.minutes, self._given.to)
        if self._given.json:
            _print_json({"messages": found})
        for message in () if self._given.json else found:
            self._console.print(_message_page(message), soft_wrap=True)
        if not found and not self._given.json:
            self._console.print(f"nothing in the last {self._given.minutes:g} minutes")
        return YES

    async def skip_record(self) -> int:
        """Exit code 1 when the last record named was not passed over."""
        given = self._given
        last = given.offset if given.through is None else given.through
        wish = skipping.Wish(
            given.service, given.lane, given.partition, given.offset, last, given.reason, given.operator
        )
        done = await skipping.skip(self._system(), wish, given.timeout)
        self._show([event.model_dump() for event in done], lambda: _skipped_page(done, last))
        return YES if done and done[-1].offset == last else REFUSED

    async def types(self) -> int:
        """A list, or a page."""
        given = self._given
        found = listing.listed(given.name, everything=given.all)
        with contextlib.suppress(Wrong):
            found = [message_type(given.name)] if given.name else found
        if not found:
            raise Wrong("no message has that in its name; with --all, answers and events are looked at, too")
        if given.json:
            _print_json([listing.type_json(message) for message in found])
        else:
            self._console.print(listing.type_page(found[0]) if len(found) == 1 else listing.type_list(found))
            if len(found) == 1 and writers_of(found[0]):
                self._console.print(Text(paste_of(found[0]), style="green"), soft_wrap=True)
        return YES

    async def topics(self) -> int:
        """A list."""
        self._show([listing.topic_json(topic) for topic in topics.CATALOGUE.values()], listing.topic_list)
        return YES

    async def dead_letters(self) -> int:
        """Exit code 1 for an order that was refused, or a letter that it left undecided."""
        return await LetterCommands(self._given, self._console, self._system(), self._show).run()

    async def where(self) -> int:
        """Addresses and folders."""
        found, name = _places(self._system()), self._given.name
        if name is not None and name not in found:
            raise Wrong(f"known are: {', '.join(found)}")
        if name is not None:
            value = found[name]
            self._show({name: value}, lambda: _raw(value if isinstance(value, str) else json.dumps(value)))
        else:
            self._show(found, lambda: shown.rows((each, shown.plain(value)) for each, value in found.items()))
        return YES

    # --- what they share --------------------------------------------------------------------------------------------
    def _system(self) -> Installation:
        up = Announcement.read(local_folder())
        return installation(os.environ, up, self._given.kafka, self._given.fingerprints)

    def _values(self, message: type[Message]) -> dict[str, Any]:
        file = self._given.json_body
        values = read_object(message, standard_input.text_of(file)) if file is not None else {}
        return values | read_fields(message, self._given.fields, standard_input.prompt)

    def _token(self) -> str | None:
        given: str | None = self._given.token
        if given is None:
            return None
        return (
            standard_input.prompt("token") if given == "-" else standard_input.text_of(given.removeprefix("@")).strip()
        )

    def _text_to_seal(self, system: Installation) -> str:
        if not self._given.session:
            return standard_input.text_for(self._given.field)
        session = _memory(system).session(self._given.who)
        if session is None:
            raise Wrong(f"nobody called {self._given.who} has logged in")
        return session.token

    def _show(self, document: Any, rendered: Callable[[], Any]) -> None:
        if self._given.json:
            _print_json(document)
        elif (what := rendered()) is not None:
            self._console.print(what, soft_wrap=isinstance(what, Text))  # what is to be pasted stays on one line

    def _show_answer(self, came: Came) -> int:
        self._show(shown.as_json(came), lambda: shown.rendered(came))
        return REFUSED if came.is_refused else YES

    def _show_checks(self, file: Path) -> int:
        checks = check_vectors(file)
        lines = [f"{'wrong' if check.fault else 'good'}  {check.what}  {check.fault}".rstrip() for check in checks]
        faults = [check.what for check in checks if check.fault]
        self._show({"checked": len(checks), "wrong": faults}, lambda: Text("\n".join(lines)))
        return REFUSED if faults else YES


def _tell(line: str) -> None:
    """What is no answer, beside what is read from standard output."""
    sys.stderr.write(f"hesabi: {line}\n")


def _memory(system: Installation) -> Memory:
    return Memory(system.memory(local_folder()))


def _raw(text: str) -> None:
    """One line that no width breaks."""
    sys.stdout.write(f"{text}\n")


def _print_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _places(system: Installation) -> dict[str, Any]:
    places: dict[str, Any] = {"kafka": system.kafka_bootstrap}
    if system.up is not None:
        up = system.up
        places |= {"mongodb": up.mongodb, **up.services, "keys": up.keys, "logs": up.logs, "memory": up.memory}
        places["account-numbers"] = up.accounts  # `accounts` is the service's door
    return places | {"fingerprints": system.fingerprints}


def _journey_s_end(end: dict[str, Any]) -> str:
    if not end:
        return "ended early: the running system was stopped on the way"
    if "fault" in end:
        return f"stopped: {end['fault']}"
    return f"{end['steps']} steps, {'each' if end['is_expected'] else 'not each'} as expected"


def _person_page(found: dict[str, Any]) -> Text:
    text = Text("The registry knows somebody new. Their first hour, command by command; CODE, TOKEN and REFERENCE\n")
    text.append("are for you to read in the inbox or in an answer. A code lives a minute.\n")
    for step in found["steps"]:
        text.append(f"\n# {step['why']}\n", style="bright_black")
        text.append(f"{step['command']}\n", style="green")
    return text


def _skipped_page(done: Sequence[RecordSkipped], last: int) -> Text:
    text = Text()
    for event in done:
        text.append(f"passed over {event.source_topic}, partition {event.partition}, offset {event.offset}\n")
    if not done or done[-1].offset != last:
        text.append(
            "nothing more: the partition does not stand at such a record, or can read it; the order stands 15 min\n"
        )
    return text


def _message_page(message: dict[str, Any]) -> Text:
    about = " · ".join(filter(None, (message["at"][11:19], message["kind"], message["to"], message.get("subject"))))
    text = Text(f"{about}\n", style="cyan")
    text.append("\n".join(shown.plain(line) for line in message["text"].splitlines()) + "\n", style="default")
    for name in ("code", "activation_token"):
        if name in message:
            text.append(f"{name}={message[name]}\n", style="green")
    return text
