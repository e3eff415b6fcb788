"""How an `if` may lose one of its arms: what is replaced in the text, for each arm that may stay."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

from policybook.source.document import Document, Span
from policybook.source.simplification.places import shorten_text
from policybook.source.simplification.statement_lines import StatementLines

Replacements = list[tuple[Span, str]]


class Arm(NamedTuple):
    """One way to leave arms of an `if` out.

    `stays` says which are left: the body alone, without the test; what stands behind `else` or `elif` alone;
    or test and body without the `else`.
    """

    stays: Literal["body", "orelse", "test_and_body"]
    label: str
    replacements: Replacements


def find_arms(document: Document, statement: ast.If) -> Iterator[Arm]:
    """Yields the ways to leave arms of an `if` out that the layout of its lines allows."""
    test = shorten_text(document.get_segment(statement.test))
    yield from _find_orelse_arms(document, statement, test)
    lines = StatementLines(document)
    if is_elif(document, statement):
        label, replacements = f"took {test} as true where it is reached", lines.make_else(statement)
    else:
        label, replacements = f"took {test} as always true", lines.unwrap(statement, statement.body)
    if replacements is not None:
        yield Arm("body", label, replacements)


def is_elif(document: Document, statement: ast.stmt) -> bool:
    """Returns whether a statement is an `if` that is written as `elif`."""
    return isinstance(statement, ast.If) and document.text.startswith(
        "elif", document.find_span(statement).start
    )


def _find_orelse_arms(document: Document, statement: ast.If, test: str) -> Iterator[Arm]:
    lines = StatementLines(document)
    last = statement.end_lineno or statement.lineno
    if not statement.orelse:
        if is_elif(document, statement):
            whole = lines.find_lines(statement.lineno, last)
            yield Arm("orelse", f"dropped the case {test}", [(whole, "")])
        return
    keyword = lines.find_keyword_line(statement)
    if keyword is None:
        return
    following = statement.orelse[0]
    is_chained = is_elif(document, following)
    header = lines.find_lines(statement.lineno, keyword - 1)
    if is_elif(document, statement):
        yield Arm("orelse", f"dropped the case {test}", [(header, "")])
    elif is_chained:
        column = document.find_span(following).start
        first = Span(column, column + len("elif"))
        yield Arm("orelse", f"dropped the case {test}", [(header, ""), (first, "if")])
    else:
        unwrapped = lines.unwrap(statement, statement.orelse)
        if unwrapped is not None:
            yield Arm("orelse", f"always took the else of {test}", unwrapped)
    if not is_chained:
        yield Arm("test_and_body", f"dropped the else of {test}", [(lines.find_lines(keyword, last), "")])
