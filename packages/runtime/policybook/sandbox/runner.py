"""The loop of a policy's process: it enters the sandbox, loads texts, and acts on batches of observations."""

# ruff: noqa: BLE001 - a policy may raise anything
from __future__ import annotations

import base64
import contextlib
import json
import mmap
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from policybook.sandbox import codecs, frames
from policybook.sandbox.action_encoder import make_encoder
from policybook.sandbox.analysis.isolation_analysis import find_leak
from policybook.sandbox.confine.enter import Sandbox
from policybook.sandbox.faults import FaultError, make_fault
from policybook.sandbox.frames import STARTING, Frame
from policybook.sandbox.loaded_policy import Act, LoadedPolicy, bind_extra_args
from policybook.sandbox.memory_files import FILE, lay_out
from policybook.sandbox.messages import FormatRequest, LoadRequest, PrepareRequest
from policybook.sandbox.missing_arguments import explain_missing_argument
from policybook.sandbox.tracing import Tracer

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
"""A number by itself: what stands behind it without a blank may be a name, as in `1.0.hex`."""


class Runner:
    """Replies to the worker until its pipe closes; the progress word says which row is running.

    Observations come through the pipe; large ones come in memory that only the worker can write.
    """

    def __init__(
        self, sandbox: Sandbox, inbox: int, outbox: int, progress: mmap.mmap, shared_observations: mmap.mmap
    ) -> None:
        self.sandbox = sandbox
        self.inbox = inbox
        self.outbox = outbox
        self.progress = memoryview(progress).cast("I")
        self.shared_observations = shared_observations
        self.has_shared_observations = False
        self.texts: list[LoadedPolicy] = []
        self.isolated_skeletons: set[str] = set()
        self.acts: list[Act] = []
        self.rows: Sequence[Any] = ()
        """The observations of the latest batch, in the order of `acts`."""
        # Ended episodes are kept to the process's end, so that no destructor of theirs runs between steps.
        self.ended: list[Act] = []
        self.observations: codecs.Codec = codecs.PrimitiveCodec("int")
        self.extra_args_codec: codecs.DynamicCodec | None = None

    def serve(self) -> None:
        """Replies to one frame after another."""
        replies = {
            frames.PREPARE: self._prepare,
            frames.FILES: self._take_files,
            frames.LOAD: self._load,
            frames.FORMAT: self._take_format,
            frames.ACT: self._act,
            frames.TURN: self._turn,
            frames.TRACE: self._trace,
        }
        while True:
            frame = frames.read(self.inbox)
            replies[frame.kind](frame)

    def _prepare(self, frame: Frame) -> None:
        self.progress[0] = STARTING
        try:
            request: PrepareRequest = json.loads(frame.payload)
            self.sandbox.limit(request["memoryMb"])
            self.sandbox.confine({self.inbox, self.outbox})
        except OSError as error:
            self._reply_fault(frame, b"", 0, FaultError("died", f"the sandbox could not be entered: {error}"))
            return
        self._reply_ready(frame)

    def _take_files(self, frame: Frame) -> None:
        files: dict[str, str] = json.loads(frame.payload)
        contents = {name: base64.b64decode(data) for name, data in files.items()}
        lay_out(contents, FILE)  # type: ignore[no-untyped-call] # its text goes into programs
        self._reply_ready(frame)

    def _load(self, frame: Frame) -> None:
        """Loads texts up to the first that cannot be compiled.

        It stops, too, at one that must be alone where others are loaded.
        """
        request: LoadRequest = json.loads(frame.payload)
        loaded = 0
        for source, known in zip(request["sources"], request["needs_own_process"], strict=True):
            self.progress[0] = STARTING | loaded
            try:
                # A deeply nested text can kill the compiler, so that it is compiled inside the sandbox.
                text = LoadedPolicy(source, request["spaces"])
                text.needs_own_process = self._needs_own_process(source) if known is None else known
            except BaseException as error:
                if loaded:
                    break
                self._reply_fault(frame, b"", 0, make_fault(error, "syntax_error"))
                return
            if loaded and text.needs_own_process:
                break
            self.texts.append(text)
            loaded += 1
            if text.needs_own_process:
                break
        self.actions = codecs.restore_codec(request["actions"])
        self.encode = make_encoder(self.actions)
        # A batch of what policies mostly return is packed in one call.
        self.usual = {np.ndarray if isinstance(self.actions, codecs.ArrayCodec) else int}
        if request["observations"] is not None:
            self._use_format(request["observations"])
        self._reply_ready(
            frame, frames.READY_FOR_ONE if self.texts[-1].needs_own_process else frames.READY, loaded
        )

    def _take_format(self, frame: Frame) -> None:
        self._use_format(json.loads(frame.payload))
        self._reply_ready(frame)

    def _use_format(self, request: FormatRequest) -> None:
        self.observations = codecs.restore_codec(request["codec"])
        self.extra_args_codec = codecs.DynamicCodec() if request["extra_args"] else None
        self.has_shared_observations = request["shared"]

    def _turn(self, frame: Frame) -> None:
        """Ends and begins episodes as the frame says, then acts."""
        data, offset = frame.data, frames.HEADER.size
        ending, beginning = frames.TURNOVER.unpack_from(data, offset)
        offset += frames.TURNOVER.size
        ended = struct.unpack_from(f"<{ending}I", data, offset)
        offset += 4 * ending
        begun = struct.unpack_from(f"<{2 * beginning}I", data, offset)
        offset += 8 * beginning
        self.ended += [self.acts.pop(position) for position in reversed(ended)]
        fault = None
        try:
            for text, seed in zip(begun[::2], begun[1::2], strict=True):
                self.progress[0] = STARTING | len(self.acts)
                act = self.texts[text].begin(seed)
                self.acts.append(act if self.extra_args_codec is None else bind_extra_args(act))
        except FaultError as failed:
            fault = failed
        self._act(frame, offset + -offset % codecs.ALIGNMENT, fault)

    def _trace(self, frame: Frame) -> None:
        """Acts for the only episode; what its step did stands behind the action."""
        acts = self.acts
        tracer = Tracer(acts[0])
        self.acts = [tracer]
        try:
            self._act(frame, make_report=tracer.report)
        finally:
            self.acts = acts

    def _act(
        self,
        frame: Frame,
        offset: int = frames.HEADER.size,
        fault: FaultError | None = None,
        make_report: Callable[[], bytes] | None = None,
    ) -> None:
        values: list[Any] = []
        try:
            if self.extra_args_codec is None:
                self.rows = self._read_rows(frame, offset)
                self._call_policies(self.rows, values)
            else:
                self._call_with_extra_args(self.extra_args_codec, frame, offset, values)
        except BaseException as error:
            fault = self._explain(error, len(values)) or make_fault(error, "raised")
        data = self._encode(values)
        if isinstance(data, FaultError):
            data, fault, values = self._encode_one_by_one(values)
        if fault is not None:
            self._reply_fault(frame, data, len(values), fault)
        elif make_report is None:
            frames.write(self.outbox, frames.pack(frame.nonce, frames.ACTIONS, len(values), data))
        else:
            frames.write(
                self.outbox, frames.pack(frame.nonce, frames.TRACED, len(values), data + make_report())
            )

    def _explain(self, error: BaseException, position: int) -> FaultError | None:
        """Returns the fault of a policy that needs more arguments than it is given, None for another."""
        if position >= min(len(self.acts), len(self.rows)):
            return None
        return explain_missing_argument(error, self.acts[position], self.rows[position])

    def _read_rows(self, frame: Frame, offset: int) -> Sequence[Any]:
        if not self.has_shared_observations:
            return self.observations.unpack_rows(frame.data, offset, frame.rows)
        # It is a copy: a policy may keep what it sees, and the worker overwrites it with the next batch.
        data = self.shared_observations[: frame.rows * self.observations.size]
        return self.observations.unpack_rows(data, 0, frame.rows)

    def _call_policies(self, rows: Sequence[Any], values: list[Any]) -> None:
        progress = self.progress
        append = values.append
        for position, (act, row) in enumerate(zip(self.acts, rows, strict=False)):
            progress[0] = position
            append(act(row))

    def _call_with_extra_args(
        self, extra_args_codec: codecs.DynamicCodec, frame: Frame, offset: int, values: list[Any]
    ) -> None:
        """Calls policies with the declared extra arguments, which stand before the observations."""
        extra_args = []
        for _ in range(frame.rows):
            arguments, offset = extra_args_codec.unpack(frame.data, offset)
            extra_args.append(arguments)
        self.rows = self._read_rows(frame, offset)
        for position, (act, row, arguments) in enumerate(zip(self.acts, self.rows, extra_args, strict=False)):
            self.progress[0] = position
            values.append(act(row, **arguments))

    def _encode(self, values: list[Any]) -> bytes | FaultError:
        try:
            if set(map(type, values)) == self.usual:
                with contextlib.suppress(codecs.CodecMismatchError):
                    return self.actions.pack_rows(values)
            return b"".join(map(self.encode, values))
        except BaseException as error:
            return make_fault(error, "invalid_action")

    def _encode_one_by_one(self, values: list[Any]) -> tuple[bytes, FaultError | None, list[Any]]:
        """Returns the actions before the first that cannot be written, its fault, and their values."""
        good: list[bytes] = []
        for position, value in enumerate(values):
            self.progress[0] = position
            try:
                good.append(self.encode(value))
            except BaseException as error:
                return b"".join(good), make_fault(error, "invalid_action"), values[:position]
        return b"".join(good), None, values

    def _needs_own_process(self, source: str) -> bool:
        """Returns whether episodes must not share a process; texts alike but for numbers are read once."""
        skeleton = NUMBER.sub("0", source)
        if skeleton in self.isolated_skeletons:
            return False
        needs_own_process = find_leak(source) is not None
        if not needs_own_process:
            self.isolated_skeletons.add(skeleton)
        return needs_own_process

    def _reply_ready(self, frame: Frame, kind: int = frames.READY, loaded: int = 0) -> None:
        frames.write(self.outbox, frames.pack(frame.nonce, kind, loaded, b""))

    def _reply_fault(self, frame: Frame, data: bytes, count: int, fault: FaultError) -> None:
        frames.write(self.outbox, frames.pack(frame.nonce, frames.FAULT, count, data + fault.pack()))
