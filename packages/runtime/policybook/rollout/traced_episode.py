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
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess, Reply
from policybook.rollout.trajectory_hashes import UNFOLLOWED, TrajectoryHashes, hash_trajectory
from policybook.sandbox.codecs import CodecMismatchError, DynamicCodec
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
    """What was traced; `fault` is set where the policy failed in the step behind the last."""

    steps: list[TracedStep] = field(default_factory=list)
    total: float = 0.0
    terminated: bool = False
    truncated: bool = False
    action_hash: str = ""
    trajectory_hashes: TrajectoryHashes = UNFOLLOWED
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


def play(
    pool: EnvironmentPool, policy: PolicyProcess, source: str, seed: int, pictures: int
) -> TracedEpisode:
    """Plays a whole episode, exactly as for a score; it keeps the steps before the policy's failure."""
    episode = TracedEpisode()
    written: list[bytes] = []
    instance = pool.take()
    try:
        episode.fault = policy.load([source], pool.actions.codec, pool.spaces)
        if episode.fault is not None:
            return episode
        album = EpisodePictures(instance, pictures)
        with _blame_environment(pool, seed):
            observation, info = instance.reset(seed=seed)
            observation = instance.select_observed(observation)
        # DynamicCodec packs any value; a codec that all rows share would be faster for batches only.
        observations, extra_args_codec = DynamicCodec(), DynamicCodec()
        policy.observe(ObservationFormat(observations, 1, pool.has_extra_args))
        extra_args = pool.collect_extra_args(0.0, info)
        episode.fault = policy.act(
            0, b"", begun=[(0, choose_policy_seed(source, policy.needs_own_process, seed))]
        ).fault
        while episode.fault is None and not (episode.terminated or episode.truncated):
            picture = album.take(episode.steps)
            reply = policy.trace(
                _pack(observations, observation),
                _pack(extra_args_codec, extra_args) if pool.has_extra_args else b"",
            )
            try:
                actions, rows = pool.actions.read(reply.actions, reply.done)
            except InvalidActionError as invalid:
                episode.fault = make_unplaced_fault("invalid_action", invalid.reason)
                break
            if reply.fault is not None:
                episode.fault = reply.fault
                break
            chosen_bytes = pool.actions.pack(rows)
            # They are described before the step, because environments write into what they have given.
            [action] = actions
            seen, chosen = describe_value(observation), describe_value(action)
            with _blame_environment(pool, seed):
                observation, given, over, cut, info = instance.step(action)
                observation = instance.select_observed(observation)
                reward = float(given)
            extra_args = pool.collect_extra_args(reward, info)
            lines, variables = _read_trace(reply)
            episode.steps.append(TracedStep(lines, variables, seen, chosen, reward, picture))
            written.append(chosen_bytes)
            episode.total += reward
            episode.terminated = bool(over)
            episode.truncated = bool(cut) or len(episode.steps) == pool.limit
    except PolicyLostError as lost:
        episode.fault = make_unplaced_fault(lost.code, lost.text)
    finally:
        pool.give_back(instance)
    actions_taken = b"".join(written)
    episode.action_hash = hashlib.sha256(actions_taken).hexdigest()[:16]
    # One episode can afford a hash for every step.
    rewards = [step.reward for step in episode.steps]
    episode.trajectory_hashes = hash_trajectory(actions_taken, rewards, every=1)
    return episode


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
    except CodecMismatchError:
        message = (
            f"{type(value).__name__} cannot be handed to a policy: a part of it has a type that cannot cross"
        )
        raise RequestFailedError("environment_error", message) from None


@contextlib.contextmanager
def _blame_environment(pool: EnvironmentPool, seed: int) -> Iterator[None]:
    """Makes what is raised in here the environment's failure."""
    try:
        yield
    except Exception as error:
        raise environment_pool.explain_exception(pool.spec, error, seed) from error
