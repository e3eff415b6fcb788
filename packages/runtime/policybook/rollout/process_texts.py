"""The texts of a rollout: which the policy's process has loaded, and which need a process of their own."""

from __future__ import annotations

from collections.abc import Iterable

from policybook.rollout.blocks import EpisodeSpec
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.policy_process import ObservationFormat, PolicyProcess
from policybook.sandbox.messages import FaultReport

LOADED_CHARACTERS = 1 << 18
"""Characters of texts that are loaded with the first: a generation of variants takes one exchange then."""


class ProcessTexts:
    """A rollout's sources by the evaluation's numbers, and the numbers that the process gave them."""

    def __init__(self, pool: EnvironmentPool) -> None:
        self.pool = pool
        self.sources: dict[int, str] = {}
        self.needing_own_process: set[int] = set()
        """Texts whose episodes need a process each."""
        self.loading: list[EpisodeSpec] = []
        """First episodes of the texts that are on their way into the process."""
        self._numbers: dict[int, int] = {}

    def forget_process(self) -> None:
        """Notes that the next text goes to a process that has loaded none."""
        self._numbers.clear()
        self.loading = []

    def find_number(self, text: int) -> int | None:
        """Returns a text's number in the process, None where it has not been loaded."""
        return self._numbers.get(text)

    def load(
        self,
        policy: PolicyProcess,
        spec: EpisodeSpec,
        waiting: Iterable[EpisodeSpec],
        observation_format: ObservationFormat | None,
    ) -> FaultReport | None:
        """Loads an episode's text, and with it those of waiting episodes that fit a frame.

        Returns the fault where the text does not compile. Raises PolicyLostError where the process ends;
        `loading` then says which texts were on their way.
        """
        first_number = policy.texts
        self.loading = self._choose(spec, waiting)
        sources = [self.sources[each.text] for each in self.loading]
        fault = policy.load(sources, self.pool.actions.codec, self.pool.spaces, observation_format)
        loaded, self.loading = self.loading, []
        if fault is not None:
            return fault
        numbers = range(first_number, policy.texts)
        self._numbers.update(zip((each.text for each in loaded), numbers, strict=False))
        if policy.needs_own_process:
            self.needing_own_process.add(spec.text)
        return None

    def _choose(self, spec: EpisodeSpec, waiting: Iterable[EpisodeSpec]) -> list[EpisodeSpec]:
        """Returns the first episodes of texts not in the process: this one, and what else fits a frame."""
        if spec.text in self.needing_own_process:
            return [spec]
        found = {spec.text: spec}
        room = LOADED_CHARACTERS - len(self.sources[spec.text])
        for each in waiting:
            if each.text not in found and each.text not in self._numbers:
                room -= len(self.sources[each.text])
                if room < 0:
                    break
                found[each.text] = each
        return list(found.values())
