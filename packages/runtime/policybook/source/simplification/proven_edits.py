"""Edits that make no difference whatever a policy observes, as the text alone shows.

There is one exception: an expression that is left out cannot fail any more. An edit that only recorded
episodes support is not among them. Named constants that are used stay as they are, also where a condition is
nothing but such a constant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from policybook.source.document import Document
from policybook.source.simplification.arms import Arm, find_arms, is_elif
from policybook.source.simplification.edit import Edit, attempt
from policybook.source.simplification.needless_expressions import find_needless_expressions
from policybook.source.simplification.places import shorten_text
from policybook.source.simplification.purity import Purity, read_truth
from policybook.source.simplification.soundness import find_loaded_in, find_stored_in, is_ending
from policybook.source.simplification.statement_lines import StatementLines
from policybook.source.simplification.statements import walk_function_bodies
from policybook.source.simplification.unused import find_unused

_Jump = ast.Return | ast.Raise | ast.Break | ast.Continue


def find_proven_edits(document: Document) -> Iterator[Edit]:
    """Yields the edits that make no difference, each to the text as it is; what is never used comes first."""
    purity = Purity(document.tree)
    guarded = _find_guarded(document.tree)
    yield from find_unused(document, purity, guarded)
    for function, body in walk_function_bodies(document.tree):
        yield from _find_dead_lines(document, function, body)
        for index, statement in enumerate(body):
            is_guarded = id(statement) in guarded
            yield from _find_idle(document, purity, body, statement, is_guarded=is_guarded)
            if isinstance(statement, ast.If):
                known = _KnownTest(statement, None if is_guarded else purity, body[index + 1 :])
                yield from _find_needless_arms(document, function, body, known)
    yield from find_needless_expressions(document, purity, guarded)


def _find_guarded(tree: ast.AST) -> set[int]:
    """Returns the nodes inside `try` and `with`, which notice what fails."""
    guards = [
        node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.TryStar | ast.With | ast.AsyncWith)
    ]
    return {id(inner) for guard in guards for inner in ast.walk(guard) if inner is not guard}


def _find_dead_lines(document: Document, function: ast.AST, body: list[ast.stmt]) -> Iterator[Edit]:
    for index, statement in enumerate(body[1:], start=1):
        if not _always_leaves(body[index - 1]):
            continue
        removal = StatementLines(document).find_removal(statement, body[-1])
        if removal is not None and _can_go(function, body[index:]):
            label = f"dropped line {statement.lineno}, which cannot run"
            yield from attempt(document, label, [(removal, "")])
        return


def _always_leaves(statement: ast.stmt) -> bool:
    """Returns whether nothing behind a statement runs; a `with` may swallow what it raises."""
    if isinstance(statement, ast.If):
        arms = [statement.body, statement.orelse]
        return all(arm and _always_leaves(arm[-1]) for arm in arms)
    return isinstance(statement, _Jump) or (isinstance(statement, ast.While) and is_ending([statement]))


def _can_go(function: ast.AST, statements: Iterable[ast.stmt]) -> bool:
    """Returns whether the rest of a function means the same without these statements, which never run."""
    inside = [node for statement in statements for node in ast.walk(statement)]
    if any(
        isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Global | ast.Nonlocal) for node in inside
    ):
        return False
    known = {id(node) for node in inside}
    outside = [node for node in ast.walk(function) if id(node) not in known]
    # A name that only they bind is the function's own because of them.
    return find_stored_in(inside) & find_loaded_in(outside) <= find_stored_in(outside)


def _find_idle(
    document: Document, purity: Purity, body: list[ast.stmt], statement: ast.stmt, *, is_guarded: bool
) -> Iterator[Edit]:
    """Yields edits that drop a statement which does nothing."""
    is_idle = isinstance(statement, ast.Pass)
    if not is_guarded and isinstance(statement, ast.Expr):
        # A text is a comment, a docstring among them.
        is_text = isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
        is_idle = not is_text and purity.is_pure(statement.value)
    if not is_guarded and isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
        targets = statement.targets
        is_idle = len(targets) == 1 and ast.unparse(targets[0]) == statement.value.id
    if is_idle and len(body) > 1:
        yield from _drop(document, statement, f"dropped {shorten_text(document.get_segment(statement))}")


class _KnownTest:
    """An `if` of whose test the text says enough; `following` are the statements behind it."""

    def __init__(self, statement: ast.If, purity: Purity | None, following: list[ast.stmt]) -> None:
        self.statement = statement
        self.value = read_truth(statement.test)
        self.is_pure = purity is not None and purity.is_pure(statement.test)
        self.following = following

    @property
    def has_equal_arms(self) -> bool:
        """Whether both arms say the same."""
        orelse = self.statement.orelse
        return self.is_pure and bool(orelse) and _dump(self.statement.body) == _dump(orelse)

    @property
    def is_needless(self) -> bool:
        """Whether the `if`, which has no `else`, changes nothing: it is empty, or returns what follows it."""
        body = self.statement.body
        if self.statement.orelse:
            return False
        if self.value is False:
            return True
        is_repeated = isinstance(body[0], ast.Return) and _dump(body) == _dump(self.following[:1])
        return self.is_pure and (_is_empty(body) or is_repeated)


def _find_needless_arms(
    document: Document, function: ast.AST, body: list[ast.stmt], known: _KnownTest
) -> Iterator[Edit]:
    statement = known.statement
    if known.is_needless and not is_elif(document, statement) and len(body) > 1:
        if _can_go(function, [statement]):
            test = shorten_text(document.get_segment(statement.test))
            yield from _drop(document, statement, f"dropped if {test}, which does nothing")
        return
    for arm in find_arms(document, statement):
        if _is_equal_without(known, arm) and _can_go(function, _list_dropped(statement, arm)):
            yield from attempt(document, arm.label, arm.replacements)


def _is_equal_without(known: _KnownTest, arm: Arm) -> bool:
    """Returns whether the `if` does the same where only these arms stay."""
    if arm.stays == "body":
        return known.value is True
    if arm.stays == "test_and_body":
        return _is_empty(known.statement.orelse)
    return known.value is False or known.has_equal_arms or known.is_needless


def _list_dropped(statement: ast.If, arm: Arm) -> list[ast.stmt]:
    return statement.body if arm.stays == "orelse" else statement.orelse


def _is_empty(body: list[ast.stmt]) -> bool:
    return bool(body) and all(isinstance(statement, ast.Pass) for statement in body)


def _dump(body: list[ast.stmt]) -> str:
    return "\n".join(ast.dump(statement) for statement in body)


def _drop(document: Document, statement: ast.stmt, label: str) -> Iterator[Edit]:
    span = StatementLines(document).find_removal(statement, statement)
    if span is not None:
        yield from attempt(document, label, [(span, "")])
