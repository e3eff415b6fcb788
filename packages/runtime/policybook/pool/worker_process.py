"""A worker process as the evaluator holds it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import Any

from policybook.pool.message_writer import MessageWriter
from policybook.pool.worker_fork_server import WorkerForkServer
from policybook.rollout.blocks import Block
from policybook.rollout.consent import read_least_level
from policybook.rollout.cores import ANY_CORE, CORE
from policybook.rollout.evaluation import Progress
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.worker_texts import SentTexts

Serve = Callable[[Any], Awaitable[Any]]
"""Answers what a job calls for while it runs."""

log = logging.getLogger("policybook.evaluator")

CANCEL_SECONDS = 0.25
"""A worker that has not given a cancelled task up by then is inside an environment, and is killed."""


class DeathCause(Enum):
    """Why a worker process ended before it had a task's result."""

    CRASHED = auto()
    """It ended while the task was under way."""
    HUNG = auto()
    """It was ended because it was silent for too long while the task was under way."""
    LOST = auto()
    """It ended before it began a task, or with the process that forks workers."""
    GIVEN_UP = auto()
    """Another task ended it, or it was ended because of one."""


class WorkerDiedError(Exception):
    """The process ended before it had a result."""

    def __init__(self, cause: DeathCause) -> None:
        super().__init__(cause)
        self.cause = cause


class TaskCancelledError(Exception):
    """The task was given up because it was cancelled."""


@dataclass(eq=False)
class WorkerRequest:
    """A task that was sent and has no result yet; `serve` answers what its job calls for."""

    number: int
    done: asyncio.Future[Any]
    progress: Progress
    serve: Serve | None
    has_begun: bool = False


