"""What a policy's process gives up before it sees a line of the policy.

Level 4: level 3, in namespaces in which nothing else is: no other file, process, network or host name.
Level 3: resource limits, Landlock (only what imports need can be read) and a seccomp allow-list.
Level 2: the allow-list without opening files; what the zygote has imported is all there is.
Level 1: resource limits, no capabilities, and an empty environment.
Level 0: a process with time-outs, where the platform offers no more.
"""

from __future__ import annotations

import errno
import importlib
import os
import resource
import signal
import sys

from policybook.sandbox.confine import landlock, namespaces, seccomp
from policybook.sandbox.confine.readable_files import list_readable
from policybook.sandbox.confine.system_calls import (
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    drop_capabilities,
    prctl,
)
from policybook.sandbox.confine.trial import IsolationTrial, attempt

HIGHEST_LEVEL = 4

MAX_DESCRIPTOR = 1 << 16
CPU_SECONDS = 3600
"""A process's CPU time. The worker's clocks limit each step; a planner takes long, in many steps."""

PRELOADED = (
    "abc", "argparse", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections",
    "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions",
    "functools", "gc", "graphlib", "hashlib", "heapq", "html", "importlib.util", "inspect", "io",
    "itertools", "json", "locale", "logging", "math", "numbers", "numpy.fft", "numpy.linalg", "numpy.ma",
    "numpy.polynomial", "numpy.random", "operator", "pathlib", "pickle", "platform", "pprint", "queue",
    "random", "re", "secrets", "shlex", "stat", "statistics", "string", "struct", "textwrap",
    "threading", "time", "traceback", "types", "typing", "uuid", "warnings", "weakref", "zipfile",
    "zlib", "zoneinfo",
)  # fmt: skip
"""All that policies can import at level 2, where no file opens. Elsewhere it would cost a fork 0.6 ms."""


class Sandbox:
    """What the zygote prepares once: rules, filters, and the level that its forks enter.

    With `has_declared_imports`, installed packages can be read. The process must be single-threaded: Landlock
    and namespaces cover the calling thread only, and a lock that another thread holds stays locked in a fork.
    """

    def __init__(self, ceiling: int = HIGHEST_LEVEL, *, has_declared_imports: bool = False) -> None:
        self.has_declared_imports = has_declared_imports
        self.level = 0
        self.rules = -1
        self.filters: dict[bool, bytes] = {}
        self.preparation_error: OSError | None = None
        """Why rules or filters are missing, without which a level cannot be entered."""
        self.lifeline: int | None = None
        """What `namespaces.enter` returned, None outside of namespaces."""
        if sys.platform != "linux":
            return
        if len(os.listdir("/proc/self/task")) != 1:
            raise OSError(errno.EBUSY, "it starts threads, and a policy's process must have only one")
        self._prepare()
        # Every fork must enter what one could: `confine` raises where it cannot, and never enters less.
        self.level = next(
            (level for level in (4, 3, 2, 1) if level <= ceiling and self.try_level(level).is_effective), 0
        )

    def try_level(self, level: int) -> IsolationTrial:
        """Returns what came of attacking this level from inside."""

        def enter(descriptor: int) -> None:
            self._enter_once(level)
            if level == HIGHEST_LEVEL and os.fork() != 0:
                os.close(descriptor)  # namespaces hold the forks of the process that enters them
                signal.pause()
            self.limit(512)
            self.confine({descriptor}, level)

        return attempt(level, enter)

    def settle(self) -> None:
        """Does what can be done before the forks; it is called last, when everything is imported."""
        self._enter_once(self.level)

    def limit(self, memory_mb: float) -> None:
        """Sets a fork's resource limits."""
        for which in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            _limit(which, 0)
        _limit(resource.RLIMIT_NOFILE, 32)
        if sys.platform == "linux":
            _limit(resource.RLIMIT_AS, int(memory_mb * 2**20))
            _limit(resource.RLIMIT_CPU, CPU_SECONDS)
            _limit(resource.RLIMIT_NPROC, 0)

    def confine(self, keep: set[int], level: int | None = None) -> None:
        """Makes a fork enter the sandbox, for good.

        All descriptors are closed but the standard streams and `keep`.
        """
        level = self.level if level is None else level
        if level == 0:
            return
        is_prepared = (level <= 1 or self.filters) and (level <= 2 or self.rules >= 0)
        if self.preparation_error is not None and not is_prepared:
            raise self.preparation_error
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        prctl(PR_SET_DUMPABLE, 0)
        if level > 2:
            landlock.restrict(self.rules)
        drop_capabilities()
        _close_all_but(keep)
        if level > 1:
            seccomp.install(self.filters[level > 2])

    def _prepare(self) -> None:
        """Prepares filters and rules; a trial finds out what is missing here."""
        try:
            self.filters = {files: seccomp.make_program(files=files) for files in (True, False)}
            paths = [
                path
                for place in list_readable(has_declared_imports=self.has_declared_imports)
                for path in place.list_paths()
            ]
            self.rules = landlock.make_ruleset(paths)
        except OSError as error:
            self.preparation_error = error

    def _enter_once(self, level: int) -> None:
        if level == HIGHEST_LEVEL:
            places = list_readable(has_declared_imports=self.has_declared_imports)
            self.lifeline = namespaces.enter(places)
        if level == 2:
            for name in PRELOADED:
                importlib.import_module(name)


def _close_all_but(keep: set[int]) -> None:
    first = 3
    for descriptor in [*sorted(keep), MAX_DESCRIPTOR]:
        os.closerange(first, descriptor)
        first = descriptor + 1


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))
