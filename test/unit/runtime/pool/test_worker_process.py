"""What a worker process is sent, with a stand-in for what writes it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from policybook.pool.worker_process import WorkerProcess, WorkerRequest
from policybook.rollout.consent import LEAST_LEVEL_VARIABLE
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.worker_texts import SentTexts
from stand_ins import block


class WriterStandIn:
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
        process.alive, process.writer = True, WriterStandIn()
        done = asyncio.get_running_loop().create_future()
        await process._answer_call(WorkerRequest(1, done, lambda _: None, break_down), None)
        sent: list[tuple[Any, ...]] = process.writer.sent
        return sent

    [(kind, is_result, failure)] = asyncio.run(answer())
    assert (kind, is_result) == ("answer", False)
    assert isinstance(failure, RequestFailedError)
    assert failure.code == "internal"
    assert "nothing to divide by" in failure.message


def test_a_text_that_a_wrong_setting_kept_back_is_sent_with_the_next_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play_twice() -> list[tuple[Any, ...]]:
        process: Any = WorkerProcess.__new__(WorkerProcess)
        process.alive, process.writer = True, WriterStandIn()
        process.loop = asyncio.get_running_loop()
        process.requests, process.sent, process.tasks, process.texts = {}, 0, set(), SentTexts()
        monkeypatch.setenv(LEAST_LEVEL_VARIABLE, "high")
        with pytest.raises(RequestFailedError, match="it is a level of the sandbox"):
            process.play(block([1]), lambda _: None)
        monkeypatch.setenv(LEAST_LEVEL_VARIABLE, "1")
        process.play(block([1]), lambda _: None)
        sent: list[tuple[Any, ...]] = process.writer.sent
        return sent

    [(_, _, _, (_, texts), least)] = asyncio.run(play_twice())
    assert least == 1
    assert list(texts.new.values()) == list(block([1]).sources.values())
