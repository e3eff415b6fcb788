"""Composite actions as a row of numbers, so that a rule for one number can push one part of them.

A Discrete part counts as a number between its first and its last action, with the middle one at rest: parts
of this kind are mostly written as *left, stay, right*. Parts that are no numbers, such as texts, stay as
they are at rest.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple
from numpy.typing import NDArray

from policybook.rollout.trajectory import Trajectory
from policybook.search.contract import EpisodeSource, Floats
from policybook.source.action_expressions import find_finite_bounds, list_constant_actions, write_action

MAX_PARTS = 16
"""Actions of more numbers are not taken apart."""
DRAWN_ACTIONS = 2**20
"""Different actions that are drawn of a space that is not taken apart."""


class ActionParts(Box):
    """A composite space as a flat box of its numbers.

    `levels` are the lowest, resting and highest value of each, shape (3, m); `wholes` says which take whole
    numbers only.
    """

    def __init__(self, whole: Space[Any], levels: Floats, wholes: tuple[bool, ...]) -> None:
        super().__init__(levels[0], levels[2], dtype=np.float64)
        self.whole = whole
        self.levels = levels
        self.wholes = wholes

    def rest_at(self, resting: Floats) -> ActionParts:
        """Returns the same space with other values at rest."""
        return ActionParts(self.whole, np.stack([self.levels[0], resting, self.levels[2]]), self.wholes)

    def restore(self, numbers: Floats) -> Any:
        """Returns the action of a row of numbers."""
        return _restore(self.whole, iter(numbers.tolist()))

    def flatten(self, action: Any) -> Floats:
        """Returns an action as a row of numbers."""
        return np.array(list(_flatten(self.whole, action)), float)

    def flatten_actions(self, actions: NDArray[Any]) -> Floats:
        """Returns recorded actions as rows of numbers."""
        return np.array([self.flatten(action) for action in actions])

    def write(self, numbers: Sequence[str]) -> str:
        """Returns the expression of an action whose numbers are these expressions."""
        return _write(self.whole, iter(numbers))


def read_parts(space: Space[Any]) -> ActionParts | None:
    """Returns an array's or composite space as numbers, None for others and for no or too many numbers."""
    if not isinstance(space, MultiDiscrete | MultiBinary | Tuple | Dict | Box):
        return None
    described = list(_describe(space))
    if not 0 < len(described) <= MAX_PARTS:
        return None
    levels = np.array([levels for levels, _ in described], float).T
    return ActionParts(space, levels, tuple(is_whole for _, is_whole in described))


def make_array(space: Box | MultiDiscrete | MultiBinary, numbers: Sequence[float]) -> Any:
    """Returns numbers as an action that is an array, rounded where it takes whole ones."""
    fitting = numbers if space.dtype.kind == "f" else [round(number) for number in numbers]
    return np.array(fitting, dtype=space.dtype).reshape(space.shape)


def find_float_bounds(space: Box) -> tuple[Floats, Floats]:
    """Returns the bounds of a box as `find_finite_bounds` does, as floats that lie within it.

    The greatest whole numbers of 64 bits are no floats: the nearest float is beyond their type.
    """
    low, high = find_finite_bounds(space)
    least, most = low.astype(float), high.astype(float)
    if space.dtype.kind in "iu":
        for index in np.ndindex(space.shape):
            if int(least[index]) < int(low[index]):
                least[index] = np.nextafter(least[index], np.inf)
            if int(most[index]) > int(high[index]):
                most[index] = np.nextafter(most[index], -np.inf)
    return least, most


class PartsWrapper(gymnasium.ActionWrapper[Any, Any, Any]):
    """Takes actions as rows of numbers."""

    def __init__(self, env: gymnasium.Env[Any, Any], parts: ActionParts) -> None:
        super().__init__(env)
        self.parts = parts
        self.action_space = parts

    def action(self, action: Any) -> Any:
        """Returns the composite action of a row of numbers."""
        return self.parts.restore(action)


class DrawnActions(gymnasium.ActionWrapper[Any, Any, Any]):
    """Takes numbers, each of which stands for the action that the space draws by it as a seed."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.drawn = copy.deepcopy(env.action_space)
        self.action_space = Discrete(DRAWN_ACTIONS)

    def action(self, action: Any) -> Any:
        """Returns the action of a number."""
        self.drawn.seed(int(action))
        return self.drawn.sample()


def take_apart(
    env: gymnasium.Env[Any, Any],
) -> tuple[gymnasium.Env[Any, Any], Discrete[Any] | Box]:
    """Returns an environment that takes one choice or a row of numbers, and the space of these."""
    space = env.action_space
    if isinstance(space, Discrete | Box):
        return env, space
    parts = read_parts(space)
    if parts is not None:
        return PartsWrapper(env, parts), parts
    return DrawnActions(env), Discrete(DRAWN_ACTIONS)


def name_numbers(space: Box) -> list[str]:
    """Returns where each number stands in an action, such as `action["gear"]` or `action[2]`."""
    return list(_name(space.whole if isinstance(space, ActionParts) else space, "action"))


class PartsSource:
    """Episodes of an environment whose actions are taken apart into numbers."""

    def __init__(self, episodes: EpisodeSource, parts: ActionParts) -> None:
        self.episodes = episodes
        self.parts = parts

    def make(self) -> gymnasium.Env[Any, Any]:
        """Returns an instance that takes rows of numbers."""
        return PartsWrapper(self.episodes.make(), self.parts)

    def play(self, source: str, seeds: Sequence[int]) -> list[Trajectory]:
        """Plays a policy's text; the composite actions that it gives come back as rows of numbers."""
        return [
            replace(played, actions=self.parts.flatten_actions(played.actions))
            for played in self.episodes.play(source, seeds)
        ]


