"""A container as a server of the local stack: what breaks it, what brings it back, and that it never stays behind."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from docker.errors import DockerException
from requests.exceptions import RequestException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.local.stack.server import LOG_TAIL_LINES, POLL_SECONDS, START_SECONDS, STOP_SECONDS, StackError

OWNER: Final = "hesabi.owner"
"""Label of every container of ours: the process that it ends with."""

FOLLOW_SECONDS: Final = 5.0

# Its helper is one more image to get. What a killed process left behind is removed by the next one.
testcontainers_config.ryuk_disabled = True


class LocalContainer(DockerContainer):
    """A container whose ports are the same inside, outside on 127.0.0.1, and after each start."""

    def __init__(self, image: str, *, ports: tuple[int, ...] = (), **more: Any) -> None:
        super().__init__(image)
        for port in ports:
            self.ports[str(port)] = ("127.0.0.1", port)  # type: ignore[assignment]  # what Docker takes
        self.with_kwargs(labels={OWNER: str(os.getpid())}, **more)


class ContainerServer:
    """One container, made at its first start and started again after that, so that its data survive.

    With `log` its output is added to that file as it comes.
    """

    def __init__(
        self,
        name: str,
        container: LocalContainer,
        is_answering: Callable[[], Awaitable[bool]],
        log: Path | None = None,
    ) -> None:
        self._name = name
        self._container = container
        self._is_answering = is_answering
        self._log = log
        self._is_made = False
        self._shown = 0
        self._follower: threading.Thread | None = None

    async def start(self) -> None:
        """Raises StackError, with the end of its log, when it ends early or does not answer within 90 s."""
        try:
            await asyncio.to_thread(self._start)
            async with asyncio.timeout(START_SECONDS):
                while not await self._is_answering():
                    await self._must_run()
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise self._failure(f"did not answer within {START_SECONDS} s") from None
        except (DockerException, RequestException) as error:
            raise StackError(f"{self._name}'s container cannot be started: {error}") from error

    async def stop(self) -> None:
        """Ends it in good order; killed after 20 s."""
        await self._end(in_good_order=True)

    async def kill(self) -> None:
        """Ends it with SIGKILL."""
        await self._end(in_good_order=False)

    async def restart(self) -> None:
        """Stops in good order and starts again on the same address."""
        await self.stop()
        await self.start()

    def kill_now(self) -> None:
        """Removes the container with its data: its last act."""
        with contextlib.suppress(DockerException, RequestException):
            self._container.stop()
        self._followed_to_its_end()

    @property
    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()

    def _start(self) -> None:
        if self._is_made:
            self._wrapped.start()
        else:
            self._container.start()
            self._is_made = True
        if self._log:
            self._follower = threading.Thread(target=self._follow, args=(self._log,), daemon=True)
            self._follower.start()

    def _follow(self, log: Path) -> None:
        shown, self._shown = self._shown, 0
        with contextlib.suppress(DockerException, RequestException), log.open("ab", buffering=0) as file:
            for part in self._wrapped.logs(stream=True, follow=True):
                # A container that is started again shows its earlier output once more.
                file.write(part[max(0, shown - self._shown) :])
                self._shown += len(part)

    async def _must_run(self) -> None:
        state = await asyncio.to_thread(self._state)
        if not state["Running"]:
            raise self._failure(f"ended at once with code {state['ExitCode']}")

    def _state(self) -> Any:
        self._wrapped.reload()
        return self._wrapped.attrs["State"]

    async def _end(self, *, in_good_order: bool) -> None:
        def end() -> None:
            # Whoever has ended already cannot be ended.
            with contextlib.suppress(DockerException):
                if in_good_order:
                    self._wrapped.stop(timeout=STOP_SECONDS)
                else:
                    self._wrapped.kill()
            self._wrapped.wait(timeout=STOP_SECONDS)
            self._followed_to_its_end()

        if self._is_made:
            await asyncio.to_thread(end)

    def _followed_to_its_end(self) -> None:
        if self._follower:
            self._follower.join(FOLLOW_SECONDS)
            self._follower = None

    def _failure(self, what: str) -> StackError:
        with contextlib.suppress(DockerException, RequestException):
            tail = self._wrapped.logs(tail=LOG_TAIL_LINES).decode(errors="replace")
            return StackError(f"{self._name}'s container {what}; the end of its log:\n{tail}")
        return StackError(f"{self._name}'s container {what}")


def remove_left_behind(engine: Any) -> None:
    """Removes containers whose process is gone."""
    for container in engine.containers.list(all=True, filters={"label": OWNER}):
        if not Path("/proc", container.labels[OWNER]).exists():
            with contextlib.suppress(DockerException):
                container.remove(force=True, v=True)
