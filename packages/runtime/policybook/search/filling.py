"""Filling a template: the rule's words and numbers go in, a policy's whole text comes out.

A template is an ordinary Python file. Six kinds of its lines are rewritten:

- `NAME = 0.5  # tune: [0, 1]` takes the value and range of the constant of that name;
- a line marked `# each coordinate` is repeated (a constant) or summed (an expression) over the rule's terms;
- `... = observation` unpacks the environment's own coordinates;
- `return push  # actuator` becomes the statements that turn a push into an action;
- `NAME = ()  # table` holds the rule's table;
- a line marked `# when WORD` stays only where the rule has a meaning for that word.

Identifiers of the template that the rule calls otherwise are renamed, in prose as well.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from policybook.source.names import make_free_name

TEMPLATES = Path(__file__).parent / "templates"
LINE_LENGTH = 100
SIGNIFICANT_DIGITS = 3
RANGE_DIGITS = 2
MOST_DIGITS = 12

_CONSTANT = re.compile(
    r"^(?P<name>[A-Z][A-Z0-9_]*) = (?P<value>.*?)(?P<tune>  # tune: .*?)?(?P<each>  # each \w+)?$"
)
_SUM = re.compile(r"^(?P<indent> +)(?P<target>\w+) = (?P<term>.*?)  # each \w+$")
_UNPACK = re.compile(r"^(?P<indent> +).* = observation$")
_WHEN = re.compile(r"^(?P<line>.*?)  # when (?P<word>\w+)$")
_ACTUATOR = re.compile(r"^(?P<indent> +)return .*  # actuator$")


@dataclass(frozen=True)
class Constant:
    """A number of a policy; with a range it may be tuned."""

    value: float | int
    low: float | None = None
    high: float | None = None

    def write_line(self, name: str) -> str:
        """Returns the assignment of the constant under a name."""
        shown = format_number(self.value)
        bounds = None if self.low is None or self.high is None else self._write_range(self.low, self.high)
        if bounds is None:
            return f"{name} = {shown}"
        kind = " int" if isinstance(self.value, int) else ""
        return f"{name} = {shown}  # tune: {bounds}{kind}"

    def _write_range(self, low: float, high: float) -> str | None:
        """Returns the range with as few digits as keep it open around the value; None where there is none."""
        value = float(format_number(self.value))
        for digits in range(RANGE_DIGITS, MOST_DIGITS + 1):
            shown = format_number(low, digits), format_number(high, digits)
            if float(shown[0]) < float(shown[1]) and float(shown[0]) <= value <= float(shown[1]):
                return f"[{shown[0]}, {shown[1]}]"
        return None


@dataclass(frozen=True)
class Term:
    """One term of a sum: a coordinate by its name in the policy, its gain, and where the term is zero."""

    coordinate: str
    gain: Constant
    set_point: Constant | None = None

    @property
    def amount(self) -> str:
        """Returns what the gain multiplies."""
        return (
            f"({self.coordinate} - {self.coordinate.upper()}_WANTED)" if self.set_point else self.coordinate
        )

    def write_lines(self) -> Iterator[str]:
        """Yields the term's constants."""
        yield self.gain.write_line(_name_gain(self))
        if self.set_point:
            yield self.set_point.write_line(f"{self.coordinate.upper()}_WANTED")


@dataclass(frozen=True)
class Filling:
    """What goes into a template. `observed` names every coordinate; `prelude` lines derive further ones."""

    observed: Sequence[str]
    words: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    terms: Sequence[Term] = ()
    prelude: Sequence[str] = ()
    action: Sequence[str] = ()
    table: Sequence[str] = ()


def format_number(value: float | int, digits: int = SIGNIFICANT_DIGITS) -> str:
    """Returns a number as a person writes it: few significant digits, and no sign on zero."""
    if isinstance(value, int):
        return str(value)
    rounded = float(f"{value:.{digits}g}")
    return str(rounded if rounded else 0.0)


def make_gain(value: float, size: float | None = None) -> Constant:
    """Returns a tunable gain: from nothing, or a little of the other sign, to three times itself.

    `size` is the gain that would matter, for a value near zero.
    """
    reach = max(abs(value), size or 0.0) or 1.0
    low, high = (-0.5 * reach, 3 * reach) if value >= 0 else (-3 * reach, 0.5 * reach)
    return Constant(value, low, high)


