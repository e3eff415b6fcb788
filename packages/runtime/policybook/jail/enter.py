"""What a policy's process gives up before it sees a line of the policy.

Level 1: resource limits, no new privileges, an empty environment, death with its parent. It does not keep the
policy from opening files or sockets; Landlock and seccomp (levels 2 and 3) are to be added in `enter`, behind
the same call. Level 0 is a process with time-outs, where the platform offers no more.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38


def enter(memory_mb: float) -> int:
    """Enters the strongest jail there is and returns its level. The process must be single-threaded."""
    memory = int(memory_mb * 2**20)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 32)
    if sys.platform != "linux":
        return 0
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_NPROC, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 0)
    return 1


def die_with_parent(parent: int) -> None:
    """The kernel kills this process once its parent is gone; on other systems the closed pipe ends it."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def prctl(option: int, value: int) -> None:
    """Linux's prctl with one argument."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))
