"""Finds the observations of a frame in which a number is not finite, for all rows of it at once.

Looking at each observation costs a third of CartPole's step; in the bytes that go to the policy a whole
frame is looked at for the price of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from policybook.rollout.observation_form import describe_endless_number
from policybook.sandbox.codecs import (
    ALIGNMENT,
    ArrayCodec,
    Codec,
    DictCodec,
    DynamicCodec,
    ListCodec,
    PrimitiveCodec,
    ScalarCodec,
    SequenceCodec,
)


class _FloatPart(NamedTuple):
    """Where a row's bytes hold numbers that may not be finite."""

    offset: int
    size: int
    dtype: np.dtype[Any]


class FiniteCheck:
    """Looks at the rows that one codec has packed, for an environment's observation space."""

    def __init__(self, space: Any, codec: Codec) -> None:
        self.space = space
        self.codec = codec
        parts = None if isinstance(codec, DynamicCodec) else list(_list_float_parts(codec, 0))
        # Where a row has a text in it, every row has its numbers elsewhere.
        self.parts = None if parts and codec.varies else parts
        self.whole = self.parts[0].dtype if self.parts and self.parts[0].size == codec.size else None
        """The type of all numbers where a row holds nothing else."""

    def find(self, data: bytes, observations: Sequence[Any]) -> dict[int, str]:
        """Returns what is wrong with each row that its space cannot hold, such as "nan in an observation"."""
        if self.parts is not None and self._is_finite(data, len(observations)):
            return {}
        found = {
            row: describe_endless_number(self.space, observation)
            for row, observation in enumerate(observations)
        }
        return {row: wrong for row, wrong in found.items() if wrong is not None}

    def _is_finite(self, data: bytes, count: int) -> bool:
        if self.whole is not None:
            # A False among the answers, sought in their bytes: `all` takes twice as long as all the rest.
            return b"\0" not in np.isfinite(np.frombuffer(data, self.whole)).tobytes()
        if not self.parts or not data:
            return True
        rows = np.frombuffer(data, np.uint8).reshape(count, -1)
        return all(np.isfinite(rows[:, at : at + size].view(dtype)).all() for at, size, dtype in self.parts)


def _list_float_parts(codec: Codec, offset: int) -> list[_FloatPart]:
    """Lists the numbers of a row of fixed size; a part whose size varies is in no such row."""
    if isinstance(codec, ArrayCodec | ScalarCodec):
        return [_FloatPart(offset, codec.size, codec.dtype)] if codec.dtype.kind == "f" and codec.size else []
    if isinstance(codec, PrimitiveCodec):
        return [_FloatPart(offset, codec.size, np.dtype(float))] if codec.type is float else []
    if isinstance(codec, ListCodec | DictCodec):
        return _list_float_parts(codec.items, offset)
    found: list[_FloatPart] = []
    for part in codec.parts if isinstance(codec, SequenceCodec) else ():
        found += _list_float_parts(part, offset)
        offset += part.size + -part.size % ALIGNMENT
    return found
