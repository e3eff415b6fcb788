"""What the environment's variables may hold that the evaluator reads, and how they are read."""

from __future__ import annotations

import math
import os
from collections.abc import Collection

from policybook.rollout.failures import RequestFailedError


def read_count(name: str, default: int) -> int:
    """Returns the whole number of at least 1 in a variable; raises RequestFailedError for anything else."""
    text = os.environ.get(name)
    if not text:
        return default
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise _make_failure(name, text, "a whole number of at least 1")
    return count


def read_seconds(name: str, default: float) -> float:
    """Returns the seconds, more than 0, in a variable; raises RequestFailedError for anything else."""
    text = os.environ.get(name)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (seconds > 0 and math.isfinite(seconds)):
        raise _make_failure(name, text, "a number of seconds, more than 0")
    return seconds


def read_level(name: str, default: int, levels: Collection[int]) -> int:
    """Returns the level of the sandbox in a variable; raises RequestFailedError for anything else."""
    text = os.environ.get(name) or str(default)
    if text not in {str(level) for level in levels}:
        allowed = f"a level of the sandbox, from {min(levels)} to {max(levels)}"
        raise _make_failure(name, text, allowed)
    return int(text)


def _make_failure(name: str, text: str, allowed: str) -> RequestFailedError:
    return RequestFailedError("bad_setting", f"{name} is {text!r}; it is {allowed}.")
