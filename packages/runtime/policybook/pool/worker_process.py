"""A worker process as the evaluator holds it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import Any

from policybook.pool.message_writer import MessageWriter
from policybook.pool.worker_fork_server import WorkerForkServer
from policybook.pool.worker_output import WorkerOutput
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.blocks import Block
from policybook.rollout.consent import read_least_level
from policybook.rollout.cores import ANY_CORE, CORE
from policybook.rollout.environment_clocks import EnvironmentClocks
from policybook.rollout.environment_fault import (
    EnvironmentFault,
    describe_death,
    describe_hang,
    describe_status,
    describe_stay,
)
from policybook.rollout.evaluation import Progress
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.pulse import Operation, OperationPlace, Pulse
from policybook.rollout.worker_texts import SentTexts

Serve = Callable[[Any], Awaitable[Any]]
"""Answers what a job calls for while it runs."""

log = logging.getLogger("policybook.evaluator")

CANCEL_SECONDS = 0.25
"""A worker that has not given a cancelled task up by then is inside an environment, and is killed."""


LONG_SECONDS = 0.5
"""An operation of an environment that takes so long is reported."""

OUTSIDE_SIGNALS = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP})
"""Signals that the system or another program sends; an environment that crashes gets others."""


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
    """The process ended before it had a result.

    `place` is the operation of an environment in which it ended, and `fault` what that means; both are None
    where it was in none. `is_ended_from_outside` says that it was another process's doing, as when memory is
    short: the environment is not to blame then.
    """

    def __init__(
        self,
        cause: DeathCause,
        place: OperationPlace | None = None,
        fault: EnvironmentFault | None = None,
        *,
        is_ended_from_outside: bool = False,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.place = place
        self.fault = fault
        self.is_ended_from_outside = is_ended_from_outside


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
    environment: EnvironmentSpecJson | None = None


class WorkerProcess:
    """One process, which does the tasks that it is sent in turn; its methods run on the event loop."""

    def __init__(self, fork_server: WorkerForkServer, core: int = ANY_CORE) -> None:
        """Forks the process; raises what `WorkerForkServer.fork` raises, and OSError."""
        with contextlib.ExitStack() as stack:
            local, remote = socket.socketpair()
            stack.callback(local.close)
            with remote:
                connection = stack.enter_context(Connection(os.dup(local.fileno()), writable=False))
                self.pulse = Pulse()
                page = self.pulse.share()
                printed, printing = os.pipe()
                stack.callback(os.close, printed)
                with contextlib.ExitStack() as handed:
                    handed.callback(os.close, page)
                    handed.callback(os.close, printing)
                    self.fork = fork_server.fork([remote.fileno(), page, printing], CORE.pack(core))
            stack.pop_all()
        self.output = WorkerOutput(printed, self._show_output)
        self.mark = self.pulse.read_mark()
        self.marked_at = 0.0
        """Since when the pulse has had this mark, by the event loop's clock."""
        self.has_reported_stay = False
        """Whether `report_stay` has reported where the environment is, and not yet that it goes on."""
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

    async def run(
        self,
        name: str,
        params: Any,
        progress: Progress,
        serve: Serve | None = None,
        ended_processes: Mapping[int, EnvironmentFault] | None = None,
    ) -> Any:
        """Runs a job and returns its result; `ended_processes` has seeds that ended its earlier processes.

        Raises WorkerDiedError, TaskCancelledError, or the task's RequestFailedError.
        """
        return await self.send_task(name, params, progress, serve, ended_processes).done

    def send_task(
        self,
        name: str,
        params: Any,
        progress: Progress,
        serve: Serve | None = None,
        ended_processes: Mapping[int, EnvironmentFault] | None = None,
    ) -> WorkerRequest:
        """Sends a job, which begins when the tasks before it are done.

        The request's `done` becomes the result, or the error that `run` raises. Raises RequestFailedError
        where the least level of the sandbox is no level; nothing is sent then.
        """
        environment = params.get("environment") if isinstance(params, Mapping) else None
        done = self.loop.create_future()
        request = WorkerRequest(self.sent + 1, done, progress, serve, environment=environment)
        self._send_task(request, name, params, read_least_level(), ended_processes)
        return request

    def _send_task(
        self,
        request: WorkerRequest,
        name: str,
        params: Any,
        least: int,
        ended_processes: Mapping[int, EnvironmentFault] | None = None,
    ) -> None:
        self.sent += 1
        if not self.requests:
            self.heard_at = self.loop.time()
        self.requests[request.number] = request
        self.tasks.add(name)
        try:
            self.writer.send(("task", request.number, name, params, least, ended_processes))
        except OSError:
            self.kill()

    def prepare(self, environment: EnvironmentSpecJson) -> WorkerRequest:
        """Has the worker make an environment before a policy is to be played in it.

        Raises RequestFailedError as `send_task` does.
        """
        return self.send_task("prepare", {"environment": environment}, lambda _: None)

    def play(self, block: Block, progress: Progress) -> WorkerRequest:
        """Sends a block, with those of its texts that the worker does not hold yet.

        Raises RequestFailedError as `send_task` does.
        """
        # This may raise: a text that was noted as sent before, and was not, would never reach the worker.
        least = read_least_level()
        texts = self.texts.send(block.sources)
        done = self.loop.create_future()
        request = WorkerRequest(self.sent + 1, done, progress, None, environment=block.environment)
        self._send_task(request, "block", (replace(block, sources={}), texts), least)
        return request

    def find_overdue(self) -> bool:
        """Returns whether an environment has not answered for longer than its clocks allow."""
        mark, now = self.pulse.read_mark(), self.loop.time()
        if mark != self.mark:
            self.mark, self.marked_at = mark, now
            return False
        place, environment = self.pulse.read_place(), self._find_environment()
        if place is None or environment is None:
            return False
        return now - self.marked_at > EnvironmentClocks.from_spec(environment).get_seconds(place.operation)

    def describe_stay(self) -> str | None:
        """Says in which operation the environment has been for long, as `find_overdue` has seen it last."""
        seconds = self.loop.time() - self.marked_at
        place = self.pulse.read_place()
        return None if place is None or seconds < LONG_SECONDS else describe_stay(place, seconds)

    @property
    def is_long_in_the_making(self) -> bool:
        """Whether an environment is being made for long, as `find_overdue` has seen it last."""
        place = self.pulse.read_place()
        is_made = place is not None and place.operation is Operation.MAKE
        return is_made and self.loop.time() - self.marked_at >= LONG_SECONDS

    def report_stay(self) -> None:
        """Reports for the task under way where the environment is for long, and once when it goes on."""
        stay = self.describe_stay()
        if stay is not None or self.has_reported_stay:
            for request in self.requests.values():
                if request.has_begun:
                    request.progress({"place": stay or ""})
        self.has_reported_stay = stay is not None

    @property
    def moved_at(self) -> float:
        """When it was last heard, or seen to go from one operation of an environment to another."""
        return max(self.heard_at, self.marked_at)

    @property
    def is_in_environment(self) -> bool:
        """Whether it is in an operation of an environment, which has a clock of its own."""
        return self.pulse.read_place() is not None

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
        environment = self._find_environment()
        status = self.fork_server.reap(self.fork)
        self.output.close()
        for call in self.calls:
            call.cancel()
        requests = list(self.requests.values())
        is_idle = not any(request.has_begun for request in requests)
        for request in requests:
            own = _find_cause(request, cause, is_idle=is_idle)
            self._settle(request, error=self._explain_death(own, environment, status))

    def _show_output(self, text: str) -> None:
        """Hands on what is printed during a task, as progress of it."""
        request = next((each for each in self.requests.values() if each.has_begun), None)
        if request is not None and request.environment is not None:
            request.progress({"output": text})

    def _find_environment(self) -> EnvironmentSpecJson | None:
        """Returns the environment of the task under way."""
        return next((each.environment for each in self.requests.values() if each.has_begun), None)

    def _explain_death(
        self, cause: DeathCause, environment: EnvironmentSpecJson | None, status: int | None
    ) -> WorkerDiedError:
        place = self.pulse.read_place()
        if place is None or environment is None:
            return WorkerDiedError(cause)
        if cause is DeathCause.HUNG:
            seconds = EnvironmentClocks.from_spec(environment).get_seconds(place.operation)
            return WorkerDiedError(cause, place, describe_hang(environment, place, seconds))
        if cause is not DeathCause.CRASHED or status is None:
            return WorkerDiedError(cause)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in OUTSIDE_SIGNALS
        fault = describe_death(
            environment, place, describe_status(os.waitstatus_to_exitcode(status)), self.output.last_line
        )
        return WorkerDiedError(cause, place, fault, is_ended_from_outside=is_killed)

    def end_if_lost(self) -> None:
        """Gives up the tasks of a process that has ended with the process that forked it."""
        if self.fork_server.has_lost(self.fork):
            self.kill(DeathCause.LOST)

    def _kill_if_unsettled(self, request: WorkerRequest) -> None:
        if not request.done.done():
            self.kill(DeathCause.GIVEN_UP)

    def _settle(self, request: WorkerRequest, value: Any = None, error: Exception | None = None) -> None:
        if request.has_begun and self.is_alive:
            # While it is a request under way, so that what it has printed is shown with it.
            self.output.end_task()
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
                self.output.begin_task()
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
