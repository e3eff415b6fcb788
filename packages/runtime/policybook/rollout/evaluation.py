"""One evaluation: texts on some seeds, cut into blocks, and its results in the order of its episodes."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from policybook.protocol.messages import EvaluatorProgress
from policybook.rollout.blocks import Block, BlockOutcome, EpisodeResult, EpisodeSpec
from policybook.rollout.content_key import make_content_key
from policybook.rollout.environment_fault import MAX_FAULTS_IN_A_ROW, EnvironmentFault
from policybook.rollout.failures import PolicyFailure
from policybook.rollout.lost_episodes import LostEpisodes, count_lost, derive_next_seed
from policybook.rollout.pulse import OperationPlace

if TYPE_CHECKING:
    # It needs NumPy, which the evaluator does without.
    from policybook.rollout.trajectory import Trajectory


Progress = Callable[[EvaluatorProgress], None]
"""Takes how far a request is, as JSON for the kernel."""

# A step that takes this part of its limit is reported: on a machine half as fast the policy fails.
NEAR_LIMIT_SHARE = 0.5


@dataclass(frozen=True)
class TextResult:
    """What an evaluation found of one text; `episodes` end before that of its first failure.

    `level` is the lowest level of the sandbox at which the policy ran, None where it did not run.
    """

    episodes: tuple[EpisodeResult, ...]
    failure: PolicyFailure | None
    cpu_seconds: float
    trajectories: tuple[Trajectory, ...] = ()
    level: int | None = None
    lost: LostEpisodes | None = None
    """The episodes that the environment's faults ended, in the places of those that count."""
    slowest_ms: float | None = None
    """CPU time of the slowest step, where that was `NEAR_LIMIT_SHARE` of the limit or more."""

    @property
    def steps(self) -> int:
        """The steps of the episodes and of the failed one: the same, however many others were under way."""
        failed = 0 if self.failure is None else self.failure.step or 0
        return sum(episode.steps for episode in self.episodes) + failed


@dataclass(eq=False)
class EvaluationPart:
    """Episodes of an evaluation that one worker is to play."""

    evaluation: Evaluation
    block: Block
    deaths: int = 0
    """How many workers have died while they played it."""
    constructions: int = 0
    """How many of them in a constructor."""
    is_alone: bool = False
    """Whether it is one episode, played apart because a worker died in it."""
    losses: int = 0
    """How many workers were lost before they began it, or through no fault of its."""
    progress: EvaluatorProgress = field(default_factory=EvaluatorProgress)
    place: str = ""
    """Where the environment has been for long; empty while it goes on."""
    outcome: BlockOutcome | None = None

    def report(self, progress: EvaluatorProgress) -> None:
        """Takes how far the part is, and reports how far the evaluation is; hands on what was printed."""
        if "output" in progress:
            self.evaluation.progress(progress)
            return
        if "place" in progress:
            self.place = progress["place"]
        else:
            self.progress = progress
        self.evaluation.report()


