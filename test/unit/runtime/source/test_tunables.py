"""Marked constants are read and written back in place."""

from __future__ import annotations

import math
import random

import pytest
from policybook.source.document import Document, PolicyTextError
from policybook.source.tunables import find_tunables, patch, round_value

POLICY = """\
HOVER = 0.42        # tune: [0, 1] how much thrust holds it
RATE: float = -1e-3 # tune: [1e-4, 1] log
GAINS = [0.5, -1.25,  # tune: [-2, 2]
         3]
NÄHE = (1, 2)  # tune: [0, 9] int
LIMIT = 2 * HOVER
WORDS = ["# tune: [0, 1]"]

def act(observation):
    inner = 3.0  # tune: [0, 1]
    return 0
"""


def found(source: str) -> dict[str, tuple[object, float, float, bool, bool]]:
    return {t.name: (t.value, t.low, t.high, t.is_integer, t.is_log) for t in find_tunables(Document(source))}


def test_tune_marks_are_read_with_ranges_and_scales() -> None:
    assert found(POLICY) == {
        "HOVER": (0.42, 0.0, 1.0, False, False),
        "RATE": (-0.001, 1e-4, 1.0, False, True),
        "GAINS": ([0.5, -1.25, 3], -2.0, 2.0, False, False),
        "NÄHE": ([1, 2], 0.0, 9.0, True, False),
    }


def test_writing_values_changes_the_literals_and_nothing_else() -> None:
    patched = patch(POLICY, {"HOVER": 0.87321, "GAINS": [1.0, 0.333333, -0.5], "NÄHE": [3.4, 8.6]})
    expected = (
        POLICY.replace("0.42 ", "0.873 ")
        .replace("[0.5, -1.25,", "[1.0, 0.333,")
        .replace("         3]", "         -0.5]")
    )
    assert patched == expected.replace("(1, 2)", "(3, 9)")


def test_what_is_written_is_what_is_read_back() -> None:
    generator = random.Random(1)
    for _ in range(200):
        value = generator.uniform(0, 1) ** 3
        text = patch(POLICY, {"HOVER": value, "RATE": math.exp(-9 * value)})
        read = found(text)
        again = patch(text, {name: read[name][0] for name in ("HOVER", "RATE")})  # type: ignore[misc]
        assert again == text
        assert abs(float(str(read["HOVER"][0])) - value) <= 0.0011


@pytest.mark.parametrize(
    ("value", "low", "high", "log", "expected"),
    [
        (0.87349, 0, 1, False, 0.873),
        (-0.0, 0, 1, False, 0.0),
        (12345.6, 0, 20000, False, 12300.0),
        (1000.1234, 1000, 1001, False, 1000.12),
        (0.00001234, 0, 1, False, 0.0),
        (0.00001234, 1e-6, 1, True, 0.0000123),
    ],
)
def test_rounding_keeps_the_digits_that_matter(
    value: float, low: float, high: float, log: bool, expected: float
) -> None:
    assert round_value(value, low, high, is_log=log) == expected


@pytest.mark.parametrize("mark", ["0..1", "[1, 0]", "[0, 1] log", "[a, b]", "[0, inf]", ""])
def test_a_mark_that_cannot_be_meant_names_its_line(mark: str) -> None:
    with pytest.raises(PolicyTextError) as caught:
        find_tunables(Document(f"A = 1\nB = 2.0  # tune: {mark}\n"))
    assert caught.value.line == 2


def test_values_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be nan"):
        patch(POLICY, {"HOVER": math.nan})
    with pytest.raises(ValueError, match="holds 3 numbers"):
        patch(POLICY, {"GAINS": [1.0]})
    with pytest.raises(KeyError):
        patch(POLICY, {"LIMIT": 1.0})
