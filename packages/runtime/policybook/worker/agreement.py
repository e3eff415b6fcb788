"""How often another text acts as a policy does: both act on recorded observations, in the sandbox."""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from policybook.rollout.action_reader import ActionReader, InvalidActionError
from policybook.rollout.blocks import WIDTH, Limits
from policybook.rollout.episode_slot import derive_policy_seed
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess
from policybook.rollout.trajectory import Trajectory
from policybook.sandbox.analysis.randomness import draws_random
from policybook.sandbox.codecs import Codec, CodecMismatchError, DynamicCodec, infer_codec
from policybook.sandbox.messages import FaultReport
from policybook.worker.job import Job

MIN_SHARE = 0.8
"""Below this share a text is another policy, so that it is shown no further observation."""

SAMPLE_EPISODES = 16
"""How many whole episodes are compared first: most texts that act otherwise do so there."""


class FaultyTextError(Exception):
    """The text cannot be loaded, or it fails while it acts; `fault` says how, where it says so itself."""

    def __init__(self, fault: FaultReport | None = None) -> None:
        super().__init__(fault)
        self.fault = fault


class ActionChange(NamedTuple):
    """How differently a text acts.

    `share` is that of the observations with another action. `moved` is the mean by which actions move, as a
    part of their range, None where they have none.
    """

    share: float
    moved: float | None


class RecordedFrame(NamedTuple):
    """What a policy's process is sent for one step of a batch of recorded episodes."""

    rows: int
    observations: bytes
    ended: list[int]
    begun: list[tuple[int, int]]
    arguments: bytes


