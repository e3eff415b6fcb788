"""Edits of expressions that have the same value without a part of them, as the text alone shows."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from policybook.source.document import Document
from policybook.source.simplification.edit import Edit, attempt_expression
from policybook.source.simplification.expressions import (
    drop_factors_of_one,
    drop_operands,
    drop_terms,
    take_arms,
)
from policybook.source.simplification.places import Places
from policybook.source.simplification.purity import Purity, read_truth
from policybook.source.simplification.soundness import Function


def find_needless_expressions(document: Document, purity: Purity, guarded: Container[int]) -> Iterator[Edit]:
    """Yields edits inside the functions of a text; `guarded` are the nodes whose failures are noticed."""
    functions = [node for node in ast.walk(document.tree) if isinstance(node, Function)]
    places = Places(document.tree)
    boolean = _find_boolean(document.tree)
    seen: set[int] = set()
    for node in (inner for function in functions for inner in ast.walk(function)):
        if id(node) in seen or id(node) in guarded or not isinstance(node, ast.expr):
            continue
        seen.add(id(node))
        for what, new in _find_replacements(document, purity, node, is_boolean=id(node) in boolean):
            label = f"{what} {places.describe(node)}"
            yield from attempt_expression(document, label, document.find_span(node), new)


def _find_replacements(
    document: Document, purity: Purity, node: ast.expr, *, is_boolean: bool
) -> Iterator[tuple[str, str]]:
    """Yields what may be done to an expression, and the text that replaces it."""
    if isinstance(node, ast.BoolOp):
        for index, replacement in enumerate(drop_operands(document, node)):
            if _is_needless_operand(node, index, purity, is_boolean=is_boolean):
                yield replacement
    elif isinstance(node, ast.IfExp):
        value = read_truth(node.test)
        body, orelse = take_arms(document, node)
        if value is not None:
            yield body if value else orelse
        elif purity.is_pure(node.test) and ast.dump(node.body) == ast.dump(node.orelse):
            yield body
    elif isinstance(node, ast.UnaryOp):
        inner = node.operand
        if not (isinstance(inner, ast.UnaryOp) and type(inner.op) is type(node.op)):
            return
        is_number = isinstance(node.op, ast.USub) and purity.is_number(inner.operand)
        if is_number or (isinstance(node.op, ast.Not) and is_boolean):
            yield "dropped a double negation from", f"({document.get_segment(inner.operand)})"
    elif isinstance(node, ast.BinOp):
        yield from _drop_neutral(document, purity, node)


def _drop_neutral(document: Document, purity: Purity, node: ast.BinOp) -> Iterator[tuple[str, str]]:
    """Yields a sum without 0 and a product without 1, where both are whole: 2 * 1.0 is no whole number."""
    if isinstance(node.op, ast.Mult):
        one_first, one_last = _is_whole(node.left, 1), _is_whole(node.right, 1)
        other = node.right if one_first else node.left
        if (one_first or one_last) and purity.is_number(other):
            # Both factors of 1.0 * 1 are one, and only the last is whole.
            factors = list(drop_factors_of_one(document, node))
            yield factors[0 if one_first else -1]
    # -0.0 + 0 is 0.0, and -0.0 - 0 is not.
    elif isinstance(node.op, ast.Sub) and _is_whole(node.right, 0) and purity.is_number(node.left):
        yield next(drop_terms(document, node))
    elif isinstance(node.op, ast.Add) and isinstance(node.left, ast.Constant):
        without_right, *without_left = drop_terms(document, node)
        if _is_whole(node.left, 0) and isinstance(node.right, ast.Constant) and purity.is_number(node.right):
            yield from without_left
        elif _is_whole(node.right, 0) and purity.is_number(node.left):
            yield without_right


def _is_whole(node: ast.expr, value: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == value


def _is_needless_operand(node: ast.BoolOp, index: int, purity: Purity, *, is_boolean: bool) -> bool:
    """Returns whether a condition is the same without one of its operands."""
    operand = node.values[index]
    is_last = index == len(node.values) - 1
    if read_truth(operand) is isinstance(node.op, ast.And) and (is_boolean or not is_last):
        return True
    earlier = [ast.dump(value) for value in node.values[:index]]
    if not earlier or not purity.is_pure(operand):
        return False
    return ast.dump(operand) in (earlier if is_boolean else earlier[-1:])


def _find_boolean(tree: ast.AST) -> set[int]:
    """Returns the expressions of which only the truth counts."""
    found: set[int] = set()
    # Parents come before their children.
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            found.add(id(node.test))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.add(id(node.operand))
        elif isinstance(node, ast.BoolOp) and id(node) in found:
            found |= {id(value) for value in node.values}
        elif isinstance(node, ast.comprehension):
            found |= {id(condition) for condition in node.ifs}
    return found
