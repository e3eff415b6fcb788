"""How many steps inside fitted models a search may still take, and how many it has taken."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class ModelStepBudget:
    """Counts steps inside fitted models; infinitely many are `left` where nothing bounds them."""

    left: float = math.inf
    taken: int = 0
    is_short: bool = False
    """Whether something was left out, or ended early, because of what was left."""

    def take(self, steps: int) -> None:
        """Counts steps that were taken."""
        self.taken += steps
        self.left -= steps

    def has(self, steps: float) -> bool:
        """Returns whether so many are left, and remembers where they are not."""
        self.is_short = self.is_short or steps > self.left
        return steps <= self.left
