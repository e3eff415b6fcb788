"""A policy's marked constants as one point of the unit cube, where CMA-ES moves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from policybook.source.document import Document
from policybook.source.tunables import Tunable, tunables, written

Floats = NDArray[np.float64]


class Coordinates:
    """Every number of every marked constant is one dimension: 0 at its low end, 1 at its high, log if marked.

    A written value outside its range widens the range, so that a search can begin at the text as it is.
    """

    def __init__(self, source: str) -> None:
        document = Document(source)
        self._text = document.text
        self._tunables = tunables(document)
        self._axes = [_Axis(tunable, value) for tunable in self._tunables for value in tunable.values]

    @property
    def dimensions(self) -> int:
        """How many numbers there are to tune."""
        return len(self._axes)

    def written(self) -> Floats:
        """The point at which the text stands."""
        return np.array([axis.written for axis in self._axes])

    def text(self, point: Sequence[float] | Floats) -> str:
        """The policy with a point's values written in, rounded."""
        numbers = iter([axis.value(float(place)) for axis, place in zip(self._axes, point, strict=True)])
        values = {
            tunable.name: [next(numbers) for _ in tunable.values]
            if isinstance(tunable.value, list)
            else next(numbers)
            for tunable in self._tunables
        }
        return written(self._text, self._tunables, values)


class _Axis:
    """One number's range."""

    def __init__(self, tunable: Tunable, value: float) -> None:
        # A value at or below zero has no place on a log scale.
        self._log = tunable.log and value > 0
        self._low = min(tunable.low, value)
        self._high = max(tunable.high, value)
        self.written = self._place(value)

    def _place(self, value: float) -> float:
        low, high, value = self._scaled(self._low), self._scaled(self._high), self._scaled(value)
        return (value - low) / (high - low)

    def value(self, place: float) -> float:
        place = min(max(place, 0.0), 1.0)
        low, high = self._scaled(self._low), self._scaled(self._high)
        scaled = low + place * (high - low)
        return math.exp(scaled) if self._log else scaled

    def _scaled(self, value: float) -> float:
        return math.log(value) if self._log else value
