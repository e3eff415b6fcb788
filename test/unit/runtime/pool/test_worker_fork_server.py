"""How the evaluator waits for the process that forks workers, with a stand-in for that process."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from event_loop import let_settle
from policybook.pool import worker_fork_server as module
from policybook.pool.worker_fork_server import WorkerForkServer
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError


class ForkServerStandIn:
    """Starts when the test sends its greeting."""

    def __init__(self, command: Any) -> None:
        self.starts = 0
        self.restart()

    def restart(self) -> None:
        self.starts += 1
        self.control, self.remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.greeting: bytes | None = None
        self.is_ended = False

    def read_greeting(self) -> bytes:
        self.greeting = self.control.recv(99)
        if not self.greeting:
            raise ForkServerLostError("it ended while it started")
        return self.greeting

    def is_ready(self) -> bool:
        return self.greeting is not None and not self.is_ended

    def has_ended(self) -> bool:
        return self.is_ended

    def fork_at_once(self, descriptors: Any, argument: bytes) -> None:
        raise ForkServerLostError("[Errno 32] Broken pipe")

    def close(self) -> None:
        self.is_ended = True
        self.control.close()
        self.remote.close()


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ForkServer", ForkServerStandIn)


def test_requests_wait_together_for_one_start_and_for_another_where_the_process_has_ended() -> None:
    async def test() -> None:
        fork_server: Any = WorkerForkServer()
        for starts in (1, 2):
            waiting = [asyncio.create_task(fork_server.wait_until_ready()) for _ in range(2)]
            await let_settle()
            assert not any(task.done() for task in waiting)
            fork_server.fork_server.remote.send(b"ready")
            await asyncio.gather(*waiting)
            assert fork_server.fork_server.starts == starts
            # It was ready, and has ended since.
            fork_server.fork_server.close()

    asyncio.run(test())


def test_a_process_whose_socket_is_gone_is_replaced_before_the_system_says_that_it_has_ended() -> None:
    async def test() -> None:
        fork_server: Any = WorkerForkServer()
        fork_server.fork_server.remote.send(b"ready")
        await fork_server.wait_until_ready()
        with pytest.raises(ForkServerLostError):
            fork_server.fork([], b"")
        waiting = asyncio.create_task(fork_server.wait_until_ready())
        await let_settle()
        assert not waiting.done()
        assert fork_server.fork_server.starts == 2
        fork_server.fork_server.remote.send(b"ready")
        await waiting

    asyncio.run(test())


def test_an_import_that_fails_is_named_with_what_to_do() -> None:
    async def test() -> None:
        fork_server: Any = WorkerForkServer()
        fork_server.fork_server.remote.send(b"ImportError: no module, as the test says.")
        text = r"its imports: ImportError: no module, as the test says\. Check .*`pip check`"
        with pytest.raises(RequestFailedError, match=text):
            await fork_server.wait_until_ready()
        assert fork_server.fork_server.has_ended()

    asyncio.run(test())


def test_a_start_that_fails_or_hangs_is_reported_and_the_next_request_starts_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        fork_server: Any = WorkerForkServer()
        fork_server.fork_server.remote.close()
        with pytest.raises(RequestFailedError, match="it ended while it started"):
            await fork_server.wait_until_ready()
        with monkeypatch.context() as quick:
            quick.setattr(module, "STARTING_SECONDS", 0.01)
            with pytest.raises(RequestFailedError, match=r"not ready after 0\.01 s"):
                await fork_server.wait_until_ready()
        waiting = asyncio.create_task(fork_server.wait_until_ready())
        await let_settle()
        fork_server.fork_server.remote.send(b"ready")
        await waiting
        assert fork_server.fork_server.starts == 3
        fork_server.close()

    asyncio.run(test())


def test_a_socket_is_taken_out_of_the_event_loop_before_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        fork_server: Any = WorkerForkServer()
        waiting = asyncio.create_task(fork_server.wait_until_ready())
        await let_settle()
        loop, control = asyncio.get_running_loop(), fork_server.fork_server.control
        removed: list[bool] = []

        def close() -> None:
            removed.append(not loop.remove_reader(control))
            control.close()

        monkeypatch.setattr(fork_server.fork_server, "close", close)
        fork_server.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert removed == [True]

    asyncio.run(test())
