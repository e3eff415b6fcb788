"""The processor cores of this machine, and how many workers use them."""

from __future__ import annotations

import os


def list_cores() -> list[int]:
    """Returns the numbers of the cores that this process may use; where the system does not say, all."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def count_workers() -> int:
    """Returns how many workers the evaluator starts: POLICYBOOK_WORKERS, by default one a core."""
    return int(os.environ.get("POLICYBOOK_WORKERS") or len(list_cores()))
