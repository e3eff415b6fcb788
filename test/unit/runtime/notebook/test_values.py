"""Values of the user's Python are handed over as JSON; a constructor's are refused where they change."""

from __future__ import annotations

import collections
import enum
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from policybook.notebook.workbench.values import (
    InexactValueError,
    find_whole_floats,
    refuse_inexact,
    to_json,
)


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1, 2), "a tuple reaches the constructor as a list"),
        ({"a": [1, {"b": (3,)}]}, "a tuple reaches the constructor as a list"),
        ({1: "x"}, "a dict with the key 1 reaches the constructor as one with text as keys"),
        ({1, 2}, "a set reaches the constructor as a list"),
        (frozenset({1}), "a frozenset reaches the constructor as a list"),
        (np.arange(3.0), "an array reaches the constructor as a list"),
        (np.array(3.0), "an array reaches the constructor as a number"),
        (collections.OrderedDict(a=1), "an OrderedDict reaches the constructor as a dict"),
        (Level.HIGH, "a Level reaches the constructor as a number"),
        (
            math.nan,
            "the number nan cannot be handed to the constructor: .* Give a text such as 'inf' or 'nan'",
        ),
        (np.float32("inf"), "the number inf cannot be handed to the constructor"),
        (Path("plant.csv"), r"a PosixPath cannot be handed to the constructor: .* Give its text, str"),
        (
            pandas.DataFrame({"a": [1]}),
            "a DataFrame cannot be handed to the constructor: .* Save it to a file",
        ),
        (Level, "the class Level cannot be handed to the constructor: .* Put it into a module"),
        (pandas.Series([1]), "a Series reaches the constructor as a list"),
        (2**60, "the number 1152921504606846976 reaches the constructor as a rounded one"),
    ],
)
def test_a_value_that_json_would_change_is_refused(value: Any, said: str) -> None:
    with pytest.raises(InexactValueError, match=said):
        refuse_inexact(value)


def test_a_tuple_may_be_handed_over_by_a_registration() -> None:
    with pytest.raises(InexactValueError, match=r"gymnasium\.register\(ID"):
        refuse_inexact((1, 2))


@pytest.mark.parametrize(
    "value", [None, True, 3, 0.5, "x", [1, [2.5]], {"a": {"b": [None]}}, np.float64(0.5)]
)
def test_a_value_that_json_keeps_is_handed_over(value: Any) -> None:
    refuse_inexact(value)
    assert to_json(value) == value


def test_whole_numbers_that_are_floats_are_found() -> None:
    value = {"a": 1.0, "b": [1, 2.0, {"c": np.float32(3)}], "d": 0.5, "e": True}
    assert find_whole_floats(to_json(value)) == [["a"], ["b", 1], ["b", 2, "c"]]
    assert find_whole_floats(1.0) == [[]]
