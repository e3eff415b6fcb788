"""What a worker process's job hears of an error that policybook did not expect."""

from __future__ import annotations

import asyncio
from typing import Any

from policybook.pool.worker_process import WorkerProcess, WorkerRequest
from policybook.rollout.failures import RequestFailedError


class ConnectionStandIn:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, message: tuple[Any, ...]) -> None:
        self.sent.append(message)


def test_a_job_whose_call_breaks_is_answered_and_does_not_wait_for_ever() -> None:
    async def break_down(_: Any) -> Any:
        raise ZeroDivisionError("nothing to divide by")

    async def answer() -> list[tuple[Any, ...]]:
        process: Any = WorkerProcess.__new__(WorkerProcess)
        process.alive, process.connection = True, ConnectionStandIn()
        done = asyncio.get_running_loop().create_future()
        await process._answer_call(WorkerRequest(1, done, lambda _: None, break_down), None)
        sent: list[tuple[Any, ...]] = process.connection.sent
        return sent

    [(kind, is_result, failure)] = asyncio.run(answer())
    assert (kind, is_result) == ("answer", False)
    assert isinstance(failure, RequestFailedError)
    assert failure.code == "internal"
    assert "nothing to divide by" in failure.message