class Evaluation:
    """Hands out parts and takes their outcomes until every episode that counts is played."""

    numbers = itertools.count(1)

    def __init__(self, whole: Block, progress: Progress) -> None:
        self.whole = replace(whole, evaluation=next(self.numbers))
        self.environment_key = make_content_key(whole.environment)
        self.progress = progress
        self.seconds_an_episode: float | None = None
        self.result: asyncio.Future[list[TextResult]] = asyncio.get_running_loop().create_future()
        self.parts: list[EvaluationPart] = []
        self.again: list[EvaluationPart] = []
        self.todo = deque(whole.specs)
        self.ends: dict[int, float] = {}
        self.lost: dict[int, LostEpisodes] = {}
        """An episode's index -> those that ended their processes in its place."""

    @property
    def is_open(self) -> bool:
        """Whether a worker can take a part."""
        return not self.result.done() and bool(self.again or self.todo)

    def take(self, count: int) -> EvaluationPart:
        """Takes out the next part, of at most `count` episodes."""
        if self.again:
            return self.again.pop()
        specs = tuple(self.todo.popleft() for _ in range(min(count, len(self.todo))))
        sources = {spec.text: self.whole.sources[spec.text] for spec in specs}
        part = EvaluationPart(self, replace(self.whole, specs=specs, sources=sources))
        self.parts.append(part)
        return part

    def play_again_apart(self, part: EvaluationPart) -> None:
        """Puts a part back, to be played with no other.

        What comes of it then follows from its own episodes.
        """
        part.block = replace(part.block, evaluation=next(self.numbers))
        # The worker that was there has died.
        part.place = ""
        self.again.append(part)

    def divide(
        self, part: EvaluationPart, place: OperationPlace, fault: EnvironmentFault | None
    ) -> int | None:
        """Has the episode in which a worker died played alone, and those of its part next to it in halves.

        With a `fault` that episode is lost, and one of another seed takes its place. Returns how many were
        lost there one after another, and None where the place is none of the part's, which stays as it is, or
        where the part is that episode alone and is not lost.
        """
        found = next((spec for spec in part.block.specs if spec.index == place.episode), None)
        if found is None or (part.is_alone and fault is None):
            return None
        spec = _follow_seeds(found, place.seed)
        if fault is not None:
            self.lost[spec.index] = count_lost(self.lost.get(spec.index), fault)
            spec = replace(spec, seed=derive_next_seed(spec.seed), lost=spec.lost + 1)
        others = [each for each in part.block.specs if each is not found]
        middle = (len(others) + 1) // 2
        self.parts.remove(part)
        for specs in ([spec], others[:middle], others[middle:]):
            if specs:
                sources = {each.text: self.whole.sources[each.text] for each in specs}
                block = replace(part.block, specs=tuple(specs), sources=sources)
                piece = EvaluationPart(self, block, is_alone=specs[0] is spec)
                self.parts.append(piece)
                self.play_again_apart(piece)
        return spec.lost

    def count_lost_before(self, part: EvaluationPart, fault: EnvironmentFault) -> None:
        """Counts an episode that was lost before it began, as its process ended in a constructor."""
        index = part.block.specs[0].index
        self.lost[index] = count_lost(self.lost.get(index), fault)

    def report(self) -> None:
        """Reports how far all parts are."""
        episodes = sum(part.progress.get("episodes", 0) for part in self.parts)
        steps = sum(part.progress.get("steps", 0) for part in self.parts)
        cpu_seconds = sum(part.outcome.cpu_seconds for part in self.parts if part.outcome is not None)
        reported: EvaluatorProgress = {"episodes": episodes, "steps": steps, "cpuSeconds": cpu_seconds}
        place = next((part.place for part in self.parts if part.place and part.outcome is None), "")
        if place:
            reported["place"] = place
        self.progress(reported)

    def finish(self, part: EvaluationPart, outcome: BlockOutcome) -> list[EvaluationPart]:
        """Takes a part's outcome; returns the parts under way that are not needed any more."""
        part.outcome = outcome
        played = outcome.episodes.values()
        part.report({"episodes": len(played), "steps": sum(episode.steps for episode in played)})
        for text, (index, _) in outcome.failures.items():
            self.ends[text] = min(index, self.ends.get(text, math.inf))
        if outcome.failures:
            self.todo = deque(spec for spec in self.todo if self._is_needed(spec))
        waiting = [each for each in self.parts if each.outcome is None]
        needless = [each for each in waiting if not any(map(self._is_needed, each.block.specs))]
        if not self.todo and len(waiting) == len(needless):
            self._complete()
        return needless

    def _is_needed(self, spec: EpisodeSpec) -> bool:
        return spec.index < self.ends.get(spec.text, math.inf)

    def _complete(self) -> None:
        if self.result.done():
            return
        outcomes = [part.outcome for part in self.parts if part.outcome is not None]
        cpu_seconds = sum(outcome.cpu_seconds for outcome in outcomes)
        texts = self.whole.sources
        self.result.set_result(
            [self._join_outcomes(text, outcomes, cpu_seconds / len(texts)) for text in texts]
        )

    def _join_outcomes(self, text: int, outcomes: Sequence[BlockOutcome], cpu_seconds: float) -> TextResult:
        kept = [spec.index for spec in self.whole.specs if spec.text == text and self._is_needed(spec)]
        episodes: dict[int, EpisodeResult] = {}
        trajectories: dict[int, Trajectory] = {}
        for outcome in outcomes:
            episodes |= outcome.episodes
            trajectories |= outcome.trajectories
        failures = [outcome.failures[text] for outcome in outcomes if text in outcome.failures]
        slowest = [outcome.slowest_ms[text] for outcome in outcomes if text in outcome.slowest_ms]
        return TextResult(
            tuple(episodes[index] for index in kept),
            min(failures, key=lambda failure: failure[0])[1] if failures else None,
            cpu_seconds,
            tuple(trajectories[index] for index in kept) if self.whole.record else (),
            level=min((outcome.level for outcome in outcomes if outcome.level is not None), default=None),
            lost=_add_lost([*(outcome.lost for outcome in outcomes), self.lost], kept),
            slowest_ms=max(
                (ms for ms in slowest if ms >= NEAR_LIMIT_SHARE * self.whole.limits.step_ms), default=None
            ),
        )


def _follow_seeds(spec: EpisodeSpec, seed: int | None) -> EpisodeSpec:
    """Returns an episode as the worker had it that has lost some in its place already."""
    following = spec
    for _ in range(MAX_FAULTS_IN_A_ROW):
        if following.seed == seed:
            return following
        following = replace(following, seed=derive_next_seed(following.seed), lost=following.lost + 1)
    return spec


def _add_lost(tables: Sequence[Mapping[int, LostEpisodes]], kept: Sequence[int]) -> LostEpisodes | None:
    """Returns all lost episodes in the places `kept`, with the cause of the first place that has one."""
    found = [table[index] for index in kept for table in tables if index in table]
    return LostEpisodes(sum(each.number for each in found), found[0].cause) if found else None
