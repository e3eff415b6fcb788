"""What the environment's variables may hold that the evaluator reads, and how they are read."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Collection
from typing import TypeVar

from policybook.rollout.failures import RequestFailedError

N = TypeVar("N", int, float)


def read_count(name: str, default: int) -> int:
    """Returns the whole number of at least 1 in a variable; raises RequestFailedError for anything else."""
    return _read_number(name, default, int, "a whole number of at least 1")


def read_seconds(name: str, default: float) -> float:
    """Returns the seconds, more than 0, in a variable; raises RequestFailedError for anything else."""
    return _read_number(name, default, float, "a number of seconds, more than 0")


def read_level(name: str, default: int, levels: Collection[int]) -> int:
    """Returns the level of the sandbox in a variable; raises RequestFailedError for anything else."""
    text = os.environ.get(name) or str(default)
    if text not in {str(level) for level in levels}:
        allowed = f"a level of the sandbox, from {min(levels)} to {max(levels)}"
        raise _make_failure(name, text, allowed)
    return int(text)


def _read_number(name: str, default: N, convert: Callable[[str], N], allowed: str) -> N:
    """Returns the finite number above 0 in a variable that is set."""
    text = os.environ.get(name)
    if not text:
        return default
    with contextlib.suppress(ValueError):
        number = convert(text)
        if 0 < number < math.inf:
            return number
    raise _make_failure(name, text, allowed)


def _make_failure(name: str, text: str, allowed: str) -> RequestFailedError:
    return RequestFailedError("bad_setting", f"{name} is {text!r}; it is {allowed}.")
