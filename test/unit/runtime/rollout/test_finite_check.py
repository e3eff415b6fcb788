"""Which rows of a packed frame have a number that their space cannot hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from policybook.rollout.finite_check import FiniteCheck
from policybook.sandbox.codecs import DynamicCodec, infer_codec

SENSOR = spaces.Dict(
    {
        "picture": spaces.Box(0, 255, (2, 2), np.uint8),
        "speed": spaces.Box(-np.inf, np.inf, (3,), np.float32),
        "more": spaces.Tuple([spaces.Discrete(3), spaces.Box(-1.0, 1.0, ())]),
    }
)


SPOKEN = spaces.Dict({"heard": spaces.Text(99, min_length=0), "level": spaces.Box(-1.0, 1.0, ())})


def sense(speed: float = 0.0, more: Any = 0.5) -> dict[str, Any]:
    return {
        "picture": np.zeros((2, 2), np.uint8),
        "speed": np.array([1.0, speed, 2.0], np.float32),
        "more": (1, more),
    }


CASES = [
    (
        spaces.Box(-9, 9, (2,), np.float32),
        [np.zeros(2, np.float32), np.array([0, np.nan], np.float32)],
        "nan",
    ),
    (
        spaces.Box(-9, 9, (2,), np.float32),
        [np.zeros(2, np.float32), np.array([0, -np.inf], np.float32)],
        "-inf",
    ),
    (spaces.Box(0, np.inf, (2,)), [np.zeros(2), np.array([0, np.inf])], None),
    (
        spaces.Box(-9, 9, (2,), np.float16),
        [np.zeros(2, np.float16), np.array([0, np.nan], np.float16)],
        "nan",
    ),
    (spaces.Box(-1e308, 1e308, (2,), np.float64), [np.full(2, 1e308), np.full(2, -1e308)], None),
    (spaces.Box(0, np.inf, (2,)), [np.zeros(2), np.array([0, -np.inf])], "-inf"),
    (spaces.Box(-1.0, 1.0, ()), [0.5, float("nan")], "nan"),
    (spaces.Box(0, 255, (2, 2), np.uint8), [np.zeros((2, 2), np.uint8)] * 2, None),
    (spaces.Discrete(4), [1, 2], None),
    (SENSOR, [sense(), sense(np.nan)], "nan"),
    (SENSOR, [sense(), sense(np.inf)], None),
    (SPOKEN, [{"heard": "", "level": 0.5}, {"heard": "a" * 99, "level": 0.5}], None),
    (SPOKEN, [{"heard": "a" * 99, "level": 0.5}, {"heard": "", "level": float("nan")}], "nan"),
    (spaces.Text(9), ["nan", "inf"], None),
    (SENSOR, [sense(), sense(0.0, float("nan"))], "nan"),
    (SENSOR, [sense(), sense(0.0, float("inf"))], "inf"),
]


@pytest.mark.parametrize(("space", "observations", "wrong"), CASES)
@pytest.mark.parametrize("is_dynamic", [False, True])
def test_a_number_that_its_space_cannot_hold_is_found_in_its_row(
    space: Any, observations: list[Any], wrong: str | None, *, is_dynamic: bool
) -> None:
    codec = DynamicCodec() if is_dynamic else infer_codec(observations[0])
    found = FiniteCheck(space, codec).find(codec.pack_rows(observations), observations)
    assert found == ({} if wrong is None else {1: f"{wrong} in an observation"})
