"""Edits leave readable policies that run, and the greedy search keeps what changes nothing."""

from __future__ import annotations

import ast
import contextlib
import itertools
from typing import Any

import pytest
from policybook.source.description import describe
from policybook.source.simplification import Edit, find_edits, simplify

POLICY = '''"""Lean into the fall."""
import math

DAMP = 0.873    # tune: [0, 2]
GAINS = [0.512, 0.25]
UNIT = 1.0


def helper(value):
    return value


def act(observation):
    x, y, spin = observation
    # How far to lean.
    lift = DAMP * x + 0.3 * spin - GAINS[0] * UNIT  # against the fall
    waste = y * 2

    # The legs are down.
    if x > 5 and y > 5:
        lift = 0.0
    elif y < -5:
        # Falling.
        lift = 1.0
    else:
        lift = lift * 1

    return 2 if lift > 0 else 0
'''

# Layouts that people and models write.
ODD = '''
A, B = 0.1234, 2.5e-07
TABLE = {(0, 1): 0.125,  # a comment with + and if
         (1, 0): -0.75}

class Policy:
    """Text with "if" and + in it."""
    def __init__(self): self.phase = 0; self.count = 0.0

    def act(self, observation, ключ=1.25):
        é = observation[0] + (0.333
                              # between - the two
                              + observation[1])
        total = 0
        for value in observation: total += value
        if é > 1: return 1
        while total > 10:
            total -= 3.14159
            if total < 0:
                break
            else:
                continue
        try:
            result = (A if (é and total or not é) else B) * (1 * total)
        except ZeroDivisionError:
            result = 0
        text = """a
        b + c"""
        if text:
            text = """one
two"""
        if total: pass
        elif é: total = 1
        match total:
            case 0: result = 1
            case _:
                result = result - -1
        return int(result > 0 if len(text) else (lambda v: v + 1)(total) > 0)
'''


def by_label(source: str, label: str) -> str:
    found = {edit.label: edit.source for edit in find_edits(source)}
    assert label in found, sorted(found)
    return found[label]


def acts(source: str) -> Any:
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace["act"]


GRID = list(itertools.product([-10.0, -0.7, 0.2, 4.0, 9.0], repeat=3))


def agreement(source: str, observations: list[tuple[float, ...]]) -> Any:
    expected: list[int] = [acts(source)(row) for row in observations]

    def share(text: str) -> Any:
        with contextlib.suppress(Exception):
            return sum(
                acts(text)(row) == wanted for row, wanted in zip(observations, expected, strict=True)
            ) / len(expected)
        return 0.0

    return share


@pytest.mark.parametrize(
    ("label", "old", "new"),
    [
        ("dropped 0.3 * spin from lift", " + 0.3 * spin", ""),
        ("dropped - GAINS[0] * UNIT from lift", " - GAINS[0] * UNIT", ""),
        ("dropped DAMP * x from lift", "DAMP * x + ", ""),
        ("dropped and y > 5 from the condition on line 20", "x > 5 and y > 5", "x > 5"),
        ("always took 2 in what act returns", "2 if lift > 0 else 0", "2"),
        ("dropped the factor 1 in lift", "lift * 1", "lift"),
        ("DAMP 0.873 → 0.9", "0.873", "0.9"),
        ("GAINS[0] 0.512 → 0.51", "0.512", "0.51"),
        ("dropped math, never used", "import math\n", ""),
        ("dropped helper, never used", "def helper(value):\n    return value\n\n\n", ""),
        ("dropped waste, never used", "    waste = y * 2\n", ""),
        ("dropped the else of y < -5", "    else:\n        lift = lift * 1\n", ""),
        ("dropped the case y < -5", "    elif y < -5:\n        # Falling.\n        lift = 1.0\n", ""),
        ("dropped the case x > 5 and y > 5", "if x > 5 and y > 5:\n        lift = 0.0\n    elif", "if"),
    ],
)
def test_an_edit_changes_only_its_own_place(label: str, old: str, new: str) -> None:
    assert POLICY.count(old) == 1
    assert by_label(POLICY, label) == POLICY.replace(old, new)


def test_a_constant_of_one_is_written_where_it_is_used() -> None:
    inlined = by_label(POLICY, "wrote UNIT as 1.0")
    assert inlined == POLICY.replace("UNIT = 1.0\n", "").replace("* UNIT", "* 1.0")


def test_one_branch_of_an_if_can_take_its_place_with_the_comments() -> None:
    source = "def act(o):\n    if o > 3:\n        # High.\n        o = 2\n\n        o += 1\n    return o\n"
    taken = by_label(source, "took o > 3 as always true")
    assert taken == "def act(o):\n    # High.\n    o = 2\n\n    o += 1\n    return o\n"


def test_a_statement_goes_with_the_comment_that_is_only_its_own() -> None:
    dropped = by_label(POLICY, "dropped if x > 5 and y > 5: …")
    assert "The legs are down" not in dropped
    assert "\n\n\n    return" not in dropped
    assert "# How far to lean." in by_label(POLICY, "dropped waste, never used")


def test_edits_that_leave_a_text_that_cannot_run_are_dropped() -> None:
    source = "def act(o):\n    return 1\n    o = 2\n    return o\n"
    assert by_label(source, "dropped line 3, which cannot run") == "def act(o):\n    return 1\n"


