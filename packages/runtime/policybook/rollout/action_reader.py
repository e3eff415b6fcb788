"""Reads a policy's actions out of bytes, and checks that they lie in the action space.

It runs in the worker, which trusts nothing that a policy's process sends.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from policybook.environments.space_text import format_characters, format_space
from policybook.rollout.failures import RequestFailedError
from policybook.sandbox.codecs import (
    ArrayCodec,
    BoundedTextCodec,
    Codec,
    CodecMismatchError,
    DictCodec,
    PrimitiveCodec,
    SequenceCodec,
)
from policybook.sandbox.faults import shorten_repr

MIN_OF, MAX_OF = np.minimum.reduce, np.maximum.reduce

MAX_ACTION_CHARACTERS = 4096
"""The longest text that may be an action: every action of a space travels in as many bytes as its longest."""

BROKEN_TEXT = "`act` returned bytes that are no text"
"""What is said of an action that no policy can return, but a policy's process can send."""


class InvalidActionError(Exception):
    """The action of one row lies outside the space."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(row, reason)
        self.row = row
        self.reason = reason


class ActionReader(ABC):
    """Reads a batch of actions; each has its space's type and dtype, as Gymnasium samples it."""

    def __init__(self, space: spaces.Space[Any], codec: Codec) -> None:
        self.space = space
        self.codec = codec
        self.allowed = describe_actions(space)

    @abstractmethod
    def read(self, payload: bytes, count: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Returns the actions and what `pack` takes of each; raises InvalidActionError for one outside."""

    def pack(self, rows: Sequence[Any]) -> bytes:
        """Returns the bytes of some actions, as the policy's process sent them."""
        return b"".join(rows)

    def _split_rows(self, payload: bytes, count: int) -> Sequence[bytes]:
        return struct.unpack(f"{self.codec.size}s" * count, payload)


class DiscreteReader(ActionReader):
    """Reads integers of a Discrete space, by a table."""

    def __init__(self, space: spaces.Discrete) -> None:
        super().__init__(space, PrimitiveCodec("int"))
        self.first = int(space.start)
        self.count = int(space.n)
        self.scalar = space.dtype.type
        known = range(self.first, self.first + min(self.count, 4096))
        self.table = {value: self.scalar(value) for value in known}

    def read(self, payload: bytes, count: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Looks values up in the table; checks those of a large space one by one."""
        values = self.codec.unpack_rows(payload, 0, count)
        try:
            table = self.table
            return [table[value] for value in values], values
        except KeyError:
            return [self._admit(row, value) for row, value in enumerate(values)], values

    def pack(self, rows: Sequence[Any]) -> bytes:
        """Returns the bytes of some actions, which the codec packs all at once."""
        return self.codec.pack_rows(rows)

    def _admit(self, row: int, value: int) -> Any:
        if not self.first <= value < self.first + self.count:
            raise InvalidActionError(row, f"`act` returned {value}")
        return self.scalar(value)


class ArrayReader(ActionReader):
    """Reads arrays of a Box, MultiDiscrete or MultiBinary space, and checks a whole batch at once."""

    def __init__(self, space: spaces.Space[Any], codec: ArrayCodec, low: Any, high: Any) -> None:
        super().__init__(space, codec)
        self.dtype = codec.dtype
        self.shape = codec.shape
        self.low = low
        self.high = high
        # What lies between the narrowest bounds lies in the space, and most spaces have no others.
        least, most = _find_limits(self.dtype)
        self.narrowest = np.max(low, initial=least), np.min(high, initial=most)

    def read(self, payload: bytes, count: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Returns the actions as writable rows of one copy, and the bytes of each."""
        flat = np.frombuffer(payload, self.dtype)
        batch = flat.reshape((count, *self.shape)).copy()
        # Every call into NumPy that is made once a frame finds its code cold and costs some 5 µs.
        low, high = self.narrowest
        if not flat.size or not (low <= MIN_OF(flat) and MAX_OF(flat) <= high):
            self._check(batch)
        actions = list(batch) if self.shape else [batch[row, ...] for row in range(count)]
        return actions, self._split_rows(payload, count)

    def _check(self, batch: Any) -> None:
        # NaN fails both comparisons; infinities pass unbounded sides and are refused on their own.
        inside = (batch >= self.low) & (batch <= self.high) & np.isfinite(batch)
        if not inside.all():
            row = int(np.flatnonzero(~inside.reshape(len(batch), -1).all(axis=1))[0])
            raise InvalidActionError(row, f"`act` returned {np.array2string(batch[row], threshold=8)}")


def _find_limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """Returns the least and the greatest number of an element type."""
    if dtype.kind == "b":
        return False, True
    kinds = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return kinds.min, kinds.max


class TextReader(ActionReader):
    """Reads texts of a Text space."""

    def __init__(self, space: spaces.Text) -> None:
        if space.max_length > MAX_ACTION_CHARACTERS or (space.min_length and not space.characters):
            raise RequestFailedError("environment_error", _explain_unplayable(space))
        last = ord(space.characters[-1]) if space.characters else 0
        super().__init__(space, BoundedTextCodec(space.max_length, 1 if last < 1 << 8 else 4))

    def read(self, payload: bytes, count: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Returns the actions twice: a text is kept without the bytes that fill it up."""
        texts = [self._admit(row, data) for row, data in enumerate(self._split_rows(payload, count))]
        return texts, texts

    def pack(self, rows: Sequence[Any]) -> bytes:
        """Returns the bytes of some actions."""
        return self.codec.pack_rows(rows)

    def _admit(self, row: int, data: bytes) -> str:
        try:
            text: str = self.codec.unpack(data, 0)[0]
        except CodecMismatchError:
            raise InvalidActionError(row, BROKEN_TEXT) from None
        if not self.space.contains(text):
            raise InvalidActionError(row, f"`act` returned {shorten_repr(text)}")
        return text


def _explain_unplayable(space: spaces.Text) -> str:
    if space.max_length <= MAX_ACTION_CHARACTERS:
        return f"no policy can act in {format_space(space)}: it has no characters, and no text without any."
    return (
        f"policies cannot act in {format_space(space)}: an action may be a text of up to "
        f"{MAX_ACTION_CHARACTERS:,} characters. Declare a shorter `max_length`, or wrap the environment in "
        "one that does (`gymnasium.wrappers.TransformAction`)."
    )


class CompositeReader(ActionReader):
    """Reads tuples and dicts of spaces, row by row."""

    def __init__(self, space: spaces.Space[Any], codec: Codec, parts: dict[Any, ActionReader]) -> None:
        super().__init__(space, codec)
        self.parts = parts

    def read(self, payload: bytes, count: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Checks each part with the reader of its own space."""
        rows = self._split_rows(payload, count)
        return [self._admit(row, data) for row, data in enumerate(rows)], rows

    def _admit(self, row: int, data: bytes) -> Any:
        try:
            value = self.codec.unpack(data, 0)[0]
        except CodecMismatchError:
            raise InvalidActionError(row, BROKEN_TEXT) from None
        admitted = {}
        for key, reader in self.parts.items():
            try:
                admitted[key] = reader.read(reader.codec.pack(value[key]), 1)[0][0]
            except InvalidActionError as invalid:
                raise InvalidActionError(row, f"{invalid.reason} for part {key!r}") from None
            # A part may be a composite, too, whose reader has checked its parts above.
        return tuple(admitted.values()) if isinstance(self.codec, SequenceCodec) else admitted


def choose_reader(space: spaces.Space[Any]) -> ActionReader:
    """Returns the reader of an action space; raises environment_error for one that policies cannot act in."""
    for kind, make in READERS.items():
        if isinstance(space, kind):
            return make(space)
    *kinds, last = [kind.__name__ for kind in READERS]
    message = (
        f"policies cannot act in a {type(space).__name__} space: {format_space(space)}. They act "
        f"in spaces of the kinds {', '.join(kinds)} and {last}: let the environment take one of these there, "
        "such as the place of a choice in a list."
    )
    raise RequestFailedError("environment_error", message)


def _read_box(space: spaces.Box) -> ActionReader:
    return ArrayReader(space, ArrayCodec(space.dtype, space.shape), space.low, space.high)


def _read_multi_discrete(space: spaces.MultiDiscrete) -> ActionReader:
    return ArrayReader(space, ArrayCodec(space.dtype, space.shape), space.start, _find_last(space))


def _find_last(space: spaces.MultiDiscrete) -> Any:
    return space.start + space.nvec - 1


def _read_multi_binary(space: spaces.MultiBinary) -> ActionReader:
    return ArrayReader(space, ArrayCodec(space.dtype, space.shape), 0, 1)


def _read_tuple(space: spaces.Tuple[Any]) -> ActionReader:
    parts = {index: choose_reader(part) for index, part in enumerate(space.spaces)}
    return CompositeReader(space, SequenceCodec([part.codec for part in parts.values()]), parts)


def _read_dict(space: spaces.Dict) -> ActionReader:
    named = {key: choose_reader(part) for key, part in space.spaces.items()}
    return CompositeReader(space, DictCodec({key: part.codec for key, part in named.items()}), named)


# All spaces that policies act in. `SPACE_EXPRESSIONS` of the baselines has the same keys, by test.
READERS: dict[type[spaces.Space[Any]], Callable[[Any], ActionReader]] = {
    spaces.Discrete: DiscreteReader,
    spaces.Box: _read_box,
    spaces.MultiDiscrete: _read_multi_discrete,
    spaces.MultiBinary: _read_multi_binary,
    spaces.Text: TextReader,
    spaces.Tuple: _read_tuple,
    spaces.Dict: _read_dict,
}


def describe_actions(space: spaces.Space[Any]) -> str:
    """Returns what a space allows, for people."""
    if isinstance(space, spaces.Discrete):
        first = int(space.start)
        return f"an integer from {first} to {first + int(space.n) - 1} ({space})"
    if isinstance(space, spaces.Box):
        low, high = np.unique(space.low), np.unique(space.high)
        bounds = f"in [{low[0]:g}, {high[0]:g}]" if low.size == high.size == 1 else "within the bounds"
        return f"finite numbers {bounds} in an array of shape {space.shape} and dtype {space.dtype} ({space})"
    if isinstance(space, spaces.MultiDiscrete):
        start, end = (np.array2string(each, threshold=8) for each in (space.start, _find_last(space)))
        return f"integers from {start} to {end} in an array of shape {space.shape} ({space})"
    if isinstance(space, spaces.Text):
        least, most = space.min_length, space.max_length
        count = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        return f"a text of {count} characters, each one of {format_characters(space)}"
    return f"an element of {format_space(space)}"
