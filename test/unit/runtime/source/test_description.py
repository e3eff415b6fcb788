"""A policy's text is measured without running it, and no text kills the process."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import policybook
import pytest
from policybook.source.description import describe
from policybook.source.document import PolicyTextError

SCHEMAS = Path(policybook.__path__[0]) / "schemas" / "evaluator.json"

LANDER = '''"""Lean into the fall."""
HOVER = 0.42        # tune: [0, 1]


def act(observation):
    """One step."""
    x, y = observation  # the position

    if x > HOVER and y < 0:
        return 2
    return 1 if y > 3 else 0
'''


def test_size_counts_code_and_neither_comments_nor_docstrings() -> None:
    size = describe(LANDER).size
    assert (size.lines, size.branches, size.constants) == (6, 3, 6)
    assert describe(LANDER.replace('    """One step."""\n', "")).size.nodes == size.nodes


def test_the_hash_is_of_the_text_with_lf_line_ends() -> None:
    facts = describe(LANDER.replace("\n", "\r\n"))
    assert facts.hash == hashlib.sha256(LANDER.encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("  # the position", "", True),
        ('    """One step."""\n', "", True),
        ('"""Lean into the fall."""\n', "", True),
        ("x > HOVER", "(x  >  HOVER)", True),
        ("x > HOVER", "x >= HOVER", False),
        ("0.42", "0.43", False),
    ],
)
def test_the_tree_hash_ignores_layout_only(old: str, new: str, same: bool) -> None:
    assert old in LANDER
    changed = describe(LANDER.replace(old, new))
    assert (changed.tree_hash == describe(LANDER).tree_hash) is same
    assert changed.hash != describe(LANDER).hash


def test_the_facts_about_a_policy_fit_the_protocol() -> None:
    schemas = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    facts = json.loads(json.dumps(describe(LANDER).to_json()))
    jsonschema.validate(facts, schemas["methods"]["policy.describe"]["result"])
    assert facts["tunable"] == [
        {"name": "HOVER", "value": 0.42, "low": 0.0, "high": 1.0, "integer": False, "log": False}
    ]


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("def act(o):\n    return (1\n", 2, 12),
        ("def act(o):\n  pass\nreturn 3\n", 3, 1),
        ("x = 1\0\n", 1, None),
    ],
)
def test_a_syntax_error_names_its_place(source: str, line: int, column: int | None) -> None:
    with pytest.raises(PolicyTextError) as caught:
        describe(source)
    assert (caught.value.code, caught.value.line, caught.value.column) == ("syntax_error", line, column)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n",
        "async def act(o): ...\n",
        "class Policy:\n    pass\n",
        "def act(): return 0\n",
        "# def act(o): 0\n",
    ],
)
def test_a_text_without_act_is_no_policy(source: str) -> None:
    with pytest.raises(PolicyTextError) as caught:
        describe(source)
    assert caught.value.code == "no_act"


@pytest.mark.parametrize(
    "source",
    [
        "class Policy:\n    def act(self, observation):\n        return 0\n",
        "act = lambda observation: 0\n",
        "try:\n    from numba import act\nexcept ImportError:\n    def act(observation): return 0\n",
        "def act(observation, info): return 0\n",
    ],
)
def test_every_form_of_act_is_taken(source: str) -> None:
    assert describe(source).size.nodes > 0


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * (1 << 19),
        "(" * 10**5 + ")" * 10**5,
        "x = " + "-" * 10**5 + "1",
        "x = a" + "+a" * 10**5,
        "x = a" + ".a" * 10**5,
        "import " + "a." * 10**5 + "a",
        "import a" + " . a" * 10**5,
        "if a:\n pass\n" + "elif a:\n pass\n" * 50_000,
        "x = '\ud800'",
        "x = " + "9" * 10**5,
        "def act(o):\n  return '" + "\\N{nothing}'",
    ],
    ids=lambda source: source[:12].replace("\n", " ").encode("ascii", "replace").decode(),
)
def test_texts_made_to_exhaust_the_parser_are_refused_quickly(source: str) -> None:
    started = time.process_time()
    with pytest.raises(PolicyTextError):
        describe(source)
    assert time.process_time() - started < 5
