"""A policy's marked constants as one point of the unit cube, where CMA-ES moves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from policybook.source.document import Document
from policybook.source.tunables import Tunable, find_tunables, write_values

Floats = NDArray[np.float64]


class ConstantSpace:
    """The space in which each number of each marked constant is a dimension.

    It is 0 at the number's low end and 1 at its high one, on a log scale where that is marked. A written
    value outside its range widens the range, so that a search can begin at the text as it is.
    """

    def __init__(self, source: str) -> None:
        document = Document(source)
        self._text = document.text
        self._tunables = find_tunables(document)
        self._axes = [_Axis(tunable, value) for tunable in self._tunables for value in tunable.values]

    @property
    def dimensions(self) -> int:
        """Returns how many numbers there are to tune."""
        return len(self._axes)

    @property
    def names(self) -> list[str]:
        """Returns what the numbers are called, those of a list with their place: `GAINS[2]`."""
        return [
            f"{tunable.name}[{place}]" if isinstance(tunable.value, list) else tunable.name
            for tunable in self._tunables
            for place in range(len(tunable.values))
        ]

    def locate_text(self) -> Floats:
        """Returns the point at which the text stands."""
        return np.array([axis.start for axis in self._axes])

    def write_text(self, point: Sequence[float] | Floats) -> str:
        """Returns the policy with a point's values written in, rounded."""
        numbers = iter(
            [axis.compute_value(float(place)) for axis, place in zip(self._axes, point, strict=True)]
        )
        values = {
            tunable.name: [next(numbers) for _ in tunable.values]
            if isinstance(tunable.value, list)
            else next(numbers)
            for tunable in self._tunables
        }
        return write_values(self._text, self._tunables, values)


class _Axis:
    """One number's range, and its place in it."""

    def __init__(self, tunable: Tunable, value: float) -> None:
        # A value at or below zero has no place on a log scale.
        self._is_log = tunable.is_log and value > 0
        self._low = min(tunable.low, value)
        self._high = max(tunable.high, value)
        self.start = self._locate(value)

    def _locate(self, value: float) -> float:
        low, high, value = self._scale(self._low), self._scale(self._high), self._scale(value)
        return (value - low) / (high - low)

    def compute_value(self, place: float) -> float:
        place = min(max(place, 0.0), 1.0)
        low, high = self._scale(self._low), self._scale(self._high)
        scaled = low + place * (high - low)
        return math.exp(scaled) if self._is_log else scaled

    def _scale(self, value: float) -> float:
        return math.log(value) if self._is_log else value
