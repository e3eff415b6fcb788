"""Every environment that set-up installs plays in the sandbox as under a bare `gym.make`, bit by bit.

Atari's and MiniGrid's hundreds differ in what happens in them, which crosses alike: one in thirty stands for
the others, which are the long form.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import ale_py
import gymnasium
import minigrid
import numpy as np
import pytest
from gymnasium import spaces

gymnasium.register_envs(ale_py)
gymnasium.register_envs(minigrid)

SEEDS = [5, 1_000_003]
STEPS = 12
"""Enough for what crosses: types, dtypes, shapes, memory that is written over, an action's way back."""

# Actions that depend on every bit of what the policy sees, and on its types.
PROBE = """
import hashlib
import numpy as np

def described(value):
    if isinstance(value, dict):
        return [[key, described(item)] for key, item in value.items()]
    if isinstance(value, tuple):
        return [described(item) for item in value]
    if isinstance(value, np.ndarray):
        return ["array", value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
    return [type(value).__module__ + "." + type(value).__name__, repr(value)]

def act(observation):
    digest = hashlib.sha256(repr(described(observation)).encode()).digest()
    return ACTION
"""


def installed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Newest versions: older ones of a name are the same classes, or need packages that nobody installs."""
    newest: dict[str, int] = {}
    for spec in gymnasium.registry.values():
        if spec.entry_point is not None and _family(str(spec.entry_point)) is not None:
            name = spec.id.rsplit("-v", 1)[0]
            newest[name] = max(newest.get(name, 0), int(spec.version or 0))
    for name, version in sorted(newest.items()):
        identifier = f"{name}-v{version}"
        family = _family(str(gymnasium.registry[identifier].entry_point))
        if family != "ale_py":
            yield identifier, {}
        elif name.startswith("ALE/"):
            yield identifier, {}
            yield identifier, {"obs_type": "ram"}


def _family(entry_point: str) -> str | None:
    families = (
        "gymnasium.envs.classic_control",
        "gymnasium.envs.toy_text",
        "gymnasium.envs.box2d",
        "gymnasium.envs.mujoco",
        "minigrid",
        "ale_py",
    )
    if entry_point.startswith("minigrid.envs.wfc"):
        return None  # an extra of MiniGrid's own, which set-up does not install
    return next((family for family in families if entry_point.startswith(family)), None)


ENVIRONMENTS = list(installed())
MANY_OF_A_KIND = ("ale_py", "minigrid")
KEPT_OF_MANY = 30


def parameters() -> Iterator[Any]:
    for number, (name, kwargs) in enumerate(ENVIRONMENTS):
        family = _family(str(gymnasium.registry[name].entry_point))
        is_long = family in MANY_OF_A_KIND and number % KEPT_OF_MANY != 0
        marks = [pytest.mark.long] if is_long else []
        yield pytest.param(name, kwargs, id="-".join([name, *kwargs.values()]), marks=marks)


def probe(space: Any) -> str:
    if isinstance(space, spaces.Discrete):
        return PROBE.replace("ACTION", f"{int(space.start)} + digest[0] % {int(space.n)}")
    low = np.maximum(space.low, -5).ravel().tolist()
    span = (np.minimum(space.high, 5) - np.maximum(space.low, -5)).ravel().tolist()
    bits = f"np.frombuffer(digest[:{len(low)}], np.uint8) / 255"
    array = (
        f"(np.array({low}) + {bits} * np.array({span})).astype({space.dtype.str!r}).reshape({space.shape})"
    )
    return PROBE.replace("ACTION", array)


def test_all_families_are_installed() -> None:
    """Set-up installs the extras: what is missing is a broken set-up, and not a test to skip."""
    for package in ("Box2D", "mujoco", "minigrid", "ale_py"):
        importlib.import_module(package)
    assert len(ENVIRONMENTS) > 300


@pytest.mark.parametrize(("name", "kwargs"), parameters())
def test_an_episode_is_the_one_of_a_bare_loop(
    evaluator: Any, bare: Any, name: str, kwargs: dict[str, Any]
) -> None:
    env = gymnasium.make(name, max_episode_steps=STEPS, disable_env_checker=True, **kwargs)
    source = probe(env.action_space)
    expected = [bare(env, source, seed) for seed in SEEDS]
    env.close()
    declared = {"id": name, "kwargs": kwargs, "maxEpisodeSteps": STEPS}
    result = evaluator.evaluate(declared, source, SEEDS, stepMs=1000)
    assert result["failure"] is None
    assert result["episodes"] == expected
