"""Edits leave readable policies that run; what makes no difference goes, what is never reached is marked."""

from __future__ import annotations

import ast
import contextlib
import itertools
from typing import Any

import pytest
from policybook.source.description import describe
from policybook.source.simplification import Edit, TextPart, find_edits, simplify

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


class Observations:
    """Replays texts on observations in this process; without observations every text acts otherwise."""

    def __init__(self, source: str, observations: list[Any], most_texts: int = 10_000) -> None:
        self.observations = observations
        self.expected = [acts(source)(row) for row in observations]
        self.most_texts = most_texts
        self.was_refused = False
        self.texts: list[str] = []

    def may_play(self) -> bool:
        self.was_refused = self.was_refused or len(self.texts) >= self.most_texts
        return not self.was_refused

    def acts_alike(self, source: str) -> bool:
        return self.measure_share(source) == 1

    def measure_share(self, source: str) -> float:
        self.texts.append(source)
        with contextlib.suppress(Exception):
            act = acts(source)
            found = [act(row) for row in self.observations]
            alike = sum(one == other for one, other in zip(found, self.expected, strict=True))
            return alike / len(found) if found else 0.0
        return 0.0

    def find_exception(self, source: str) -> str | None:
        self.texts.append(source)
        try:
            act = acts(source)
            for row in self.observations:
                act(row)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        return None


class Agreement(Observations):
    """Takes every text to act alike, so that only the text itself can speak against an edit."""

    def acts_alike(self, source: str) -> bool:
        return True


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
        ("dropped the else of y < -5", "    else:\n        lift = lift * 1\n", ""),
        ("dropped the case y < -5", "    elif y < -5:\n        # Falling.\n        lift = 1.0\n", ""),
        ("dropped the case x > 5 and y > 5", "if x > 5 and y > 5:\n        lift = 0.0\n    elif", "if"),
    ],
)
def test_an_edit_changes_only_its_own_place(label: str, old: str, new: str) -> None:
    assert POLICY.count(old) == 1
    assert by_label(POLICY, label) == POLICY.replace(old, new)


def test_one_branch_of_an_if_can_take_its_place_with_the_comments() -> None:
    source = "def act(o):\n    if o > 3:\n        # High.\n        o = 2\n\n        o += 1\n    return o\n"
    taken = by_label(source, "took o > 3 as always true")
    assert taken == "def act(o):\n    # High.\n    o = 2\n\n    o += 1\n    return o\n"


def test_a_statement_goes_with_the_comment_that_is_only_its_own() -> None:
    dropped = by_label(POLICY, "dropped if x > 5 and y > 5: …")
    assert "The legs are down" not in dropped
    assert "\n\n\n    return" not in dropped
    assert "# How far to lean." in by_label(POLICY, "dropped waste = y * 2")


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return 1\n    o = 2\n    return o", "return 1"),
        ("unused = o * 2\n    return o", "return o"),
        ("pass\n    o = o\n    o\n    return o", "return o"),
        ("return 0 + 1", "return 1"),
        ("if True:\n        o = 2\n    else:\n        o = 3\n    return o", "o = 2\n    return o"),
        ("if not 1:\n        o = 2\n    return o", "return o"),
        ("if o > 1:\n        return 2\n    return 2", "return 2"),
        ("if o > 1:\n        o = 2\n    else:\n        o = 2\n    return o", "o = 2\n    return o"),
        (
            "if o > 1:\n        o = 2\n    else:\n        pass\n    return o",
            "if o > 1:\n        o = 2\n    return o",
        ),
        (
            "if o > 1:\n        return 1\n    else:\n        return 2\n    return 3",
            "if o > 1:\n        return 1\n    else:\n        return 2",
        ),
        ("return 1 if not not o else 2", "return 1 if o else 2"),
        ("return 3 if o > 1 else 3", "return 3"),
        (
            "if o > 1 and o > 1 and True:\n        return 3\n    return 4",
            "if o > 1:\n        return 3\n    return 4",
        ),
        ("return 1 * GAIN * o", "return GAIN * o"),
        ("return 1.0 * 1 * o", "return 1.0 * o"),
        ("return GAIN * o - - 2.0 * -(-o) - 0", None),
    ],
)
def test_what_makes_no_difference_goes_without_a_single_episode(before: str, after: str | None) -> None:
    head = "GAIN = 1.5  # tune: [0, 2]\n\n\ndef act(o):\n    "
    tail = "\n\n\ndef reset():\n    return GAIN\n"
    source = f"{head}{before}{tail}"
    replay = Observations(source, [-1.0, 0.5, 3.0])
    result = simplify(source, replay)
    assert result.source == (source if after is None else f"{head}{after}{tail}")
    assert replay.acts_alike(result.source)


