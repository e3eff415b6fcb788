"""Edits of numbers: fewer digits."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from policybook.source.document import Document
from policybook.source.simplification.edit import Edit, attempt
from policybook.source.simplification.places import Places

MAX_ITEMS = 16

ALL_SHORTER = "all constants to two digits"


def find_digit_edits(document: Document, places: Places) -> Iterator[Edit]:
    """Yields each float outside tables with one and with two significant digits, where it has more."""
    names = _name_literals(document.tree)
    tables = _find_table_literals(document.tree)
    for node in _find_floats(document.tree):
        if id(node) in tables:
            continue
        text = document.get_segment(node)
        for digits in (1, 2):
            short = _shorten(node, digits)
            if short is not None:
                what = names.get(id(node), "")
                label = f"{what} {text} → {short}" if what else f"{text} → {short} in {places.describe(node)}"
                yield from attempt(document, label, [(document.find_span(node), short)])


def shorten_all(document: Document, kept_lines: Container[int]) -> Edit | None:
    """Returns the text with two digits in every float that has more of them, None where none has.

    Floats on `kept_lines` stay as they are.
    """
    shorts = [
        (document.find_span(node), _shorten(node, 2))
        for node in _find_floats(document.tree)
        if node.lineno not in kept_lines
    ]
    found = [(span, short) for span, short in shorts if short is not None]
    return next(attempt(document, ALL_SHORTER, found), None)


def _find_floats(tree: ast.Module) -> list[ast.Constant]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is float]


def _find_table_literals(tree: ast.Module) -> set[int]:
    """Returns the literals in collections of many items.

    One digit less in one of them makes nothing simpler.
    """
    collections = [
        node for node in ast.walk(tree) if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)
    ]
    tables = [
        node
        for node in collections
        if sum(isinstance(part, ast.Constant) for part in ast.walk(node)) > MAX_ITEMS
    ]
    return {id(part) for node in tables for part in ast.walk(node)}


def _shorten(node: ast.Constant, digits: int) -> str | None:
    """Returns the literal with so many significant digits, or None where it is no shorter then."""
    value = float(str(node.value))
    short = float(f"{value:.{digits}g}")
    return repr(short) if short != value else None


def _name_literals(tree: ast.Module) -> dict[int, str]:
    """Returns the constant's name for each literal of a constant: DAMP, GAINS[2]."""
    names: dict[int, str] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        name, value = statement.targets[0].id, statement.value
        items = value.elts if isinstance(value, ast.List | ast.Tuple) else None
        for index, item in enumerate(items if items is not None else [value]):
            literal = item.operand if isinstance(item, ast.UnaryOp) else item
            names[id(literal)] = name if items is None else f"{name}[{index}]"
    return names
