"""Requests by content key: a repeated key joins the running request, or gets its recent result again."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from policybook.evaluator.dispatch import Dispatch
from policybook.evaluator.policy_texts import PolicyTexts
from policybook.pool.worker_process import WorkerDiedError
from policybook.process_limit import find_process_limit_hint
from policybook.protocol.messages import (
    EvaluatorFrame,
    EvaluatorProgress,
    FailureFrameJson,
    Json,
    KernelFrame,
    RequestFrameJson,
)
from policybook.rollout.consent import allow_level
from policybook.rollout.failures import RequestFailedError
from policybook.worker.methods import describe_work

Send = Callable[[EvaluatorFrame], None]

RESULTS_KEPT = 256
PROGRESS_SECONDS = 0.1
NEVER_CACHED = {"doctor", "environment.describe", "folder.describe", "policy.inline", "trace"}
"""Methods whose result does not follow from their parameters, of which the kernel makes the keys.

They look at what may have changed: the machine, a folder, the user's code, or a recorded environment."""

log = logging.getLogger("policybook.evaluator")


@dataclass
class RunningRequest:
    """A request under way, and the comms that wait for its result."""

    key: str
    listeners: list[Send]
    task: asyncio.Task[None] | None = None
    reported_at: float = 0.0
    """When the last progress was sent, by the event loop's clock."""
    unsent: EvaluatorProgress = field(default_factory=EvaluatorProgress)
    """What was reported since then; it goes with the next report that is sent, or before the result."""

    def send_progress(self) -> None:
        """Sends what was reported and not yet sent, if anything."""
        if self.unsent:
            # A TypedDict is no mapping of JSON to mypy, whatever its fields are.
            self.send({"kind": "progress", "key": self.key, "value": cast("Json", self.unsent)})
            self.unsent = {}

    def send(self, frame: EvaluatorFrame) -> None:
        """Sends a frame to all that wait."""
        for send in self.listeners:
            send(frame)


class CommServer:
    """The requests under way and recent results; all methods run on the kernel's event loop."""

    def __init__(self) -> None:
        self.dispatch: Dispatch | None = None
        self.texts = PolicyTexts()
        self.running: dict[str, RunningRequest] = {}
        self.results: OrderedDict[str, Json] = OrderedDict()

    def receive(self, send: Send, frame: KernelFrame) -> None:
        """Takes one of the kernel's frames and returns at once."""
        if frame["kind"] == "cancel":
            self._cancel(send, frame["key"])
        elif frame["kind"] == "consent":
            allow_level(frame["level"])
        elif frame["kind"] == "register":
            self.texts.register(frame["hash"], frame["source"])
        else:
            self._start(send, frame)

    def forget(self, send: Send) -> None:
        """Cancels the requests that only this comm, which has closed, waited for."""
        for key, running in list(self.running.items()):
            if send in running.listeners:
                self._cancel(send, key)

    def close(self) -> None:
        """Cancels everything and ends the workers."""
        for running in self.running.values():
            if running.task is not None:
                running.task.cancel()
        if self.dispatch is not None:
            self.dispatch.close()

    def _start(self, send: Send, request: RequestFrameJson) -> None:
        key = request["key"]
        send({"kind": "accepted", "key": key})
        if key in self.results:
            self.results.move_to_end(key)
            send({"kind": "result", "key": key, "value": self.results[key]})
            return
        running = self.running.get(key)
        if running is not None:
            if send not in running.listeners:
                running.listeners.append(send)
            return
        running = self.running[key] = RunningRequest(key, [send])
        running.task = asyncio.get_running_loop().create_task(self._run(running, request))

    def _cancel(self, send: Send, key: str) -> None:
        running = self.running.get(key)
        if running is None or running.task is None or send not in running.listeners:
            return
        running.listeners.remove(send)
        send(_make_failure(key, _make_cancellation()))
        if not running.listeners:
            # The key is free at once: a request that comes before the task has ended must not join it.
            del self.running[key]
            running.task.cancel()

    async def _run(self, running: RunningRequest, request: RequestFrameJson) -> None:
        key, method = running.key, request["method"]
        try:
            if self.dispatch is None:
                self.dispatch = Dispatch()
            params = request["params"]
            if "policy" in request:
                params = {**params, "source": self.texts.find(request["policy"])}
            value = await self.dispatch.run(
                method, params, lambda progress: self._report_progress(running, progress)
            )
        except asyncio.CancelledError:
            running.send(_make_failure(key, _make_cancellation()))
        except RequestFailedError as failure:
            running.send(_make_failure(key, failure))
        except WorkerDiedError:
            message = (
                f"The process for {describe_work(method)} ended before it was done, and so did a second one: "
                "memory may be short, or a package may have crashed. End what else takes memory, or ask for "
                "less."
            )
            running.send(_make_failure(key, RequestFailedError("worker_died", message)))
        except Exception as error:
            log.exception("%s failed", method)
            hint = find_process_limit_hint(error)
            message = (
                f"The evaluator failed at {describe_work(method)}: {type(error).__name__}: {error}{hint}"
            )
            running.send(_make_failure(key, RequestFailedError("internal", message)))
        else:
            if method not in NEVER_CACHED:
                self.results[key] = value
            if len(self.results) > RESULTS_KEPT:
                self.results.popitem(last=False)
            running.send_progress()
            running.send({"kind": "result", "key": key, "value": value})
        finally:
            if self.running.get(key) is running:
                del self.running[key]

    def _report_progress(self, running: RunningRequest, progress: EvaluatorProgress) -> None:
        now = asyncio.get_running_loop().time()
        running.unsent.update(progress)
        # What was printed is said at once, since a later report would take its place.
        if "output" in progress:
            running.send_progress()
        elif now - running.reported_at >= PROGRESS_SECONDS:
            running.reported_at = now
            running.send_progress()


def _make_cancellation() -> RequestFailedError:
    return RequestFailedError("cancelled", "The request was cancelled.")


def _make_failure(key: str, failure: RequestFailedError) -> FailureFrameJson:
    return {
        "kind": "failure",
        "key": key,
        "code": failure.code,
        "message": failure.message,
        "detail": cast("Json", failure.detail),
    }
