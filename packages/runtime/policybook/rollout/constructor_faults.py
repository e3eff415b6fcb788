"""Constructors of environments that fail now and then: they are called again, and their faults are counted.

No seed is to blame for them. Who plays counts each as an episode that was lost before it began.
"""

from __future__ import annotations

from policybook.rollout.environment_fault import EnvironmentFault
from policybook.rollout.lost_episodes import LostEpisodes, count_lost

MAX_CONSTRUCTIONS = 5
"""A constructor that fails so often one after another is broken."""

MAX_CONSTRUCTION_SECONDS = 60.0
"""A constructor that has failed is not called again after so long: one that is slow and broken says so."""


def describe_next_construction(fault: EnvironmentFault) -> str:
    """Returns a note on a fault after which the constructor was called again, for people."""
    return f"{fault.sentence}; it was made again, as it is in runs."


class ConstructorFaults:
    """What constructors have raised in this process and was not counted yet."""

    def __init__(self) -> None:
        self._faults: list[EnvironmentFault] = []

    def note(self, fault: EnvironmentFault) -> None:
        """Notes a fault after which the constructor is called again."""
        self._faults.append(fault)

    def take(self) -> list[EnvironmentFault]:
        """Returns the faults that were not taken yet."""
        faults, self._faults = self._faults, []
        return faults

    def add_to(self, lost: LostEpisodes | None) -> LostEpisodes | None:
        """Returns the lost episodes with those that the faults not taken yet have cost."""
        for fault in self.take():
            lost = count_lost(lost, fault)
        return lost


CONSTRUCTOR_FAULTS = ConstructorFaults()
"""Those of this process."""
