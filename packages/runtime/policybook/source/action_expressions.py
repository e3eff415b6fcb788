"""Actions of a space as Python expressions, for texts that need NumPy (as np) and nothing else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from policybook.environments.space_text import format_space


class NoSuchActionError(ValueError):
    """This space has no such action, or none that can be written; the message is for people."""


def write_drawn_action(space: spaces.Space[Any]) -> str:
    """Returns an action drawn by `self.draw`, a NumPy generator; it is uniform where there are bounds.

    Raises NoSuchActionError for a space without a rule for drawing.
    """
    return _find_expressions(space).write_drawn(space)


def list_constant_actions(space: spaces.Space[Any]) -> list[Any]:
    """Returns different actions that a policy may take in every step.

    The first does nothing, or the least. They are each of a few, and else the ends of each part with all
    others at rest.
    """
    return _find_expressions(space).list_constants(space)


def write_action(space: spaces.Space[Any], action: Any) -> str:
    """Returns the expression of an action of the space."""
    return _find_expressions(space).write(space, action)


def write_given_action(space: spaces.Space[Any], action: Any) -> str:
    """Returns the expression of an action as JSON has it.

    Raises NoSuchActionError where the space does not have it.
    """
    wrong = NoSuchActionError(f"{action!r:.120} is no action of {format_space(space)}")
    try:
        value = _find_expressions(space).read(space, action)
    except (ValueError, TypeError, OverflowError):
        raise wrong from None
    if not space.contains(value):
        raise wrong
    return write_action(space, value)


def write_array(values: Any, dtype: Any) -> str:
    """Returns an array's expression, short where all values are the same."""
    array, name = np.asarray(values, dtype), f"np.{np.dtype(dtype)}"
    flat = array.ravel()
    if flat.size > 1 and np.all(flat == flat[0]):
        shape = tuple(array.shape)
        if not flat[0]:
            return f"np.zeros({shape!r}, dtype={name})"
        return f"np.full({shape!r}, {_write_number(flat[0])}, dtype={name})"
    return f"np.array({_write_nested(array)}, dtype={name})"


MAX_CONSTANTS = 32
MAX_DIMENSIONS = 8
"""A box of more dimensions is tried as a whole only."""


@dataclass(frozen=True)
class SpaceExpressions:
    """How the actions of one kind of space are written; each function takes the space first."""

    write_drawn: Callable[[Any], str]
    list_constants: Callable[[Any], list[Any]]
    read: Callable[[Any, Any], Any]
    """An action as JSON has it, as the space has it; it may lie outside."""
    write: Callable[[Any, Any], str]


def _find_expressions(space: spaces.Space[Any]) -> SpaceExpressions:
    for kind, expressions in SPACE_EXPRESSIONS.items():
        if isinstance(space, kind):
            return expressions
    raise NoSuchActionError(f"policybook cannot write actions of {format_space(space)}")


def _write_drawn_discrete(space: spaces.Discrete[Any]) -> str:
    start = f"{int(space.start)} + " if space.start else ""
    return f"{start}int(self.draw.integers({int(space.n)}))"


