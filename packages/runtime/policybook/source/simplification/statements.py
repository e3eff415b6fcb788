"""Edits of whole statements: dropping one, dropping what cannot run, taking one arm of an `if`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policybook.source.document import Document, Span
from policybook.source.simplification.edit import Edit, attempt
from policybook.source.simplification.places import shorten_text
from policybook.source.simplification.statement_lines import StatementLines

_Jump = ast.Return | ast.Raise | ast.Break | ast.Continue


def find_statement_edits(document: Document) -> Iterator[Edit]:
    """Yields every edit of one statement inside a function, in the order of the text."""
    for function in ast.walk(document.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for body in _walk_function_bodies(function):
            yield from _drop_statements(document, function, body)
            for statement in body:
                if isinstance(statement, ast.If):
                    yield from _take_arms(document, statement)


def _walk_function_bodies(function: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yields the statement lists of a function; those of inner functions come at their own turn."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        body = getattr(function, field, None)
        if not isinstance(body, list) or not body:
            continue
        if isinstance(body[0], ast.stmt):
            yield body
        for part in body:
            if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _walk_function_bodies(part)


def _drop_statements(document: Document, function: ast.AST, body: list[ast.stmt]) -> Iterator[Edit]:
    lines = StatementLines(document)
    for index, statement in enumerate(body):
        if any(isinstance(earlier, _Jump) for earlier in body[:index]):
            span = lines.find_removal(statement, body[-1])
            if span is not None:
                edit = attempt(document, f"dropped line {statement.lineno}, which cannot run", [(span, "")])
                yield from [edit] if edit is not None else []
            return
        if len(body) == 1 or _is_docstring(statement) or _is_elif(document, statement):
            continue
        if not _is_dispensable(function, body, index):
            continue
        span = lines.find_removal(statement, statement)
        if span is not None:
            edit = attempt(document, f"dropped {_write_head(document, statement)}", [(span, "")])
            yield from [edit] if edit is not None else []


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


def _take_arms(document: Document, statement: ast.If) -> Iterator[Edit]:
    lines = StatementLines(document)
    test = shorten_text(document.get_segment(statement.test))
    elif_ = _is_elif(document, statement)
    candidates: list[tuple[str, list[tuple[Span, str]] | None]] = []
    if statement.orelse:
        following = statement.orelse[0]
        chained = _is_elif(document, following)
        keyword = lines.find_keyword_line(statement)
        if keyword is not None:
            header = lines.find_lines(statement.lineno, keyword - 1)
            if elif_:
                candidates.append((f"dropped the case {test}", [(header, "")]))
            elif chained:
                column = document.find_span(following).start
                first = Span(column, column + len("elif"))
                candidates.append((f"dropped the case {test}", [(header, ""), (first, "if")]))
            else:
                candidates.append(
                    (f"always took the else of {test}", lines.unwrap(statement, statement.orelse))
                )
            tail = lines.find_lines(keyword, statement.end_lineno or statement.lineno)
            if not chained:
                candidates.append((f"dropped the else of {test}", [(tail, "")]))
    elif elif_:
        whole = lines.find_lines(statement.lineno, statement.end_lineno or statement.lineno)
        candidates.append((f"dropped the case {test}", [(whole, "")]))
    if not elif_:
        candidates.append((f"took {test} as always true", lines.unwrap(statement, statement.body)))
    else:
        candidates.append((f"took {test} as true where it is reached", lines.make_else(statement)))
    for label, replacements in candidates:
        edit = attempt(document, label, replacements) if replacements is not None else None
        if edit is not None:
            yield edit


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_elif(document: Document, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and document.text.startswith(
        "elif", document.find_span(statement).start
    )


def _write_head(document: Document, statement: ast.stmt) -> str:
    """Returns a statement's own words: all of a simple one, the first line of a compound one."""
    text = document.get_segment(statement)
    compound = hasattr(statement, "body")
    return shorten_text(text.split("\n", 1)[0] if compound else text) + (" …" if compound else "")
