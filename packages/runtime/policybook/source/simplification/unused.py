"""Edits that drop what nothing uses: constants, variables, functions, imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Container, Iterator

from policybook.source.document import Document
from policybook.source.simplification.edit import Edit, attempt
from policybook.source.simplification.purity import Purity
from policybook.source.simplification.soundness import find_loaded
from policybook.source.simplification.statement_lines import StatementLines

# They reach names that the text does not spell.
_REFLECTION = frozenset({"exec", "eval", "globals", "locals", "vars", "dir", "getattr", "setattr", "hasattr"})

# An import of these has no effect but the name.
_PLAIN_MODULES = sys.stdlib_module_names | {"numpy"}


def find_unused(document: Document, purity: Purity, guarded: Container[int]) -> Iterator[Edit]:
    """Yields constants, variables, functions and imports that nothing uses.

    Unpacked names go only all together. `guarded` are the nodes whose failures are noticed, which stay.
    """
    loaded = find_loaded(document.tree)
    if loaded & _REFLECTION:
        return
    lines = StatementLines(document)
    used = loaded | _find_exported(document.tree)
    for body in _walk_bodies(document.tree):
        for statement in body:
            names = _find_sole_bindings(statement)
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


def _find_sole_bindings(statement: ast.stmt) -> set[str]:
    """Returns the names for whose sake alone a statement stands; none for one with another purpose."""
    if isinstance(statement, ast.Assign):
        targets = [node for target in statement.targets for node in ast.walk(target)]
        is_plain = all(
            isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.expr_context)
            for node in targets
        )
        return {node.id for node in targets if isinstance(node, ast.Name)} if is_plain else set()
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return {statement.target.id}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        # What a star brings is not named.
        if any(alias.name == "*" for alias in statement.names):
            return set()
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef) and not statement.decorator_list:
        return {statement.name}
    return set()


def _walk_bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """Yields all lists of statements but those of classes."""
    for node in ast.walk(tree):
        # A method or attribute of a class is used by ways that a name does not show.
        if isinstance(node, ast.ClassDef):
            continue
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                yield body
