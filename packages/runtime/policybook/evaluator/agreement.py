"""Whether another text acts as a policy does: both answer the same recorded observations, in the jail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from policybook.evaluator.actions import ActionReader, InvalidActionError
from policybook.evaluator.lockstep import WIDTH
from policybook.evaluator.policy_process import PolicyLostError, PolicyProcess
from policybook.evaluator.seats import policy_seed
from policybook.evaluator.spaces import summary
from policybook.jail.layout import Layout, LayoutMismatchError, Loose, infer
from policybook.search.contract import Trajectory

LEAST_SHARE = 0.8
"""Below this a text is another policy, and the rest of the observations need not be asked."""


class Disagreement(Exception):  # noqa: N818 - not an error
    """The text acts differently so often that it is another policy."""


class Agreement:
    """Recorded episodes of one policy; `sample` is an observation as the environment itself gives it."""

    def __init__(
        self,
        start: Callable[[], PolicyProcess],
        actions: ActionReader,
        spaces: dict[str, Any],
        trajectories: Sequence[Trajectory],
        sample: Any,
    ) -> None:
        self.start = start
        self.actions = actions
        self.spaces = {name: summary(space) for name, space in spaces.items()}
        # The longest first, so that those that have ended stand at the end of a batch.
        ordered = sorted(trajectories, key=lambda each: -len(each.actions))
        self.seeds = [policy_seed(each.seed) for each in ordered]
        self.episodes = [[as_given(sample, row) for row in each.observations[:-1]] for each in ordered]
        self.beside = [each.beside for each in ordered]
        self.layout = layout_of([row for episode in self.episodes for row in episode])
        self.total = sum(map(len, self.episodes))
        self.reference: list[bytes] = []
        self.cpu_seconds = 0.0

    def refer_to(self, source: str) -> None:
        """Takes this text's actions as those to agree with."""
        self.reference = self._play(source, [])

    def share(self, source: str) -> float:
        """The part of the observations on which the text acts alike; 0 where it fails or is far off."""
        try:
            played = self._play(source, self.reference)
        except (PolicyLostError, Disagreement):
            return 0.0
        wrong = sum(
            self._differing(mine, theirs) for mine, theirs in zip(played, self.reference, strict=True)
        )
        return 1.0 - wrong / self.total

    def fingerprint(self, source: str, steps: int | None = None) -> bytes | None:
        """What its actions on the first `steps` observations of each episode hash to; None if it fails."""
        try:
            played = self._play(source, [], steps)
        except (PolicyLostError, InvalidActionError, Disagreement):
            return None
        return hashlib.sha256(b"".join(played)).digest()

    def _play(self, source: str, reference: list[bytes], steps: int | None = None) -> list[bytes]:
        """Each frame's actions; gives up when they differ too often from the reference."""
        width = 1 if "random" in source else WIDTH
        played: list[bytes] = []
        wrong = 0
        process = self.start()
        further = Loose()
        try:
            if process.load(source, self.actions.layout, self.spaces) is not None:
                raise Disagreement
            process.observe(self.layout, most=width, beside=any(self.beside))
            ended: list[int] = []
            for first in range(0, len(self.episodes), width):
                batch = self.episodes[first : first + width]
                beside = [each for each in self.beside[first : first + width] if each]
                begun = [(0, seed) for seed in self.seeds[first : first + width]]
                last = len(batch[0]) if steps is None else min(steps, len(batch[0]))
                for step in range(last):
                    rows = [episode[step] for episode in batch if len(episode) > step]
                    if step:
                        ended = list(range(len(rows), sum(len(episode) >= step for episode in batch)))
                    arguments = [each[step] for each in beside if len(each) > step]
                    reply = process.act(
                        len(rows),
                        self.layout.pack_rows(rows),
                        ended,
                        [] if step else begun,
                        further.pack_rows(arguments),
                    )
                    if reply.fault is not None:
                        raise Disagreement
                    if not reference:
                        self.actions.read(reply.actions, len(rows))
                    else:
                        wrong += self._differing(reply.actions, reference[len(played)])
                    played.append(reply.actions)
                    if wrong > (1 - LEAST_SHARE) * self.total:
                        raise Disagreement
                ended = list(range(sum(len(episode) >= last for episode in batch)))
        finally:
            process.close()
            self.cpu_seconds += process.cpu_seconds
        return played

    def _differing(self, mine: bytes, theirs: bytes) -> int:
        if mine == theirs:
            return 0
        size = self.actions.layout.size
        starts = range(0, len(theirs), size)
        return sum(mine[start : start + size] != theirs[start : start + size] for start in starts)


def layout_of(values: Sequence[Any]) -> Layout:
    """A layout in which all of these observations can be packed."""
    layout = infer(values[0])
    try:
        layout.pack_rows(values)
    except LayoutMismatchError:
        return Loose()
    return layout


def as_given(sample: Any, row: Any) -> Any:
    """A row of a recorded array as the type that the environment gave."""
    if type(sample) in (int, float, bool):
        return type(sample)(row)
    if type(sample) is tuple:
        return tuple(as_given(part, item) for part, item in zip(sample, row, strict=True))
    return row
