"""Words for where an edit happened: the variable or function that a piece of code belongs to."""

from __future__ import annotations

import ast

MAX_CHARACTERS = 48


class Places:
    """What the nodes of a tree belong to."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[int, str] = {}
        self._visit(tree, "the module")

    def describe(self, node: ast.AST) -> str:
        """Returns a place in words: `lift`, `the condition on line 7`, `what act returns`."""
        return self._names[id(node)]

    def _visit(self, node: ast.AST, name: str) -> None:
        # Iterative, since a policy may be nested as deeply as Python allows.
        stack = [(node, name, "act")]
        while stack:
            current, where, function = stack.pop()
            if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
                function = current.name
                where = f"{function}"
            elif isinstance(current, ast.stmt):
                where = _name_statement(current, function) or where
            self._names[id(current)] = where
            for field, value in ast.iter_fields(current):
                inner = where
                if field == "test" and isinstance(current, ast.If | ast.While):
                    inner = f"the condition on line {current.lineno}"
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        stack.append((child, inner, function))


def shorten_text(text: str) -> str:
    """Returns a piece of code on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1] + "…"


def _name_statement(statement: ast.stmt, function: str) -> str | None:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Return):
        return f"what {function} returns"
    return shorten_text(" = ".join(ast.unparse(target) for target in targets)) if targets else None
