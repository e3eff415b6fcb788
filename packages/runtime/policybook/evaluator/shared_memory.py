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
SEALED = 0x0001 | 0x0002 | 0x0004 | 0x0010
"""SEAL, SHRINK, GROW and FUTURE_WRITE of uapi/linux/fcntl.h: only mappings made before can write."""


def shared(size: int) -> tuple[int, mmap.mmap]:
    """A descriptor to hand over, and its memory."""
    descriptor = _anonymous_file()
    os.ftruncate(descriptor, size)
    return descriptor, mmap.mmap(descriptor, size)


def read_only_elsewhere(size: int) -> tuple[int, mmap.mmap]:
    """As `shared`, but who is handed the descriptor can only read (Linux)."""
    descriptor, memory = shared(size)
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, F_ADD_SEALS, SEALED)
    return descriptor, memory


def _anonymous_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("policybook", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
