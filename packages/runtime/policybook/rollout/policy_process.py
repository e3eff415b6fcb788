"""One policy's process as the worker sees it: a frame out, a frame back, a clock that ends it by SIGKILL."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import hashlib
import json
import mmap
import os
import select
import signal
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from policybook.rollout.blocks import Limits
from policybook.rollout.policy_clock import RowClock, Slow, process_cpu, resident_bytes
from policybook.rollout.shared_memory import PICTURES, read_only_elsewhere, shared
from policybook.rollout.zygotes import Zygote
from policybook.sandbox import frames
from policybook.sandbox.codecs import ALIGNMENT, Codec, PrimitiveCodec
from policybook.sandbox.confine.enter import CPU_SECONDS
from policybook.sandbox.frames import STARTING

PIPE_SIZE = 1 << 20
LEAST_SHARED = 4096
"""Observations of so many bytes go by shared memory."""

KNOWN: OrderedDict[bytes, bool] = OrderedDict()
"""A text's hash -> whether it is alone, as a process said that had run nothing yet."""

MOST_KNOWN = 256

F_SETPIPE_SZ = 1031
ACTING = (frames.ACT, frames.TURN, frames.TRACE)
BROKE_PROTOCOL = "it wrote into the channel of its actions"


@functools.lru_cache(maxsize=8)
def _hash_text(source: str) -> bytes:
    """The SHA-256 of a text; blocks of one evaluation bring the same text again and again."""
    return hashlib.sha256(source.encode(errors="surrogatepass")).digest()


class Reply(NamedTuple):
    """Actions of the first `done` rows, and what went wrong in the row behind them.

    `told`: what a traced step did, JSON as the policy's process wrote it.
    """

    done: int
    actions: bytes
    fault: dict[str, Any] | None
    kind: int = frames.ACTIONS
    told: bytes = b""


class ObservationFormat(NamedTuple):
    """How observations come: their codec, at most how many at once, whether extra arguments come too."""

    codec: Codec
    most: int
    has_extra_args: bool = False

    @property
    def shared(self) -> bool:
        """Whether they come by shared memory."""
        return LEAST_SHARED <= self.codec.size <= self.most * self.codec.size <= PICTURES

    def describe(self) -> dict[str, Any]:
        """As a FORMAT frame has it."""
        return {"codec": self.codec.describe(), "shared": self.shared, "extra_args": self.has_extra_args}


class PolicyLostError(Exception):
    """The process ended, was ended by the clock, or broke the protocol while it worked on a row."""

    def __init__(self, code: str, text: str, row: int) -> None:
        super().__init__(code, text, row)
        self.code = code
        self.text = text
        self.row = row


