"""An evaluator kernel as the benchmarks ask it, and the tasks that they have played."""

import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

LIMITS = {"stepMs": 100, "importMs": 10_000, "memoryMb": 512, "imports": []}


@dataclass(frozen=True)
class Task:
    """One environment with a policy that plays it for a while; `least` is the goal for the ratio of rates."""

    id: str
    source: str
    episodes: int = 1
    least: float = 0
    most_steps: int | None = None

    @property
    def environment(self) -> dict[str, Any]:
        """As the evaluator's requests say it."""
        return {
            "id": self.id,
            "simulator": None,
            "kwargs": {},
            "observe": None,
            "maxEpisodeSteps": self.most_steps,
        }


class Evaluator:
    """An evaluator kernel with a number of workers, and a comm to it."""

    def __init__(self, workers: int) -> None:
        argv = [sys.executable, "-m", "policybook.evaluator", "-f", "{connection_file}"]
        self.manager = KernelManager(transport="ipc")
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="evaluator", language="none")
        environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid()), "POLICYBOOK_WORKERS": str(workers)}
        self.manager.start_kernel(env=environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.comm = uuid.uuid4().hex
        self._send("comm_open", {"target_name": "policybook.evaluator", "data": {}})

    @property
    def pid(self) -> int:
        """Of the evaluator's main process."""
        pid: int = self.manager.provisioner.pid
        return pid

    def request(self, method: str, task: Task, **params: Any) -> dict[str, Any]:
        """A method's result for a task's policy; RuntimeError where there is none."""
        params = {"environment": task.environment, "source": task.source, "limits": LIMITS, **params}
        key = uuid.uuid4().hex
        self._send("comm_msg", {"data": {"kind": "request", "key": key, "method": method, "params": params}})
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            data = message["content"].get("data", {})
            if (
                message["msg_type"] == "comm_msg"
                and data["key"] == key
                and data["kind"] in ("result", "failure")
            ):
                break
        if data["kind"] == "failure":
            raise RuntimeError(f"{task.id}: {data}")
        value: dict[str, Any] = data["value"]
        return value

    def evaluate(self, task: Task, seeds: Sequence[int]) -> dict[str, Any]:
        """Whole episodes, as `evaluate` tells them; RuntimeError where the policy fails."""
        value = self.request("evaluate", task, seeds=list(seeds))
        if value["failure"] is not None:
            raise RuntimeError(f"{task.id}: {value}")
        return value

    def close(self) -> None:
        """Ends the kernel and its workers."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        message = self.client.session.msg(kind, {"comm_id": self.comm, **content})
        self.client.shell_channel.send(message)
