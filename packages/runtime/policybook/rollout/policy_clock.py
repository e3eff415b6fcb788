"""The clocks that a policy is held to: CPU time of its process, and the wall's far behind it."""

from __future__ import annotations

import mmap
import sys
import time
from pathlib import Path
from typing import NamedTuple

from policybook.rollout.blocks import Limits
from policybook.sandbox.frames import STARTING

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


class TimeOut(NamedTuple):
    """A row that had its time: the failure's code, and what it had used, as the failure's sentence says it."""

    code: str
    used: str


def process_cpu(pid: int) -> float:
    """CPU seconds of an unreaped process; zero where the system does not tell: the wall clock decides."""
    if sys.platform != "linux":
        return 0.0
    try:
        # As MAKE_PROCESS_CPUCLOCK in the kernel's posix-timers.h.
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0


def resident_bytes(pid: int) -> int:
    """Memory that a process holds; zero where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * mmap.PAGESIZE


class RowClock:
    """Times the row that a policy's process says it is at, by looking at it once a tick.

    Rows begin, then act, in their order. A process may say what it likes: it gains no more time than all its
    rows together may take.
    """

    def __init__(self, pid: int, row: memoryview, limits: Limits) -> None:
        self.pid = pid
        self.row = row
        self.limits = limits
        self.tick_ms = min(max(limits.step_ms / TICKS, 1.0), LONGEST_TICK_MS)
        self.slow: Slow | None = None
        self.rows = 1
        self.beginning = True
        self.watched = NOBODY
        self.cpu_start = self.wall_start = 0.0

    def start(self, rows: int, *, beginning: bool) -> None:
        """A frame is under way, in which something may begin. Nothing is read before its first tick, which
        most are done by.
        """
        self.rows = max(rows, 1)
        self.beginning = beginning
        self.watched = NOBODY
        self.slow = None

    def look(self) -> TimeOut | None:
        """Returns what the row had used once it has had its time; a row behind those before restarts the
        clock.
        """
        said = self.row[0]
        cpu, wall = process_cpu(self.pid), time.monotonic()
        row = min(said & ~STARTING, self.rows - 1)
        starting = bool(said & STARTING) and self.beginning
        place = row if starting else self.rows + row
        if place > self.watched:
            self.watched, self.cpu_start, self.wall_start = place, cpu, wall
            return None
        limit = (self.limits.import_ms if starting else self.limits.step_ms) / 1000
        spent = cpu - self.cpu_start
        if not starting and (self.slow is None or spent * 1000 > self.slow.milliseconds):
            self.slow = Slow(row, spent * 1000)
        waited = wall - self.wall_start
        if spent < limit and waited < limit * PATIENCE:
            return None
        used = f"{spent * 1000:.0f} ms of CPU time"
        if spent < limit:
            used += f" in {waited * 1000:.0f} ms, {PATIENCE} times the limit,"
        return TimeOut("import_timeout" if starting else "step_timeout", used)