def fill(template: str, filling: Filling) -> str:
    """Returns the text of the policy that a template and its filling make."""
    text = (TEMPLATES / f"{template}.py").read_text(encoding="utf-8")
    kept = "\n".join(line for written in text.splitlines() for line in _keep_line(written, filling))
    renamed = _rename(kept, filling)
    return add_imports([line for written in renamed.splitlines() for line in _fill_line(written, filling)])


def _keep_line(line: str, filling: Filling) -> Iterator[str]:
    condition = _WHEN.match(line)
    if line.startswith("# ruff: "):
        return
    if not condition:
        yield line
    elif condition["word"] in filling.words:
        yield condition["line"]


def _rename(text: str, filling: Filling) -> str:
    """Renames the template's words at once; a local that clashes with a user's word gets an underscore."""
    words = dict(filling.words)
    local = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} - set(words)
    given = set(filling.observed) | set(words.values())
    for name in sorted(local & given):
        if name.islower():
            words[name] = make_free_name(name, local | given | set(words.values()))
    if not words:
        return text
    pattern = re.compile(r"\b(" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")\b")
    return pattern.sub(lambda match: words[match[1]], text)


def _fill_line(line: str, filling: Filling) -> Iterator[str]:
    if line.endswith("  # table"):
        yield from _write_table(line.partition(" = ")[0], filling.table)
    elif constant := _CONSTANT.match(line):
        yield from _write_constant(constant, line, filling)
    elif total := _SUM.match(line):
        terms = [
            total["term"].replace("GAIN", _name_gain(t)).replace("coordinate", t.amount)
            for t in filling.terms
        ]
        yield from wrap_sum(f"{total['indent']}{total['target']} = ", terms or ["0.0"])
    elif unpack := _UNPACK.match(line):
        yield from _write_unpacking(unpack["indent"], filling)
    elif actuator := _ACTUATOR.match(line):
        yield from (actuator["indent"] + action for action in filling.action)
    else:
        yield line


def _write_constant(constant: re.Match[str], line: str, filling: Filling) -> Iterator[str]:
    name = constant["name"]
    if constant["each"]:
        yield from (line for term in filling.terms for line in term.write_lines())
    elif name in filling.constants:
        yield filling.constants[name].write_line(name)
    else:
        yield line


def _write_table(name: str, rows: Sequence[str]) -> Iterator[str]:
    yield f"{name} = {rows[0]}"
    yield from rows[1:]


def _name_gain(term: Term) -> str:
    return f"GAIN_{term.coordinate.upper()}"


def wrap_sum(head: str, terms: Sequence[str]) -> Iterator[str]:
    """Yields the lines of a sum behind `head`, one where it is short."""
    one_line = head + " + ".join(terms)
    if len(one_line) <= LINE_LENGTH:
        yield one_line
        return
    indent = " " * (len(head) - len(head.lstrip()))
    yield f"{head}("
    for i, term in enumerate(terms):
        yield f"{indent}    {'+ ' if i else ''}{term}"
    yield f"{indent})"


def _write_unpacking(indent: str, filling: Filling) -> Iterator[str]:
    whole = f"{indent}{', '.join(filling.observed)}{',' if len(filling.observed) == 1 else ''} = observation"
    if len(whole) <= LINE_LENGTH:
        yield whole
    else:
        spoken = " ".join([*filling.words.values(), *(t.coordinate for t in filling.terms), *filling.prelude])
        used = set(re.findall(r"\w+", spoken))
        yield from (
            f"{indent}{name} = observation[{i}]" for i, name in enumerate(filling.observed) if name in used
        )
    yield from (indent + line for line in filling.prelude)


def add_imports(lines: Sequence[str]) -> str:
    """Imports exactly what the text needs, below its docstring."""
    body = [line for line in lines if not line.startswith("import ")]
    text = "\n".join(body)
    standard = ["", "import math"] if "math." in text else []
    arrays = ["", "import numpy as np"] if "np." in text else []
    end = ast.parse(text).body[0].end_lineno or 1
    rest = "\n".join(body[end:]).strip("\n")
    gap = [""] if rest[:1].isupper() else ["", ""]
    return "\n".join([*body[:end], *standard, *arrays, *gap, rest]) + "\n"
