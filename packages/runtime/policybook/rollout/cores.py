"""The processor cores of this machine, and how many workers use them."""

from __future__ import annotations

import os
import struct

from policybook.rollout.settings import read_count

CORE = struct.Struct("<i")
"""How the core that a worker stays on is sent to the process that forks it."""

ANY_CORE = -1
"""Stands where a worker stays on no core."""


def list_cores() -> list[int]:
    """Returns the numbers of the cores that this process may use; where the system does not say, all."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def count_workers() -> int:
    """Returns how many workers the evaluator starts: POLICYBOOK_WORKERS, by default one a core.

    Raises RequestFailedError where the variable holds no such number.
    """
    return read_count("POLICYBOOK_WORKERS", len(list_cores()))
