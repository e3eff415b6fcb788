"""Whether a step that raised was the policy's fault: the environment has refused its action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from policybook.environments.action_masks import get_mask_key
from policybook.environments.refusals import RaisedStep, is_refused
from policybook.environments.system_exit import SystemExitError
from policybook.rollout import environment_pool
from policybook.rollout.environment_pool import EnvironmentInstance, EnvironmentPool

MAX_WORDS = 300


class RefusedSteps:
    """Finds out for one pool's environments whether they refuse actions by raising.

    An environment of its own is played to the same place again for that.
    """

    def __init__(self, pool: EnvironmentPool) -> None:
        self.pool = pool
        self.known: set[tuple[type[Exception], str, int]] = set()
        """Errors and their places in the environment's code that were found to be refusals."""

    def find_reason(self, seed: int, before: Sequence[Any], action: Any, error: Exception) -> str | None:
        """Returns the action with what the environment says of it, None where the fault is its own.

        `before` are the episode's actions as the policy's process wrote them, `action` is as the environment
        got it.
        """
        if isinstance(error, SystemExitError):
            return None
        place = _find_place(error)
        if place not in self.known:
            instance = EnvironmentInstance(environment_pool.make(self.pool.spec))
            try:
                raised = RaisedStep(seed, self._read(before), action, error)
                if not is_refused(instance, self.pool.actions.space, get_mask_key(self.pool.spec), raised):
                    return None
            finally:
                instance.close()
            self.known.add(place)
        said = f"{type(error).__name__}: {error}"[:MAX_WORDS]
        return f"{_show(action)}, which the environment refuses ({said})"

    def _read(self, written: Sequence[Any]) -> Sequence[Any]:
        if not written:
            return []
        return self.pool.actions.read(self.pool.actions.pack(written), len(written))[0]


def _find_place(error: Exception) -> tuple[type[Exception], str, int]:
    """Returns an error's type and the line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error), "", 0
    return type(error), trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _show(action: Any) -> str:
    """Returns an action in one line, NumPy's numbers as numbers."""
    shown = action.tolist() if isinstance(action, np.ndarray | np.generic) else action
    return " ".join(f"{shown!r:.80}".split())


class RefusedActionError(Exception):
    """The environment has refused a policy's action; `reason` is as `find_reason` returns it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
