"""Messages to a worker that is slow to read them, over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import pytest
from policybook.pool.message_writer import MAX_PARTS, MessageWriter

LARGE = b"x" * 20_000_000
"""No socket's buffer has room for it."""


def run_with_ends(test: Callable[[MessageWriter, Connection], Awaitable[None]]) -> None:
    """Runs a test on an event loop with a writer and the other end of its socket."""

    async def run() -> None:
        local, remote = socket.socketpair()
        writer = MessageWriter(local)
        with Connection(remote.detach()) as receiver:
            await asyncio.wait_for(test(writer, receiver), 60)
            writer.close()
            assert not writer.waiting

    asyncio.run(run())


def test_a_large_message_waits_for_its_receiver_and_the_loop_does_not() -> None:
    async def test(writer: MessageWriter, receiver: Connection) -> None:
        for message in (LARGE, ("cancel", 1)):
            writer.send(message)
        assert writer.waiting, "the sends came back before anything was read"
        received = [await asyncio.to_thread(receiver.recv) for _ in range(2)]
        assert received == [LARGE, ("cancel", 1)]
        writer.send(("cancel", 2))
        assert receiver.recv() == ("cancel", 2)

    run_with_ends(test)


def test_many_messages_that_wait_arrive_whole_and_in_their_order() -> None:
    messages = [(number, "x" * (37 * number)) for number in range(5 * MAX_PARTS)]

    async def test(writer: MessageWriter, receiver: Connection) -> None:
        for message in messages:
            writer.send(message)
        assert len(writer.waiting) > MAX_PARTS
        received = [await asyncio.to_thread(receiver.recv) for _ in messages]
        assert received == messages

    run_with_ends(test)


def test_what_waits_is_dropped_where_the_receiver_ends() -> None:
    async def test(writer: MessageWriter, receiver: Connection) -> None:
        writer.send(LARGE)
        receiver.close()
        while writer.waiting:
            await asyncio.sleep(0.001)
        with pytest.raises(OSError, match="Broken pipe"):
            writer.send(("cancel", 1))

    run_with_ends(test)


def test_a_writer_that_is_closed_drops_what_waits() -> None:
    async def test(writer: MessageWriter, receiver: Connection) -> None:
        writer.send(LARGE)
        assert writer.waiting

    run_with_ends(test)