def write_nested(numbers: NDArray[Any]) -> str:
    """Returns expressions in the shape of an array, as nested lists."""
    if numbers.ndim == 0:
        return str(numbers[()])
    return f"[{', '.join(write_nested(np.asarray(part, dtype=object)) for part in numbers)}]"


Described = tuple[tuple[float, float, float], bool]


def _describe(space: Space[Any]) -> Iterator[Described]:
    """Yields lowest, resting and highest value of each number, and whether it is whole."""
    if isinstance(space, Discrete):
        yield _describe_whole(int(space.start), int(space.start + space.n - 1))
    elif isinstance(space, MultiDiscrete):
        last = space.start + space.nvec - 1
        yield from (_describe_whole(int(a), int(b)) for a, b in zip(space.start.flat, last.flat, strict=True))
    elif isinstance(space, MultiBinary):
        yield from (_describe_whole(0, 1) for _ in range(int(np.prod(space.shape))))
    elif isinstance(space, Box):
        is_whole = space.dtype.kind in "biu"
        low, high = find_float_bounds(space)
        for least, most in zip(low.ravel().tolist(), high.ravel().tolist(), strict=True):
            yield (float(least), 0.0 if least < 0 < most else float(least), float(most)), is_whole
    elif isinstance(space, Tuple):
        for part in space.spaces:
            yield from _describe(part)
    elif isinstance(space, Dict):
        for part in space.spaces.values():
            yield from _describe(part)


def _describe_whole(first: int, last: int) -> Described:
    resting = first if last - first < 2 else (first + last) // 2
    return (float(first), float(resting), float(last)), True


def _name(space: Space[Any], whole: str) -> Iterator[str]:
    """Yields the name of each number, in the order of `_describe`."""
    if isinstance(space, Discrete):
        yield whole
    elif isinstance(space, MultiDiscrete | MultiBinary | Box):
        yield from (
            whole + "".join(f"[{i}]" for i in place) for place in np.ndindex(tuple(space.shape or ()))
        )
    elif isinstance(space, Tuple):
        for index, part in enumerate(space.spaces):
            yield from _name(part, f"{whole}[{index}]")
    elif isinstance(space, Dict):
        for name, part in space.spaces.items():
            yield from _name(part, f"{whole}[{json.dumps(name)}]")


def _restore(space: Space[Any], numbers: Iterator[float]) -> Any:
    if isinstance(space, Discrete):
        return round(next(numbers))
    if isinstance(space, MultiDiscrete | MultiBinary | Box):
        flat = [next(numbers) for _ in range(int(np.prod(space.shape)))]
        return make_array(space, flat)
    if isinstance(space, Tuple):
        return tuple(_restore(part, numbers) for part in space.spaces)
    if isinstance(space, Dict):
        return {name: _restore(part, numbers) for name, part in space.spaces.items()}
    return list_constant_actions(space)[0]


def _flatten(space: Space[Any], action: Any) -> Iterator[float]:
    if isinstance(space, Tuple):
        for part, each in zip(space.spaces, action, strict=True):
            yield from _flatten(part, each)
    elif isinstance(space, Dict):
        for name, part in space.spaces.items():
            yield from _flatten(part, action[name])
    elif isinstance(space, Discrete | MultiDiscrete | MultiBinary | Box):
        yield from np.asarray(action, float).ravel().tolist()


def _write(space: Space[Any], numbers: Iterator[str]) -> str:
    if isinstance(space, Discrete):
        return next(numbers)
    if isinstance(space, MultiDiscrete | MultiBinary | Box):
        each = [next(numbers) for _ in range(int(np.prod(space.shape)))]
        nested = write_nested(np.array(each, dtype=object).reshape(space.shape))
        return f"np.array({nested}, dtype=np.{space.dtype})"
    if isinstance(space, Tuple):
        parts = [_write(part, numbers) for part in space.spaces]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if isinstance(space, Dict):
        named = [f"{name!r}: {_write(part, numbers)}" for name, part in space.spaces.items()]
        return f"{{{', '.join(named)}}}"
    return write_action(space, list_constant_actions(space)[0])
