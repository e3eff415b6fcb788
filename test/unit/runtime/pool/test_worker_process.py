"""What a worker process is sent, with a stand-in for what writes it."""

from __future__ import annotations

import asyncio
from multiprocessing import Pipe
from typing import Any

import pytest
from policybook.pool.worker_process import DeathCause, WorkerProcess, WorkerRequest
from policybook.rollout.consent import LEAST_LEVEL_VARIABLE
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import Fork
from policybook.rollout.pulse import Pulse
from policybook.rollout.worker_texts import SentTexts
from stand_ins import block


class WriterStandIn:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, message: tuple[Any, ...]) -> None:
        self.sent.append(message)

    def close(self) -> None: ...


class OutputStandIn:
    """A worker that prints nothing."""

    last_line = ""

    def close(self) -> None: ...


def test_a_job_whose_call_breaks_is_answered_and_does_not_wait_for_ever() -> None:
    async def break_down(_: Any) -> Any:
        raise ZeroDivisionError("nothing to divide by")

    async def reply() -> list[tuple[Any, ...]]:
        process: Any = WorkerProcess.__new__(WorkerProcess)
        process.is_alive, process.writer = True, WriterStandIn()
        done = asyncio.get_running_loop().create_future()
        await process._reply_to_call(WorkerRequest(1, done, lambda _: None, break_down), None)
        sent: list[tuple[Any, ...]] = process.writer.sent
        return sent

    [(kind, is_result, failure)] = asyncio.run(reply())
    assert (kind, is_result) == ("reply", False)
    assert isinstance(failure, RequestFailedError)
    assert failure.code == "internal"
    assert "nothing to divide by" in failure.message


def test_a_text_that_a_wrong_setting_kept_back_is_sent_with_the_next_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play_twice() -> list[tuple[Any, ...]]:
        process: Any = WorkerProcess.__new__(WorkerProcess)
        process.is_alive, process.writer = True, WriterStandIn()
        process.loop = asyncio.get_running_loop()
        process.requests, process.sent, process.tasks, process.texts = {}, 0, set(), SentTexts()
        monkeypatch.setenv(LEAST_LEVEL_VARIABLE, "high")
        with pytest.raises(RequestFailedError, match="it is a level of the sandbox"):
            process.play(block([1]), lambda _: None)
        monkeypatch.setenv(LEAST_LEVEL_VARIABLE, "1")
        process.play(block([1]), lambda _: None)
        sent: list[tuple[Any, ...]] = process.writer.sent
        return sent

    [(_, _, _, (_, texts), least, _)] = asyncio.run(play_twice())
    assert least == 1
    assert list(texts.new.values()) == list(block([1]).sources.values())


def make_process(
    requests: dict[int, bool], *, is_lost: bool = False
) -> tuple[Any, list[asyncio.Future[Any]]]:
    """A process with requests, by number and whether each has begun, and what becomes of them."""

    class ForkServerStandIn:
        def has_lost(self, fork: Any) -> bool:
            return is_lost

        def reap(self, fork: Any) -> None: ...

    process: Any = WorkerProcess.__new__(WorkerProcess)
    process.is_alive, process.writer, process.calls = True, WriterStandIn(), set()
    process.pulse = Pulse()
    process.output = OutputStandIn()
    process.fork = Fork(pid=0, server_pid=0, handle=None)
    process.loop = asyncio.get_running_loop()
    process.connection, other = Pipe()
    other.close()
    process.fork_server = ForkServerStandIn()
    futures = [process.loop.create_future() for _ in requests]
    process.requests = {
        number: WorkerRequest(number, future, lambda _: None, None, has_begun)
        for future, (number, has_begun) in zip(futures, requests.items(), strict=True)
    }
    return process, futures


@pytest.mark.parametrize(
    ("begun", "is_lost", "cause", "causes"),
    [
        ([True, False], False, DeathCause.CRASHED, [DeathCause.CRASHED, DeathCause.GIVEN_UP]),
        ([True, False], False, DeathCause.HUNG, [DeathCause.HUNG, DeathCause.GIVEN_UP]),
        ([True, False], False, DeathCause.GIVEN_UP, [DeathCause.GIVEN_UP, DeathCause.GIVEN_UP]),
        ([False, False], False, DeathCause.CRASHED, [DeathCause.LOST, DeathCause.LOST]),
        ([False], False, DeathCause.HUNG, [DeathCause.LOST]),
        ([True, False], True, DeathCause.CRASHED, [DeathCause.LOST, DeathCause.LOST]),
    ],
)
def test_each_task_of_a_process_that_ends_learns_what_part_it_has_in_that(
    begun: list[bool], is_lost: bool, cause: DeathCause, causes: list[DeathCause]
) -> None:
    async def kill() -> list[DeathCause]:
        process, futures = make_process(dict(enumerate(begun, 1)), is_lost=is_lost)
        process.kill(cause)
        deaths = await asyncio.gather(*futures, return_exceptions=True)
        return [death.cause for death in deaths]

    assert asyncio.run(kill()) == causes


def test_a_task_that_may_call_for_nothing_is_refused_and_does_not_wait_for_ever() -> None:
    async def call() -> list[tuple[Any, ...]]:
        process, [future] = make_process({1: True})
        await process._reply_to_call(process.requests[1], None)
        future.cancel()
        sent: list[tuple[Any, ...]] = process.writer.sent
        return sent

    [(kind, is_result, failure)] = asyncio.run(call())
    assert (kind, is_result, failure.code) == ("reply", False, "internal")
