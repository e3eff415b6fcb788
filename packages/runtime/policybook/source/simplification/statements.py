"""Edits of whole statements: dropping one, and taking one arm of an `if`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policybook.source.document import Document
from policybook.source.simplification.arms import find_arms, is_elif
from policybook.source.simplification.edit import Edit, attempt
from policybook.source.simplification.places import shorten_text
from policybook.source.simplification.soundness import Function
from policybook.source.simplification.statement_lines import StatementLines


def find_statement_edits(document: Document) -> Iterator[Edit]:
    """Yields every edit of one statement inside a function, in the order of the text."""
    for function, body in walk_function_bodies(document.tree):
        yield from find_dropping_edits(document, function, body)
        for statement in body:
            if isinstance(statement, ast.If):
                for arm in find_arms(document, statement):
                    yield from attempt(document, arm.label, arm.replacements)


def walk_function_bodies(tree: ast.Module) -> Iterator[tuple[Function, list[ast.stmt]]]:
    """Yields the statement lists of all functions, each with its innermost function."""
    for function in ast.walk(tree):
        if isinstance(function, Function):
            yield from ((function, body) for body in _walk_bodies(function))


def _walk_bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yields the statement lists of a node; those of inner functions come at their own turn."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        body = getattr(node, field, None)
        if not isinstance(body, list) or not body:
            continue
        if isinstance(body[0], ast.stmt):
            yield body
        for part in body:
            if not isinstance(part, Function | ast.ClassDef):
                yield from _walk_bodies(part)


def find_dropping_edits(document: Document, function: ast.AST, body: list[ast.stmt]) -> Iterator[Edit]:
    """Yields edits that each drop one statement of a body that others can do without."""
    lines = StatementLines(document)
    for index, statement in enumerate(body):
        if len(body) == 1 or _is_docstring(statement) or is_elif(document, statement):
            continue
        if not _is_dispensable(function, body, index):
            continue
        span = lines.find_removal(statement, statement)
        if span is not None:
            yield from attempt(document, f"dropped {_write_head(document, statement)}", [(span, "")])


def _is_dispensable(function: ast.AST, body: list[ast.stmt], index: int) -> bool:
    """Returns whether the statement's names do without it.

    Each name that only this statement binds for certain must be bound before it, or used nowhere.
    """
    statement = body[index]
    if isinstance(statement, ast.AugAssign):
        return True
    bound = {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    inside = {id(node) for node in ast.walk(statement)}
    others = [node for node in ast.walk(function) if isinstance(node, ast.Name) and id(node) not in inside]
    used = {node.id for node in others if isinstance(node.ctx, ast.Load)}
    before = {
        node.id for node in others if isinstance(node.ctx, ast.Store) and node.lineno < statement.lineno
    } | {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    shared = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    return bound & used <= before | shared


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _write_head(document: Document, statement: ast.stmt) -> str:
    """Returns a statement's own words: all of a simple one, the first line of a compound one."""
    text = document.get_segment(statement)
    compound = hasattr(statement, "body")
    return shorten_text(text.split("\n", 1)[0] if compound else text) + (" …" if compound else "")
