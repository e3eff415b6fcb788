"""Texts that fail where a part of a policy is reached: they tell which parts no recorded episode reaches.

A text has markers for all parts that are still in question. Its replay ends at the first that is reached,
which is then left out of the next text. So a part costs as much as the policy needs to reach it, and the last
replay, which reaches none, answers for all parts that are left.
"""

from __future__ import annotations

import ast
import copy
import re
from typing import Literal, NamedTuple

from policybook.source.document import Document
from policybook.source.simplification.soundness import Function

UnexercisedKind = Literal["never_reached", "always_true", "no_effect"]

_NOT_CAUGHT = "GeneratorExit"
"""What a marker raises: `except Exception` lets it pass, and a policy has no use for it."""

_MARK = re.compile(r"policybook-part-(\d+)\b")

_CATCHING = frozenset({"BaseException", "BaseExceptionGroup", "suppress", _NOT_CAUGHT})


class TextPart(NamedTuple):
    """Lines of a text, counted from 1, of which episodes may show that they matter.

    `opening` is where its statement begins: the condition of a branch is reached where the branch is not.
    """

    kind: UnexercisedKind
    first: int
    last: int
    opening: int


class ReachMarkers:
    """Numbers the parts of a text and writes texts with markers in some of them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._prefix = _choose_prefix(document.text)
        self.parts: list[TextPart] = []
        _Marking(self.parts, set(), self._prefix).visit(copy.deepcopy(document.tree))

    def can_tell(self) -> bool:
        """Returns whether a marker's exception would end every replay that reaches it."""
        nodes = list(ast.walk(self._document.tree))
        return not any(
            (isinstance(node, ast.ExceptHandler) and node.type is None)
            or (isinstance(node, ast.Name) and node.id in _CATCHING)
            or (isinstance(node, ast.Attribute) and node.attr in _CATCHING)
            or (isinstance(node, Function) and node.name == "__exit__")
            or (isinstance(node, ast.Try) and _leaves_early(node.finalbody))
            for node in nodes
        )

    def write(self, numbers: set[int]) -> str:
        """Returns the text with markers in these parts, numbered by their place in `parts`."""
        tree = copy.deepcopy(self._document.tree)
        _Marking([], numbers, self._prefix).visit(tree)
        functions = [
            f"def {self._prefix}{number}():\n    raise {_NOT_CAUGHT}('policybook-part-{number}')\n"
            for number in sorted(numbers)
        ]
        # Imports from `__future__` must stay first, and the text may call its functions while it loads.
        body = tree.body
        place = next((index for index, each in enumerate(body) if not _is_opening(each)), len(body))
        body[place:place] = ast.parse("".join(functions)).body
        return ast.unparse(ast.fix_missing_locations(tree))

    def read(self, exception: str | None) -> int | None:
        """Returns the number of the part whose marker raised this exception, None for any other exception."""
        found = _MARK.search(exception or "")
        number = int(found.group(1)) if found is not None else len(self.parts)
        return number if number < len(self.parts) else None


class _Marking(ast.NodeTransformer):
    """Numbers the parts of functions in the order of the visit, and marks those that it was given."""

    def __init__(self, parts: list[TextPart], numbers: set[int], prefix: str) -> None:
        self.parts = parts
        self.numbers = numbers
        self.prefix = prefix
        self.depth = 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, Function):
            return self._mark_function(node)
        if self.depth > 0:
            match node:
                case ast.If():
                    return self._mark_if(node)
                case ast.While() | ast.For() | ast.ExceptHandler() | ast.match_case():
                    return self._mark_body(node)
                case ast.IfExp():
                    return self._mark_arms(node)
                case ast.BoolOp():
                    return self._mark_operands(node)
        return self.generic_visit(node)

    def _mark_function(self, node: Function) -> ast.AST:
        is_called_by_name = node.name in {"act", "reset"} or node.name.startswith("__")
        mark = [] if is_called_by_name else self._open("never_reached", node.lineno, _find_end(node.body))
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        # A docstring has to stay the first.
        node.body[1 if ast.get_docstring(node, clean=False) is not None else 0 : 0] = mark
        return node

    def _mark_if(self, node: ast.If) -> ast.AST:
        first, test_end = node.lineno, node.test.end_lineno or node.lineno
        body = self._open("never_reached", node.body[0].lineno, _find_end(node.body), first)
        if not node.orelse:
            orelse = self._open("always_true", first, test_end)
        elif len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            # It answers for itself, whether it is written as `elif` or not.
            orelse = []
        else:
            orelse = self._open("never_reached", node.orelse[0].lineno, _find_end(node.orelse))
        self.generic_visit(node)
        node.body[:0] = body
        node.orelse[:0] = orelse
        return node

    def _mark_body(self, node: ast.While | ast.For | ast.ExceptHandler | ast.match_case) -> ast.AST:
        first = node.body[0].lineno
        opening = first if isinstance(node, ast.match_case) else node.lineno
        mark = self._open("never_reached", first, _find_end(node.body), opening)
        self.generic_visit(node)
        node.body[:0] = mark
        return node

    def _mark_arms(self, node: ast.IfExp) -> ast.AST:
        calls = [self._call("never_reached", arm) for arm in (node.body, node.orelse)]
        self.generic_visit(node)
        node.body, node.orelse = _join(calls, [node.body, node.orelse], ast.Or(), is_call_first=True)
        return node

    def _mark_operands(self, node: ast.BoolOp) -> ast.AST:
        """Marks operands that would decide: of `and` those that are false, of `or` those that are true."""
        calls = [self._call("no_effect", value) for value in node.values]
        self.generic_visit(node)
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        node.values = _join(calls, node.values, other, is_call_first=False)
        return node

    def _open(
        self, kind: UnexercisedKind, first: int, last: int, opening: int | None = None
    ) -> list[ast.stmt]:
        """Numbers a part of whole lines; returns its marker, none where it is to have none."""
        number = self._number(kind, first, last, first if opening is None else opening)
        return [ast.Expr(self._make_call(number))] if number in self.numbers else []

    def _call(self, kind: UnexercisedKind, node: ast.expr) -> ast.Call | None:
        """Numbers a part of a line; returns its marker."""
        number = self._number(kind, node.lineno, node.end_lineno or node.lineno, node.lineno)
        return self._make_call(number) if number in self.numbers else None

    def _number(self, kind: UnexercisedKind, first: int, last: int, opening: int) -> int:
        self.parts.append(TextPart(kind, first, last, opening))
        return len(self.parts) - 1

    def _make_call(self, number: int) -> ast.Call:
        return ast.Call(ast.Name(f"{self.prefix}{number}", ast.Load()), [], [])


def _join(
    calls: list[ast.Call | None], values: list[ast.expr], operator: ast.boolop, *, is_call_first: bool
) -> list[ast.expr]:
    """Returns the expressions, each joined to its marker's call where it has one."""
    return [
        value if call is None else ast.BoolOp(operator, [call, value] if is_call_first else [value, call])
        for call, value in zip(calls, values, strict=True)
    ]


def _choose_prefix(text: str) -> str:
    """Returns the beginning of names that the text does not have."""
    prefix = "_part_"
    while prefix in text:
        prefix = f"_{prefix}"
    return prefix


def _find_end(body: list[ast.stmt]) -> int:
    return body[-1].end_lineno or body[-1].lineno


def _is_opening(statement: ast.stmt) -> bool:
    """Returns whether a statement is an import or the docstring, which must stay first."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, ast.Import | ast.ImportFrom)


def _leaves_early(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Return | ast.Break | ast.Continue)
        for statement in body
        for node in ast.walk(statement)
    )
