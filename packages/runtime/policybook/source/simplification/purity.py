"""Which expressions do nothing but have a value, as far as the text says.

Such an expression may still fail, so that a policy without it may fail less often.
"""

from __future__ import annotations

import ast

from policybook.source.simplification.soundness import find_stored_in

# They neither change their arguments nor use up an iterator.
_PURE_BUILTINS = frozenset({"abs", "float", "int", "bool", "round", "len"})

_PURE_NODES = (
    ast.Constant,
    ast.Name,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Subscript,
    ast.Slice,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


class Purity:
    """Knows what a module's text gives a meaning of its own."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        imports = [node for node in nodes if isinstance(node, ast.Import)]
        maths = [alias for node in imports for alias in node.names if alias.name == "math"]
        bound = find_stored_in(node for node in nodes if node not in maths)
        self._builtins = _PURE_BUILTINS - bound
        # No name of C's math functions can be given another meaning, and none has an effect.
        self._math = {alias.asname or alias.name for alias in maths} - bound
        # Operators of a class of the text may do anything.
        self._has_own_operators = any(
            isinstance(node, ast.FunctionDef) and node.name.startswith("__") and node.name != "__init__"
            for node in nodes
        )
        self._numbers = _find_numeric_names(tree)

    def is_pure(self, expression: ast.expr) -> bool:
        """Returns whether an expression has a value and no effect."""
        if isinstance(expression, ast.Constant | ast.Name):
            return True
        return not self._has_own_operators and all(self._is_pure_node(node) for node in ast.walk(expression))

    def is_number(self, expression: ast.expr) -> bool:
        """Returns whether an expression is certainly a number that is no bool, such as `2 * x` of numbers."""
        if isinstance(expression, ast.Constant):
            return type(expression.value) in (int, float)
        if isinstance(expression, ast.Name):
            return expression.id in self._numbers
        if isinstance(expression, ast.UnaryOp):
            return isinstance(expression.op, ast.USub | ast.UAdd) and self.is_number(expression.operand)
        if isinstance(expression, ast.BinOp):
            return self.is_number(expression.left) and self.is_number(expression.right)
        return isinstance(expression, ast.Call) and self._is_number_call(expression)

    def _is_pure_node(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return not node.keywords and self._is_known_call(node)
        return isinstance(node, _PURE_NODES) or (isinstance(node, ast.Attribute) and self._is_math(node))

    def _is_known_call(self, call: ast.Call) -> bool:
        function = call.func
        if isinstance(function, ast.Name):
            return function.id in self._builtins
        return isinstance(function, ast.Attribute) and self._is_math(function)

    def _is_number_call(self, call: ast.Call) -> bool:
        """Returns whether a call is one of those that give a number whatever they are given."""
        function = call.func
        if isinstance(function, ast.Name):
            return function.id in self._builtins & {"float", "int", "len"}
        return (
            isinstance(function, ast.Attribute)
            and self._is_math(function)
            and not function.attr.startswith("is")
        )

    def _is_math(self, node: ast.Attribute) -> bool:
        return isinstance(node.value, ast.Name) and node.value.id in self._math


def read_truth(test: ast.expr) -> bool | None:
    """Returns the truth of a literal, None for anything else."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        value = read_truth(test.operand)
        return None if value is None else not value
    return None


def _find_numeric_names(tree: ast.Module) -> set[str]:
    """Returns the names that are bound once in the whole text, at its top level, to a number."""
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        name = (
            node.id
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
            else node.arg
            if isinstance(node, ast.arg)
            else None
        )
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    return {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and type(statement.value.value) in (int, float)
        for target in statement.targets
        if isinstance(target, ast.Name) and counts[target.id] == 1
    }
