"""Frames between worker and policy: a header of 32 bytes and a payload, one request and one answer at a time.

The worker draws a nonce for each frame and the policy's process echoes it with its answer; without it,
answers written ahead of the question slipped through.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

HEADER = struct.Struct("<8sIIQ8x")
"""Nonce, kind, count, payload's length."""

EPISODES = struct.Struct("<II")
"""Opens an ACT payload: how many episodes end, how many begin; then their positions and their seeds."""

# Worker to policy.
LOAD = 1  # JSON: source, limits, spaces
LAYOUT = 2  # JSON: layout of the observations to come; not answered
ACT = 3  # episodes that end and begin, then `count` observations

# Policy to worker.
READY = 1
ACTIONS = 2  # `count` actions
FAULT = 3  # `count` actions before the fault, then JSON: code, text, line, column

STARTING = 1 << 31
"""Set in the progress word while an episode begins, where the import's limit holds instead of a step's."""

LARGEST_FAULT = 8192
READ_SIZE = 1 << 20


class Frame(NamedTuple):
    """A frame as read."""

    nonce: bytes
    kind: int
    rows: int
    payload: bytes


def pack(nonce: bytes, kind: int, count: int, payload: bytes) -> bytes:
    """A frame's bytes."""
    return HEADER.pack(nonce, kind, count, len(payload)) + payload


def read(descriptor: int) -> Frame:
    """The next frame of a blocking descriptor; EOFError when its writer is gone."""
    data = _read_exactly(descriptor, HEADER.size)
    nonce, kind, count, length = HEADER.unpack(data)
    return Frame(nonce, kind, count, _read_exactly(descriptor, length))


def write(descriptor: int, data: bytes) -> None:
    """Writes all of it to a blocking descriptor."""
    written = os.write(descriptor, data)
    if written < len(data):
        view = memoryview(data)
        while written < len(data):
            written += os.write(descriptor, view[written:])


def _read_exactly(descriptor: int, length: int) -> bytes:
    chunk = os.read(descriptor, min(length, READ_SIZE)) if length else b""
    if len(chunk) == length:
        return chunk
    chunks = [chunk]
    missing = length - len(chunk)
    while missing:
        if not chunk:
            raise EOFError
        chunk = os.read(descriptor, min(missing, READ_SIZE))
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
