"""Memory that a worker and a policy's process share: a page for the row under way, and one for pictures."""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
import tempfile

PICTURES = 1 << 23
"""Bytes for a batch of large observations; what is not written takes no memory."""

F_ADD_SEALS = 1033
# uapi/linux/fcntl.h
SEAL, SHRINK, GROW, FUTURE_WRITE = 0x0001, 0x0002, 0x0004, 0x0010


def shared(size: int) -> tuple[int, mmap.mmap]:
    """A descriptor to hand over, and its memory. Who cut it off would kill the other (Linux: nobody can)."""
    return _sealed(size, SEAL | SHRINK | GROW)


def read_only_elsewhere(size: int) -> tuple[int, mmap.mmap]:
    """As `shared`, but who is handed the descriptor can only read: ours was mapped before (Linux)."""
    return _sealed(size, SEAL | SHRINK | GROW | FUTURE_WRITE)


def _sealed(size: int, seals: int) -> tuple[int, mmap.mmap]:
    descriptor = _anonymous_file()
    os.ftruncate(descriptor, size)
    memory = mmap.mmap(descriptor, size)
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, F_ADD_SEALS, seals)
    return descriptor, memory


def _anonymous_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("policybook", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
