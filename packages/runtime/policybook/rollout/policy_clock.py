"""The clocks that limit a policy: the CPU time of its process, and the wall clock far behind it."""

from __future__ import annotations

import mmap
import sys
import time
from pathlib import Path
from typing import NamedTuple

from policybook.rollout.blocks import Limits
from policybook.sandbox.frames import STARTING

CPUCLOCK_SCHED = 2

WALL_CLOCK_FACTOR = 10
"""By the wall clock a policy has so many times longer, so that a loaded machine changes no score."""

TICKS_A_STEP = 8
"""How often a row is looked at in the time of a step; the look that finds it unchanged times it."""

MAX_TICK_MS = 100.0

NO_PLACE = -1
"""The place before all rows, where none has been looked at."""


class SlowRow(NamedTuple):
    """A row, and the CPU milliseconds that its step took at least."""

    row: int
    milliseconds: float


class TimeOut(NamedTuple):
    """A row that has had its time: the failure's code, and what it had used, as the failure says it."""

    code: str
    used: str


def measure_cpu(pid: int) -> float:
    """Returns the CPU seconds of a process that has not been waited for.

    They are zero where the system does not say: the wall clock decides there.
    """
    if sys.platform != "linux":
        return 0.0
    try:
        # This is MAKE_PROCESS_CPUCLOCK of Linux's posix-timers.h.
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return 0.0


def measure_memory(pid: int) -> int:
    """Returns the bytes of memory that a process holds; zero where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * mmap.PAGESIZE


def choose_tick(limits: Limits) -> float:
    """Returns the milliseconds between two looks at a row."""
    return min(max(limits.step_ms / TICKS_A_STEP, 1.0), MAX_TICK_MS)


class RowClock:
    """Times the row that a policy's process says it is at, by looking at it once a tick.

    Rows begin, then act, in their order. A process may say what it likes: it gains no more time than all its
    rows together may take.
    """

    def __init__(self, pid: int, row: memoryview, limits: Limits) -> None:
        self.pid = pid
        self.row = row
        self.limits = limits
        self.slowest: SlowRow | None = None
        self.rows = 1
        self.can_begin = True
        self.watched = NO_PLACE
        self.cpu_start = self.wall_start = 0.0

    def start(self, rows: int, *, can_begin: bool) -> None:
        """Begins to time a frame of so many rows; with `can_begin`, episodes may begin in it.

        No clock is read before the first tick, by which most frames are answered.
        """
        self.rows = max(rows, 1)
        self.can_begin = can_begin
        self.watched = NO_PLACE
        self.slowest = None

    def look(self) -> TimeOut | None:
        """Returns what the row has used, when it has had its time; a later row restarts the clock."""
        said = self.row[0]
        cpu, wall = measure_cpu(self.pid), time.monotonic()
        row = min(said & ~STARTING, self.rows - 1)
        starting = bool(said & STARTING) and self.can_begin
        place = row if starting else self.rows + row
        if place > self.watched:
            self.watched, self.cpu_start, self.wall_start = place, cpu, wall
            return None
        limit = (self.limits.import_ms if starting else self.limits.step_ms) / 1000
        spent = cpu - self.cpu_start
        if not starting and (self.slowest is None or spent * 1000 > self.slowest.milliseconds):
            self.slowest = SlowRow(row, spent * 1000)
        waited = wall - self.wall_start
        if spent < limit and waited < limit * WALL_CLOCK_FACTOR:
            return None
        used = f"{spent * 1000:.0f} ms of CPU time"
        if spent < limit:
            used += f" in {waited * 1000:.0f} ms, {WALL_CLOCK_FACTOR} times the limit,"
        return TimeOut("import_timeout" if starting else "step_timeout", used)
