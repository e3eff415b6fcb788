"""Memory that a worker and a policy's process share: a page for the row under way, and observations."""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
import tempfile

SHARED_OBSERVATION_BYTES = 1 << 23
"""Bytes for a batch of large observations; what is not written takes no memory."""

F_ADD_SEALS = 1033
# uapi/linux/fcntl.h
SEAL, SHRINK, GROW, FUTURE_WRITE = 0x0001, 0x0002, 0x0004, 0x0010


def share_memory(size: int) -> tuple[int, mmap.mmap]:
    """Returns a descriptor to hand over, and its memory, which both sides may write.

    If one side made it shorter, the other side would be killed: on Linux it is sealed against that.
    """
    return _make_sealed(size, SEAL | SHRINK | GROW)


def share_read_only(size: int) -> tuple[int, mmap.mmap]:
    """Returns a descriptor to hand over, and its memory, which only this side may write (on Linux).

    The seal does not hold for this side's mapping, which was made before it.
    """
    return _make_sealed(size, SEAL | SHRINK | GROW | FUTURE_WRITE)


def _make_sealed(size: int, seals: int) -> tuple[int, mmap.mmap]:
    descriptor = _open_anonymous_file()
    try:
        os.ftruncate(descriptor, size)
        memory = mmap.mmap(descriptor, size)
        if sys.platform == "linux":
            fcntl.fcntl(descriptor, F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, memory


def _open_anonymous_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("policybook", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
