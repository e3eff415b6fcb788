"""The clocks that a policy is held to: CPU time of its process, and the wall's far behind it."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from policybook.evaluator.blocks import Limits
from policybook.jail.frames import STARTING

CPUCLOCK_SCHED = 2

PATIENCE = 10
"""The wall clock waits this many times longer than the CPU clock: a loaded machine changes no score."""

TICKS = 8
"""So many looks at a row in the time of a step; a row is noticed by the look that finds it unchanged."""

LONGEST_TICK_MS = 100.0

NOBODY = -1


class Slow(NamedTuple):
    """A row that took at least so long, in CPU milliseconds, for a step."""

    row: int
    milliseconds: float


def process_cpu(pid: int) -> float:
    """CPU seconds of an unreaped process; zero where the system does not tell: the wall clock decides."""
    if sys.platform != "linux":
        return 0.0
    try:
        # As MAKE_PROCESS_CPUCLOCK in the kernel's posix-timers.h.
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0


class RowClock:
    """Times the row that a policy's process says it is at, by looking at it once a tick."""

    def __init__(self, pid: int, row: memoryview, limits: Limits) -> None:
        self.pid = pid
        self.row = row
        self.limits = limits
        self.tick_ms = min(max(limits.step_ms / TICKS, 1.0), LONGEST_TICK_MS)
        self.slow: Slow | None = None
        self.watched = NOBODY
        self.cpu_start = self.wall_start = 0.0

    def start(self) -> None:
        """A frame is under way. Nothing is read before its first tick, which most are done by."""
        self.watched = NOBODY
        self.slow = None

    def look(self) -> str | None:
        """The failure's code when the row has had its time; another row than before restarts the clock."""
        row = self.row[0]
        cpu, wall = process_cpu(self.pid), time.monotonic()
        if row != self.watched:
            self.watched, self.cpu_start, self.wall_start = row, cpu, wall
            return None
        starting = bool(row & STARTING)
        limit = (self.limits.import_ms if starting else self.limits.step_ms) / 1000
        spent = cpu - self.cpu_start
        if not starting and (self.slow is None or spent * 1000 > self.slow.milliseconds):
            self.slow = Slow(row, spent * 1000)
        if spent >= limit or wall - self.wall_start >= limit * PATIENCE:
            return "import_timeout" if starting else "step_timeout"
        return None
