"""Whether an edited policy could run at all, told from its text: no name lost, no `return` lost."""

from __future__ import annotations

import ast
import builtins

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sound(before: ast.Module, after: ast.Module) -> bool:
    """Whether the edited tree still defines what it uses and still returns wherever it did."""
    if not (entry(after) and undefined(after) <= undefined(before)):
        return False
    returning = {function.name for function in _functions(before) if ends(function.body)}
    return all(ends(function.body) for function in _functions(after) if function.name in returning)


def entry(tree: ast.Module) -> bool:
    """Whether `act` is still there, in the module or in its class `Policy`."""
    return "act" in stored(tree)


def undefined(tree: ast.Module) -> set[str]:
    """Names used that no part of the module binds."""
    return loaded(tree) - stored(tree) - set(dir(builtins)) - {"__file__"}


def loaded(tree: ast.AST) -> set[str]:
    """Names whose value is used."""
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def stored(tree: ast.AST) -> set[str]:
    """Names that something binds: assignments, parameters, definitions, imports, handlers, patterns."""
    names = set()
    for node in ast.walk(tree):
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


def ends(body: list[ast.stmt]) -> bool:
    """Whether a body always returns or raises and never runs off its end."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return ends(last.body) and ends(last.orelse)
    if isinstance(last, ast.While):
        always = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return always and not any(isinstance(node, ast.Break) for node in ast.walk(last))
    if isinstance(last, ast.With | ast.AsyncWith):
        return ends(last.body)
    return isinstance(last, ast.Return | ast.Raise)


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
