"""Messages to a worker process, which never keep the event loop waiting."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import socket
import struct
from collections import deque
from itertools import islice
from typing import Any

LENGTH = struct.Struct("!i")
"""Stands before each message, as `multiprocessing.connection.Connection` at the other end reads it."""

MAX_PARTS = 64
"""The most parts of messages that one call hands to the system, which takes 1024 at most."""


class MessageWriter:
    """Sends pickled messages to the `Connection` at the other end of a socket; it owns the socket.

    What the socket has no room for waits here until the event loop can write it: a worker that hangs takes
    nothing, and an evaluator that waited for it could not end it either.
    """

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.loop = asyncio.get_running_loop()
        self.waiting: deque[memoryview] = deque()
        """What is still to be written: lengths and messages in turn, of which the first may have begun."""

    def send(self, message: Any) -> None:
        """Sends a message behind those that wait; raises OSError where the other end is found closed."""
        data = pickle.dumps(message)
        is_first = not self.waiting
        self.waiting += memoryview(LENGTH.pack(len(data))), memoryview(data)
        if is_first:
            self._write()
            if self.waiting:
                self.loop.add_writer(self.end, self._write_waiting)

    def close(self) -> None:
        """Closes the socket; what waits is dropped."""
        self.loop.remove_writer(self.end)
        self.waiting.clear()
        self.end.close()

    def _write_waiting(self) -> None:
        try:
            self._write()
        except OSError:
            # The other end is closed: the worker process's reader learns that too, and ends the process.
            self.waiting.clear()
        if not self.waiting:
            self.loop.remove_writer(self.end)

    def _write(self) -> None:
        # The flag holds for this call alone: reads from the same socket wait for the rest of a message.
        with contextlib.suppress(BlockingIOError):
            while self.waiting:
                parts = islice(self.waiting, MAX_PARTS)
                self._drop(self.end.sendmsg(parts, (), socket.MSG_DONTWAIT))

    def _drop(self, sent: int) -> None:
        """Forgets the bytes that have been written."""
        while sent:
            first = self.waiting.popleft()
            if len(first) > sent:
                self.waiting.appendleft(first[sent:])
                return
            sent -= len(first)
