"""One episode with all that can be shown of its steps: lines that ran, variables, values, and pictures."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policybook.rollout import environment_pool
from policybook.rollout.action_reader import InvalidActionError
from policybook.rollout.environment_pool import EnvironmentInstance, EnvironmentPool
from policybook.rollout.episode_slot import choose_policy_seed
from policybook.rollout.failures import RequestFailedError, make_unplaced_fault
from policybook.rollout.observation_form import describe_endless_number
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess, Reply
from policybook.rollout.pulse import FRAME, PULSE, Operation
from policybook.rollout.refused_steps import RefusedActionError, RefusedSteps
from policybook.rollout.trajectory_hashes import NO_TRAJECTORY_HASHES, TrajectoryHashes, hash_trajectory
from policybook.sandbox.codecs import CodecMismatchError, DynamicCodec, TextTooLongError
from policybook.sandbox.messages import FaultReport
from policybook.sandbox.tracing import MAX_VARIABLES

MAX_SHOWN_NUMBERS = 64
"""Observations and actions of more numbers are shown by their shape."""

MAX_TEXT_CHARACTERS = 200


@dataclass
class TracedStep:
    """The protocol's `tracedStep`, with the picture as an array."""

    lines: list[tuple[int, int]]
    variables: dict[str, str]
    observation: Any
    action: Any
    reward: float
    picture: NDArray[np.uint8] | None


@dataclass
class TracedEpisode:
    """What was traced; `fault` is set where the policy failed in the step behind the last.

    `has_begun` says whether the policy came so far as to begin the episode.
    """

    steps: list[TracedStep] = field(default_factory=list)
    has_begun: bool = False
    total: float = 0.0
    terminated: bool = False
    truncated: bool = False
    action_hash: str = ""
    trajectory_hashes: TrajectoryHashes = NO_TRAJECTORY_HASHES
    fault: FaultReport | None = None


class EpisodePictures:
    """At most `most` pictures of an episode, evenly spread: when there are more, every second is dropped."""

    def __init__(self, instance: EnvironmentInstance, most: int) -> None:
        # The wrappers that count and check have not seen the reset.
        self.render: Callable[[], Any] = instance.env.unwrapped.render
        self.most = most if instance.env.render_mode == "rgb_array" else 0
        self.stride = 1

    def take(self, steps: list[TracedStep]) -> NDArray[np.uint8] | None:
        """Returns a picture of the step behind `steps`, None where none is due."""
        if self.most == 0 or len(steps) % self.stride:
            return None
        if len(steps) // self.stride >= self.most:
            self.stride *= 2
            for number, step in enumerate(steps):
                if number % self.stride:
                    step.picture = None
            if len(steps) % self.stride:
                return None
        try:
            return np.asarray(self.render(), dtype=np.uint8)
        except Exception:  # noqa: BLE001 - environments draw with code of any kind, and no score depends on it
            # Some environments name a mode for which this machine has no display or driver.
            self.most = 0
            return None


