"""One policy's process as the worker sees it: a frame out, a frame back, a clock that ends it by SIGKILL."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import select
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from policybook.evaluator.blocks import Limits
from policybook.evaluator.clocks import process_cpu
from policybook.evaluator.zygotes import Zygote
from policybook.jail import frames
from policybook.jail.frames import STARTING
from policybook.jail.layout import ALIGNMENT, Layout

PATIENCE = 10
"""The wall clock waits this many times longer than the CPU clock: a loaded machine changes no score."""

PIPE_SIZE = 1 << 20
READ_SIZE = 1 << 14
"""A buffer of a megabyte would cost 10 µs a frame, three times the exchange itself."""

F_SETPIPE_SZ = 1031
BROKE_PROTOCOL = "it wrote into the channel of its actions"


@dataclass(frozen=True)
class Reply:
    """Actions of the first `count` rows, and what went wrong in the row behind them."""

    count: int
    actions: bytes
    fault: dict[str, Any] | None


class PolicyLostError(Exception):
    """The process ended, was ended by the clock, or broke the protocol while it worked on a row."""

    def __init__(self, code: str, text: str, row: int) -> None:
        super().__init__(code, text, row)
        self.code = code
        self.text = text
        self.row = row


class PolicyProcess:
    """A fork of the zygote for one policy. `wake` is readable when `interrupted` has something to say."""

    def __init__(
        self, zygote: Zygote, limits: Limits, actions: Layout, wake: int, interrupted: Callable[[], None]
    ) -> None:
        self.zygote = zygote
        self.limits = limits
        self.actions = actions
        self.interrupted = interrupted
        inbox, self.outgoing = os.pipe()
        self.incoming, outbox = os.pipe()
        word = _anonymous_file()
        self.progress = mmap.mmap(word, mmap.PAGESIZE)
        self.row = memoryview(self.progress).cast("I")
        try:
            self.fork = zygote.fork([inbox, outbox, word])
        finally:
            for descriptor in (inbox, outbox, word):
                os.close(descriptor)
        for descriptor in (self.outgoing, self.incoming):
            os.set_blocking(descriptor, False)
            if sys.platform == "linux":
                fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_SIZE)
        self.readable = select.poll()
        self.readable.register(self.incoming, select.POLLIN)
        self.readable.register(wake, select.POLLIN)
        self.writable = select.poll()
        self.writable.register(self.outgoing, select.POLLOUT)
        self.level = zygote.level
        self.cpu_seconds = 0.0
        self.closed = False

    def load(self, source: str, spaces: dict[str, Any]) -> dict[str, Any] | None:
        """Sends the text; the fault if it cannot be compiled."""
        task = {
            "source": source,
            "memoryMb": self.limits.memory_mb,
            "actions": self.actions.describe(),
            "spaces": spaces,
        }
        self.row[0] = STARTING
        return self._exchange(frames.LOAD, 0, json.dumps(task).encode()).fault

    def observe(self, layout: Layout) -> None:
        """Announces the layout of the observations to come."""
        self._send(frames.pack(os.urandom(8), frames.LAYOUT, 0, json.dumps(layout.describe()).encode()))

    def act(self, ended: Sequence[int], seeds: Sequence[int], count: int, observations: bytes) -> Reply:
        """Ends episodes by position, begins one a seed behind the others, and asks for every row's action."""
        opening = frames.EPISODES.pack(len(ended), len(seeds))
        if ended or seeds:
            opening += struct.pack(f"<{len(ended)}I{len(seeds)}Q", *ended, *seeds)
        opening += bytes(-len(opening) % ALIGNMENT)
        return self._exchange(frames.ACT, count, opening + observations)

    def close(self) -> int:
        """Ends the process, if it has not been yet; its wait status."""
        if self.closed:
            return 0
        self.closed = True
        self.cpu_seconds = process_cpu(self.fork.pid)
        status = self.zygote.reap(self.fork)
        self.row.release()
        self.progress.close()
        os.close(self.outgoing)
        os.close(self.incoming)
        return status

    def _exchange(self, kind: int, count: int, payload: bytes) -> Reply:
        nonce = os.urandom(8)
        self._start_clock()
        self._send(frames.pack(nonce, kind, count, payload))
        data = self._receive(frames.HEADER.size)
        echoed, answer, done, length = frames.HEADER.unpack_from(data)
        size = done * self.actions.size
        fits = length == size if answer != frames.FAULT else size < length <= size + frames.LARGEST_FAULT
        complete = done == count or answer == frames.FAULT
        if echoed != nonce or done > count or not fits or not complete:
            raise self._lost("died", BROKE_PROTOCOL)
        whole = frames.HEADER.size + length
        if len(data) < whole:
            data += self._receive(whole - len(data))
        if len(data) != whole:
            raise self._lost("died", BROKE_PROTOCOL)
        actions = data[frames.HEADER.size : frames.HEADER.size + size]
        if answer != frames.FAULT:
            return Reply(done, actions, None)
        return Reply(done, actions, self._fault(data[frames.HEADER.size + size :]))

    def _fault(self, data: bytes) -> dict[str, Any]:
        try:
            fault = json.loads(data)
            return {key: fault[key] for key in ("code", "text", "line", "column")}
        except (ValueError, KeyError, TypeError):
            raise self._lost("died", BROKE_PROTOCOL) from None

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.outgoing, view) :]
            except BlockingIOError:
                if not self.writable.poll(self.limits.step_ms):
                    self._check_clock()
            except BrokenPipeError:
                raise self._ended() from None

    def _receive(self, least: int) -> bytes:
        data = b""
        while len(data) < least:
            ready = self.readable.poll(self.limits.step_ms / 4)
            if not ready:
                self._check_clock()
                continue
            if all(descriptor != self.incoming for descriptor, _ in ready):
                self.interrupted()
                continue
            chunk = os.read(self.incoming, READ_SIZE)
            if not chunk:
                raise self._ended()
            data += chunk
        return data

    def _start_clock(self) -> None:
        self.watched = self.row[0]
        self.cpu_start = process_cpu(self.fork.pid)
        self.wall_start = time.monotonic()

    def _check_clock(self) -> None:
        """Ends the process when its row has had its time; another row than before restarts the clock."""
        row = self.row[0]
        if row != self.watched:
            self._start_clock()
            return
        starting = bool(row & STARTING)
        limit = (self.limits.import_ms if starting else self.limits.step_ms) / 1000
        spent = process_cpu(self.fork.pid) - self.cpu_start
        waited = time.monotonic() - self.wall_start
        if spent >= limit or waited >= limit * PATIENCE:
            raise self._lost("import_timeout" if starting else "step_timeout", "")

    def _lost(self, code: str, text: str) -> PolicyLostError:
        row = self.row[0] & ~STARTING
        self.close()
        return PolicyLostError(code, text, row)

    def _ended(self) -> PolicyLostError:
        row = self.row[0] & ~STARTING
        status = self.close()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            # Nobody here sent it: the system ended the process for want of memory.
            code = "memory" if number == signal.SIGKILL else "died"
            return PolicyLostError(code, f"it was ended by {signal.Signals(number).name}", row)
        return PolicyLostError(
            "died", f"it ended itself with exit status {os.waitstatus_to_exitcode(status)}", row
        )


def _anonymous_file() -> int:
    """A descriptor of one shared page."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("progress")
    else:
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
    os.ftruncate(descriptor, mmap.PAGESIZE)
    return descriptor