@pytest.mark.parametrize(
    ("before", "label", "after"),
    [
        ("2 * (o[0] + o[1])", "dropped o[1] from what act returns", "2 * o[0]"),
        ("2 * (o[0] - o[1])", "dropped o[0] from what act returns", "2 * (-o[1])"),
        (
            "(o[0] if o[1] else 3) + o[2] > 1",
            "dropped o[2] from what act returns",
            "(o[0] if o[1] else 3) > 1",
        ),
        ("max(o[0] - (o[1] + 1), 0)", "dropped - (o[1] + 1) from what act returns", "max(o[0], 0)"),
        ("not (o[0] and o[1])", "dropped and o[1] from what act returns", "not o[0]"),
        ("(o[0] or o[1]) and o[2]", "dropped and o[2] from what act returns", "o[0] or o[1]"),
    ],
)
def test_parentheses_stay_where_they_mean_something(before: str, label: str, after: str) -> None:
    source = f"def act(o):\n    return {before}\n"
    edited = by_label(source, label)
    assert ast.dump(ast.parse(edited)) == ast.dump(ast.parse(f"def act(o):\n    return {after}\n"))
    assert len(edited) <= len(source)


def test_names_that_document_the_observation_stay() -> None:
    source = "def act(o):\n    x, y, vx = o\n    return 1 if x > 0 else 0\n"
    assert not any("never used" in edit.label for edit in find_edits(source))


@pytest.mark.parametrize("source", [POLICY, ODD])
def test_every_edit_is_a_policy_and_none_is_larger(source: str) -> None:
    found = find_edits(source)
    assert len(found) > 15
    assert len({edit.source for edit in found}) == len(found)
    for edit in found:
        facts = describe(edit.source)
        assert edit.label
        assert facts.tree_hash != describe(source).tree_hash
        assert edit.cut >= 0
    assert [edit.cut for edit in found] == sorted((edit.cut for edit in found), reverse=True)


def test_no_edit_takes_away_a_name_or_a_return_that_is_needed() -> None:
    for edit in find_edits(POLICY):
        act = acts(edit.source)
        assert all(act(row) is not None for row in GRID), edit.label


def test_simplifying_keeps_what_changes_no_action() -> None:
    calls: list[str] = []
    observations = [row for row in GRID if not (row[0] > 5 and row[1] > 5)]
    share = agreement(POLICY, observations)

    def agrees(text: str) -> bool:
        calls.append(text)
        return bool(share(text) == 1)

    result = simplify(POLICY, agrees)
    assert share(result.source) == 1
    assert {"dropped math, never used", "dropped helper, never used"} <= set(result.edits)
    assert describe(result.source).size.nodes < 0.7 * describe(POLICY).size.nodes
    assert "# How far to lean." in result.source
    assert len(calls) == len(set(calls))
    assert simplify(result.source, agrees).edits == []


def test_variants_change_actions_and_begin_with_those_that_act_alike() -> None:
    share = agreement(POLICY, GRID)
    result = simplify(POLICY, share)
    shares = [share(variant.source) for variant in result.variants]
    assert 3 <= len(result.variants) <= 8
    assert all(value < 1 for value in shares[1:])
    alike = [value >= 0.9 for value in shares[1:]]
    assert alike == sorted(alike, reverse=True)
    assert all(isinstance(variant, Edit) for variant in result.variants)


def test_a_variant_writes_all_constants_shorter() -> None:
    result = simplify(POLICY, lambda _: False)
    (shorter,) = [variant for variant in result.variants if variant.label == "all constants to two digits"]
    assert shorter.source == POLICY.replace("0.873", "0.87").replace("0.512", "0.51")


def test_a_text_with_nothing_to_simplify_comes_back_as_it_is() -> None:
    source = "def act(observation):\n    return 0\n"
    assert simplify(source, lambda _: True) == (source, [], [])


def test_tables_and_large_programs_are_edited_quickly() -> None:
    table = f"TABLE = {[n / 7 for n in range(2000)]}\n\ndef act(o):\n    return TABLE[o] + 0.5 * o\n"
    assert 1 <= len(find_edits(table)) < 10
    (shorter,) = [v for v in simplify(table, lambda _: False).variants if "two digits" in v.label]
    assert len(shorter.source) < len(table) / 2
    huge = table.replace("[0.0", "[0.125" + ", 0.125" * 40_000)
    assert simplify(huge, lambda _: True) == (huge, [], [])
    long = "def act(o):\n" + "    o = o * 2 + 1\n" * 2000 + "    return o\n"
    assert find_edits(long) == []


def test_simplifying_makes_no_more_checks_than_allowed() -> None:
    calls: list[str] = []

    def refuses(text: str) -> bool:
        calls.append(text)
        return False

    simplify(POLICY, refuses, most_checks=5)
    assert len(calls) == 5


def test_a_text_without_comments_to_lose_keeps_every_other_line() -> None:
    for edit in find_edits(ODD):
        kept = set(edit.source.split("\n"))
        lost = [line for line in ODD.split("\n") if line not in kept]
        # One statement's lines at most; the largest has eleven.
        assert len(lost) <= 11, edit.label
