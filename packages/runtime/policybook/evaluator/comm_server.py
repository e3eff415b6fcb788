"""Requests by content key: a repeated key joins the running one, or gets the recent result again."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from policybook.evaluator.dispatch import Dispatch
from policybook.evaluator.policy_texts import PolicyTexts
from policybook.pool.worker_process import WorkerDiedError
from policybook.protocol.messages import EvaluatorProgress
from policybook.rollout.consent import consent
from policybook.rollout.failures import RequestFailedError

Send = Callable[[dict[str, Any]], None]

RESULTS_KEPT = 256
PROGRESS_SECONDS = 0.1
LOOKED_UP_ANEW = {"doctor", "trace"}
"""What is asked to see whether something has changed: the machine, or the world of a recorded episode."""

log = logging.getLogger("policybook.evaluator")


@dataclass
class RunningRequest:
    """A request under way and who waits for it."""

    key: str
    listeners: list[Send]
    task: asyncio.Task[None] | None = None
    told: float = field(default=0.0)

    def tell(self, message: dict[str, Any]) -> None:
        """Says it to everybody who waits."""
        for send in self.listeners:
            send({**message, "key": self.key})


class CommServer:
    """What runs and what ran; started lazily, on the event loop of the kernel's main thread."""

    def __init__(self) -> None:
        self.dispatch: Dispatch | None = None
        self.texts = PolicyTexts()
        self.running: dict[str, RunningRequest] = {}
        self.results: OrderedDict[str, Any] = OrderedDict()

    def receive(self, send: Send, data: dict[str, Any]) -> None:
        """Takes one message of the kernel's and returns at once."""
        if data["kind"] == "cancel":
            self._cancel(send, data["key"])
            return
        if data["kind"] == "consent":
            consent(data["level"])
            return
        if data["kind"] == "register":
            self.texts.register(data["hash"], data["source"])
            return
        key = data["key"]
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
        running.task = asyncio.get_running_loop().create_task(self._run(running, data))

    def forget(self, send: Send) -> None:
        """A comm was closed: what only it waited for is cancelled."""
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

    def _cancel(self, send: Send, key: str) -> None:
        running = self.running.get(key)
        if running is None or running.task is None:
            return
        if running.listeners == [send]:
            running.task.cancel()
        elif send in running.listeners:
            running.listeners.remove(send)
            send(_failure(key, RequestFailedError("cancelled", "The request was cancelled.")))

    async def _run(self, running: RunningRequest, data: dict[str, Any]) -> None:
        try:
            if self.dispatch is None:
                self.dispatch = Dispatch()
            params = data["params"]
            if "policy" in data:
                params = {**params, "source": self.texts.find(data["policy"])}
            value = await self.dispatch.run(
                data["method"], params, lambda progress: self._progress(running, progress)
            )
        except asyncio.CancelledError:
            running.tell(_failure(running.key, RequestFailedError("cancelled", "The request was cancelled.")))
        except RequestFailedError as failure:
            running.tell(_failure(running.key, failure))
        except WorkerDiedError:
            message = f"The process that ran {data['method']} ended before it was done."
            running.tell(_failure(running.key, RequestFailedError("worker_died", message)))
        except Exception as error:
            log.exception("%s failed", data["method"])
            message = f"{data['method']} failed: {type(error).__name__}: {error}"
            running.tell(_failure(running.key, RequestFailedError("internal", message)))
        else:
            if data["method"] not in LOOKED_UP_ANEW:
                self.results[running.key] = value
            if len(self.results) > RESULTS_KEPT:
                self.results.popitem(last=False)
            running.tell({"kind": "result", "value": value})
        finally:
            self.running.pop(running.key, None)

    def _progress(self, running: RunningRequest, value: EvaluatorProgress) -> None:
        now = asyncio.get_running_loop().time()
        if now - running.told >= PROGRESS_SECONDS:
            running.told = now
            running.tell({"kind": "progress", "value": value})


def _failure(key: str, failure: RequestFailedError) -> dict[str, Any]:
    return {
        "kind": "failure",
        "key": key,
        "code": failure.code,
        "message": failure.message,
        "detail": failure.detail,
    }
