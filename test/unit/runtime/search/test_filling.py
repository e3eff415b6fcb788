"""Filling of templates, and the templates as Python."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from policybook.search.filling import TEMPLATES, Constant, Filling, Term, fill, format_number, make_gain
from policybook.source.document import Document
from policybook.source.tunables import find_tunables

TEMPLATE_NAMES = sorted(path.stem for path in TEMPLATES.glob("*.py"))


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_a_template_is_python_with_a_one_line_idea(name: str) -> None:
    tree = ast.parse((TEMPLATES / f"{name}.py").read_text(encoding="utf-8"))
    idea = ast.get_docstring(tree)
    assert idea is not None
    assert "\n" not in idea
    assert any(isinstance(node, ast.FunctionDef) and node.name == "act" for node in tree.body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.123"),
        (-0.0, "0.0"),
        (1234.5, "1230.0"),
        (2, "2"),
        (1e-6, "1e-06"),
        (100000.0, "100000.0"),
    ],
)
def test_numbers_keep_three_digits(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize("value", [3.0, -0.2, 0.0])
def test_a_gain_lies_inside_its_range(value: float) -> None:
    constant = make_gain(value)
    assert constant.low is not None
    assert constant.high is not None
    assert constant.low < constant.value < constant.high


@pytest.mark.parametrize(
    ("constant", "line"),
    [
        (Constant(0.5, -1.0, 1.0), "A = 0.5  # tune: [-1.0, 1.0]"),
        (Constant(79.9, 79.6, 80.4), "A = 79.9  # tune: [79.6, 80.4]"),
        (Constant(0.001234, 0.0012339, 0.0012341), "A = 0.00123"),
        (Constant(1234.0, 1233.9, 1300.0), "A = 1230.0  # tune: [1200.0, 1300.0]"),
        (Constant(1.26, 1.255, 2.0), "A = 1.26  # tune: [1.25, 2.0]"),
        (Constant(-80.0, -80.04, -79.96), "A = -80.0  # tune: [-80.04, -79.96]"),
        (Constant(3, 3, 3), "A = 3"),
        (Constant(17, 1, 22), "A = 17  # tune: [1, 22] int"),
        (Constant(1.0, float("nan"), 2.0), "A = 1.0"),
    ],
)
def test_a_range_has_as_few_digits_as_keep_it_open_around_the_value(constant: Constant, line: str) -> None:
    assert constant.write_line("A") == line


def test_no_range_of_a_gain_is_empty_or_leaves_its_value_out() -> None:
    draw = np.random.default_rng(0)
    for _ in range(500):
        value = float(draw.normal() * 10.0 ** draw.integers(-6, 6))
        width = abs(value) * 10.0 ** draw.integers(-6, 2)
        text = f"{Constant(value, value - width, value + width).write_line('A')}\n"
        for tunable in find_tunables(Document(text)):
            assert tunable.low < tunable.high
            assert tunable.low <= tunable.values[0] <= tunable.high


def test_terms_are_declared_and_summed() -> None:
    terms = [Term("x", Constant(1.5, 0, 3)), Term("v", Constant(-2.0, -4, 1))]
    text = fill("balance", Filling(observed=("x", "v"), terms=terms, action=["return 1 if push > 0 else 0"]))
    assert "GAIN_X = 1.5  # tune: [0, 3]\nGAIN_V = -2.0  # tune: [-4, 1]" in text
    assert (
        "    x, v = observation\n    push = GAIN_X * x + GAIN_V * v\n    return 1 if push > 0 else 0\n"
        in text
    )


def test_a_users_word_displaces_a_local_of_the_same_name() -> None:
    text = fill(
        "push", Filling(observed=("push", "v"), words={"speed": "v"}, action=["return 1 if push_ > 0 else 0"])
    )
    assert "    push, v = observation\n    push_ = v - OFFSET\n" in text


def test_a_local_gives_way_as_far_as_it_must() -> None:
    filling = Filling(
        observed=("push", "push_", "v"), words={"speed": "v"}, action=["return 1 if push__ > 0 else 0"]
    )
    assert "    push, push_, v = observation\n    push__ = v - OFFSET\n" in fill("push", filling)


def test_many_coordinates_are_read_one_by_one() -> None:
    observed = [f"coordinate_number_{i}" for i in range(12)]
    terms = [Term(observed[i], make_gain(1.0)) for i in (3, 5, 7, 9)]
    text = fill("balance", Filling(observed=observed, terms=terms, action=["return 0"]))
    assert "    coordinate_number_5 = observation[5]\n" in text
    assert "coordinate_number_4" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_imports_are_those_that_are_used() -> None:
    text = fill("balance", Filling(observed=("x",), action=["return np.array([math.pi], dtype=np.float32)"]))
    assert '"""\n\nimport math\n\nimport numpy as np\n\n\ndef act' in text
