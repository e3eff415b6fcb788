"""The evaluator's standard streams, with a stand-in for the thread that sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ipykernel.iostream import IOPubThread
from jupyter_client.session import Session
from policybook.evaluator.printed_stream import PrintedStream


class LoopStandIn:
    """Does nothing later."""

    def call_later(self, *_: Any) -> None:
        """Forgets it."""


class ThreadStandIn(IOPubThread):
    """Does at once what it is to do, and counts it."""

    def __init__(self) -> None:
        self.thread = threading.main_thread()
        self.done = 0
        self.sent: list[Any] = []
        self.io_loop = LoopStandIn()

    def schedule(self, work: Callable[[], None]) -> None:
        self.done += 1
        work()

    def send_multipart(self, parts: Any, **_: Any) -> None:
        self.sent.append(parts)


def make_stream() -> tuple[PrintedStream, ThreadStandIn]:
    thread: Any = ThreadStandIn()
    stream = PrintedStream(Session(), thread, "stdout", watchfd=False)  # type: ignore[no-untyped-call]
    # Whoever flushes in the sending thread itself does not wait for it.
    thread.thread = threading.Thread()
    return stream, thread


def test_a_flush_has_nothing_done_where_nothing_was_printed() -> None:
    stream, thread = make_stream()
    stream.flush()
    assert thread.done == 0


def test_what_was_printed_is_sent_by_the_flush() -> None:
    stream, thread = make_stream()
    print("half a line", end="", file=stream)
    stream.flush()
    assert [b"half a line" in b"".join(parts) for parts in thread.sent] == [True]
