"""A worker process as the evaluator's main process holds it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from policybook.evaluator.consent import least_level
from policybook.evaluator.failures import RequestFailedError

Progress = Callable[[dict[str, Any]], None]
Serve = Callable[[str, Any], Awaitable[Any]]

CANCEL_SECONDS = 0.25
"""A worker that has not given up by then stands inside an environment and is killed."""


class WorkerDiedError(Exception):
    """The process ended before it answered."""


class TaskCancelledError(Exception):
    """The task was given up, as asked."""


class WorkerProcess:
    """One process, one task at a time. Everything here happens on the event loop."""

    def __init__(self, core: int = -1) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "policybook.evaluator.worker",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    str(core),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.connection = Connection(ours.detach())
        self.core = core
        self.done: asyncio.Future[Any] | None = None
        self.progress: Progress = _ignore
        self.serve: Serve | None = None
        self.calls: set[asyncio.Task[None]] = set()
        self.alive = True
        self.heard = 0.0
        self.tasks: set[str] = set()
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.connection.fileno(), self._read)

    @property
    def busy(self) -> bool:
        """Whether a task is under way."""
        return self.done is not None

    async def run(self, name: str, params: Any, progress: Progress, serve: Serve | None = None) -> Any:
        """The task's result, or one of the errors above; `serve` answers what the task calls for."""
        self.done = self.loop.create_future()
        self.progress = progress
        self.serve = serve
        self.heard = self.loop.time()
        self.tasks.add(name)
        try:
            self.connection.send(("task", name, params, least_level()))
            return await self.done
        except OSError:
            self.kill()
            raise WorkerDiedError from None
        finally:
            self.done = None
            for call in self.calls:
                call.cancel()

    def cancel(self) -> None:
        """Asks for the present task to be given up, and makes sure that it is."""
        done = self.done
        if done is None or done.done():
            return
        try:
            self.connection.send(("cancel",))
        except OSError:
            self.kill()
        self.loop.call_later(CANCEL_SECONDS, lambda: None if done.done() else self.kill())

    def kill(self) -> None:
        """Ends the process and all below it."""
        if not self.alive:
            return
        self.alive = False
        self.loop.remove_reader(self.connection.fileno())
        self.connection.close()
        self.process.kill()
        self.process.wait()
        if self.done is not None and not self.done.done():
            self.done.set_exception(WorkerDiedError())

    def _read(self) -> None:
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return
        self.heard = self.loop.time()
        if self.done is None or self.done.done():
            return
        match message:
            case ("progress", value):
                self.progress(value)
            case ("call", name, params):
                call = self.loop.create_task(self._call(name, params))
                self.calls.add(call)
                call.add_done_callback(self.calls.discard)
            case ("done", value):
                self.done.set_result(value)
            case ("failed", code, text, detail):
                self.done.set_exception(RequestFailedError(code, text, detail))
            case ("cancelled",):
                self.done.set_exception(TaskCancelledError())

    async def _call(self, name: str, params: Any) -> None:
        if self.serve is None:
            return
        try:
            answer = ("answer", True, await self.serve(name, params))
        except RequestFailedError as failure:
            answer = ("answer", False, failure)
        if self.alive:
            self.connection.send(answer)


def _ignore(value: dict[str, Any]) -> None:
    """Takes progress that nobody asked for."""
