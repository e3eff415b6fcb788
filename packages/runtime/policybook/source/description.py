"""What is known of a policy without running it: hashes, size, tunable constants."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from policybook.protocol.messages import PolicyFactsJson, PolicySizeJson
from policybook.source.document import Document, PolicyTextError
from policybook.source.inlining import find_section, read_inlined_modules, remove_files
from policybook.source.tunables import Tunable, find_tunables

_LAYOUT_TOKENS = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class PolicySize:
    """How large a policy's text is; the fields of `policySize`."""

    lines: int
    branches: int
    nodes: int
    constants: int

    def to_json(self) -> PolicySizeJson:
        """Returns the size as the protocol's `policySize`."""
        return {
            "lines": self.lines,
            "branches": self.branches,
            "nodes": self.nodes,
            "constants": self.constants,
        }


@dataclass(frozen=True)
class PolicyDescription:
    """The fields of `policyFacts`."""

    hash: str
    tree_hash: str
    size: PolicySize
    tunable: tuple[Tunable, ...]

    def to_json(self) -> PolicyFactsJson:
        """Returns the facts as the protocol's `policyFacts`."""
        return {
            "hash": self.hash,
            "treeHash": self.tree_hash,
            "size": self.size.to_json(),
            "tunable": [tunable.to_json() for tunable in self.tunable],
        }


def describe(source: str) -> PolicyDescription:
    """Measures a policy's text without running it; raises PolicyTextError where it is none."""
    document = Document(source)
    _require_act(document.tree)
    try:
        tree_hash = _hash_tree(document)
        size = _measure_whole(document)
    except RecursionError as error:
        raise PolicyTextError("syntax_error", "the text is nested too deeply") from error
    return PolicyDescription(
        hash=hashlib.sha256(document.text.encode()).hexdigest(),
        tree_hash=tree_hash,
        size=size,
        tunable=tuple(find_tunables(document)),
    )


def _measure_whole(document: Document) -> PolicySize:
    """Measures the text with a folder's other modules, and without what writes the files out."""
    if find_section(document.text) is None:
        return measure(document)
    texts = [remove_files(document.text), *read_inlined_modules(document.text)]
    sizes = [asdict(measure(Document(text))) for text in texts]
    return PolicySize(**{name: sum(size[name] for size in sizes) for name in sizes[0]})


def measure(document: Document) -> PolicySize:
    """Measures a text that compiles; docstrings count for nothing."""
    docstrings = {id(node) for statement in _find_docstrings(document.tree) for node in ast.walk(statement)}
    nodes = [
        node
        for node in ast.walk(document.tree)
        if id(node) not in docstrings and not isinstance(node, ast.expr_context)
    ]
    return PolicySize(
        lines=_count_code_lines(document),
        branches=sum(_count_branches(node) for node in nodes),
        nodes=len(nodes),
        constants=sum(
            isinstance(node, ast.Constant) and type(node.value) in (int, float, complex) for node in nodes
        ),
    )


def _require_act(tree: ast.Module) -> None:
    for statement in _walk_top_level(tree.body):
        if isinstance(statement, ast.FunctionDef) and statement.name == "act":
            _require_parameters(statement, 1, "act(observation)")
            return
        if isinstance(statement, ast.ClassDef) and statement.name == "Policy":
            methods = [
                part for part in statement.body if isinstance(part, ast.FunctionDef) and part.name == "act"
            ]
            for method in methods:
                _require_parameters(method, 2, "act(self, observation)")
            if methods or statement.bases:
                return
        if "act" in _find_bound_names(statement):
            return
    raise PolicyTextError(
        "no_act", "a policy defines `act(observation)`, or `class Policy` with `act(self, observation)`"
    )


def _require_parameters(function: ast.FunctionDef, least: int, wanted: str) -> None:
    parameters = function.args
    if len(parameters.posonlyargs) + len(parameters.args) < least and parameters.vararg is None:
        raise PolicyTextError(
            "no_act", f"`act` is called as `{wanted}`", function.lineno, function.col_offset + 1
        )


def _walk_top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields statements that run when the module does, those inside `if` and `try` included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for field in ("body", "orelse", "finalbody"):
                yield from _walk_top_level(getattr(statement, field, []))


def _find_bound_names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        return {
            node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)
        }
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    return set()


def _find_docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if (
            not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            or not node.body
        ):
            continue
        first = node.body[0]
        if (
            isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
            and isinstance(first.value.value, str)
        ):
            yield first


def _hash_tree(document: Document) -> str:
    tree = ast.parse(document.text)
    documented = {id(first) for first in _find_docstrings(tree)}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and id(body[0]) in documented:
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _count_branches(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.IfExp | ast.match_case))


def _count_code_lines(document: Document) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(document.text).readline):
        if token.type not in _LAYOUT_TOKENS:
            lines.update(range(token.start[0], token.end[0] + 1))
    for first in _find_docstrings(document.tree):
        lines.difference_update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)
