"""A worker process as the evaluator's main process holds it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from policybook.rollout.consent import least_level
from policybook.rollout.evaluation import Progress
from policybook.rollout.failures import RequestFailedError

Serve = Callable[[str, Any], Awaitable[Any]]

CANCEL_SECONDS = 0.25
"""A worker that has not given up by then stands inside an environment and is killed."""


class WorkerDiedError(Exception):
    """The process ended before it answered; `blameless`: for a reason that this task has no part in."""

    def __init__(self, *, blameless: bool) -> None:
        super().__init__(blameless)
        self.blameless = blameless


class TaskCancelledError(Exception):
    """The task was given up, as asked."""


@dataclass(eq=False)
class Asked:
    """A task that was sent and is not answered; `serve` answers what it calls for."""

    number: int
    done: asyncio.Future[Any]
    progress: Progress
    serve: Serve | None
    begun: bool = False


class WorkerProcess:
    """One process, which does the tasks that it is sent in turn. Everything here is on the event loop."""

    def __init__(self, core: int = -1) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "policybook.worker",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    str(core),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.connection = Connection(ours.detach())
        self.core = core
        self.asked: dict[int, Asked] = {}
        self.sent = 0
        self.calls: set[asyncio.Task[None]] = set()
        self.alive = True
        self.heard = 0.0
        self.tasks: set[str] = set()
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.connection.fileno(), self._read)

    async def run(self, name: str, params: Any, progress: Progress, serve: Serve | None = None) -> Any:
        """The task's result, or one of the errors above."""
        return await self.ask(name, params, progress, serve).done

    def ask(self, name: str, params: Any, progress: Progress, serve: Serve | None = None) -> Asked:
        """Sends a task, to be begun when those before it are done; `done` is its result, or an error."""
        least = least_level()
        self.sent += 1
        asked = Asked(self.sent, self.loop.create_future(), progress, serve)
        if not self.asked:
            self.heard = self.loop.time()
        self.asked[asked.number] = asked
        self.tasks.add(name)
        try:
            self.connection.send(("task", asked.number, name, params, least))
        except OSError:
            self.kill()
        return asked

    def cancel(self, asked: Asked) -> None:
        """Asks for a task to be given up, and makes sure that it is."""
        if asked.done.done():
            return
        try:
            self.connection.send(("cancel", asked.number))
        except OSError:
            self.kill()
        self.loop.call_later(CANCEL_SECONDS, self._insist, asked)

    def kill(self, *, ours: bool = False) -> None:
        """Ends the process and all below it; with `ours`, no task is to blame."""
        if not self.alive:
            return
        self.alive = False
        self.loop.remove_reader(self.connection.fileno())
        self.connection.close()
        self.process.kill()
        self.process.wait()
        for call in self.calls:
            call.cancel()
        for asked in list(self.asked.values()):
            self._settle(asked, error=WorkerDiedError(blameless=ours or not asked.begun))

    def _insist(self, asked: Asked) -> None:
        if not asked.done.done():
            self.kill(ours=True)

    def _settle(self, asked: Asked, value: Any = None, error: Exception | None = None) -> None:
        self.asked.pop(asked.number, None)
        if asked.done.done():
            return
        if error is None:
            asked.done.set_result(value)
        else:
            asked.done.set_exception(error)

    def _read(self) -> None:
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return
        self.heard = self.loop.time()
        kind, number, *content = message
        asked = self.asked.get(number)
        if asked is None:
            return
        match kind, content:
            case "begun", _:
                asked.begun = True
            case "progress", [value]:
                asked.progress(value)
            case "call", [name, params]:
                call = self.loop.create_task(self._call(asked, name, params))
                self.calls.add(call)
                call.add_done_callback(self.calls.discard)
            case "done", [value]:
                self._settle(asked, value)
            case "failed", [code, text, detail]:
                self._settle(asked, error=RequestFailedError(code, text, detail))
            case "cancelled", _:
                self._settle(asked, error=TaskCancelledError())

    async def _call(self, asked: Asked, name: str, params: Any) -> None:
        if asked.serve is None:
            return
        try:
            answer = ("answer", True, await asked.serve(name, params))
        except RequestFailedError as failure:
            answer = ("answer", False, failure)
        if self.alive:
            self.connection.send(answer)
