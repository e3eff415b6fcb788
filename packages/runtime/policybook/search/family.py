"""What a family of policies says of itself: from which knowledge of an environment it derives its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from policybook.search.contract import Proposal, ScoredPolicy
from policybook.search.coordinates import Velocity
from policybook.search.facts import Facts
from policybook.search.fitted_simulator import FittedSimulator
from policybook.search.tabular import TableCells, TransitionCounts

FIRST_ROUND = 0  # rules whose constants follow from the probe alone
SECOND_ROUND = 1  # rules that build on the first ones, and the first from a simulator


@dataclass(frozen=True)
class SimulatorKnowledge:
    """What is known of an environment to which a simulator was fitted.

    It has one velocity, which one actuator moves both ways.
    """

    facts: Facts
    simulator: FittedSimulator
    velocity: Velocity
    round: int
    """From 1; later rounds have a simulator that knows the head's episodes better."""
    seed: int
    best: ScoredPolicy

    @property
    def is_swing(self) -> bool:
        """Whether the velocity is that of an angle."""
        return self.velocity.of >= len(self.facts.coordinates.raw)

    @property
    def suffix(self) -> str:
        """Returns what the labels of a later round end with."""
        return "" if self.round == SECOND_ROUND else f" {self.round}"


@dataclass(frozen=True)
class TableKnowledge:
    """What is known of a discrete environment: what was counted in it."""

    cells: TableCells
    counts: TransitionCounts
    action_space: Any
    names: tuple[str, ...] | None
    """Names of the observation's parts, where the user gave them."""
    round: int
    is_endless: bool
    """Whether nothing ends an episode that goes nowhere."""

    @property
    def first_action(self) -> int:
        """Returns the number of the first action."""
        return int(self.action_space.start)

    @property
    def suffix(self) -> str:
        """Returns what the labels of a later round end with."""
        return "" if self.round == FIRST_ROUND else f" {self.round + 1}"


def _propose_nothing(*_: Any) -> Iterable[Any]:
    return ()


@dataclass(frozen=True)
class Family:
    """A family of policies. It proposes nothing for an environment that it is not made for."""

    name: str
    rank: int
    """Families of a lower rank propose first."""
    propose_from_facts: Callable[[Facts, int], Iterable[Proposal]] = _propose_nothing
    """Rules that follow from the probe, by the number of the round."""
    propose_from_simulator: Callable[[SimulatorKnowledge], Iterable[Proposal]] = _propose_nothing
    """Rules found in the simulator, as far as its model steps suffice."""
    propose_from_counts: Callable[[TableKnowledge], Iterable[Proposal]] = _propose_nothing
    """Rules that follow from the transitions counted in a discrete environment."""
