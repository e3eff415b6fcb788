"""An observation of any form as one row of numbers, each of which has a name that a policy's author can read.

A probe for authors and a search read observations by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple

from policybook.search.contract import Floats

MOST_NUMBERS = 512
"""Numbers of an observation that are looked at; an image has more."""


@dataclass(frozen=True)
class FlatPart:
    """A part of an observation that holds numbers: its place in the observation, and their shape."""

    keys: tuple[str | int, ...]
    shape: tuple[int, ...]

    def read(self, observation: Any) -> Floats:
        """Returns the numbers of this part of an observation."""
        for key in self.keys:
            observation = observation[key]
        return np.asarray(observation, float).ravel()

    def list_places(self) -> list[tuple[str | int, ...]]:
        """Returns where each number stands in the observation."""
        return [(*self.keys, *place) for place in np.ndindex(self.shape)]


@dataclass(frozen=True)
class FlatObservation:
    """How an observation is read as a row of numbers, and which parts are not read, in sentences."""

    parts: tuple[FlatPart, ...]
    unread: tuple[str, ...]

    @property
    def places(self) -> list[tuple[str | int, ...]]:
        """Where each number stands in the observation."""
        return [place for part in self.parts for place in part.list_places()]

    def read(self, observation: Any) -> Floats:
        """Returns the numbers of an observation."""
        return np.concatenate([np.zeros(0), *(part.read(observation) for part in self.parts)])


def name_place(place: tuple[str | int, ...]) -> str:
    """Returns a name such as `observation[3]` or, of a part with a name, `distance[2]`."""
    first, rest = (place[0], place[1:]) if place and isinstance(place[0], str) else ("observation", place)
    return str(first) + "".join(f"[{key}]" if isinstance(key, int) else f'["{key}"]' for key in rest)


def write_path(place: tuple[str | int, ...]) -> str:
    """Returns the path of a place, as traces write it."""
    return "/".join(map(str, place))


def flatten_space(space: Space[Any]) -> FlatObservation:
    """Finds how the observations of a space are read."""
    parts: list[FlatPart] = []
    unread: list[str] = []
    room = MOST_NUMBERS
    for keys, each in _list_leaves(space, ()):
        name = name_place(keys)
        if not isinstance(each, Box | Discrete | MultiDiscrete | MultiBinary):
            unread.append(f"{name} is a {type(each).__name__}, no numbers: nothing in it was looked at")
            continue
        shape = tuple(each.shape or ())
        size = int(np.prod(shape))
        if size > room:
            form = " x ".join(map(str, shape))
            unread.append(f"{name} has the shape {form}: nothing in it was looked at, since it is large")
            continue
        room -= size
        parts.append(FlatPart(keys, shape))
    return FlatObservation(tuple(parts), tuple(unread))


def _list_leaves(
    space: Space[Any], keys: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Space[Any]]]:
    if isinstance(space, Dict):
        for key, each in space.spaces.items():
            yield from _list_leaves(each, (*keys, key))
    elif isinstance(space, Tuple):
        for index, each in enumerate(space.spaces):
            yield from _list_leaves(each, (*keys, index))
    else:
        yield keys, space
