"""One policy's process as its worker sees it: its life, and the protocol of requests and replies."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import mmap
import os
import signal
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from policybook.rollout.blocks import Limits
from policybook.rollout.policy_channel import ChannelClosedError, PolicyChannel
from policybook.rollout.policy_clock import RowClock, SlowRow, choose_tick, measure_cpu, measure_memory
from policybook.rollout.shared_memory import SHARED_OBSERVATION_BYTES, share_memory, share_read_only
from policybook.rollout.zygotes import Zygote
from policybook.sandbox import frames
from policybook.sandbox.codecs import ALIGNMENT, Codec, PrimitiveCodec
from policybook.sandbox.confine.enter import CPU_SECONDS
from policybook.sandbox.frames import STARTING
from policybook.sandbox.messages import FaultReport, FormatRequest, LoadRequest, PrepareRequest

MIN_SHARED_BYTES = 4096
"""Observations of so many bytes or more go by shared memory."""

FULL_SHARE = 1 / 3
"""The part of its memory or CPU time after which a process begins no further episode."""

KNOWN_TEXTS: OrderedDict[bytes, bool] = OrderedDict()
"""A text's hash -> whether it needs a process of its own, as a process found that had run no text yet."""

MAX_KNOWN_TEXTS = 256

ACTING = (frames.ACT, frames.TURN, frames.TRACE)
"""The kinds of frames whose replies hold actions."""

BROKE_PROTOCOL = "it sent bytes that are no reply; a policy may not write to open file descriptors"


@functools.lru_cache(maxsize=8)
def _hash_text(source: str) -> bytes:
    """Returns the SHA-256 of a text; blocks of one evaluation bring the same text again and again."""
    return hashlib.sha256(source.encode(errors="surrogatepass")).digest()


class Reply(NamedTuple):
    """The actions of the first `done` rows, and the fault of the row behind them.

    `trace` says what a traced step did, as JSON that the policy's process wrote.
    """

    done: int
    actions: bytes
    fault: FaultReport | None
    kind: int = frames.ACTIONS
    trace: bytes = b""


class ObservationFormat(NamedTuple):
    """How observations are sent: their codec, the most in one frame, and whether extra arguments come too."""

    codec: Codec
    most: int
    has_extra_args: bool = False

    @property
    def is_shared(self) -> bool:
        """Whether observations go by shared memory."""
        return MIN_SHARED_BYTES <= self.codec.size <= self.most * self.codec.size <= SHARED_OBSERVATION_BYTES

    def describe(self) -> FormatRequest:
        """Returns the format as a FORMAT frame has it."""
        return {"codec": self.codec.describe(), "shared": self.is_shared, "extra_args": self.has_extra_args}


class PolicyLostError(Exception):
    """The process ended, was ended by the clock, or broke the protocol while it worked on a row."""

    def __init__(self, code: str, text: str, row: int) -> None:
        super().__init__(code, text, row)
        self.code = code
        self.text = text
        self.row = row


