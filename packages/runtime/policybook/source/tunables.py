"""Constants marked `# tune: [low, high]`, with ` int` or ` log` where meant: reading and writing them.

A marked constant is a number or a flat list of numbers at the top level; the mark stands on its first or last
line.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policybook.protocol.messages import PolicyFactsJsonTunableItem
from policybook.source.document import Document, PolicyTextError, Span, splice_text

_MARK = re.compile(r"#\s*tune:(?P<rest>.*)")
_RANGE = re.compile(
    r"\s*\[\s*(?P<low>[^\s,\]]+)\s*,\s*(?P<high>[^\s,\]]+)\s*\](?P<flags>(?:\s+(?:int|log)\b)*)"
)

Value = float | list[float]


@dataclass(frozen=True)
class Tunable:
    """One marked constant: its written value, its range, and where its numbers stand in the text."""

    name: str
    value: Value
    low: float
    high: float
    is_integer: bool
    is_log: bool
    spans: tuple[Span, ...]

    @property
    def values(self) -> list[float]:
        """Returns the numbers of a list, or the one number."""
        return self.value if isinstance(self.value, list) else [self.value]

    def to_json(self) -> PolicyFactsJsonTunableItem:
        """Returns the constant as the protocol's `policyFacts` has it."""
        return {
            "name": self.name,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "integer": self.is_integer,
            "log": self.is_log,
        }


def find_tunables(document: Document) -> list[Tunable]:
    """Returns the marked constants in the order of the text.

    It raises PolicyTextError for a mark that cannot be meant.
    """
    found = {tunable.name: tunable for tunable in _find_marked(document)}
    return list(found.values())


def patch(source: str, values: Mapping[str, float | Sequence[float]]) -> str:
    """Writes new values over the literals of marked constants; no other character changes.

    Numbers are rounded to the digits that matter (`round_value`), so what counts is the text that comes back.
    """
    document = Document(source)
    return write_values(document.text, find_tunables(document), values)


def write_values(text: str, marked: Sequence[Tunable], values: Mapping[str, float | Sequence[float]]) -> str:
    """Writes many values into a text whose marked constants are known, as `patch` does."""
    known = {tunable.name: tunable for tunable in marked}
    replacements: list[tuple[Span, str]] = []
    for name, value in values.items():
        tunable = known[name]
        numbers = [float(value)] if isinstance(value, int | float) else [float(number) for number in value]
        if len(numbers) != len(tunable.spans):
            raise ValueError(f"{name} holds {len(tunable.spans)} numbers, not {len(numbers)}")
        replacements += [
            (span, _format_literal(tunable, number))
            for span, number in zip(tunable.spans, numbers, strict=True)
        ]
    return splice_text(text, replacements)


def round_value(value: float, low: float, high: float, *, is_log: bool = False) -> float:
    """Rounds a value to three significant digits.

    It is never coarser than about a hundredth of the range's size, nor finer than a ten-thousandth of it.
    On a log scale three digits are right everywhere.
    """
    if value == 0:
        return 0.0
    decimals = 2 - math.floor(math.log10(abs(value)))
    if not is_log and high > low:
        matter = 3 - math.floor(math.log10(high - low))
        decimals = min(max(decimals, matter - 1), matter + 1)
    return round(value, decimals)


def _format_literal(tunable: Tunable, value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{tunable.name} cannot be {value}")
    if tunable.is_integer:
        return str(round(value))
    # `+ 0.0` turns a negative zero into zero.
    return repr(round_value(value, tunable.low, tunable.high, is_log=tunable.is_log) + 0.0)


def _find_marked(document: Document) -> Iterator[Tunable]:
    for statement in document.tree.body:
        target = _find_constant_name(statement)
        value = getattr(statement, "value", None)
        if target is None or value is None:
            continue
        mark = _find_mark(document, statement)
        numbers = _find_numbers(value)
        if mark is None or not numbers:
            continue
        low, high, flags = _parse_range(mark.group("rest"), statement)
        written = [_read_number(number) for number in numbers]
        yield Tunable(
            name=target,
            value=written if isinstance(value, ast.List | ast.Tuple) else written[0],
            low=low,
            high=high,
            is_integer="int" in flags,
            is_log="log" in flags,
            spans=tuple(document.find_span(number) for number in numbers),
        )


def _find_constant_name(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


def _find_mark(document: Document, statement: ast.stmt) -> re.Match[str] | None:
    """Returns a mark. Behind a statement and in a flat list of numbers `#` can only begin a comment."""
    span = document.find_span(statement)
    behind = document.text[span.end :].split("\n", 1)[0]
    if match := _MARK.match(behind.lstrip(" \t,;")):
        return match
    if statement.end_lineno == statement.lineno:
        return None
    return _MARK.search(document.text[span.start :].split("\n", 1)[0])


def _parse_range(rest: str, statement: ast.stmt) -> tuple[float, float, list[str]]:
    match = _RANGE.match(rest)
    try:
        if match is None:
            raise ValueError
        low, high = float(match.group("low")), float(match.group("high"))
    except ValueError:
        message = f"`# tune:{rest}` must read `# tune: [low, high]`, then ` int` or ` log` where meant"
        raise PolicyTextError("syntax_error", message, statement.lineno) from None
    flags = match.group("flags").split()
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        message = f"`# tune: [{low:g}, {high:g}]` must run from a lower to a higher number"
        raise PolicyTextError("syntax_error", message, statement.lineno)
    if "log" in flags and low <= 0:
        message = f"`# tune: [{low:g}, {high:g}] log` must begin above zero"
        raise PolicyTextError("syntax_error", message, statement.lineno)
    return low, high, flags


def _find_numbers(value: ast.expr) -> list[ast.expr]:
    """Returns the literals of a number or of a flat list of numbers; none of anything else."""
    numbers = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return list(numbers) if all(_is_number(number) for number in numbers) else []


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _read_number(node: ast.expr) -> float:
    number: float = ast.literal_eval(node)
    return number
