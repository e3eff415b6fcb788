"""CPU time of another process."""

from __future__ import annotations

import sys
import time

CPUCLOCK_SCHED = 2


def process_cpu(pid: int) -> float:
    """CPU seconds of an unreaped process; zero where the system does not tell: the wall clock decides."""
    if sys.platform != "linux":
        return 0.0
    try:
        # As MAKE_PROCESS_CPUCLOCK in the kernel's posix-timers.h.
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0