class EpisodeTracer:
    """Plays one whole episode exactly as for a score, and keeps what each step shows.

    `play` returns it, with the steps before the policy's failure where it fails.
    """

    def __init__(
        self,
        pool: EnvironmentPool,
        policy: PolicyProcess,
        instance: EnvironmentInstance,
        seed: int,
        pictures: int,
    ) -> None:
        self.pool = pool
        self.policy = policy
        self.instance = instance
        self.seed = seed
        self.pictures = EpisodePictures(instance, pictures)
        self.episode = TracedEpisode()
        # DynamicCodec packs any value; a codec that all rows share would be faster for batches only.
        self.codec = DynamicCodec()
        self.extra_args_codec = DynamicCodec()
        self.observation: Any = None
        self.extra_args: dict[str, Any] = {}
        self.written: list[bytes] = []
        """The actions as the policy's process wrote them."""

    def play(self, source: str) -> TracedEpisode:
        """Plays the episode with the policy of this text; raises RequestFailedError for the environment."""
        episode = self.episode
        try:
            episode.fault = self.policy.load([source], self.pool.actions.codec, self.pool.spaces)
            if episode.fault is None:
                episode.fault = self._begin(source)
            while episode.fault is None and not (episode.terminated or episode.truncated):
                episode.fault = self._step()
        except PolicyLostError as lost:
            episode.fault = make_unplaced_fault(lost.code, lost.text)
        actions = b"".join(self.written)
        episode.action_hash = hashlib.sha256(actions).hexdigest()[:16]
        # One episode can afford a hash for every step.
        rewards = [step.reward for step in episode.steps]
        episode.trajectory_hashes = hash_trajectory(actions, rewards, every=1)
        return episode

    def _begin(self, source: str) -> FaultReport | None:
        """Resets the environment and has the policy begin; returns the fault if it cannot."""
        with _blame_environment(self.pool, self.seed, None):
            observation, info = self.instance.reset(seed=self.seed)
            self.observation = self.instance.select_observed(observation)
        self._check_numbers(None)
        self.extra_args = self.pool.collect_extra_args(0.0, info)
        self.policy.observe(ObservationFormat(self.codec, 1, self.pool.has_extra_args))
        self.episode.has_begun = True
        policy_seed = choose_policy_seed(source, self.policy.needs_own_process, self.seed)
        return self.policy.act(0, b"", begun=[(0, policy_seed)]).fault

    def _step(self) -> FaultReport | None:
        """Makes one step and keeps it; returns the fault if the policy fails in it."""
        picture = self.pictures.take(self.episode.steps)
        reply = self.policy.trace(
            _pack(self.codec, self.observation),
            _pack(self.extra_args_codec, self.extra_args) if self.pool.has_extra_args else b"",
        )
        try:
            actions, rows = self.pool.actions.read(reply.actions, reply.done)
        except InvalidActionError as invalid:
            return make_unplaced_fault("invalid_action", invalid.reason)
        if reply.fault is not None:
            return reply.fault
        self.written.append(self.pool.actions.pack(rows))
        [action] = actions
        # They are described before the step, because environments write into what they have given.
        seen, chosen = describe_value(self.observation), describe_value(action)
        try:
            reward = self._step_environment(action)
        except RefusedActionError as refused:
            self.written.pop()
            return make_unplaced_fault("refused_action", refused.reason)
        lines, variables = _read_trace(reply)
        self.episode.steps.append(TracedStep(lines, variables, seen, chosen, reward, picture))
        return None

    def _step_environment(self, action: Any) -> float:
        """Takes the action in the environment; returns the reward."""
        episode = self.episode
        with _blame_environment(self.pool, self.seed, len(episode.steps)):
            observation, given, over, cut, info = self._take_action(action)
            self.observation = self.instance.select_observed(observation)
            reward = float(given)
        self.extra_args = self.pool.collect_extra_args(reward, info)
        episode.total += reward
        episode.terminated = bool(over)
        episode.truncated = bool(cut) or len(episode.steps) + 1 == self.pool.limit
        if not (episode.terminated or episode.truncated):
            self._check_numbers(len(episode.steps))
        return reward

    def _check_numbers(self, step: int | None) -> None:
        """Raises RequestFailedError where no policy gets the observation; a step of None is the reset."""
        wrong = describe_endless_number(self.pool.observation_space, self.observation)
        if wrong is not None:
            raise environment_pool.describe_wrong_answer(
                self.pool.spec, wrong, self.seed, step
            ).make_failure()

    def _take_action(self, action: Any) -> Any:
        """Takes the action in the environment; raises RefusedActionError where it refuses it."""
        try:
            return self.instance.step(action)
        except Exception as error:
            before = self.pool.actions.read(b"".join(self.written[:-1]), len(self.written) - 1)[1]
            reason = RefusedSteps(self.pool).find_reason(self.seed, before, action, error)
            if reason is None:
                raise
            raise RefusedActionError(reason) from error


def trace_episode(
    pool: EnvironmentPool, policy: PolicyProcess, source: str, seed: int, pictures: int
) -> TracedEpisode:
    """Plays a whole episode in an environment of the pool, with so many pictures at most."""
    instance = pool.take()
    try:
        traced = EpisodeTracer(pool, policy, instance, seed, pictures).play(source)
    except BaseException:
        instance.close()
        raise
    pool.give_back(instance)
    return traced


def describe_value(value: Any) -> Any:
    """Returns an observation or action as JSON; as text where it is not finite or too large."""
    if isinstance(value, np.ndarray):
        if value.size > MAX_SHOWN_NUMBERS:
            return f"{value.dtype} of shape {'x'.join(map(str, value.shape))}"
        return describe_value(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(key): describe_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [describe_value(each) for each in value[:MAX_SHOWN_NUMBERS]]
    if isinstance(value, str):
        # As a literal, no character of it does anything but be shown.
        more = "…" if len(value) > MAX_TEXT_CHARACTERS else ""
        return f"{value[:MAX_TEXT_CHARACTERS]!r}{more}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float) else str(value)[:MAX_TEXT_CHARACTERS]


def _read_trace(reply: Reply) -> tuple[list[tuple[int, int]], dict[str, str]]:
    """Returns lines and variables out of a reply, none where it holds no trace.

    The policy's process may have written anything.
    """
    try:
        trace = json.loads(reply.trace)
        lines = [(int(line), int(times)) for line, times in trace["lines"]]
        pairs = list(trace["variables"].items())[:MAX_VARIABLES]
        return lines, {
            str(name)[:MAX_TEXT_CHARACTERS]: str(text)[:MAX_TEXT_CHARACTERS] for name, text in pairs
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return [], {}


def _pack(codec: DynamicCodec, value: Any) -> bytes:
    try:
        return codec.pack(value)
    except TextTooLongError as error:
        message = f"{type(value).__name__} cannot be handed to a policy: {error}"
        raise RequestFailedError("environment_error", message) from None
    except CodecMismatchError:
        message = (
            f"{type(value).__name__} cannot be handed to a policy: a part of it has a type that cannot cross"
        )
        raise RequestFailedError("environment_error", message) from None


@contextlib.contextmanager
def _blame_environment(pool: EnvironmentPool, seed: int, step: int | None) -> Iterator[None]:
    """Makes what is raised in here the environment's failure, and times it; a step of None is the reset."""
    PULSE.write_row(0, 0, seed, 0)
    PULSE.words[FRAME] = step or 0
    try:
        with PULSE.enter(Operation.RESET if step is None else Operation.STEP, 0):
            yield
    except RefusedActionError:
        raise
    except Exception as error:
        raise environment_pool.explain_exception(pool.spec, error, seed, step) from error
