"""A recorded episode as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Trajectory:
    """One recorded episode of T steps: observations hold T + 1 rows, actions and rewards T."""

    observations: NDArray[Any]
    actions: NDArray[Any]
    rewards: NDArray[Any]
    terminated: bool
    seed: int
    extra_args: tuple[dict[str, Any], ...] = ()
    """The extra arguments of `act` before each action, where the environment's declaration has some."""
