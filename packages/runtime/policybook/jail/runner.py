"""The loop of a policy's process: load a text, then answer each batch of observations with actions."""

# ruff: noqa: BLE001 - anything may come out of a policy
from __future__ import annotations

import json
import mmap
import struct
from typing import Any

from policybook.jail import frames, layout
from policybook.jail.actions import encoder
from policybook.jail.enter import Jail
from policybook.jail.episodes import Act, Text
from policybook.jail.faults import FaultError, of_exception
from policybook.jail.frames import STARTING, Frame


class Runner:
    """Answers the worker until its pipe closes. The progress word tells the worker which row is running."""

    def __init__(self, jail: Jail, inbox: int, outbox: int, progress: mmap.mmap) -> None:
        self.jail = jail
        self.inbox = inbox
        self.outbox = outbox
        self.progress = memoryview(progress).cast("I")
        self.acts: list[Act] = []
        # Ended episodes are kept to the process's end, so that no destructor of theirs runs between steps.
        self.ended: list[Act] = []
        self.observations: layout.Layout = layout.Plain("int")

    def serve(self) -> None:
        """One answer a frame."""
        while True:
            frame = frames.read(self.inbox)
            if frame.kind == frames.ACT:
                self._act(frame)
            elif frame.kind == frames.LAYOUT:
                self.observations = layout.restore(json.loads(frame.payload))
            else:
                self._load(frame)

    def _load(self, frame: Frame) -> None:
        task = json.loads(frame.payload)
        self.progress[0] = STARTING
        try:
            self.jail.limit(task["memoryMb"])
            self._confine()
            # A nested text can kill a compiler: it is compiled inside.
            self.text = Text(task["source"], task["spaces"])
        except BaseException as error:
            self._fault(frame, b"", 0, of_exception(error, "syntax_error"))
            return
        self.actions = layout.restore(task["actions"])
        self.encode = encoder(self.actions)
        # A batch of integers is packed in one call.
        self.code = self.actions.code if isinstance(self.actions, layout.Plain) else None
        frames.write(self.outbox, frames.pack(frame.nonce, frames.READY, 0, b""))

    def _confine(self) -> None:
        try:
            self.jail.confine({self.inbox, self.outbox})
        except OSError as error:
            raise FaultError("died", f"the jail could not be entered: {error}") from None

    def _act(self, frame: Frame) -> None:
        rows, fault = self._turnover(frame)
        values: list[Any] = []
        progress = self.progress
        append = values.append
        try:
            for position, (act, row) in enumerate(zip(self.acts, rows, strict=False)):
                progress[0] = position
                append(act(row))
        except BaseException as error:
            fault = of_exception(error, "raised")
        data = self._encoded(values)
        if isinstance(data, FaultError):
            data, fault, values = self._encoded_one_by_one(values)
        if fault is None:
            frames.write(self.outbox, frames.pack(frame.nonce, frames.ACTIONS, len(values), data))
        else:
            self._fault(frame, data, len(values), fault)

    def _turnover(self, frame: Frame) -> tuple[Any, FaultError | None]:
        """Ends and begins episodes as the frame says; the observations, and the fault of one that did not."""
        payload = frame.payload
        ending, beginning = frames.EPISODES.unpack_from(payload)
        offset = frames.EPISODES.size
        fault = None
        if ending or beginning:
            gone = set(struct.unpack_from(f"<{ending}I", payload, offset))
            seeds = struct.unpack_from(f"<{beginning}Q", payload, offset + 4 * ending)
            offset += 4 * ending + 8 * beginning
            self.ended += [act for position, act in enumerate(self.acts) if position in gone]
            self.acts = [act for position, act in enumerate(self.acts) if position not in gone]
            try:
                for seed in seeds:
                    self.progress[0] = STARTING | len(self.acts)
                    self.acts.append(self.text.begin(seed))
            except FaultError as failed:
                fault = failed
        offset += -offset % layout.ALIGNMENT
        return self.observations.unpack_rows(payload, offset, frame.rows), fault

    def _encoded(self, values: list[Any]) -> bytes | FaultError:
        try:
            if self.code is not None and set(map(type, values)) <= {int}:
                return struct.pack(f"<{len(values)}{self.code}", *values)
            return b"".join(map(self.encode, values))
        except BaseException as error:
            return of_exception(error, "invalid_action")

    def _encoded_one_by_one(self, values: list[Any]) -> tuple[bytes, FaultError | None, list[Any]]:
        """The actions before the first that cannot be written, and its fault."""
        good: list[bytes] = []
        for position, value in enumerate(values):
            self.progress[0] = position
            try:
                good.append(self.encode(value))
            except BaseException as error:
                return b"".join(good), of_exception(error, "invalid_action"), values[:position]
        return b"".join(good), None, values

    def _fault(self, frame: Frame, data: bytes, count: int, fault: FaultError) -> None:
        frames.write(self.outbox, frames.pack(frame.nonce, frames.FAULT, count, data + fault.pack()))
