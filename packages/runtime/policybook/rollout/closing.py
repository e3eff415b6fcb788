"""Closing an environment, which no episode waits for: one whose `close` does not end is given up."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from typing import Any

import gymnasium

from policybook.environments.system_exit import RAISED_BY_USER_CODE
from policybook.rollout.pulse import PULSE, Operation

CLOSE_SECONDS = 3.0
"""How long `close` may take before it is given up."""

AGAIN_SECONDS = 0.5
"""A `close` that goes on, because it catches everything, is interrupted again at this interval."""

_given_up: set[type] = set()
"""Classes whose `close` has been given up in this process; it is not waited for again."""


class _CloseTakesTooLongError(BaseException):
    """Ends a `close` from within; no `except Exception` of the environment's takes it for its own."""


def close_in_time(env: gymnasium.Env[Any, Any]) -> bool:
    """Closes an environment; returns whether `close` has ended by itself in time, now and before.

    What it raises says nothing of any episode. A `close` that never comes back to Python ends by the clock of
    the pulse, and the process with it.
    """
    kind = type(env.unwrapped)
    if kind in _given_up:
        return False
    with PULSE.enter(Operation.CLOSE):
        is_closed = _call_in_time(env.close)
    if not is_closed:
        _given_up.add(kind)
    return is_closed


def _call_in_time(close: Callable[[], Any]) -> bool:
    """Calls a function; returns whether it ended by itself. Only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        with contextlib.suppress(*RAISED_BY_USER_CODE):
            close()
        return True
    is_over = False

    def interrupt(*_: Any) -> None:
        if not is_over:
            raise _CloseTakesTooLongError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, CLOSE_SECONDS, AGAIN_SECONDS)
    try:
        with contextlib.suppress(*RAISED_BY_USER_CODE):
            close()
    except _CloseTakesTooLongError:
        return False
    finally:
        is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return True