class PolicyProcess:
    """A fork of the zygote for one policy, or for variants of its text; it enters the sandbox at once.

    Its texts may read `files`, and no others. While its reply is awaited, `on_interrupt` is called when the
    descriptor `interrupt` becomes readable, and `on_wait` at each look at the clock. Methods that load,
    observe or act raise PolicyLostError.
    """

    def __init__(
        self,
        zygote: Zygote,
        limits: Limits,
        files: Mapping[str, bytes],
        interrupt: int,
        on_interrupt: Callable[[], None],
        *,
        on_wait: Callable[[], None],
    ) -> None:
        self.on_wait = on_wait
        self.zygote = zygote
        self.limits = limits
        self.files = files
        with contextlib.ExitStack() as own, contextlib.ExitStack() as remote:
            self.channel = PolicyChannel(interrupt, choose_tick(limits), on_interrupt, self._check_clock)
            own.callback(self.channel.close)
            remote.callback(self.channel.close_remote)
            word, self._progress_page = share_memory(mmap.PAGESIZE)
            own.callback(self._progress_page.close)
            remote.callback(os.close, word)
            shared, self._shared_observations = share_read_only(SHARED_OBSERVATION_BYTES)
            own.callback(self._shared_observations.close)
            remote.callback(os.close, shared)
            self._progress = memoryview(self._progress_page).cast("I")
            """The page as numbers, of which the first is the row under way, as the process says."""
            own.callback(self._progress.release)
            self.fork = zygote.fork([*self.channel.remote, word, shared])
            self._resources = own.pop_all()
            """This side's ends of what it shares with the process."""
        self.clock = RowClock(self.fork.pid, self._progress, limits)
        self.level = zygote.level
        self.texts = 0
        """How many texts are loaded."""
        self.needs_own_process = False
        self.observation_format: ObservationFormat | None = None
        self._has_shared_observations = False
        self.ended: list[int] = []
        """Positions of episodes that have ended since the last frame."""
        self.begun_episodes = 0
        self.counted_cpu = 0.0
        """CPU seconds that belong to earlier evaluations."""
        self._actions: Codec = PrimitiveCodec("int")
        self._is_closed = False
        self._cpu_at_end = 0.0
        self._progress[0] = STARTING
        self._preparation: bytes | None = os.urandom(8)
        """The nonce of the first frame, until its reply has been read."""
        preparation: PrepareRequest = {"memoryMb": limits.memory_mb}
        payload = json.dumps(preparation).encode()
        # A process that has ended already is noticed when its reply is awaited.
        with contextlib.suppress(ChannelClosedError):
            self.channel.start_sending(frames.pack(self._preparation, frames.PREPARE, 0, payload))

    @property
    def slowest_row(self) -> SlowRow | None:
        """The slowest row of the last frame, where one was noticed."""
        return self.clock.slowest

    def is_alive(self) -> bool:
        """Returns whether the process still holds its end of the channel."""
        return self.channel.is_open()

    def is_full(self) -> bool:
        """Returns whether no further episode should begin in the process.

        Episodes that have ended there may have used so much memory or CPU time that another would lack it.
        """
        memory = measure_memory(self.fork.pid) / (self.limits.memory_mb * 2**20)
        return max(memory, self.measure_cpu() / CPU_SECONDS) > FULL_SHARE

    def measure_cpu(self) -> float:
        """Returns the CPU seconds that the process has used so far, or had used when it ended."""
        return self._cpu_at_end if self._is_closed else measure_cpu(self.fork.pid)

    def load(
        self,
        sources: Sequence[str],
        actions: Codec,
        spaces: str,
        observation_format: ObservationFormat | None = None,
    ) -> FaultReport | None:
        """Sends texts that differ in constants; returns the fault if the first cannot be compiled.

        `observation_format` says how observations will come, where that is known. `texts` counts those that
        are loaded, which are numbered from 0: of these, all before the first that fails. A text that
        `needs_own_process` may reach beyond an episode, so that its first episode here has to be the
        process's only one; it is loaded without others.
        """
        self._actions = actions
        hashes = [_hash_text(source) for source in sources]
        request: LoadRequest = {
            "sources": list(sources),
            "needs_own_process": [KNOWN_TEXTS.get(each) for each in hashes],
            "actions": actions.describe(),
            "spaces": spaces,
            "observations": None if observation_format is None else observation_format.describe(),
        }
        fault = self._finish_entering()
        if fault is not None:
            return fault
        reply = self._exchange(frames.LOAD, len(sources), json.dumps(request).encode())
        if reply.fault is None:
            if observation_format is not None:
                self._agree_on(observation_format)
            self.texts += reply.done
            self.needs_own_process = reply.kind == frames.READY_FOR_ONE
            for each in hashes[: reply.done]:
                KNOWN_TEXTS[each] = self.needs_own_process
            while len(KNOWN_TEXTS) > MAX_KNOWN_TEXTS:
                KNOWN_TEXTS.popitem(last=False)
        return reply.fault

    def observe(self, observation_format: ObservationFormat) -> None:
        """Announces how observations will come; with `has_extra_args`, these stand before them."""
        self._exchange(frames.FORMAT, 0, json.dumps(observation_format.describe()).encode())
        self._agree_on(observation_format)

    def act(
        self,
        count: int,
        observations: bytes,
        ended: Sequence[int] = (),
        begun: Sequence[tuple[int, int]] = (),
        extra_args: bytes = b"",
    ) -> Reply:
        """Returns every row's action.

        Before that, the episodes at the positions `ended` end, and one begins behind the others for each
        pair of a text's number and the policy's seed in `begun`.
        """
        observations = self._share_observations(observations)
        if not ended and not begun:
            return self._exchange(frames.ACT, count, extra_args + observations)
        flat = [number for pair in begun for number in pair]
        opening = struct.pack(f"<II{len(ended)}I{len(flat)}I", len(ended), len(begun), *ended, *flat)
        opening += bytes(-len(opening) % ALIGNMENT)
        return self._exchange(frames.TURN, count, opening + extra_args + observations)

    def trace(self, observation: bytes, extra_args: bytes = b"") -> Reply:
        """Returns the action of the only episode, as `act` does, with what its step did."""
        return self._exchange(frames.TRACE, 1, extra_args + self._share_observations(observation))

    def close(self) -> int | None:
        """Ends the process, if it has not been ended yet; returns its wait status.

        That is None where the process ended with its zygote.
        """
        if self._is_closed:
            return 0
        self._cpu_at_end = self.measure_cpu()
        self._is_closed = True
        status = self.zygote.reap(self.fork)
        self._resources.close()
        return status

    def _agree_on(self, observation_format: ObservationFormat) -> None:
        self.observation_format = observation_format
        self._has_shared_observations = observation_format.is_shared

    def _share_observations(self, observations: bytes) -> bytes:
        """Returns what of the observations is left for the frame when shared memory has its part."""
        if not self._has_shared_observations:
            return observations
        self._shared_observations[: len(observations)] = observations
        return b""

    def _finish_entering(self) -> FaultReport | None:
        """Hands over the files that texts may read; returns the fault if the sandbox was not entered."""
        nonce, self._preparation = self._preparation, None
        if nonce is None:
            return None
        fault = self._read_reply(nonce, frames.PREPARE, 0).fault
        if fault is None and self.files:
            files = {name: base64.b64encode(data).decode() for name, data in self.files.items()}
            fault = self._exchange(frames.FILES, 0, json.dumps(files).encode()).fault
        return fault

    def _exchange(self, kind: int, count: int, payload: bytes) -> Reply:
        nonce = os.urandom(8)
        try:
            rest = self.channel.start_sending(frames.pack(nonce, kind, count, payload))
            if rest is not None:
                self.clock.start(1, can_begin=True)
                self.channel.send(rest)
        except ChannelClosedError:
            raise self._explain_end() from None
        return self._read_reply(nonce, kind, count)

    def _read_reply(self, nonce: bytes, kind: int, count: int) -> Reply:
        """Waits for a frame's reply; what does not fit the request is a breach of the protocol."""
        self.clock.start(count, can_begin=kind != frames.ACT)
        data = self._receive(frames.HEADER.size)
        echoed, kind_of_reply, done, length = frames.HEADER.unpack_from(data)
        size = done * self._actions.size if kind in ACTING else 0
        is_faulty = kind_of_reply == frames.FAULT
        is_traced = kind_of_reply == frames.TRACED and kind == frames.TRACE
        beyond = frames.MAX_FAULT_BYTES if is_faulty else frames.MAX_TRACE_BYTES if is_traced else 0
        fits = size < length <= size + beyond if beyond else length == size
        # Texts behind the first may fail, so that fewer are loaded.
        fits = fits and (is_faulty or done == count or (kind == frames.LOAD and done > 0))
        if echoed != nonce or done > count or not fits:
            raise self._lose("died", BROKE_PROTOCOL)
        whole = frames.HEADER.size + length
        if len(data) < whole:
            data += self._receive(whole - len(data))
        if len(data) != whole:
            raise self._lose("died", BROKE_PROTOCOL)
        if not beyond:
            return Reply(done, data[frames.HEADER.size :], None, kind_of_reply)
        end = frames.HEADER.size + size
        actions, report = data[frames.HEADER.size : end], data[end:]
        return Reply(done, actions, self._read_fault(report) if is_faulty else None, kind_of_reply, report)

    def _read_fault(self, data: bytes) -> FaultReport:
        try:
            fault = json.loads(data)
            return {
                "code": fault["code"],
                "text": fault["text"],
                "line": fault["line"],
                "column": fault["column"],
            }
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._lose("died", BROKE_PROTOCOL) from None

    def _receive(self, least: int) -> bytes:
        try:
            return self.channel.receive(least)
        except ChannelClosedError:
            raise self._explain_end() from None

    def _check_clock(self) -> None:
        self.on_wait()
        time_out = self.clock.look()
        if time_out is not None:
            raise self._lose(time_out.code, time_out.used)

    def _lose(self, code: str, text: str) -> PolicyLostError:
        """Ends the process; returns the error to raise."""
        row = self._progress[0] & ~STARTING
        self.close()
        return PolicyLostError(code, text, row)

    def _explain_end(self) -> PolicyLostError:
        """Finds out how the process ended, and returns the error to raise."""
        row = self._progress[0] & ~STARTING
        if not self.fork.wait_for_end():
            self.close()
            return PolicyLostError("died", "it closed the pipe to policybook", row)
        status = self.close()
        if status is None:
            return PolicyLostError("died", "the process that it was forked from had ended", row)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            # This program sent no signal: the system ended the process because memory was short.
            code = "memory" if number == signal.SIGKILL else "died"
            return PolicyLostError(code, f"it was ended by {signal.Signals(number).name}", row)
        return PolicyLostError(
            "died", f"it ended itself with exit status {os.waitstatus_to_exitcode(status)}", row
        )
