"""Edits that make no difference whatever a policy observes, as the text alone shows.

There is one exception: an expression that is left out cannot fail any more. An edit that only recorded
episodes support is not among them. Named constants that are used stay as they are, also where a condition is
nothing but such a constant.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from policybook.source.document import Document, Span
from policybook.source.simplification.arms import Arm, find_arms, is_elif
from policybook.source.simplification.constants import find_sole_bindings, walk_bodies
from policybook.source.simplification.edit import Edit, attempt, attempt_expression
from policybook.source.simplification.expressions import (
    drop_factors_of_one,
    drop_operands,
    drop_terms,
    take_arms,
)
from policybook.source.simplification.places import Places, shorten_text
from policybook.source.simplification.purity import Purity
from policybook.source.simplification.soundness import (
    find_loaded,
    find_loaded_in,
    find_stored_in,
    is_ending,
)
from policybook.source.simplification.statement_lines import StatementLines
from policybook.source.simplification.statements import walk_function_bodies

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Jump = ast.Return | ast.Raise | ast.Break | ast.Continue

# They reach names that the text does not spell.
_REFLECTION = frozenset({"exec", "eval", "globals", "locals", "vars", "dir", "getattr", "setattr", "hasattr"})

# An import of these has no effect but the name.
_PLAIN_MODULES = sys.stdlib_module_names | {"numpy"}


def find_proven_edits(document: Document) -> Iterator[Edit]:
    """Yields the edits that make no difference, each to the text as it is; what is never used comes first."""
    purity = Purity(document.tree)
    yield from _find_unused(document, purity)
    functions = [node for node in ast.walk(document.tree) if isinstance(node, _Function)]
    guarded = _find_guarded(document.tree)
    for function in functions:
        for body in walk_function_bodies(function):
            yield from _find_dead_lines(document, function, body)
            for index, statement in enumerate(body):
                is_guarded = id(statement) in guarded
                yield from _find_idle(document, purity, body, statement, is_guarded=is_guarded)
                if isinstance(statement, ast.If):
                    known = _KnownTest(statement, None if is_guarded else purity, body[index + 1 :])
                    yield from _find_needless_arms(document, function, body, known)
    yield from _find_needless_expressions(document, purity, functions, guarded)


def _find_unused(document: Document, purity: Purity) -> Iterator[Edit]:
    """Yields constants, variables, functions and imports that nothing uses.

    Unpacked names go only all together.
    """
    loaded = find_loaded(document.tree)
    if loaded & _REFLECTION:
        return
    lines = StatementLines(document)
    used = loaded | _find_exported(document.tree)
    guarded = _find_guarded(document.tree)
    for body in walk_bodies(document.tree):
        for statement in body:
            names = find_sole_bindings(statement)
            is_needless = names and not names & used and len(body) > 1 and id(statement) not in guarded
            removal = lines.find_removal(statement, statement) if is_needless else None
            if removal is not None and _has_no_effect(statement, purity):
                label = f"dropped {', '.join(sorted(names))}, never used"
                yield from attempt(document, label, [(removal, "")])


def _find_exported(tree: ast.Module) -> set[str]:
    """Returns what others call by name, a dunder included."""
    dunders = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.startswith("__")}
    return {"act", "Policy", "reset", "predict", "main", "annotations"} | dunders


def _has_no_effect(statement: ast.stmt, purity: Purity) -> bool:
    """Returns whether a statement does nothing but bind its names."""
    if isinstance(statement, ast.Import):
        return all(alias.name.split(".")[0] in _PLAIN_MODULES for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return statement.level == 0 and (statement.module or "").split(".")[0] in _PLAIN_MODULES
    if isinstance(statement, ast.FunctionDef):
        defaults = [*statement.args.defaults, *(each for each in statement.args.kw_defaults if each)]
        return all(purity.is_pure(each) for each in defaults)
    if isinstance(statement, ast.Assign):
        # Unpacking uses up an iterator, which a display of items is not.
        is_plain = all(isinstance(target, ast.Name) for target in statement.targets)
        return purity.is_pure(statement.value) and (is_plain or isinstance(statement.value, ast.Tuple))
    return isinstance(statement, ast.AnnAssign) and (
        statement.value is None or purity.is_pure(statement.value)
    )


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
        self.value = _read_literal(statement.test)
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


def _find_needless_expressions(
    document: Document,
    purity: Purity,
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef],
    guarded: set[int],
) -> Iterator[Edit]:
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
        value = _read_literal(node.test)
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
    if _read_literal(operand) is isinstance(node.op, ast.And) and (is_boolean or not is_last):
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


def _read_literal(test: ast.expr) -> bool | None:
    """Returns the truth of a literal, None for anything else."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = _read_literal(test.operand)
        return None if value is None else not value
    return None


def _is_empty(body: list[ast.stmt]) -> bool:
    return bool(body) and all(isinstance(statement, ast.Pass) for statement in body)


def _dump(body: list[ast.stmt]) -> str:
    return "\n".join(ast.dump(statement) for statement in body)


def _drop(document: Document, statement: ast.stmt, label: str) -> Iterator[Edit]:
    span: Span | None = StatementLines(document).find_removal(statement, statement)
    if span is not None:
        yield from attempt(document, label, [(span, "")])
