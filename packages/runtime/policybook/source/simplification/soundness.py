"""Whether an edited policy could run at all, as far as its text says: no name lost, no `return` lost."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_sound(before: ast.Module, after: ast.Module) -> bool:
    """Returns whether the edited tree still defines what it uses, and still returns wherever it did."""
    if not (has_entry(after) and find_undefined(after) <= find_undefined(before)):
        return False
    returning = {function.name for function in _find_functions(before) if is_ending(function.body)}
    return all(is_ending(function.body) for function in _find_functions(after) if function.name in returning)


def has_entry(tree: ast.Module) -> bool:
    """Returns whether `act` is still there, in the module or in its class `Policy`."""
    return "act" in find_stored(tree)


def find_undefined(tree: ast.Module) -> set[str]:
    """Returns names that are used and that no part of the module binds."""
    return find_loaded(tree) - find_stored(tree) - set(dir(builtins)) - {"__file__"}


def find_loaded(tree: ast.AST) -> set[str]:
    """Returns names whose value is used; `x += 1` and `del x` use that of `x`."""
    return find_loaded_in(ast.walk(tree))


def find_loaded_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns names whose value one of these nodes itself uses."""
    loaded = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load | ast.Del):
            loaded.add(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            loaded.add(node.target.id)
    return loaded


def find_stored(tree: ast.AST) -> set[str]:
    """Returns names that are bound: by assignments, parameters, definitions, imports, handlers, patterns."""
    return find_stored_in(ast.walk(tree))


def find_stored_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Returns names that one of these nodes itself binds."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
    return names


def is_ending(body: list[ast.stmt]) -> bool:
    """Returns whether a body always returns or raises, and never runs off its end."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return is_ending(last.body) and is_ending(last.orelse)
    if isinstance(last, ast.While):
        always = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return always and not any(isinstance(node, ast.Break) for node in ast.walk(last))
    if isinstance(last, ast.With | ast.AsyncWith):
        return is_ending(last.body)
    return isinstance(last, ast.Return | ast.Raise)


def _find_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
