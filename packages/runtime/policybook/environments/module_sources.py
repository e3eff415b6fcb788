"""What a module's text says its public constants are, of itself and of its classes; nothing is run for it.

Only what is certain counts: a name that is assigned once, a plain value, and nothing in the text that assigns
it elsewhere. Caches, counters and buffers are none of it.
"""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

MAX_SOURCE_BYTES = 1 << 20
"""A larger text is not read."""

MAX_ITEMS = 64
"""Of a longer tuple or array nothing is said."""

_SETTERS = {"setattr", "globals", "vars", "locals", "exec", "eval"}
"""Functions by which a text may assign what cannot be seen in it."""

_ARRAYS = {"array", "asarray"}


class ModuleSource(NamedTuple):
    """The constants of a module's text, and the names that the text assigns or changes elsewhere."""

    constants: dict[str, Any]
    """`NAME` or `CLASS.NAME` -> the value; an array is a list."""
    changed: frozenset[str]
    """Names that a function of the module, or another module, may give another value."""
    is_opaque: bool
    """Whether the text may change anything in what it imports."""
    imported: frozenset[str]
    """Names in its imports, without those of packages before them."""


def read_module_source(path: str) -> ModuleSource | None:
    """Returns what the text at a path says, None where it cannot be read."""
    try:
        status = os.stat(path)
        if status.st_size > MAX_SOURCE_BYTES:
            return None
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=1024)
def _read(path: str, _time: int, _size: int) -> ModuleSource:
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    constants = _find_constants(tree.body)
    for kind in tree.body:
        if isinstance(kind, ast.ClassDef) and not kind.decorator_list and not kind.keywords:
            found = _find_constants(kind.body)
            constants |= {f"{kind.name}.{name}": value for name, value in found.items()}
    is_opaque = any(map(_may_set_anything, ast.walk(tree)))
    return ModuleSource(constants, frozenset(_find_changed(tree)), is_opaque, frozenset(_find_imported(tree)))


def _may_set_anything(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _SETTERS
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


def _find_constants(body: Sequence[ast.stmt]) -> dict[str, Any]:
    """Returns the plain values that stand directly in a body, by public names that it assigns once."""
    assigned = Counter(name for statement in body for name in _find_assigned(statement))
    constants = {}
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if (
                isinstance(target, ast.Name)
                and not target.id.startswith("_")
                and assigned[target.id] == 1
                and (found := _evaluate(value)) is not None
            ):
                constants[target.id] = found
    return constants


def _find_assigned(node: ast.AST) -> Iterator[str]:
    """Yields the names that a statement assigns in its own scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _find_assigned(child)


def _find_changed(tree: ast.Module) -> Iterator[str]:
    """Yields the names that the text gives other values, or changes in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
                yield node.attr
        elif isinstance(node, ast.AugAssign):
            yield from _name(node.target)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from _name(node.value)
        elif isinstance(node, ast.Call):
            # An array may be filled by a method of its own, or where it is handed over as `out`.
            if isinstance(node.func, ast.Attribute):
                yield from _name(node.func.value)
            for keyword in node.keywords:
                if keyword.arg == "out":
                    yield from _name(keyword.value)


def _find_imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.rpartition(".")[2]
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name.rpartition(".")[2] for alias in node.names)


def _name(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr


def _evaluate(node: ast.expr) -> Any:
    """Returns a plain value, an array's as a list; None for all else, None itself included."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) in (bool, int, float, str) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _evaluate(node.operand)
        return -value if type(value) in (int, float) else None
    if isinstance(node, ast.Tuple):
        items = [_evaluate(item) for item in node.elts[: MAX_ITEMS + 1]]
        return None if None in items or len(items) > MAX_ITEMS else tuple(items)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _ARRAYS
        and len(node.args) == 1
    ):
        return _evaluate_array(node.args[0])
    return None


def _evaluate_array(node: ast.expr) -> Any:
    if isinstance(node, ast.List | ast.Tuple):
        items = [_evaluate_array(item) for item in node.elts[: MAX_ITEMS + 1]]
        return None if None in items or len(items) > MAX_ITEMS else items
    value = _evaluate(node)
    return value if type(value) in (bool, int, float) else None
