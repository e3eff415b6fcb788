"""A block: some episodes of one evaluation that one worker plays, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policybook.protocol.messages import EnvironmentSpecJson, EpisodeResultJson, PolicyLimitsJson
from policybook.rollout.data_folders import DataFolder
from policybook.rollout.episode_course import NO_EPISODE_COURSE, EpisodeCourse
from policybook.rollout.failures import PolicyFailure
from policybook.rollout.lost_episodes import LostEpisodes
from policybook.rollout.settings import read_count
from policybook.rollout.trajectory_hashes import NO_TRAJECTORY_HASHES, TrajectoryHashes

if TYPE_CHECKING:
    # It needs NumPy, which the evaluator does without.
    from policybook.rollout.trajectory import Trajectory


WIDTH = 64
"""How many episodes are played side by side. On CartPole, 32 would make a step a tenth slower than 64 do."""


def read_width() -> int:
    """Returns how many episodes are played side by side: POLICYBOOK_WIDTH, by default `WIDTH`.

    Raises RequestFailedError where the variable holds no such number.
    """
    return read_count("POLICYBOOK_WIDTH", WIDTH)


@dataclass(frozen=True)
class Limits:
    """What one policy may use: the protocol's `policyLimits`."""

    step_ms: float
    import_ms: float
    memory_mb: float
    imports: tuple[str, ...]
    data: DataFolder | None = None

    @classmethod
    def from_json(cls, limits: PolicyLimitsJson) -> Limits:
        """Returns the limits that a request's parameters hold."""
        return cls(
            limits["stepMs"],
            limits["importMs"],
            limits["memoryMb"],
            tuple(limits["imports"]),
            DataFolder.from_json(limits.get("data")),
        )


@dataclass(frozen=True, order=True, slots=True)
class EpisodeSpec:
    """One whole episode to be played: its index in the evaluation, the text that plays it, and its seed."""

    index: int
    text: int
    seed: int
    lost: int = 0
    """How many episodes of other seeds were lost in its place, one after another."""


@dataclass(frozen=True)
class Block:
    """Episodes for a policy, or for variants of one, in an environment.

    A whole evaluation is one block; the scheduler cuts it into those that the workers play. A text's episodes
    count up to its first failure, in the order of `specs`. All texts of a block share a process, so that they
    must differ in constants only.

    `record` is how many bytes of observations are recorded of an episode, 0 where no trajectory is wanted.
    `is_followed` says whether its episodes have trajectory hashes and a course. Blocks of one `family` follow
    each other in one process; their texts, too, differ in constants only.
    """

    environment: EnvironmentSpecJson
    sources: dict[int, str]
    limits: Limits
    specs: tuple[EpisodeSpec, ...]
    record: int = 0
    is_followed: bool = False
    family: str | None = None
    evaluation: int = 0
    """The number of the evaluation; its blocks can be played side by side."""


@dataclass(frozen=True)
class EpisodeResult:
    """What came of one whole episode; `total` is its return."""

    seed: int
    total: float
    steps: int
    terminated: bool
    truncated: bool
    action_hash: str
    trajectory_hashes: TrajectoryHashes = NO_TRAJECTORY_HASHES
    course: EpisodeCourse = NO_EPISODE_COURSE

    def to_json(self) -> EpisodeResultJson:
        """Returns the episode as the protocol's `episodeResult`."""
        return {
            "seed": self.seed,
            "return": self.total,
            "steps": self.steps,
            "terminated": self.terminated,
            "truncated": self.truncated,
            "actionHash": self.action_hash,
            "trajectoryHashes": self.trajectory_hashes.to_json(),
            "course": self.course.to_json(),
        }


@dataclass
class BlockOutcome:
    """What came of a block: of its episodes by their index, and of its texts by their number.

    `level` is the lowest level of the sandbox at which the policy ran, None where it did not run.
    """

    episodes: dict[int, EpisodeResult] = field(default_factory=dict)
    failures: dict[int, tuple[int, PolicyFailure]] = field(default_factory=dict)
    """Text -> index and failure of its first failed episode."""
    trajectories: dict[int, Trajectory] = field(default_factory=dict)
    slowest_ms: dict[int, float] = field(default_factory=dict)
    """Text -> CPU time of its slowest step, where one came near the limit."""
    lost: dict[int, LostEpisodes] = field(default_factory=dict)
    """An episode's index -> those that were lost in its place."""
    cpu_seconds: float = 0.0
    level: int | None = None