@pytest.mark.parametrize(
    "body",
    [
        # A number that might be a list, a bool or an array.
        "return o * 1",
        "return o + 0",
        "return not not o",
        # Calls, and what may fail where failing is noticed.
        "unused = next(EPISODES)\n    return o",
        "unused, other = EPISODES\n    return o",
        "from random import expovariate as abs\n    unused = abs(1.0)\n    return o",
        "match check:\n        case len:\n            unused = len(o)\n    return o",
        "try:\n        unused = 1 / o\n    except ZeroDivisionError:\n        return 0\n    return o",
        "if check(o):\n        return 1\n    return 1",
        # A name is the function's own, and a function a generator, because of lines that never run.
        "return EPISODES\n    EPISODES = 2",
        "return\n    yield o",
        # The value of a condition is used.
        "return o and True",
        # A switch that has a name is the reader's.
        "if WIND:\n        return 2\n    return o * WIND",
        "count = 0\n    if o > 99:\n        count += 1\n    return o",
    ],
)
def test_what_might_make_a_difference_stays(body: str) -> None:
    source = (
        "WIND = 0\nEPISODES = iter(range(9))\n\n\ndef check(o):\n    EPISODES.append(o)\n\n\n"
        f"def act(o):\n    {body}\n\n\ndef reset():\n    check(WIND)\n    return EPISODES\n"
    )
    assert simplify(source, Agreement(POLICY, [GRID[0]])).source == source


def test_what_no_observation_contradicts_is_marked_and_stays() -> None:
    observations = [row for row in GRID if not (row[0] > 5 and row[1] > 5) and row[1] > -5]
    replay = Observations(POLICY, observations)
    result = simplify(POLICY, replay)
    assert set(result.edits) == {
        "dropped math, never used",
        "dropped helper, never used",
        "dropped waste, never used",
    }
    assert "UNIT = 1.0" in result.source
    lines = result.source.split("\n")
    marked = [(part.kind, *lines[part.first - 1 : part.last]) for part in result.unexercised]
    assert marked == [
        # Their conditions are reached: only what follows them is not.
        ("never_reached", "        lift = 0.0"),
        ("never_reached", "        lift = 1.0"),
        ("no_effect", "        lift = lift * 1"),
    ]
    assert not result.is_cut_short
    assert len(replay.texts) == len(set(replay.texts))
    assert replay.acts_alike(result.source)
    assert simplify(result.source, replay).edits == []


def test_where_the_environments_are_declared_what_they_do_not_contradict_goes() -> None:
    observations = [row for row in GRID if not (row[0] > 5 and row[1] > 5)]
    replay = Observations(POLICY, observations)
    result = simplify(POLICY, replay, takes_unexercised=True)
    assert replay.acts_alike(result.source)
    assert describe(result.source).size.nodes < 0.7 * describe(POLICY).size.nodes
    assert "# How far to lean." in result.source
    assert "UNIT" not in result.edits
    again = Observations(result.source, observations)
    assert simplify(result.source, again, takes_unexercised=True).edits == []


WIND = """
LIMIT = 4.5


def lean(x):
    return -x


def act(observation):
    x, gust = observation
    if gust > LIMIT:
        # The wind of the environment's variant.
        return lean(x)
    return 1 if x > 0 else 0
"""


def test_a_branch_for_wind_stays_until_the_declared_environments_never_enter_it() -> None:
    calm, windy = [(-1.0, 0.0), (1.0, 0.0)], [(0.5, 6.0)]
    marked = simplify(WIND, Observations(WIND, calm))
    assert marked.source == WIND
    assert marked.unexercised == [
        TextPart("never_reached", 5, 6, 5),
        TextPart("never_reached", 13, 13, 11),
    ]
    declared = simplify(WIND, Observations(WIND, [*calm, *windy]), takes_unexercised=True)
    assert "if gust > LIMIT:" in declared.source
    assert declared.unexercised == []
    without = simplify(WIND, Observations(WIND, calm), takes_unexercised=True)
    assert "LIMIT" not in without.source
    assert "lean" not in without.source


def walk(source: str, size: int, steps: int = 200) -> tuple[list[int], bool]:
    """Plays the policy in a room of size x size; returns what it saw, and if it came to the far corner."""
    act, place, seen = acts(source), 0, []
    for _ in range(steps):
        seen.append(place)
        move = act(place)
        x, y = place % WIDTH, place // WIDTH
        x, y = (min(x + 1, size - 1), y) if move else (x, min(y + 1, size - 1))
        place = y * WIDTH + x
        if place == (size - 1) * (WIDTH + 1):
            return seen, True
    return seen, False


