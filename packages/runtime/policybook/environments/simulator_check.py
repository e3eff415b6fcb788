"""Whether a simulator keeps to Gymnasium's interface, found out by a little play.

A mistake that shows here names its line when the simulator is declared, not in the middle of a run.
"""

from __future__ import annotations

import time
from typing import Any

import gymnasium
import numpy as np

from policybook.environments.simulators import Env, SimulatorError, make_simulator_error

CHECKED_STEPS = 100
CHECK_SECONDS = 1.0


def check_simulator(name: str, env: Env) -> None:
    """Plays random actions for a moment; raises SimulatorError for the first thing that is wrong."""
    for attribute in ("observation_space", "action_space"):
        if not isinstance(getattr(env, attribute, None), gymnasium.Space):
            raise SimulatorError(f"the simulator {name} has no {attribute}, a gymnasium.spaces.Space", None)
    try:
        _play(name, env)
    except SimulatorError:
        raise
    except Exception as error:
        raise make_simulator_error(name, error) from error


def _play(name: str, env: Env) -> None:
    env.action_space.seed(0)
    end = time.monotonic() + CHECK_SECONDS
    is_over = True
    for _ in range(CHECKED_STEPS):
        if is_over:
            observation, _ = _unpack_reply(name, "reset", env.reset(seed=0), RESET_PARTS)
            _check_observation(name, env, "reset", observation)
        answer = env.step(env.action_space.sample())
        observation, reward, terminated, truncated, _ = _unpack_reply(name, "step", answer, STEP_PARTS)
        _check_observation(name, env, "step", observation)
        _check_reward(name, reward)
        is_over = bool(terminated) or bool(truncated)
        if time.monotonic() > end:
            return


RESET_PARTS = ("observation", "info")
STEP_PARTS = ("observation", "reward", "terminated", "truncated", "info")


def _unpack_reply(name: str, method: str, answer: Any, wanted: tuple[str, ...]) -> tuple[Any, ...]:
    if isinstance(answer, tuple) and len(answer) == len(wanted):
        return answer
    found = f"{len(answer)} values" if isinstance(answer, tuple) else f"one {type(answer).__name__}"
    raise SimulatorError(
        f"the simulator {name}: {method} returns ({', '.join(wanted)}), this one returned {found}", None
    )


def _check_observation(name: str, env: Env, method: str, observation: Any) -> None:
    """Checks the form of an observation; values a little outside their bounds are common and harmless."""
    space = env.observation_space
    if isinstance(space, gymnasium.spaces.Box):
        if isinstance(observation, np.ndarray) and observation.shape == space.shape:
            return
        found = (
            f"an array of shape {observation.shape}"
            if isinstance(observation, np.ndarray)
            else f"a {type(observation).__name__}"
        )
        wanted = f"an array of shape {space.shape}"
    else:
        if space.contains(observation):
            return
        found, wanted = repr(observation)[:80], str(space)
    raise SimulatorError(
        f"the simulator {name}: {method} gave {found} as observation, its observation_space says {wanted}",
        None,
    )


def _check_reward(name: str, reward: Any) -> None:
    try:
        is_finite = bool(np.isfinite(float(reward)))
    except (TypeError, ValueError):
        is_finite = False
    if not is_finite:
        raise SimulatorError(f"the simulator {name}: step gave {reward!r} as reward, no finite number", None)
