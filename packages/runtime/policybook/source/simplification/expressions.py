"""Edits inside expressions: a term, a factor of one, an operand of `and`/`or`, one arm of a conditional."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policybook.source.document import Document, Span
from policybook.source.simplification.edit import Edit, attempt_expression
from policybook.source.simplification.places import Places, shorten_text

KINDS = (ast.BinOp, ast.BoolOp, ast.IfExp)

_SIGNS = {ast.Add: "+", ast.Sub: "-"}


def find_expression_edits(
    document: Document, places: Places, kinds: tuple[type[ast.expr], ...] = KINDS
) -> Iterator[Edit]:
    """Yields every edit of one expression of these kinds, in the order of the tree."""
    for node in ast.walk(document.tree):
        if not isinstance(node, kinds) or not isinstance(node, KINDS):
            continue
        for what, new in _find_candidates(document, node):
            label = f"{what} {places.describe(node)}"
            yield from attempt_expression(document, label, document.find_span(node), new)


def _find_candidates(
    document: Document, node: ast.BinOp | ast.BoolOp | ast.IfExp
) -> Iterator[tuple[str, str]]:
    """Yields what may be done to a node, and the text that replaces it.

    The words are completed by the node's place.
    """
    if isinstance(node, ast.BoolOp):
        yield from drop_operands(document, node)
    elif isinstance(node, ast.IfExp):
        yield from take_arms(document, node)
    elif type(node.op) in _SIGNS:
        yield from drop_terms(document, node)
    elif isinstance(node.op, ast.Mult):
        yield from drop_factors_of_one(document, node)


def drop_terms(document: Document, node: ast.BinOp) -> Iterator[tuple[str, str]]:
    """Yields a sum without its right term, then without its left one where that is no sum itself."""
    sign = _SIGNS[type(node.op)]
    left, right = _split(document, node, node.left, node.right, sign)
    minus = "- " if sign == "-" else ""
    yield f"dropped {minus}{shorten_text(right)} from", left
    # The left of a longer sum is itself a sum, whose terms have their own turn.
    if not (isinstance(node.left, ast.BinOp) and type(node.left.op) in _SIGNS):
        yield f"dropped {shorten_text(left)} from", f"-{right}" if minus else right


def drop_factors_of_one(document: Document, node: ast.BinOp) -> Iterator[tuple[str, str]]:
    """Yields a product without the factor 1, on its left and on its right."""
    left, right = _split(document, node, node.left, node.right, "*")
    if _is_one(node.left):
        yield "dropped the factor 1 in", right
    if _is_one(node.right):
        yield "dropped the factor 1 in", left


def drop_operands(document: Document, node: ast.BoolOp) -> Iterator[tuple[str, str]]:
    """Yields a condition without each of its operands, in their order."""
    word = "and" if isinstance(node.op, ast.And) else "or"
    span = document.find_span(node)
    cuts = [
        _find_operator(document, one, two, word)
        for one, two in zip(node.values, node.values[1:], strict=False)
    ]
    starts = [span.start, *(cut.end for cut in cuts)]
    ends = [*(cut.start for cut in cuts), span.end]
    parts = [document.text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    for index, part in enumerate(parts):
        rest = [other for place, other in enumerate(parts) if place != index]
        said = f"{word} {shorten_text(part)}" if index else f"{shorten_text(part)} {word}"
        yield f"dropped {said} from", f" {word} ".join(rest)


def take_arms(document: Document, node: ast.IfExp) -> Iterator[tuple[str, str]]:
    """Yields the value before `if`, then that behind `else`."""
    body, _ = _split(document, node, node.body, node.test, "if")
    cut = _find_operator(document, node.test, node.orelse, "else")
    orelse = document.text[cut.end : document.find_span(node).end].strip()
    yield f"always took {shorten_text(body)} in", body
    yield f"always took {shorten_text(orelse)} in", orelse


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == 1


def _split(
    document: Document, node: ast.expr, left: ast.expr, right: ast.expr, operator: str
) -> tuple[str, str]:
    """Returns the texts before and behind an operator, each with the parentheses that belong to it."""
    span, cut = document.find_span(node), _find_operator(document, left, right, operator)
    return document.text[span.start : cut.start].strip(), document.text[cut.end : span.end].strip()


def _find_operator(document: Document, left: ast.expr, right: ast.expr, operator: str) -> Span:
    """Returns the index of an operator.

    Between two operands there are only it, parentheses, space and comments.
    """
    place, end = document.find_span(left).end, document.find_span(right).start
    while place < end:
        if document.text[place] == "#":
            place = document.text.index("\n", place)
        elif document.text.startswith(operator, place):
            return Span(place, place + len(operator))
        else:
            place += 1
    raise AssertionError(f"no {operator} between two operands")