WIDTH = 16
# It goes right, and down in the last columns; only in a room of more than six columns it has to know of them.
COUNTER = """
WIDTH = 16


def act(place):
    x, y = place % WIDTH, place // WIDTH
    if x >= 7 or (x >= 5 and y < 5 and x < 6):
        return 0
    return 1 if y >= 5 or x < 5 else 0
"""


def test_a_policy_for_rooms_of_any_size_is_not_fitted_to_the_room_it_was_seen_in() -> None:
    small, has_arrived = walk(COUNTER, 6)
    assert has_arrived
    assert walk(COUNTER, 8)[1]
    replay = Observations(COUNTER, small)
    result = simplify(COUNTER, replay, most_variants=8)
    assert result.source == COUNTER
    assert result.unexercised
    fitted = simplify(COUNTER, replay, takes_unexercised=True)
    assert walk(fitted.source, 6)[1]
    assert walk(fitted.source, 8) != walk(COUNTER, 8)
    declared = Observations(COUNTER, [*small, *walk(COUNTER, 8)[0]])
    kept = simplify(COUNTER, declared, takes_unexercised=True).source
    assert walk(kept, 8) == walk(COUNTER, 8)


def test_a_policy_that_swallows_every_exception_is_not_looked_at_for_branches() -> None:
    source = (
        "def act(o):\n    try:\n        return guess(o)\n    except:\n        return 0\n\n\n"
        "def guess(o):\n    if o > 1:\n        return 1\n    return 0\n"
    )
    assert simplify(source, Observations(source, [0, 2])).unexercised == []


def test_variants_change_actions_and_begin_with_those_that_act_alike() -> None:
    replay = Observations(POLICY, GRID)
    result = simplify(POLICY, replay, most_variants=8)
    shares = [replay.measure_share(variant.source) for variant in result.variants]
    assert 3 <= len(result.variants) <= 8
    assert all(value < 1 for value in shares[1:])
    alike = [value >= 0.9 for value in shares[1:]]
    assert alike == sorted(alike, reverse=True)
    assert all(isinstance(variant, Edit) for variant in result.variants)


def test_no_variant_takes_away_or_rounds_what_is_unexercised() -> None:
    source = WIND.replace("return lean(x)", "return x + 0.12345").replace("x > 0", "x > 0.54321")
    result = simplify(source, Observations(source, [(-1.0, 0.0), (1.0, 0.0)]), most_variants=8)
    assert any("0.54" in variant.source and "0.54321" not in variant.source for variant in result.variants)
    assert all("if gust > LIMIT:" in variant.source for variant in result.variants)
    assert all("0.12345" in variant.source for variant in result.variants)


def test_a_variant_writes_all_constants_shorter() -> None:
    result = simplify(POLICY, Observations(POLICY, GRID), most_variants=8)
    (shorter,) = [variant for variant in result.variants if variant.label == "all constants to two digits"]
    assert shorter.source == result.source.replace("0.873", "0.87").replace("0.512", "0.51")


def test_a_text_with_nothing_to_simplify_comes_back_as_it_is() -> None:
    source = "def act(observation):\n    return 0\n"
    assert simplify(source, Observations(source, [1, 2])) == (source, [], [], [], False)


def test_tables_and_large_programs_are_edited_quickly() -> None:
    table = f"TABLE = {[n / 7 for n in range(2000)]}\n\ndef act(o):\n    return TABLE[o] + 0.5 * o\n"
    assert 1 <= len(find_edits(table)) < 10
    found = simplify(table, Observations(table, [1, 2]), most_variants=3)
    (shorter,) = [v for v in found.variants if "two digits" in v.label]
    assert len(shorter.source) < len(table) / 2
    huge = table.replace("[0.0", "[0.125" + ", 0.125" * 40_000)
    assert simplify(huge, Observations(huge, [1])) == (huge, [], [], [], False)
    long = "def act(o):\n" + "    o = o * 2 + 1\n" * 2000 + "    return o\n"
    assert find_edits(long) == []
    assert simplify(long, Observations(long, [1])) == (long, [], [], [], False)


@pytest.mark.parametrize("takes_unexercised", [False, True])
def test_simplifying_plays_no_more_texts_than_allowed_and_says_so(takes_unexercised: bool) -> None:
    replay = Observations(POLICY, GRID, most_texts=5)
    result = simplify(POLICY, replay, takes_unexercised=takes_unexercised, most_variants=8)
    assert len(replay.texts) == 5
    assert result.is_cut_short


def test_a_text_without_comments_to_lose_keeps_every_other_line() -> None:
    for edit in find_edits(ODD):
        kept = set(edit.source.split("\n"))
        lost = [line for line in ODD.split("\n") if line not in kept]
        # One statement's lines at most; the largest has eleven.
        assert len(lost) <= 11, edit.label