class WorkerProcess:
    """One process, which does the tasks that it is sent in turn; its methods run on the event loop."""

    def __init__(self, fork_server: WorkerForkServer, core: int = ANY_CORE) -> None:
        """Forks the process; raises what `WorkerForkServer.fork` raises, and OSError."""
        with contextlib.ExitStack() as stack:
            local, remote = socket.socketpair()
            stack.callback(local.close)
            with remote:
                connection = stack.enter_context(Connection(os.dup(local.fileno()), writable=False))
                self.fork = fork_server.fork([remote.fileno()], CORE.pack(core))
            stack.pop_all()
        self.fork_server = fork_server
        self.connection = connection
        self.writer = MessageWriter(local)
        self.core = core
        self.requests: dict[int, WorkerRequest] = {}
        self.sent = 0
        self.calls: set[asyncio.Task[None]] = set()
        self.is_alive = True
        self.heard_at = 0.0
        self.tasks: set[str] = set()
        self.code: str | None = None
        """The hash of the user's code that it may have imported: it cannot import a changed one again."""
        self.texts = SentTexts()
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader(self.connection.fileno(), self._read)
        if self.fork.handle is not None:
            # The connection closes later where an environment's own process has it, too.
            self.loop.add_reader(self.fork.handle, self._on_end)

    def can_take(self, code: str | None) -> bool:
        """Returns whether the process can make an environment of this user's code, None for none."""
        return code is None or self.code in (None, code)

    def take(self, code: str | None) -> None:
        """Notes that the process is about to import this user's code."""
        self.code = self.code or code

    async def run(self, name: str, params: Any, progress: Progress, serve: Serve | None = None) -> Any:
        """Runs a task and returns its result.

        Raises WorkerDiedError, TaskCancelledError, or the task's RequestFailedError.
        """
        return await self.send_task(name, params, progress, serve).done

    def send_task(
        self, name: str, params: Any, progress: Progress, serve: Serve | None = None
    ) -> WorkerRequest:
        """Sends a task, which begins when those before it are done.

        The request's `done` becomes the result, or the error that `run` raises. Raises RequestFailedError
        where the least level of the sandbox is no level; nothing is sent then.
        """
        return self._send_task(name, params, progress, serve, read_least_level())

    def _send_task(
        self, name: str, params: Any, progress: Progress, serve: Serve | None, least: int
    ) -> WorkerRequest:
        self.sent += 1
        request = WorkerRequest(self.sent, self.loop.create_future(), progress, serve)
        if not self.requests:
            self.heard_at = self.loop.time()
        self.requests[request.number] = request
        self.tasks.add(name)
        try:
            self.writer.send(("task", request.number, name, params, least))
        except OSError:
            self.kill()
        return request

    def play(self, block: Block, progress: Progress) -> WorkerRequest:
        """Sends a block, with those of its texts that the worker does not hold yet.

        Raises RequestFailedError as `send_task` does.
        """
        # This may raise: a text that was noted as sent before, and was not, would never reach the worker.
        least = read_least_level()
        texts = self.texts.send(block.sources)
        return self._send_task("block", (replace(block, sources={}), texts), progress, None, least)

    def cancel(self, request: WorkerRequest) -> None:
        """Cancels a task, and kills the worker where it does not give the task up in time."""
        if request.done.done():
            return
        try:
            self.writer.send(("cancel", request.number))
        except OSError:
            self.kill()
        self.loop.call_later(CANCEL_SECONDS, self._kill_if_unsettled, request)

    def kill(self, cause: DeathCause = DeathCause.CRASHED) -> None:
        """Ends the process and all below it; `cause` is that for the tasks under way."""
        if not self.is_alive:
            return
        self.is_alive = False
        if self.fork_server.has_lost(self.fork):
            cause = DeathCause.LOST
        self.loop.remove_reader(self.connection.fileno())
        if self.fork.handle is not None:
            self.loop.remove_reader(self.fork.handle)
        self.connection.close()
        self.writer.close()
        self.fork_server.reap(self.fork)
        for call in self.calls:
            call.cancel()
        requests = list(self.requests.values())
        is_idle = not any(request.has_begun for request in requests)
        for request in requests:
            self._settle(request, error=WorkerDiedError(_find_cause(request, cause, is_idle=is_idle)))

    def end_if_lost(self) -> None:
        """Gives up the tasks of a process that has ended with the process that forked it."""
        if self.fork_server.has_lost(self.fork):
            self.kill(DeathCause.LOST)

    def _kill_if_unsettled(self, request: WorkerRequest) -> None:
        if not request.done.done():
            self.kill(DeathCause.GIVEN_UP)

    def _settle(self, request: WorkerRequest, value: Any = None, error: Exception | None = None) -> None:
        self.requests.pop(request.number, None)
        if request.done.done():
            return
        if error is None:
            request.done.set_result(value)
        else:
            request.done.set_exception(error)

    def _read(self) -> None:
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return
        self.heard_at = self.loop.time()
        kind, number, *content = message
        request = self.requests.get(number)
        if request is None:
            return
        match kind, content:
            case "begun", _:
                request.has_begun = True
            case "progress", [value]:
                request.progress(value)
            case "call", [wanted]:
                call = self.loop.create_task(self._reply_to_call(request, wanted))
                self.calls.add(call)
                call.add_done_callback(self.calls.discard)
            case "done", [value]:
                self._settle(request, value)
            case "failed", [code, text, detail]:
                self._settle(request, error=RequestFailedError(code, text, detail))
            case "cancelled", _:
                self._settle(request, error=TaskCancelledError())

    def _on_end(self) -> None:
        """Takes what the process had sent when it ended."""
        while self.is_alive and self.connection.poll(0):
            self._read()
        self.kill()

    async def _reply_to_call(self, request: WorkerRequest, call: Any) -> None:
        try:
            if request.serve is None:
                raise TypeError("this task may call for nothing")
            reply = ("reply", True, await request.serve(call))
        except RequestFailedError as failure:
            reply = ("reply", False, failure)
        except Exception as error:
            # The job waits for a reply and would wait for ever.
            log.exception("a job's call failed")
            text = f"playing policies for a job failed: {type(error).__name__}: {error}"
            reply = ("reply", False, RequestFailedError("internal", text))
        if self.is_alive:
            try:
                self.writer.send(reply)
            except OSError:
                self.kill()


def _find_cause(request: WorkerRequest, cause: DeathCause, *, is_idle: bool) -> DeathCause:
    """Returns a request's cause of death where `cause` is that of the tasks under way."""
    if request.has_begun or cause is DeathCause.GIVEN_UP:
        return cause
    return DeathCause.LOST if is_idle or cause is DeathCause.LOST else DeathCause.GIVEN_UP
