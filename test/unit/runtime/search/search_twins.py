"""Tasks in disguise, with permuted, flipped, rescaled numbers or other physics; and one of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Disguised(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Observations reordered and scaled (negative scales flip); actions renamed or mirrored."""

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        order: Sequence[int],
        scales: Sequence[float],
        actions: Sequence[int],
    ) -> None:
        super().__init__(env)
        self.order, self.scales, self.actions = np.array(order), np.array(scales, np.float32), tuple(actions)
        space = env.observation_space
        assert isinstance(space, Box)
        ends = np.stack([space.low[self.order] * self.scales, space.high[self.order] * self.scales])
        self.observation_space = Box(ends.min(axis=0), ends.max(axis=0), dtype=np.float32)

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        observation, info = self.env.reset(**options)
        return self._seen(observation), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        meant = (
            self.actions[int(action)] if isinstance(self.action_space, Discrete) else self._mirrored(action)
        )
        observation, reward, terminated, truncated, info = self.env.step(meant)
        return self._seen(observation), reward, terminated, truncated, info

    def _seen(self, observation: Any) -> Any:
        return (observation[self.order] * self.scales).astype(np.float32)

    def _mirrored(self, action: Any) -> Any:
        order = np.abs(np.array(self.actions)) - 1
        return (np.asarray(action)[order] * np.sign(self.actions)).astype(np.float32)


class UnpaidEnding(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The step that ends an episode earns nothing, as with MuJoCo's pendulums."""

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, 0.0 if terminated else reward, terminated, truncated, info


class Thermostat(gymnasium.Env[Any, Any]):
    """A room that loses its warmth to the weather; the heating, on or off, is to keep it at 21 degrees."""

    observation_space = Box(-50, 100, (2,), np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.room, self.weather, self.left = (
            self.np_random.uniform(12, 26),
            self.np_random.uniform(-5, 10),
            200,
        )
        return np.array([self.room, self.weather], np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.room += 0.05 * (self.weather - self.room) + 2.0 * int(action)
        self.weather += self.np_random.normal(0, 0.3)
        self.left -= 1
        seen = np.array([self.room, self.weather], np.float32)
        return seen, -abs(self.room - 21.0), False, self.left == 0, {}


def cart_pole() -> gymnasium.Env[Any, Any]:
    env = gymnasium.make("CartPole-v1")
    inner: Any = env.unwrapped
    inner.length, inner.gravity = 1.0, 6.0
    inner.polemass_length = inner.masspole * inner.length
    return Disguised(env, [2, 0, 3, 1], [-3.0, 1.0, 2.0, -0.5], [1, 0])


def mountain_car() -> gymnasium.Env[Any, Any]:
    return Disguised(gymnasium.make("MountainCar-v0"), [1, 0], [-20.0, -2.0], [2, 0, 1])


def acrobot() -> gymnasium.Env[Any, Any]:
    return Disguised(gymnasium.make("Acrobot-v1"), [5, 2, 0, 4, 1, 3], [-1, 1, 2, 0.5, 2, -1], [1, 2, 0])


def pendulum() -> gymnasium.Env[Any, Any]:
    return Disguised(gymnasium.make("Pendulum-v1", g=8.0), [2, 1, 0], [-0.5, 3.0, -3.0], [-1])


def mountain_car_continuous() -> gymnasium.Env[Any, Any]:
    return Disguised(gymnasium.make("MountainCarContinuous-v0"), [1, 0], [-10.0, 3.0], [-1])


def lander() -> gymnasium.Env[Any, Any]:
    env = gymnasium.make("LunarLander-v3", gravity=-8.5)
    return Disguised(env, [6, 3, 1, 0, 5, 4, 2, 7], [1, -1, -2, 3, 1, -1, 0.5, 1], [2, 3, 0, 1])


def lander_continuous() -> gymnasium.Env[Any, Any]:
    env = gymnasium.make("LunarLander-v3", continuous=True)
    return Disguised(env, [5, 4, 3, 2, 1, 0, 6, 7], [-1, 1, 2, -1, -1, 1, 1, 1], [2, -1])
