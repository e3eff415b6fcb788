"""The transport between a worker and a policy's process: bytes out, bytes back, and calls while it waits."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import sys
from collections.abc import Callable

from policybook.sandbox.frames import READ_SIZE

PIPE_BYTES = 1 << 20
"""The size of the pipe for large frames."""

F_SETPIPE_SZ = 1031


class ChannelClosedError(Exception):
    """The policy's process has closed its end: nothing more can be sent or received."""


class PolicyChannel:
    """The worker's ends of two pipes. It moves bytes, and knows neither frames nor limits.

    While it waits it calls `on_tick` every `tick_ms` milliseconds, and `on_interrupt` when the descriptor
    `interrupt` becomes readable. Either may raise, which ends the wait.
    """

    def __init__(
        self, interrupt: int, tick_ms: float, on_interrupt: Callable[[], None], on_tick: Callable[[], None]
    ) -> None:
        inbox, self._outgoing = os.pipe()
        try:
            self._incoming, outbox = os.pipe()
        except BaseException:
            os.close(inbox)
            os.close(self._outgoing)
            raise
        self.remote = (inbox, outbox)
        """The other ends, which the policy's process gets."""
        for descriptor in (self._outgoing, self._incoming):
            os.set_blocking(descriptor, False)
        self._tick_ms = tick_ms
        self._on_interrupt = on_interrupt
        self._on_tick = on_tick
        self._readable = select.poll()
        self._readable.register(self._incoming, select.POLLIN)
        self._readable.register(interrupt, select.POLLIN)
        self._only_data = [(self._incoming, select.POLLIN)]
        """What a poll returns for nearly every frame."""
        self._writable = select.poll()
        self._writable.register(self._outgoing, select.POLLOUT)
        self._is_widened = False

    def close_remote(self) -> None:
        """Closes the other ends here, when the policy's process has its copies of them."""
        for descriptor in self.remote:
            os.close(descriptor)

    def close(self) -> None:
        """Closes both pipes."""
        os.close(self._outgoing)
        os.close(self._incoming)

    def is_open(self) -> bool:
        """Returns whether the policy's process still holds its end."""
        return not any(
            descriptor == self._incoming and event & select.POLLHUP
            for descriptor, event in self._readable.poll(0)
        )

    def start_sending(self, data: bytes) -> memoryview | None:
        """Sends what the pipe has room for without a wait; returns the rest, None where there is none.

        Raises ChannelClosedError.
        """
        try:
            written = os.write(self._outgoing, data)
        except BlockingIOError:
            written = 0
        except BrokenPipeError:
            raise ChannelClosedError from None
        return None if written == len(data) else memoryview(data)[written:]

    def send(self, data: memoryview) -> None:
        """Sends all of the data, and waits for room. Raises ChannelClosedError."""
        self._widen()
        while data:
            try:
                data = data[os.write(self._outgoing, data) :]
            except BlockingIOError:
                if not self._writable.poll(self._tick_ms):
                    self._on_tick()
            except BrokenPipeError:
                raise ChannelClosedError from None

    def receive(self, least: int) -> bytes:
        """Waits for at least so many bytes, and returns what is there by then. Raises ChannelClosedError."""
        data = b""
        while len(data) < least:
            ready = self._readable.poll(self._tick_ms)
            if ready != self._only_data and not self._is_data_ready(ready):
                continue
            chunk = os.read(self._incoming, READ_SIZE)
            if not chunk:
                raise ChannelClosedError
            data += chunk
            if len(data) < least:
                # A process that sends a little before every tick has no more time than others.
                self._on_tick()
        return data

    def _widen(self) -> None:
        """Makes the pipe large, where the system lets this user have one more such pipe."""
        if not self._is_widened and sys.platform == "linux":
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._outgoing, F_SETPIPE_SZ, PIPE_BYTES)
        self._is_widened = True

    def _is_data_ready(self, ready: list[tuple[int, int]]) -> bool:
        """Returns whether the policy's process has sent something; else passes a tick or an interrupt on."""
        if not ready:
            self._on_tick()
        elif all(descriptor != self._incoming for descriptor, _ in ready):
            self._on_interrupt()
        else:
            return True
        return False