class Agreement:
    """Compares texts by recorded episodes of one policy.

    `start` starts a policy's process. `spaces` is the JSON from which policies read the spaces. `sample` is
    an observation as the environment itself gives it.
    """

    def __init__(
        self,
        start: Callable[[], PolicyProcess],
        actions: ActionReader,
        spaces: str,
        trajectories: Sequence[Trajectory],
        sample: Any,
    ) -> None:
        self.start = start
        self.actions = actions
        self.spaces = spaces
        spread = range(0, len(trajectories), math.ceil(len(trajectories) / SAMPLE_EPISODES))
        first = [trajectories[index] for index in spread]
        rest = [each for index, each in enumerate(trajectories) if index not in spread]
        # The longest come first, so that those that have ended stand at the end of a batch.
        self.groups = [sorted(group, key=lambda each: -len(each.actions)) for group in (first, rest)]
        self.restore = functools.partial(restore_type, sample)
        self.codec = choose_codec(
            [self.restore(row) for each in trajectories for row in each.observations[:-1]]
        )
        self.has_extra_args = any(each.extra_args for each in trajectories)
        self.total = sum(len(each.actions) for each in trajectories)
        self.sampled = sum(len(each.actions) for each in first)
        self.reference: list[bytes] = []
        self.width = WIDTH
        self.cpu_seconds = 0.0
        self.replayed = 0
        """The steps that texts have been played on so far."""

    def refer_to(self, source: str) -> None:
        """Takes this text's actions as those that other texts are compared with."""
        process = self._load(source)
        self.width = _choose_width(source, process)
        self.reference = list(self._play(source, process, self.width))

    def measure_share(self, source: str) -> float:
        """Returns the share of the observations on which the text acts alike, from 0 to 1.

        It is 0 where the text fails or is far off. A share below 1 is that of the sample alone where the text
        acts otherwise in it.
        """
        different = compared = 0
        try:
            for frame, found in enumerate(self._play(source, self._load(source), self.width)):
                expected = self.reference[frame]
                compared += len(expected) // self.actions.codec.size
                different += self._count_differences(found, expected)
                if different and compared == self.sampled:
                    return 1.0 - different / compared
                if different > (1 - MIN_SHARE) * self.total:
                    return 0.0
        except (PolicyLostError, InvalidActionError, FaultyTextError):
            return 0.0
        return 1.0 - different / self.total

    def measure_change(self, source: str) -> ActionChange | None:
        """Returns how differently the text acts on all observations; None where it fails."""
        different = 0
        moved = 0.0
        try:
            for frame, found in enumerate(self._play(source, self._load(source), self.width)):
                expected = self.reference[frame]
                different += self._count_differences(found, expected)
                moved += self._add_up_moves(found, expected)
        except (PolicyLostError, InvalidActionError, FaultyTextError):
            return None
        total = max(1, self.total)
        return ActionChange(different / total, None if self._range is None else moved / total)

    def acts_alike(self, source: str) -> bool:
        """Returns whether the text acts alike on every observation; another action ends its play."""
        try:
            played = self._play(source, self._load(source), self.width)
            return all(found == self.reference[frame] for frame, found in enumerate(played))
        except (PolicyLostError, InvalidActionError, FaultyTextError):
            return False

    def find_exception(self, source: str) -> str | None:
        """Returns the text of what ends the play of the text, None where it plays all observations."""
        try:
            for _ in self._play(source, self._load(source), self.width):
                pass
        except FaultyTextError as error:
            return str(error.fault["text"]) if error.fault is not None else ""
        except (PolicyLostError, InvalidActionError):
            return ""
        return None

    def hash_actions(self, source: str, *, whole: bool) -> bytes | None:
        """Returns a hash of the text's actions, on all observations or on the sample; None if it fails."""
        try:
            process = self._load(source)
            width = _choose_width(source, process)
            batches = self._split_batches(self.groups[0], width)
            count = None if whole else sum(len(batch[0].actions) for batch in batches)
            played = self._play(source, process, width)
            return hashlib.sha256(b"".join(itertools.islice(played, count))).digest()
        except (PolicyLostError, InvalidActionError, FaultyTextError):
            return None

    def _play(self, source: str, process: PolicyProcess, width: int) -> Iterator[bytes]:
        """Yields each frame's actions, the sample's first; closes `process`, which has loaded the text."""
        try:
            if process.needs_own_process and width > 1:
                raise FaultyTextError
            for number, frame in enumerate(self._pack_frames(width)):
                ended = frame.ended
                if process.needs_own_process and frame.begun and number:
                    # As for a score, each episode gets a process of its own.
                    before, process = process, self._load(source)
                    self._close(before)
                    ended = []
                reply = process.act(frame.rows, frame.observations, ended, frame.begun, frame.arguments)
                if reply.fault is not None:
                    raise FaultyTextError(reply.fault)
                self.actions.read(reply.actions, frame.rows)
                self.replayed += frame.rows
                yield reply.actions
        finally:
            self._close(process)

    def _load(self, source: str) -> PolicyProcess:
        process = self.start()
        try:
            observation_format = ObservationFormat(self.codec, WIDTH, self.has_extra_args)
            fault = process.load([source], self.actions.codec, self.spaces, observation_format)
            if fault is not None:
                raise FaultyTextError(fault)
        except BaseException:
            self._close(process)
            raise
        return process

    def _close(self, process: PolicyProcess) -> None:
        process.close()
        self.cpu_seconds += process.measure_cpu()

    @functools.lru_cache(maxsize=2)  # noqa: B019 - packed once for all texts; cache and object end together
    def _pack_frames(self, width: int) -> list[RecordedFrame]:
        frames: list[RecordedFrame] = []
        extra_args_codec = DynamicCodec()
        ended: list[int] = []
        for batch in itertools.chain(*(self._split_batches(group, width) for group in self.groups)):
            begun = [(0, derive_policy_seed(each.seed)) for each in batch]
            longest = len(batch[0].actions)
            for step in range(longest):
                running = [each for each in batch if len(each.actions) > step]
                if step:
                    ended = list(range(len(running), sum(len(each.actions) >= step for each in batch)))
                    begun = []
                observations = self.codec.pack_rows(
                    [self.restore(each.observations[step]) for each in running]
                )
                arguments = extra_args_codec.pack_rows(
                    [each.extra_args[step] for each in running if each.extra_args]
                )
                frames.append(RecordedFrame(len(running), observations, ended, begun, arguments))
            ended = list(range(sum(len(each.actions) == longest for each in batch)))
        return frames

    def _split_batches(self, group: list[Trajectory], width: int) -> list[list[Trajectory]]:
        return [group[first : first + width] for first in range(0, len(group), width)]

    @functools.cached_property
    def _range(self) -> Any:
        """The range of each number of an action; None where it has no finite one, or numbers are choices."""
        space = self.actions.space
        if not isinstance(space, gymnasium.spaces.Box) or not space.is_bounded():
            return None
        return np.maximum(space.high.astype(float) - space.low.astype(float), np.finfo(float).tiny)

    def _add_up_moves(self, found: bytes, expected: bytes) -> float:
        """Returns by how much actions differ, as a part of their range, summed over the rows."""
        if self._range is None or found == expected:
            return 0.0
        rows = len(expected) // self.actions.codec.size
        one, other = (np.array(self.actions.read(each, rows)[0], float) for each in (found, expected))
        return float((np.abs(one - other) / self._range).mean(axis=tuple(range(1, one.ndim))).sum())

    def _count_differences(self, found: bytes, expected: bytes) -> int:
        if found == expected:
            return 0
        size = self.actions.codec.size
        starts = range(0, len(expected), size)
        return sum(found[start : start + size] != expected[start : start + size] for start in starts)


def make_agreement(job: Job, trajectories: Sequence[Trajectory]) -> Agreement:
    """Returns what compares texts by a job's recorded episodes, in its environment and within its limits."""
    limits = Limits.from_json(job.params["limits"])
    pool = job.trusted.get_pool()
    sample, _ = job.trusted.begin_episode(trajectories[0].seed)
    return Agreement(lambda: job.start_policy(limits), pool.actions, pool.spaces, trajectories, sample)


def choose_codec(values: Sequence[Any]) -> Codec:
    """Returns a codec that packs all of these observations."""
    codec = infer_codec(values[0])
    try:
        codec.pack_rows(values)
    except CodecMismatchError:
        return DynamicCodec()
    return codec


def _choose_width(source: str, process: PolicyProcess) -> int:
    """Returns how many episodes are played side by side, as for a score.

    A text that draws from the global generators, or may reach beyond its episode, is played alone.
    """
    return 1 if process.needs_own_process or draws_random(source) else WIDTH


def restore_type(sample: Any, row: Any) -> Any:
    """Returns a row of a recorded array as the type that the environment gave."""
    if type(sample) in (int, float, bool):
        return type(sample)(row)
    return row
