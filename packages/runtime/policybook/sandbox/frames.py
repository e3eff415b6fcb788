"""Frames between worker and policy: a header of 32 bytes and a payload; one request, one reply at a time.

The worker draws a nonce for each frame, and the policy's process returns it with its reply. Without it,
replies that were written before the request got through.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

HEADER = struct.Struct("<8sIIQ8x")
"""The nonce, the kind, the count, and the payload's length."""

TURNOVER = struct.Struct("<II")
"""The beginning of a TURN payload: how many episodes end, and how many begin.

The positions of those that end follow, rising, then the number of its text and a seed for each that begins.
All are of 32 bits, filled up to the alignment."""

# Worker to policy.
PREPARE = 1  # JSON: `PrepareRequest`; before any text comes
LOAD = 2  # `count` texts; JSON: `LoadRequest`
FORMAT = 3  # JSON: `FormatRequest`
ACT = 4  # `count` observations
TURN = 5  # episodes that end and begin, then as ACT
FILES = 6  # JSON: files that all texts may read, by name, in base 64
TRACE = 7  # as ACT, of one observation

# Policy to worker.
READY = 1  # `count` texts are loaded, those before the first that fails; each gets the next number, from 0
ACTIONS = 2  # `count` actions
FAULT = 3  # `count` actions before the fault, then JSON: `FaultReport`
READY_FOR_ONE = 4  # as READY, of one text that may reach beyond an episode: each needs a process of its own
TRACED = 5  # an action, then JSON: `StepTrace`

STARTING = 1 << 31
"""Set in the progress word while an episode begins, where the import's limit holds instead of a step's."""

MAX_FAULT_BYTES = 8192
MAX_TRACE_BYTES = 1 << 18
"""The most bytes of JSON behind the actions."""

READ_SIZE = 1 << 14
"""What is read at first: a buffer of a megabyte would cost 10 µs a frame, more than the exchange."""

CHUNK_SIZE = 1 << 20


class Frame(NamedTuple):
    """A frame as it was read; its payload begins behind the header of `data`, which keeps arrays aligned."""

    nonce: bytes
    kind: int
    rows: int
    data: bytes

    @property
    def payload(self) -> bytes:
        """A copy of the payload."""
        return self.data[HEADER.size :]


def pack(nonce: bytes, kind: int, count: int, payload: bytes) -> bytes:
    """Returns a frame's bytes."""
    return HEADER.pack(nonce, kind, count, len(payload)) + payload


def read(descriptor: int) -> Frame:
    """Returns the next frame of a blocking descriptor; raises EOFError when its writer is gone."""
    data = os.read(descriptor, READ_SIZE)
    if len(data) < HEADER.size:
        data = _read_rest(descriptor, data, HEADER.size)
    nonce, kind, count, length = HEADER.unpack_from(data)
    if len(data) < HEADER.size + length:
        data = _read_rest(descriptor, data, HEADER.size + length)
    return Frame(nonce, kind, count, data)


def write(descriptor: int, data: bytes) -> None:
    """Writes all of the data to a blocking descriptor."""
    written = os.write(descriptor, data)
    if written < len(data):
        view = memoryview(data)
        while written < len(data):
            written += os.write(descriptor, view[written:])


def _read_rest(descriptor: int, data: bytes, length: int) -> bytes:
    """Reads the rest of a frame: one request is under way at a time, so that nothing stands behind it."""
    chunks = [data]
    missing = length - len(data)
    while missing:
        chunk = os.read(descriptor, min(missing, CHUNK_SIZE)) if chunks[-1] else b""
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
