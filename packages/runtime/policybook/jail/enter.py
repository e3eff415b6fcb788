"""What a policy's process gives up before it sees a line of the policy.

Level 3: resource limits, Landlock (only what imports need can be read) and a seccomp allow-list.
Level 2: the allow-list without opening files; what the zygote has imported is all there is.
Level 1: resource limits and an empty environment.
Level 0: a process with time-outs, where the platform offers no more.
Level 4, namespaces, is not built.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys

from policybook.jail import landlock, seccomp
from policybook.jail.readable import readable
from policybook.jail.system_calls import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, prctl

HIGHEST = 3

LARGEST_DESCRIPTOR = 1 << 16
CPU_SECONDS = 3600
"""Behind the worker's clocks, which know what a step may take: a planner thinks for long, in many steps."""

THREADED = "it starts threads, and a policy's process must have only one"


class Jail:
    """What can be prepared once, in the zygote: rules, filters, and the level that forks enter."""

    def __init__(self, ceiling: int = HIGHEST) -> None:
        self.rules: dict[bool, int] = {}
        self.filters: dict[bool, bytes] = {}
        if sys.platform == "linux":
            self._prepare()
        # What one fork could enter every fork must: `confine` raises where it cannot, and never enters less.
        self.level = next(level for level in (3, 2, 1, 0) if level <= ceiling and self._works(level))

    def limit(self, memory_mb: float) -> None:
        """Resource limits; before the declared imports, which count."""
        for which in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            _limit(which, 0)
        _limit(resource.RLIMIT_NOFILE, 32)
        if sys.platform == "linux":
            _limit(resource.RLIMIT_AS, int(memory_mb * 2**20))
            _limit(resource.RLIMIT_CPU, CPU_SECONDS)
            _limit(resource.RLIMIT_NPROC, 0)

    def confine(self, keep: set[int], *, declared: bool = False) -> int:
        """Enters the jail, for good; its level. All descriptors but standard streams and `keep` are closed.

        With `declared`, installed packages can be read. The process must be single-threaded: Landlock covers
        the calling thread only.
        """
        if self.level == 0:
            return 0
        if self.level > 1 and len(os.listdir("/proc/self/task")) != 1:
            raise OSError(errno.EBUSY, THREADED)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        prctl(PR_SET_DUMPABLE, 0)
        if self.level > 2:
            landlock.restrict(self.rules[declared])
        _close_all_but(keep)
        if self.level > 1:
            seccomp.install(self.filters[self.level > 2])
        return self.level

    def _prepare(self) -> None:
        for files in (True, False):
            try:
                self.filters[files] = seccomp.program(files=files)
                self.rules[files] = landlock.ruleset(readable(declared=files))
            except OSError:
                continue  # the trial finds out what is missing

    def _works(self, level: int) -> bool:
        """Whether a fork can enter the level; older kernels and some containers' profiles say no."""
        if level == 0 or sys.platform != "linux":
            return level == 0
        pid = os.fork()
        if pid == 0:
            try:
                self.level = level
                self.limit(512)
                self.confine(set())
                os._exit(0)
            except (OSError, KeyError):
                os._exit(1)
            finally:
                os._exit(2)
        return os.waitpid(pid, 0)[1] == 0


def die_with_parent(parent: int) -> None:
    """The kernel kills this process once its parent is gone; on other systems the closed pipe ends it."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _close_all_but(keep: set[int]) -> None:
    first = 3
    for descriptor in [*sorted(keep), LARGEST_DESCRIPTOR]:
        os.closerange(first, descriptor)
        first = descriptor + 1


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))