class PolicyProcess:
    """A fork of the zygote for one policy, or for variants of its text; it enters the sandbox at once.

    Its texts may read `files`, and no others. `wake` is readable when `interrupted` has something to say.
    """

    def __init__(
        self,
        zygote: Zygote,
        limits: Limits,
        files: Mapping[str, bytes],
        wake: int,
        interrupted: Callable[[], None],
    ) -> None:
        self.zygote = zygote
        self.limits = limits
        self.files = files
        self.interrupted = interrupted
        inbox, self.outgoing = os.pipe()
        self.incoming, outbox = os.pipe()
        word, self.progress = shared(mmap.PAGESIZE)
        album, self.pictures = read_only_elsewhere(PICTURES)
        self.row = memoryview(self.progress).cast("I")
        try:
            self.fork = zygote.fork([inbox, outbox, word, album])
        finally:
            for descriptor in (inbox, outbox, word, album):
                os.close(descriptor)
        for descriptor in (self.outgoing, self.incoming):
            os.set_blocking(descriptor, False)
        self.clock = RowClock(self.fork.pid, self.row, limits)
        self.readable = select.poll()
        self.readable.register(self.incoming, select.POLLIN)
        self.readable.register(wake, select.POLLIN)
        self.answered = [(self.incoming, select.POLLIN)]
        self.writable = select.poll()
        self.writable.register(self.outgoing, select.POLLOUT)
        self.wide = False
        self.level = zygote.level
        self.cpu_seconds = 0.0
        self.closed = False
        self.texts = 0
        self.needs_own_process = False
        self.actions: Codec = PrimitiveCodec("int")
        self.observation_format: ObservationFormat | None = None
        self.shares = False
        self.over: list[int] = []
        """Positions of episodes that have ended since the last frame."""
        self.begun = 0
        """Episodes that have begun in it."""
        self.counted_cpu = 0.0
        """CPU seconds that earlier evaluations have been told."""
        self.row[0] = STARTING
        self.entering: bytes | None = os.urandom(8)
        preparation = json.dumps({"memoryMb": limits.memory_mb}).encode()
        # One that is gone already is met when its answer is awaited.
        with contextlib.suppress(BrokenPipeError):
            os.write(self.outgoing, frames.pack(self.entering, frames.PREPARE, 0, preparation))

    @property
    def alive(self) -> bool:
        """Whether its end of the pipe is open."""
        return not any(
            descriptor == self.incoming and event & select.POLLHUP
            for descriptor, event in self.readable.poll(0)
        )

    @property
    def full(self) -> bool:
        """Whether a third of its memory or CPU time is taken: ended episodes' must not fail others."""
        memory = resident_bytes(self.fork.pid) / (self.limits.memory_mb * 1e6)
        return 3 * max(memory, self.cpu / CPU_SECONDS) > 1

    @property
    def slow(self) -> Slow | None:
        """The slowest row of the last frame, where one was noticed."""
        return self.clock.slow

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        return self.cpu_seconds if self.closed else process_cpu(self.fork.pid)

    def load(
        self,
        sources: Sequence[str],
        actions: Codec,
        spaces: str,
        observation_format: ObservationFormat | None = None,
    ) -> dict[str, Any] | None:
        """Sends texts that differ in constants, and how observations will come where that is known; the fault
        if the first cannot be compiled.

        `texts` counts those that are loaded, which are numbered from 0: of these, all before the first that
        fails. A text that `needs_own_process` may reach beyond an episode, so that its first episode here has
        to be the process's only one; it is loaded without others.
        """
        self.actions = actions
        hashes = [_hash_text(source) for source in sources]
        task = {
            "sources": sources,
            "needs_own_process": [KNOWN.get(each) for each in hashes],
            "actions": actions.describe(),
            "spaces": spaces,
            "observations": None if observation_format is None else observation_format.describe(),
        }
        fault = self._entered()
        if fault is not None:
            return fault
        reply = self._exchange(frames.LOAD, len(sources), json.dumps(task).encode())
        if reply.fault is None:
            if observation_format is not None:
                self._agree(observation_format)
            self.texts += reply.done
            self.needs_own_process = reply.kind == frames.READY_FOR_ONE
            for each in hashes[: reply.done]:
                KNOWN[each] = self.needs_own_process
            while len(KNOWN) > MOST_KNOWN:
                KNOWN.popitem(last=False)
        return reply.fault

    def observe(self, observation_format: ObservationFormat) -> None:
        """Announces how observations will come; with `has_extra_args`, these stand before them."""
        self._exchange(frames.FORMAT, 0, json.dumps(observation_format.describe()).encode())
        self._agree(observation_format)

    def act(
        self,
        count: int,
        observations: bytes,
        ended: Sequence[int] = (),
        begun: Sequence[tuple[int, int]] = (),
        extra_args: bytes = b"",
    ) -> Reply:
        """Every row's action. Before, episodes end by position, and one begins a text's number and seed
        behind the others.
        """
        observations = self._shown(observations)
        if not ended and not begun:
            return self._exchange(frames.ACT, count, extra_args + observations)
        flat = [number for pair in begun for number in pair]
        opening = struct.pack(f"<II{len(ended)}I{len(flat)}I", len(ended), len(begun), *ended, *flat)
        opening += bytes(-len(opening) % ALIGNMENT)
        return self._exchange(frames.TURN, count, opening + extra_args + observations)

    def trace(self, observation: bytes, extra_args: bytes = b"") -> Reply:
        """As `act`, for the only episode, with what its step did."""
        return self._exchange(frames.TRACE, 1, extra_args + self._shown(observation))

    def close(self) -> int:
        """Ends the process, if it has not been yet; its wait status."""
        if self.closed:
            return 0
        self.cpu_seconds = self.cpu
        self.closed = True
        status = self.zygote.reap(self.fork)
        self.row.release()
        self.progress.close()
        self.pictures.close()
        os.close(self.outgoing)
        os.close(self.incoming)
        return status

    def _agree(self, observation_format: ObservationFormat) -> None:
        self.observation_format, self.shares = observation_format, observation_format.shared

    def _shown(self, observations: bytes) -> bytes:
        """What of them is left for the frame."""
        if not self.shares:
            return observations
        self.pictures[: len(observations)] = observations
        return b""

    def _entered(self) -> dict[str, Any] | None:
        """The fault if the sandbox could not be entered; what texts may read is handed over behind it."""
        nonce, self.entering = self.entering, None
        if nonce is None:
            return None
        fault = self._answer(nonce, frames.PREPARE, 0).fault
        if fault is None and self.files:
            files = {name: base64.b64encode(data).decode() for name, data in self.files.items()}
            fault = self._exchange(frames.FILES, 0, json.dumps(files).encode()).fault
        return fault

    def _exchange(self, kind: int, count: int, payload: bytes) -> Reply:
        nonce = os.urandom(8)
        self._send(frames.pack(nonce, kind, count, payload))
        return self._answer(nonce, kind, count)

    def _answer(self, nonce: bytes, kind: int, count: int) -> Reply:
        self.clock.start(count, beginning=kind != frames.ACT)
        data = self._receive(frames.HEADER.size)
        echoed, answer, done, length = frames.HEADER.unpack_from(data)
        acting = kind in ACTING
        size = done * self.actions.size if acting else 0
        faulty, traced = answer == frames.FAULT, answer == frames.TRACED and kind == frames.TRACE
        beyond = frames.LARGEST_FAULT if faulty else frames.LARGEST_TRACE if traced else 0
        fits = size < length <= size + beyond if beyond else length == size
        # Of texts, those behind the first may fail.
        fits = fits and (faulty or done == count or (kind == frames.LOAD and done > 0))
        if echoed != nonce or done > count or not fits:
            raise self._lost("died", BROKE_PROTOCOL)
        whole = frames.HEADER.size + length
        if len(data) < whole:
            data += self._receive(whole - len(data))
        if len(data) != whole:
            raise self._lost("died", BROKE_PROTOCOL)
        if not beyond:
            return Reply(done, data[frames.HEADER.size :], None, answer)
        end = frames.HEADER.size + size
        actions, told = data[frames.HEADER.size : end], data[end:]
        return Reply(done, actions, self._fault(told) if faulty else None, answer, told)

    def _fault(self, data: bytes) -> dict[str, Any]:
        try:
            fault = json.loads(data)
            return {key: fault[key] for key in ("code", "text", "line", "column")}
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._lost("died", BROKE_PROTOCOL) from None

    def _send(self, data: bytes) -> None:
        try:
            written = os.write(self.outgoing, data)
        except BlockingIOError:
            written = 0
        except BrokenPipeError:
            raise self._ended() from None
        if written < len(data):
            self._send_rest(memoryview(data)[written:])

    def _send_rest(self, view: memoryview) -> None:
        self._widen()
        self.clock.start(1, beginning=True)
        while view:
            try:
                view = view[os.write(self.outgoing, view) :]
            except BlockingIOError:
                if not self.writable.poll(self.clock.tick_ms):
                    self._look()
            except BrokenPipeError:
                raise self._ended() from None

    def _widen(self) -> None:
        """Large frames go through a large pipe, where the system lets this user have one more."""
        if not self.wide and sys.platform == "linux":
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.outgoing, F_SETPIPE_SZ, PIPE_SIZE)
        self.wide = True

    def _receive(self, least: int) -> bytes:
        data = b""
        while len(data) < least:
            ready = self.readable.poll(self.clock.tick_ms)
            if ready != self.answered and not self._answering(ready):
                continue
            chunk = os.read(self.incoming, frames.READ_SIZE)
            if not chunk:
                raise self._ended()
            data += chunk
            if len(data) < least:
                self._look()  # who lets something arrive before every tick has no more time than others
        return data

    def _answering(self, ready: list[tuple[int, int]]) -> bool:
        if not ready:
            self._look()
        elif all(descriptor != self.incoming for descriptor, _ in ready):
            self.interrupted()
        else:
            return True
        return False

    def _look(self) -> None:
        time_out = self.clock.look()
        if time_out is not None:
            raise self._lost(time_out.code, time_out.used)

    def _lost(self, code: str, text: str) -> PolicyLostError:
        row = self.row[0] & ~STARTING
        self.close()
        return PolicyLostError(code, text, row)

    def _ended(self) -> PolicyLostError:
        row = self.row[0] & ~STARTING
        if not self.fork.ended():
            self.close()
            return PolicyLostError("died", "it closed the channel of its actions", row)
        status = self.close()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            # Nobody here sent it: the system ended the process for want of memory.
            code = "memory" if number == signal.SIGKILL else "died"
            return PolicyLostError(code, f"it was ended by {signal.Signals(number).name}", row)
        return PolicyLostError(
            "died", f"it ended itself with exit status {os.waitstatus_to_exitcode(status)}", row
        )
