"""The environments that a worker holds: it makes them for a specification and uses them again."""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from policybook.environments.levels import iterate_levels
from policybook.environments.make import Observe, UnavailableEnvironmentError, make_environment, refuse_window
from policybook.environments.simulators import make_simulator_error
from policybook.environments.space_summary import summarise_space
from policybook.environments.user_code import enter_user_code
from policybook.process_limit import find_process_limit_hint
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.action_reader import ActionReader, choose_reader
from policybook.rollout.closing import close_in_time
from policybook.rollout.constructor_faults import (
    CONSTRUCTOR_FAULTS,
    MAX_CONSTRUCTION_SECONDS,
    MAX_CONSTRUCTIONS,
)
from policybook.rollout.content_key import make_content_key
from policybook.rollout.environment_fault import EnvironmentFault, describe_environment, format_place
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.pulse import PULSE, Operation
from policybook.sandbox.codecs import Codec

Env = gymnasium.Env[Any, Any]

# Box2D's environments import pygame, which prints a greeting.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

STEPS_WITHOUT_LIMIT = 10_000
"""An episode of an environment that has no limit of its own is truncated here."""

SLOW_TO_MAKE_SECONDS = 1.0
"""Of an environment that takes longer to make, no more instances are made than a worker cannot do without."""

POOLS_KEPT = 4
"""Specifications whose environments a worker keeps."""

MAX_LISTED_VALUES = 4096
"""The actions of a discrete space are listed up to so many."""


def make(spec: EnvironmentSpecJson) -> Env:
    """Returns an environment of a specification, with all its wrappers.

    A constructor that raises is called again; `CONSTRUCTOR_FAULTS` has what it raised. Raises
    RequestFailedError where there can be none.
    """
    enter_user_code(spec)
    end = time.monotonic() + MAX_CONSTRUCTION_SECONDS
    for left in range(MAX_CONSTRUCTIONS - 1, -1, -1):
        try:
            with PULSE.enter(Operation.MAKE):
                env = make_environment(spec)
                refuse_window(spec, env)
            return env
        except UnavailableEnvironmentError as error:
            if not error.is_raised or left == 0 or time.monotonic() > end:
                raise RequestFailedError(error.code, error.message, error.facts) from error
            fault = EnvironmentFault(error.code, error.message, error.message, None, error.facts.get("line"))
            CONSTRUCTOR_FAULTS.note(fault)
    raise AssertionError


class MadeEnvironment(NamedTuple):
    """An environment, and how long it took to make it."""

    env: Env
    seconds: float

    @property
    def is_slow(self) -> bool:
        """Whether to make another one is worth avoiding."""
        return self.seconds > SLOW_TO_MAKE_SECONDS


def make_timed(spec: EnvironmentSpecJson) -> MadeEnvironment:
    """Returns what `make` returns, with the time that it took."""
    began = time.monotonic()
    env = make(spec)
    return MadeEnvironment(env, time.monotonic() - began)


def describe_exception(
    spec: EnvironmentSpecJson, error: Exception, seed: int | None, step: int | None = None
) -> EnvironmentFault:
    """Returns what an exception inside an environment means; a step of None stands for the reset."""
    place = format_place(seed, step)
    kind = type(error).__name__
    if spec["simulator"] is None:
        sentence = f"{spec['id']} raised {kind}: {error}{place}{find_process_limit_hint(error)}"
        cause = f"{kind}: {error}{place}"
        return EnvironmentFault("environment_error", sentence, cause, seed, step=step)
    failure = make_simulator_error(spec["simulator"]["name"], error)
    where = "" if failure.line is None else f" in line {failure.line}"
    cause = f"{kind}{where}: {error}{place}"
    sentence = f"{failure}{place}"
    return EnvironmentFault("simulator_error", sentence, cause, seed, failure.line, step=step)


def describe_endless_return(spec: EnvironmentSpecJson, seed: int, total: float) -> EnvironmentFault:
    """Returns the fault of an episode whose rewards sum to no finite number."""
    sentence = (
        f"The rewards of {describe_environment(spec)} in the episode of seed {seed} sum to {total}: every "
        "reward that `step` returns must be a finite number"
    )
    return EnvironmentFault("environment_error", sentence, f"a return of {total} (seed {seed})", seed)


def describe_wrong_answer(
    spec: EnvironmentSpecJson, what: str, seed: int | None, step: int | None = None
) -> EnvironmentFault:
    """Returns the fault of an answer that code of ours cannot use; a step of None stands for the reset."""
    said = f"{'reset' if step is None else 'step'} gave {what}"
    place = format_place(seed, step)
    code = "environment_error" if spec["simulator"] is None else "simulator_error"
    sentence = f"{describe_environment(spec)}: {said}{place}"
    return EnvironmentFault(code, sentence, f"{said}{place}", seed, step=step)


def explain_exception(
    spec: EnvironmentSpecJson, error: Exception, seed: int | None, step: int | None = None
) -> RequestFailedError:
    """Returns what an exception inside an environment means, as a failure of the request."""
    return describe_exception(spec, error, seed, step).make_failure()


def explain_job_exception(params: Any, error: Exception) -> RequestFailedError | None:
    """Returns the simulator's failure where a job's exception came out of one, None otherwise."""
    spec = params.get("environment") if isinstance(params, dict) else None
    if spec is None or spec["simulator"] is None:
        return None
    failure = explain_exception(spec, error, None)
    return None if failure.detail["line"] is None else failure


