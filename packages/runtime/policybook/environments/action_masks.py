"""Which actions are legal, as an environment says it: masks in the form of Gymnasium's `space.sample(mask)`.

A mask lies in `info`, or is a part of a Dict observation. A Discrete space has an array of zeros and ones, a
MultiDiscrete one a tuple of such arrays (or all of them behind each other), a MultiBinary one an array of 0,
1 and 2 (free), a Tuple or Dict one a tuple or dict of masks, and a Box None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

from policybook.environments.space_text import format_space
from policybook.protocol.messages import EnvironmentSpecJson

USUAL_KEY = "action_mask"
"""Where environments put their mask, by the convention of PettingZoo and Gymnasium."""

FREE = 2
"""What a mask of switches says of one that may be 0 or 1."""


class MaskError(ValueError):
    """A mask that does not fit the space of actions; the message is for people."""


def get_mask_key(spec: EnvironmentSpecJson) -> str:
    """Returns the key that a declaration names, else the usual one."""
    return spec.get("mask") or USUAL_KEY


def find_mask(key: str, observation: Any, info: Any, space: Space[Any]) -> Any:
    """Returns the mask of a step as `read_mask` does, None where there is none.

    Raises MaskError for one that does not fit the space.
    """
    for place in (info, observation):
        if isinstance(place, Mapping) and place.get(key) is not None:
            return read_mask(space, place[key])
    return None


def read_mask(space: Space[Any], given: Any) -> Any:
    """Returns a mask as arrays of bool (of 0, 1 and 2 for switches) in tuples and dicts, None for all legal.

    Raises MaskError where it does not fit the space.
    """
    if given is None:
        return None
    if isinstance(space, Discrete):
        return _read_array(space, given, (int(space.n),)).astype(bool)
    if isinstance(space, MultiDiscrete):
        return _read_multi_discrete(space, given)
    if isinstance(space, MultiBinary):
        return _read_array(space, given, tuple(space.shape))
    if isinstance(space, Tuple) and isinstance(given, tuple | list) and len(given) == len(space.spaces):
        return tuple(read_mask(part, each) for part, each in zip(space.spaces, given, strict=True))
    if isinstance(space, Dict) and isinstance(given, Mapping):
        return {name: read_mask(part, given.get(name)) for name, part in space.spaces.items()}
    raise MaskError(f"there is no such mask for actions of {format_space(space)}")


def is_legal(space: Space[Any], mask: Any, action: Any) -> bool:
    """Returns whether a mask allows an action of the space."""
    if mask is None:
        return True
    if isinstance(space, Discrete):
        return bool(mask[int(action) - int(space.start)])
    if isinstance(space, MultiDiscrete):
        steps = (np.asarray(action) - space.start).ravel()
        return all(bool(each[int(step)]) for each, step in zip(mask, steps, strict=True))
    if isinstance(space, MultiBinary):
        return bool(np.all((mask == FREE) | (mask == np.asarray(action))))
    if isinstance(space, Tuple):
        return all(map(is_legal, space.spaces, mask, action))
    if isinstance(space, Dict):
        return all(is_legal(part, mask[name], action[name]) for name, part in space.spaces.items())
    return True


def draw_legal(space: Space[Any], mask: Any, wanted: Any, rng: np.random.Generator) -> Any:
    """Returns `wanted` with every part that the mask forbids drawn again from what it allows."""
    if mask is None:
        return wanted
    if isinstance(space, Discrete):
        first = int(space.start)
        return wanted if mask[int(wanted) - first] else first + _draw(mask, int(wanted) - first, rng)
    if isinstance(space, MultiDiscrete):
        steps = (np.asarray(wanted) - space.start).ravel()
        drawn = [
            int(step) if each[int(step)] else _draw(each, int(step), rng)
            for each, step in zip(mask, steps, strict=True)
        ]
        return (space.start + np.reshape(drawn, space.shape)).astype(space.dtype)
    if isinstance(space, MultiBinary):
        return np.where(mask == FREE, wanted, mask).astype(space.dtype)
    if isinstance(space, Tuple):
        parts = zip(space.spaces, mask, wanted, strict=True)
        return tuple(draw_legal(part, each, value, rng) for part, each, value in parts)
    if isinstance(space, Dict):
        return {name: draw_legal(part, mask[name], wanted[name], rng) for name, part in space.spaces.items()}
    return wanted


def _draw(mask: Any, otherwise: int, rng: np.random.Generator) -> int:
    """Returns a legal position, `otherwise` where none is."""
    legal = np.flatnonzero(mask)
    return int(rng.choice(legal)) if legal.size else otherwise


def _read_multi_discrete(space: MultiDiscrete, given: Any) -> Any:
    counts = [int(count) for count in space.nvec.ravel()]
    if isinstance(given, tuple | list) and any(np.ndim(each) > 0 for each in given):
        flat = _flatten(given)
        if len(flat) != len(counts):
            raise MaskError(f"the mask has {len(flat)} parts, {format_space(space)} needs {len(counts)}")
        return tuple(
            _read_array(space, each, (count,)).astype(bool) for each, count in zip(flat, counts, strict=True)
        )
    whole = _read_array(space, given, (sum(counts),)).astype(bool)
    return tuple(np.split(whole, np.cumsum(counts)[:-1]))


def _flatten(given: Any) -> list[Any]:
    """Returns the arrays of nested tuples in a row."""
    if isinstance(given, tuple | list) and any(np.ndim(each) > 0 for each in given):
        return [array for each in given for array in _flatten(each)]
    return [given]


def _read_array(space: Space[Any], given: Any, shape: tuple[int, ...]) -> Any:
    try:
        array = np.asarray(given)
        if array.dtype.kind not in "biuf":
            raise ValueError
    except ValueError:
        raise MaskError(f"the mask {given!r:.80} is no array of zeros and ones") from None
    if array.shape != shape:
        raise MaskError(
            f"the mask has shape {array.shape}, actions of {format_space(space)} need one of shape {shape}"
        )
    return array.astype(np.int8)
