"""The user's words for coordinates, where a policy's text calls functions by the same names."""

from __future__ import annotations

import builtins
import keyword
import unicodedata

import pytest
from policybook.source.names import make_free_name, make_identifiers

CALLED = [
    "np",
    "math",
    "act",
    "abs",
    "min",
    "max",
    "int",
    "observation",
    "type",
    "len",
    "id",
    "match",
    "print",
    "_",
]
LIKE_OTHERS = [
    "\ufb01",
    "fi",
    "\u00aa",
    "a",
    "\u00b5",
    "\u03bc",
    "x",
    "X",
    "stra\u00dfe",
    "STRASSE",
    "e\u0301",
    "\u00e9",
]


def test_no_coordinate_takes_a_name_that_means_something() -> None:
    made = make_identifiers(CALLED, len(CALLED))
    meant = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "np", "math", "act", "observation"}
    assert not meant & set(made)
    assert made[:6] == ("np_", "math_", "act_", "abs_", "min_", "max_")


def test_names_differ_as_python_and_constants_compare_them() -> None:
    made = make_identifiers(LIKE_OTHERS, len(LIKE_OTHERS))
    assert len({unicodedata.normalize("NFKC", name) for name in made}) == len(made)
    assert len({unicodedata.normalize("NFKC", name.upper()) for name in made}) == len(made)
    text = f"{', '.join(made)} = range({len(made)})\n" + "".join(f"G_{name.upper()} = 0\n" for name in made)
    defined: dict[str, object] = {}
    exec(text, defined)
    assert len(set(defined) - {"__builtins__"}) == 2 * len(made)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("h\u00f6he", "h\u00f6he"),
        ("\u03b8", "\u03b8"),
        ("\u1e8b", "\u1e8b"),
        ("x (m/s)", "x_m_s"),
        ("2nd", "o2nd"),
        ("\u00b2", "o2"),
        ("\U0001f388", "o0"),
        ("", "o0"),
        ("class", "class_"),
        ("Self", "self_"),
        ("Speed", "speed"),
    ],
)
def test_a_name_stays_as_far_as_it_can_be_an_identifier(name: str, made: str) -> None:
    assert make_identifiers([name], 1) == (made,)


def test_coordinates_without_a_word_are_numbered() -> None:
    assert make_identifiers(None, 3) == ("o0", "o1", "o2")
    assert make_identifiers(["o1"], 3) == ("o1", "o1_", "o2")


def test_a_free_name_is_the_name_where_it_may_be() -> None:
    assert make_free_name("tip", ["top"]) == "tip"
    assert make_free_name("tip", ["tip", "TIP_"]) == "tip__"