def _list_discrete(space: spaces.Discrete[Any]) -> list[Any]:
    first, count = int(space.start), int(space.n)
    if count <= MAX_CONSTANTS:
        return list(range(first, first + count))
    return [first + step * (count - 1) // (MAX_CONSTANTS - 1) for step in range(MAX_CONSTANTS)]


def _read_discrete(_space: spaces.Discrete[Any], action: Any) -> Any:
    if isinstance(action, bool):
        raise ValueError
    return action


def _write_drawn_multi_discrete(space: spaces.MultiDiscrete) -> str:
    counts = f"self.draw.integers({write_array(space.nvec, 'int64')})"
    start = f"{write_array(space.start, 'int64')} + " if np.any(space.start) else ""
    return f"({start}{counts}).astype(np.{space.dtype})"


def _list_multi_discrete(space: spaces.MultiDiscrete) -> list[Any]:
    return _list_whole_arrays(space.start, space.start + space.nvec - 1, space.dtype)


def _write_drawn_multi_binary(space: spaces.MultiBinary) -> str:
    return f"self.draw.integers(2, size={tuple(space.shape)!r}).astype(np.{space.dtype})"


def _list_multi_binary(space: spaces.MultiBinary) -> list[Any]:
    return _list_whole_arrays(np.zeros(space.shape, int), np.ones(space.shape, int), space.dtype)


def _list_whole_arrays(low: Any, high: Any, dtype: Any) -> list[Any]:
    """Returns all arrays between two where they are few, else the ends of each dimension."""
    counts = [int(count) for count in (high - low).ravel() + 1]
    if math.prod(counts) <= MAX_CONSTANTS:
        every = itertools.product(*map(range, counts))
        return [(low + np.reshape(steps, low.shape)).astype(dtype) for steps in every]
    return _list_corners(low.astype(dtype), low.astype(dtype), high.astype(dtype))


def _list_box(space: spaces.Box) -> list[Any]:
    rest = np.clip(np.zeros(space.shape, space.dtype), space.low, space.high).astype(space.dtype)
    low, high = find_finite_bounds(space)
    return _list_corners(rest, low.astype(space.dtype), high.astype(space.dtype))


def _read_array(space: spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary, action: Any) -> Any:
    if isinstance(action, bool):
        raise ValueError
    given = np.asarray(action)
    value = given.astype(space.dtype).reshape(space.shape)
    if space.dtype.kind in "biu" and not np.array_equal(value.ravel(), given.ravel()):
        raise ValueError
    return value


def _write_array_action(space: spaces.Space[Any], action: Any) -> str:
    return write_array(action, space.dtype)


MAX_CHARACTERS = 10_000
"""Characters that stand in a text, from which actions are drawn; more only where they follow each other."""

SMALL_CHARACTERS = 10
"""So few texts are all tried, and each of so few characters as a text of its own."""

DRAWN_TEXTS = 8
MAX_DRAWN_CHARACTERS = 8
"""Texts that are tried where there are many characters, and how many more each has than the shortest."""

LONG_TEXT = 20
"""A longer text of one character is written as a product."""


def _write_drawn_text(space: spaces.Text) -> str:
    characters, least, most = space.characters, space.min_length, space.max_length
    if not characters:
        return repr("")
    length = str(least) if least == most else f"self.draw.integers({least}, {most + 1})"
    numbers = f"self.draw.integers({len(characters)}, size={length})"
    first = ord(characters[0])
    if len(characters) > 1 and ord(characters[-1]) - first == len(characters) - 1:
        return f"''.join([chr({first} + number) for number in {numbers}])"
    if len(characters) > MAX_CHARACTERS:
        raise NoSuchActionError(
            f"policybook draws texts of up to {MAX_CHARACTERS:,} different characters, and "
            f"{format_space(space)} has more"
        )
    return f"''.join([{characters!r}[number] for number in {numbers}])"


def _list_text(space: spaces.Text) -> list[Any]:
    """Returns the shortest text and others: all of few, one of each of few characters, or drawn ones."""
    characters, least, most = space.characters, space.min_length, space.max_length
    if not characters:
        return [""]
    every = (
        "".join(each)
        for length in range(least, most + 1)
        for each in itertools.product(characters, repeat=length)
    )
    some = list(itertools.islice(every, SMALL_CHARACTERS + 1))
    if len(some) <= SMALL_CHARACTERS:
        return some
    shown = max(1, least)
    if len(characters) <= SMALL_CHARACTERS or least > MAX_DRAWN_CHARACTERS:
        others = [each * shown for each in characters[:SMALL_CHARACTERS]]
    else:
        rng = np.random.default_rng(0)
        lengths = rng.integers(shown, min(most, least + MAX_DRAWN_CHARACTERS), DRAWN_TEXTS, endpoint=True)
        others = [
            "".join(characters[number] for number in rng.integers(len(characters), size=length))
            for length in lengths.tolist()
        ]
    return list(dict.fromkeys([some[0], *others]))


def _read_text(_space: spaces.Text, action: Any) -> Any:
    if not isinstance(action, str):
        raise TypeError
    return action


def _write_text_action(_space: spaces.Text, action: Any) -> str:
    text = str(action)
    if len(text) > LONG_TEXT and len(set(text)) == 1:
        return f"{text[0]!r} * {len(text)}"
    return repr(text)


def _write_drawn_tuple(space: spaces.Tuple[Any]) -> str:
    return _write_tuple([write_drawn_action(part) for part in space.spaces])


def _list_tuple(space: spaces.Tuple[Any]) -> list[Any]:
    return [tuple(parts) for parts in _combine([list_constant_actions(part) for part in space.spaces])]


def _read_tuple(space: spaces.Tuple[Any], action: Any) -> Any:
    if not isinstance(action, list | tuple):
        raise TypeError
    pairs = zip(space.spaces, action, strict=True)
    return tuple(_find_expressions(part).read(part, each) for part, each in pairs)


def _write_tuple_action(space: spaces.Tuple[Any], action: Any) -> str:
    return _write_tuple([write_action(part, each) for part, each in zip(space.spaces, action, strict=True)])


def _write_tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _write_drawn_dict(space: spaces.Dict) -> str:
    return _write_dict({name: write_drawn_action(part) for name, part in space.spaces.items()})


def _list_dict(space: spaces.Dict) -> list[Any]:
    every = _combine([list_constant_actions(part) for part in space.spaces.values()])
    return [dict(zip(space.spaces, parts, strict=True)) for parts in every]


def _read_dict(space: spaces.Dict, action: Any) -> Any:
    if not isinstance(action, dict) or set(action) != set(space.spaces):
        raise TypeError
    return {name: _find_expressions(part).read(part, action[name]) for name, part in space.spaces.items()}


def _write_dict_action(space: spaces.Dict, action: Any) -> str:
    return _write_dict({name: write_action(part, action[name]) for name, part in space.spaces.items()})


def _write_dict(parts: dict[Any, str]) -> str:
    return f"{{{', '.join(f'{name!r}: {text}' for name, text in parts.items())}}}"


def _combine(lists: Sequence[list[Any]]) -> Iterator[list[Any]]:
    """Yields every combination where they are few, else one part after another with all others at rest."""
    if math.prod(len(each) for each in lists) <= MAX_CONSTANTS:
        yield from map(list, itertools.product(*lists))
        return
    rest = [each[0] for each in lists]
    yield rest
    for turn in itertools.islice(_take_turns([each[1:] for each in lists]), MAX_CONSTANTS - 1):
        position, value = turn
        yield [*rest[:position], value, *rest[position + 1 :]]


def _take_turns(lists: Sequence[list[Any]]) -> Iterator[tuple[int, Any]]:
    """Yields the first of each list, then the second of each, with the list's position."""
    for row in itertools.zip_longest(*([(value,) for value in each] for each in lists)):
        yield from ((position, cell[0]) for position, cell in enumerate(row) if cell is not None)


def _write_drawn_box(space: spaces.Box) -> str:
    dtype = f"np.{space.dtype}"
    if space.dtype == np.uint64:
        bounds = f"{write_array(space.low, 'uint64')}, {write_array(space.high, 'uint64')}"
        return f"self.draw.integers({bounds}, endpoint=True, dtype={dtype})"
    if space.dtype.kind in "biu":
        bounds = f"{write_array(space.low, 'int64')}, {write_array(space.high, 'int64')}"
        return f"self.draw.integers({bounds}, endpoint=True).astype({dtype})"
    size, ((has_low, low), (has_high, high)) = f"size={tuple(space.shape)!r}", _find_bounded(space)

    def write_bound(where: Any, bound: Any) -> str:
        return write_array(np.where(where, bound, 0), "float64")

    both = has_low & has_high
    drawn = {
        (True, True): f"self.draw.uniform({write_bound(both, low)}, {write_bound(both, high)})",
        (True, False): f"{write_bound(has_low, low)} + self.draw.exponential({size})",
        (False, True): f"{write_bound(has_high, high)} - self.draw.exponential({size})",
        (False, False): f"self.draw.normal({size})",
    }
    kinds = list(zip(has_low.ravel().tolist(), has_high.ravel().tolist(), strict=True))
    used = [kind for kind in drawn if kind in kinds] or [(False, False)]
    text = drawn[used[0]]
    for kind in used[1:]:
        chosen = np.reshape([each == kind for each in kinds], space.shape)
        text = f"np.where({write_array(chosen, bool)}, {drawn[kind]}, {text})"
    return f"np.asarray({text}, dtype={dtype})"


MAX_BOUND = 1e30
"""A bound beyond this is what a type can hold and no limit of a machine's."""


def _find_bounded(space: spaces.Box) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Returns for both sides which dimensions have a bound there, and the bounds."""
    return (
        (space.low.astype(float) > -MAX_BOUND, space.low),
        (space.high.astype(float) < MAX_BOUND, space.high),
    )


def find_finite_bounds(space: spaces.Box) -> tuple[Any, Any]:
    """Returns the bounds of a box; a side without one counts as -1 or 1, or one beyond the other bound."""
    if space.dtype.kind in "biu":
        return space.low, space.high
    (has_low, low), (has_high, high) = _find_bounded(space)
    low, high = low.astype(float), high.astype(float)
    least = np.where(has_low, low, np.where(has_high, np.minimum(-1.0, high - 1), -1.0))
    most = np.where(has_high, high, np.where(has_low, np.maximum(1.0, low + 1), 1.0))
    return least, most


def _list_corners(rest: Any, low: Any, high: Any) -> list[Any]:
    found = [rest, low, high]
    if 1 < rest.size <= MAX_DIMENSIONS:
        for position in range(rest.size):
            for end in (low, high):
                corner = rest.copy()
                corner.flat[position] = end.flat[position]
                found.append(corner)
    return [value for number, value in enumerate(found) if not _contains(value, found[:number])]


def _contains(value: Any, others: Iterable[Any]) -> bool:
    return any(np.array_equal(value, other) for other in others)


def _write_nested(values: Any) -> str:
    if values.ndim == 0:
        return _write_number(values[()])
    return f"[{', '.join(_write_nested(value) for value in values)}]"


def _write_number(value: Any) -> str:
    """Returns a NumPy number with as few digits as its type needs."""
    if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value):
        return "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return str(value)


# Every kind of space whose actions are written: the kinds that policies act in (`READERS`), by test.
SPACE_EXPRESSIONS: dict[type[spaces.Space[Any]], SpaceExpressions] = {
    spaces.Discrete: SpaceExpressions(
        _write_drawn_discrete, _list_discrete, _read_discrete, lambda _space, action: str(int(action))
    ),
    spaces.Box: SpaceExpressions(_write_drawn_box, _list_box, _read_array, _write_array_action),
    spaces.MultiDiscrete: SpaceExpressions(
        _write_drawn_multi_discrete, _list_multi_discrete, _read_array, _write_array_action
    ),
    spaces.MultiBinary: SpaceExpressions(
        _write_drawn_multi_binary, _list_multi_binary, _read_array, _write_array_action
    ),
    spaces.Text: SpaceExpressions(_write_drawn_text, _list_text, _read_text, _write_text_action),
    spaces.Tuple: SpaceExpressions(_write_drawn_tuple, _list_tuple, _read_tuple, _write_tuple_action),
    spaces.Dict: SpaceExpressions(_write_drawn_dict, _list_dict, _read_dict, _write_dict_action),
}