class EnvironmentInstance:
    """One environment, stepped below those of its wrappers that only check or count.

    `reset` and `step` are those of the innermost wrapper. `indices` are the coordinates that a policy sees,
    None for all of them. `limit` is the number of steps at which the caller has to truncate an episode.
    """

    def __init__(self, env: Env) -> None:
        self.env = env
        self.indices = None
        self.limit: int | None = None
        while True:
            if isinstance(env, Observe):
                self.indices = env.indices
            elif isinstance(env, TimeLimit):
                own = env._max_episode_steps
                self.limit = own if self.limit is None else min(own, self.limit)
            elif not isinstance(env, OrderEnforcing | PassiveEnvChecker):
                break
            env = env.env
        _spare_checks(env.action_space)
        self.reset: Callable[..., tuple[Any, dict[str, Any]]] = env.reset
        self.step: Callable[[Any], tuple[Any, Any, bool, bool, dict[str, Any]]] = env.step
        # All of Box2D's environments but LunarLander keep their physics over a reset, and with it a history
        # that changes later episodes, as measured on BipedalWalker-v3.
        self.is_used_once = hasattr(self.env.unwrapped, "world") and not _renews_physics(self.env.unwrapped)

    def close(self) -> None:
        """Closes an environment for good, as far as that ends in time."""
        close_in_time(self.env)

    def select_observed(self, observation: Any) -> Any:
        """Returns what a policy sees of an observation."""
        return observation if self.indices is None else observation[self.indices]


def find_step_limit(env: Env) -> int | None:
    """Returns the least number of steps at which a wrapper, however far below others, ends an episode."""
    limits = [level._max_episode_steps for level in iterate_levels(env) if isinstance(level, TimeLimit)]
    return min(limits, default=None)


def _spare_checks(space: Any) -> None:
    """Answers `contains` for NumPy integers by look-up: Gymnasium's check is a sixth of CartPole's step."""
    if type(space) is not Discrete or space.n > MAX_LISTED_VALUES:
        return
    listed = frozenset(range(int(space.start), int(space.start + space.n)))
    contains = space.contains
    space.contains = lambda x: x in listed if type(x) is np.int64 else contains(x)  # type: ignore[method-assign]


def _renews_physics(env: Env) -> bool:
    return "b2World" in env.reset.__func__.__code__.co_names  # type: ignore[attr-defined]


class EnvironmentPool:
    """Instances of one specification, and what is known of it; `made` is the first where there is one."""

    def __init__(self, spec: EnvironmentSpecJson, made: MadeEnvironment | None = None) -> None:
        self.spec = spec
        made = made or make_timed(spec)
        first = EnvironmentInstance(made.env)
        self.seconds_to_make = made.seconds
        self.is_slow_to_make = made.is_slow
        """Whether an instance is worth waiting for; which episodes stand side by side changes none."""
        self.idle = [first]
        try:
            self.actions: ActionReader = choose_reader(first.env.action_space)
        except Exception:
            first.close()
            raise
        self.observation_space, self.action_space = first.env.observation_space, first.env.action_space
        spaces = {"observation": self.observation_space, "action": self.action_space}
        self.spaces = json.dumps({name: summarise_space(space) for name, space in spaces.items()})
        """The spaces as policies get them, written once: a picture's bounds are 200,000 numbers."""
        self.last_codec: Codec | None = None
        """The codec with which observations were packed last, None where no codec fitted all of them."""
        self.limit = first.limit or STEPS_WITHOUT_LIMIT
        self.indices = first.indices
        self.keys: Sequence[str] = spec.get("info") or ()
        self.has_reward = bool(spec.get("reward"))
        self.has_extra_args = self.has_reward or bool(self.keys)
        """Whether policies get more than the observation."""

    def collect_extra_args(self, reward: float, info: dict[str, Any]) -> dict[str, Any]:
        """Returns the declared extra arguments of `act`; a key that the environment leaves out is None."""
        if not self.has_extra_args:
            return {}
        arguments = {key: info.get(key) for key in self.keys}
        return {"reward": reward, **arguments} if self.has_reward else arguments

    def take(self) -> EnvironmentInstance:
        """Returns an instance for one episode."""
        return self.idle.pop() if self.idle else EnvironmentInstance(make(self.spec))

    def give_back(self, instance: EnvironmentInstance) -> None:
        """Keeps an instance for the next episode, unless what it went through would change that."""
        if instance.is_used_once:
            instance.close()
            # Physics and environment refer to each other: collecting them took 3 % of BipedalWalker's time.
            instance.env.unwrapped.__dict__.clear()
        else:
            self.idle.append(instance)

    def close(self) -> None:
        """Closes the instances that are not in use."""
        for instance in self.idle:
            instance.close()
        self.idle.clear()


class EnvironmentPools:
    """A process's pools of environments, of which the least recently used is closed first."""

    def __init__(self) -> None:
        self.pools: OrderedDict[str, EnvironmentPool] = OrderedDict()

    def get(self, spec: EnvironmentSpecJson) -> EnvironmentPool:
        """Returns the pool of a specification, which is made when it is first asked for."""
        key = make_content_key(spec)
        pool = self.pools.get(key)
        if pool is None:
            pool = self.pools[key] = EnvironmentPool(spec)
            if len(self.pools) > POOLS_KEPT:
                self.pools.popitem(last=False)[1].close()
        self.pools.move_to_end(key)
        return pool

    def close_quick(self) -> None:
        """Closes the pools of environments that are soon made again."""
        for key, pool in list(self.pools.items()):
            if not pool.is_slow_to_make:
                del self.pools[key]
                pool.close()
