"""An episode under way: its slot, its recording, and its policy's seed."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policybook.rollout.blocks import EpisodeResult, EpisodeSpec
from policybook.rollout.course_collector import CourseCollector
from policybook.rollout.environment_fault import EnvironmentFault
from policybook.rollout.environment_pool import EnvironmentInstance
from policybook.rollout.episode_course import NO_EPISODE_COURSE
from policybook.rollout.trajectory import Trajectory
from policybook.rollout.trajectory_hashes import NO_TRAJECTORY_HASHES, hash_trajectory
from policybook.sandbox.analysis.randomness import draws_random

SCALAR_BYTES = 8
"""What an observation that is no array is taken to hold."""


class EpisodeSlot:
    """Where one episode is played.

    `last` is the frame in which the step limit ends it. `rewards` and `course` are kept where it is followed.
    `cell` is its row in the process's pulse, `fault` what the environment ended it
    with, if it did, and `refusal` what it said of the last action, if it refused that.
    """

    __slots__ = (
        "actions",
        "cell",
        "course",
        "fault",
        "instance",
        "last",
        "record",
        "refusal",
        "rewards",
        "spec",
        "terminated",
        "truncated",
    )

    def __init__(self, spec: EpisodeSpec, instance: EnvironmentInstance, last: int, cell: int) -> None:
        self.spec = spec
        self.instance = instance
        self.last = last
        self.cell = cell
        self.fault: EnvironmentFault | None = None
        self.refusal: str | None = None
        self.actions: list[Any] = []
        self.rewards: list[float] = []
        self.course = CourseCollector()
        self.terminated = False
        self.truncated = False
        self.record: EpisodeRecording | None = None

    def make_result(self, total: float, written: bytes) -> EpisodeResult:
        """Returns what came of the episode; `written` has the bytes of its actions."""
        digest = hashlib.sha256(written).hexdigest()[:16]
        passed, course = NO_TRAJECTORY_HASHES, NO_EPISODE_COURSE
        if self.rewards:
            passed = hash_trajectory(written, self.rewards)
            course = self.course.make_course(self.rewards)
        ended = self.terminated, self.truncated
        return EpisodeResult(self.spec.seed, total, len(self.actions), *ended, digest, passed, course)


class EpisodeRecording:
    """An episode's steps, from the first until `room` bytes of observations are full.

    An hour of Breakout's pictures is 3 GB, and no use of a recording needs the whole of it.
    """

    def __init__(self, observation: Any, extra_args: dict[str, Any], room: int) -> None:
        self.room = room
        self.observations = [observation]
        self.extra_args = [extra_args]
        self.actions: list[Any] = []
        self.rewards: list[float] = []

    def add(self, observation: Any, extra_args: dict[str, Any], action: Any, reward: float) -> None:
        """Adds a step, if there is room for it."""
        if self.room <= 0:
            return
        self.room -= _measure_bytes(observation)
        self.observations.append(observation)
        self.extra_args.append(extra_args)
        self.actions.append(action)
        self.rewards.append(reward)

    def make_trajectory(self, slot: EpisodeSlot) -> Trajectory:
        """Returns the recording as arrays.

        One that ran out of room is the beginning of the episode, which nothing ended.
        """
        return Trajectory(
            _stack(self.observations),
            _stack(self.actions),
            np.array(self.rewards),
            slot.terminated and len(self.actions) == len(slot.actions),
            slot.spec.seed,
            tuple(self.extra_args[:-1]) if any(self.extra_args) else (),
        )


def _measure_bytes(observation: Any) -> int:
    """Returns about how many bytes an observation holds."""
    if isinstance(observation, Mapping):
        return sum(map(_measure_bytes, observation.values()))
    if isinstance(observation, tuple | list):
        return sum(map(_measure_bytes, observation))
    if isinstance(observation, str):
        return len(observation)
    return int(getattr(observation, "nbytes", SCALAR_BYTES))


def _stack(values: list[Any]) -> NDArray[Any]:
    """Returns arrays or numbers as the rows of an array, and all else, such as tuples, as it is."""
    if isinstance(values[0] if values else 0.0, np.ndarray | np.generic | int | float):
        return np.array(values)
    # Their parts may differ in shape or type, and they in length.
    rows = np.empty(len(values), object)
    for number, value in enumerate(values):
        rows[number] = value
    return rows


@functools.lru_cache(maxsize=8192)
def derive_policy_seed(seed: int) -> int:
    """Returns the seed of a policy whose environment has the seed `seed`: it follows from that, and differs.

    It is slow on purpose: a policy that tried all 2³¹ seeds for the one that gives its own would take days.
    Exported programs have the same line.
    """
    key = hashlib.pbkdf2_hmac("sha256", str(seed).encode(), b"policybook policy", 1000, 4)
    return int.from_bytes(key, "little")


def choose_policy_seed(source: str, needs_own_process: bool, seed: int) -> int:
    """Returns the policy's seed, 0 for a text without use for one.

    A text that needs a process of its own may use generators that it does not name.
    """
    return derive_policy_seed(seed) if needs_own_process or draws_random(source) or "seed" in source else 0
