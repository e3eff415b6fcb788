"""Whether a policy's text can reach anything that outlives an episode: if not, episodes may share a process.

A text that passes holds no object that another episode could hold, too, so that it can change only what is
its own. The rules are strict: a text that does not pass is not refused, but played in a fresh process for
each episode. Nothing of the text runs here.
"""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator

from policybook.sandbox.analysis.allow_list import (
    ANNOTATIONS,
    BARRED,
    BASES,
    BUILTINS,
    CALLS,
    EXCEPTIONS,
    FACT_ATTRIBUTES,
    FACTS,
    FORBIDDEN,
    FORWARDED,
    INDEXED,
    MAX_POSITIONAL,
    METHODS,
    RUNNING,
    SPECIAL_NAMES,
    UNFILLED,
    UNFINISHED,
    VALUES,
)
from policybook.sandbox.analysis.number_tables import parse_without_tables

MODULES = {*VALUES, *CALLS, *BASES, *ANNOTATIONS, "__future__"}
TABLES = {
    "value": VALUES,
    "base": BASES,
    "call": CALLS,
    "indexed": INDEXED,
    "fact": FACTS,
    "exception": EXCEPTIONS,
}
TYPE_EXPRESSION = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List, ast.BinOp, ast.BitOr, ast.Load,
)  # fmt: skip
"""What an annotation may consist of. Annotations run, too: one with a call follows the rules of all code."""
READING = ("r", "rb", "rt")

MEMORY = "policybook_memory"
UNDERSCORED = {"_asdict", "_fields", "_make", "_replace"}
"""Methods of named tuples."""


class _OutOfReachError(Exception):
    """The first thing in the text that reaches beyond the episode."""


def find_leak(source: str) -> str | None:
    """Returns what a text might reach beyond its episode, as in "line 3: sys.modules"; None for nothing.

    A text that does not compile reaches nothing.
    """
    try:
        IsolationAnalysis(parse_without_tables(source)).check()
    except (SyntaxError, ValueError):
        return None
    except (RecursionError, MemoryError):
        return "it is nested too deeply, or too large, to be read"
    except _OutOfReachError as found:
        return str(found)
    return None


class IsolationAnalysis:
    """Checks one text; names of imported things are looked up wherever the text uses them."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.imported: dict[str, str] = {}
        """Name -> the dotted name it stands for: np -> numpy, sqrt -> math.sqrt."""
        self.bound: set[str] = set()
        self.aliases: set[str] = set()
        """Names that stand for a type out of `typing`."""
        self.parents: dict[ast.AST, ast.AST] = {}
        self.annotations: set[ast.AST] = set()
        self.can_stop = False
        """Whether something in the text can stop half-way, as generators do."""

    def check(self) -> None:
        """Raises _OutOfReachError at the first thing that reaches beyond the episode."""
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._check_import(node)
            self.bound.update(_list_bound_names(node))
            self.can_stop |= isinstance(node, ast.Yield | ast.YieldFrom | ast.Await)
            for annotation in _list_annotations(node):
                if _is_type(annotation):
                    self.annotations.update(ast.walk(annotation))
        for name in self.imported:
            if name in self.bound:
                raise self._make_error(self.tree, f"{name} is both imported and assigned")
        self._find_aliases()
        for node in ast.walk(self.tree):
            self._check_node(node)

    def _check_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if self._is_in_class_body(node):
            raise self._make_error(node, "an import that makes an attribute")
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                self._record_import(node, alias.asname or name, name, alias.name)
            return
        module = node.module or ""
        if node.level or module not in MODULES:
            raise self._make_error(node, f"import of {'.' * node.level}{module}")
        for alias in node.names:
            if alias.name == "*":
                raise self._make_error(node, f"everything of {module}")
            if module != "__future__":
                dotted = f"{module}.{alias.name}"
                self._record_import(node, alias.asname or alias.name, dotted, None)

    def _is_in_class_body(self, node: ast.AST) -> bool:
        """Returns whether a name that a node binds becomes an attribute of a class."""
        while not isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            if isinstance(node, ast.ClassDef):
                return True
            node = self.parents[node]
        return False

    def _record_import(self, node: ast.AST, name: str, dotted: str, module: str | None) -> None:
        if module is not None and module not in MODULES:
            raise self._make_error(node, f"import of {module}")
        if self.imported.setdefault(name, dotted) != dotted:
            raise self._make_error(node, f"{name} is imported twice")

    def _find_aliases(self) -> None:
        """Finds names of types, such as `Vector = tuple[float, ...]`.

        They hold objects of `typing`, so that only annotations may use them.
        """
        for node in self.tree.body:
            if (
                isinstance(node, ast.Assign)
                and len(node.targets) == 1
                and isinstance(node.targets[0], ast.Name)
            ):
                value = node.value
                dotted = self._join_dotted(value.value if isinstance(value, ast.Subscript) else value)
                if dotted is not None and self._find_kind(dotted) == "annotation" and _is_type(value):
                    self.aliases.add(node.targets[0].id)
                    self.annotations.update(ast.walk(value))

    def _check_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute):
            self._check_attribute(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self._check_loaded_name(node)
        elif isinstance(node, ast.ClassDef):
            self._check_class(node)
        elif isinstance(node, ast.MatchClass):
            for name in node.kwd_attrs:
                self._check_attribute_name(node, name)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            self._check_bound_name(node, node.arg)
        for name in _list_bound_names(node):
            self._check_bound_name(node, name)

    def _check_loaded_name(self, node: ast.Name) -> None:
        name = node.id
        if name in self.imported:
            parent = self.parents[node]
            if not (isinstance(parent, ast.Attribute) and self._join_dotted(parent) is not None):
                self._check_use(node, self.imported[name])
        elif name in self.aliases:
            if node not in self.annotations:
                raise self._make_error(node, f"{name} outside of annotations")
        elif name == "super":
            self._check_super_call(node)
        elif name == "type":
            self._check_type_call(node)
        elif name == "open":
            self._check_open_call(node)
        elif name in ("getattr", "hasattr", "setattr", "delattr"):
            self._check_named_attribute(node, 1)
        elif name not in BUILTINS and (name in FORBIDDEN or name not in self.bound):
            raise self._make_error(node, name)

    def _check_type_call(self, node: ast.Name) -> None:
        """Allows `type(x) is y`.

        With `==`, a method of the text's own would get the class.
        """
        if node in self.annotations:
            return
        call = self.parents[node]
        if isinstance(call, ast.Call) and call.func is node and len(call.args) == 1 and not call.keywords:
            test = self.parents[call]
            if isinstance(test, ast.Compare) and all(isinstance(op, ast.Is | ast.IsNot) for op in test.ops):
                return
        raise self._make_error(node, "type")

    def _check_open_call(self, node: ast.Name) -> None:
        """Allows `open` for reading: `open(path)`, `open(path, "rb", encoding=…)`."""
        call = self.parents[node]
        if not (isinstance(call, ast.Call) and call.func is node and 1 <= len(call.args) <= 2):
            raise self._make_error(node, "open")
        modes = [*call.args[1:], *(word.value for word in call.keywords if word.arg == "mode")]
        read = all(isinstance(mode, ast.Constant) and mode.value in READING for mode in modes)
        if not read or not {word.arg for word in call.keywords} <= {"mode", "encoding", "newline"}:
            raise self._make_error(node, "open")

    def _check_super_call(self, node: ast.Name) -> None:
        call = self.parents[node]
        used = self.parents[call]
        if not (isinstance(call, ast.Call) and not call.args and isinstance(used, ast.Attribute)):
            raise self._make_error(node, "super")

    def _check_named_attribute(self, node: ast.Name | ast.Attribute, position: int) -> None:
        """Checks `getattr(x, "name")`, `setattr` and others as `x.name`; argument `position` is the name."""
        call = self.parents[node]
        if isinstance(call, ast.Call) and call.func is node and len(call.args) > position:
            name = call.args[position]
            has_starred = any(isinstance(argument, ast.Starred) for argument in call.args[:position])
            if not has_starred and isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._check_attribute_name(node, name.value, own=isinstance(node, ast.Attribute))
                return
        raise self._make_error(node, node.id if isinstance(node, ast.Name) else f".{node.attr}")

    def _check_attribute(self, node: ast.Attribute) -> None:
        dotted = self._join_dotted(node)
        if dotted is None:
            if node.attr.startswith("__") and self._is_forwarded(node):
                return
            self._check_attribute_name(node, node.attr, own=_is_own(node.value))
            return
        parent = self.parents[node]
        if (
            isinstance(parent, ast.Attribute)
            and parent.value is node
            and self._join_dotted(parent) is not None
        ):
            return  # a part of a longer name
        if not isinstance(node.ctx, ast.Load):
            raise self._make_error(node, dotted)
        self._check_use(node, dotted)

    def _is_forwarded(self, node: ast.Attribute) -> bool:
        base = node.value
        if node.attr not in FORWARDED:
            return False
        if isinstance(base, ast.Name):
            is_forwarded = base.id == "object" and "object" not in self.bound
            position = 1
        else:
            is_forwarded = (
                isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
            )
            position = 0
        if is_forwarded and node.attr == "__setattr__":
            self._check_named_attribute(node, position)
        return is_forwarded

    def _check_attribute_name(self, node: ast.AST, name: str, *, own: bool = False) -> None:
        hidden = name.startswith("_") and name not in UNDERSCORED and (not own or name.endswith("_"))
        if name in BARRED or _is_special(name) or hidden:
            raise self._make_error(node, f".{name}")

    def _check_use(self, node: ast.Name | ast.Attribute, dotted: str) -> None:
        """Checks that an imported thing is used in a way that its kind allows."""
        if node in self.annotations:
            return
        parent = self.parents[node]
        fits: dict[str, Callable[[], bool]] = {
            "value": lambda: self._is_called(node) or _is_unchangeable(dotted),
            "call": lambda: self._is_called(node) and not self._leaves_something(node, dotted),
            "base": lambda: self._is_base(node),
            "indexed": lambda: isinstance(parent, ast.Subscript) and parent.value is node,
            "fact": lambda: self._is_called(node) and _is_fact(self.parents[parent], parent),
            "exception": lambda: self._is_caught(node),
        }
        fit = fits.get(self._find_kind(dotted) or "", lambda: False)
        if not fit() and not self._is_class_requested(node):
            raise self._make_error(node, dotted)

    def _is_called(self, node: ast.AST) -> bool:
        """Returns whether a node is called; a decorator is."""
        parent = self.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            return True
        return isinstance(parent, ast.FunctionDef | ast.ClassDef) and node in parent.decorator_list

    def _leaves_something(self, node: ast.AST, dotted: str) -> bool:
        call = self.parents[node]
        if isinstance(call, ast.Call):
            refused = {*RUNNING, *UNFILLED, None}
            if _has_too_many(call, dotted) or any(word.arg in refused for word in call.keywords):
                return True
        return dotted in UNFINISHED and self.can_stop

    def _is_base(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        if isinstance(parent, ast.Subscript) and parent.value is node:
            node, parent = parent, self.parents[parent]
        return isinstance(parent, ast.ClassDef) and node in parent.bases

    def _is_caught(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        if isinstance(parent, ast.Tuple):
            parent = self.parents[parent]
        return isinstance(parent, ast.ExceptHandler)

    def _is_class_requested(self, node: ast.AST) -> bool:
        """Returns whether a node is the second argument of `isinstance`, alone or in a tuple."""
        argument, call = node, self.parents[node]
        if isinstance(call, ast.Tuple):
            argument, call = call, self.parents[call]
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in ("isinstance", "issubclass")
            and call.func.id not in self.bound
            and argument in call.args[1:]
        )

    @staticmethod
    def _find_kind(dotted: str) -> str | None:
        module, _, name = dotted.rpartition(".")
        for kind, table in TABLES.items():
            if name in table.get(module, ()):
                return kind
        return "annotation" if module in ANNOTATIONS and not name.startswith("_") else None

    def _check_class(self, node: ast.ClassDef) -> None:
        if node.keywords:
            raise self._make_error(node, f"class {node.name} with {node.keywords[0].arg or '**'}")
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id == "type":
                raise self._make_error(node, "a metaclass")
            if (self._join_dotted(base) or "").startswith("enum.") and not self._has_member(node):
                raise self._make_error(node, f"class {node.name}, an enumeration without a plain member")

    def _has_member(self, node: ast.ClassDef) -> bool:
        """Returns whether an enumeration has a member for certain, by `A = 1` or `A = auto()`.

        One without can be called as `Enum` in its functional form: that makes a class out of data, and so
        with special methods that no rule has seen.
        """
        inside = list(ast.walk(node))
        if any(isinstance(each, ast.Global | ast.Nonlocal) for each in inside):
            return False
        if any(name == "_ignore_" for each in inside for name in _list_bound_names(each)):
            return False
        return any(
            isinstance(target, ast.Name) and not target.id.startswith("_") and self._is_plain(value)
            for target, value in _list_assignments(node.body)
        )

    def _is_plain(self, value: ast.AST) -> bool:
        """Returns whether a value is one that an enumeration takes as a member, and never as a method."""
        if isinstance(value, ast.Call):
            return self._join_dotted(value.func) == "enum.auto"
        return isinstance(value, ast.Constant | ast.Tuple)

    def _check_bound_name(self, node: ast.AST, name: str) -> None:
        """Checks a name that the text defines, assigns or passes: libraries look for special ones."""
        if _is_special(name) and name not in METHODS | SPECIAL_NAMES:
            raise self._make_error(node, name)

    def _join_dotted(self, node: ast.AST) -> str | None:
        """Returns the full name of an imported thing, None where the node is none."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._join_dotted(node.value)
            if base is not None and (base in MODULES or self._leads_to_module(base)):
                return f"{base}.{node.attr}"
        return None

    @staticmethod
    def _leads_to_module(dotted: str) -> bool:
        return any(module.startswith(f"{dotted}.") for module in MODULES)

    @staticmethod
    def _make_error(node: ast.AST, what: str) -> _OutOfReachError:
        line = getattr(node, "lineno", None)
        return _OutOfReachError(what if line is None else f"line {line}: {what}")


def _is_own(base: ast.AST) -> bool:
    """Returns whether a node is `self` or `cls`, which are objects of the policy's own classes."""
    return isinstance(base, ast.Name) and base.id in ("self", "cls")


def _is_fact(node: ast.AST, value: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.value is not value:
        return False
    return isinstance(node.ctx, ast.Load) and node.attr in FACT_ATTRIBUTES


def _is_special(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def _has_too_many(call: ast.Call, dotted: str) -> bool:
    """Returns whether a call passes by position what it may pass by name only, or not at all."""
    if dotted not in MAX_POSITIONAL:
        return False
    has_starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return has_starred or len(call.args) > MAX_POSITIONAL[dotted]


def _is_type(annotation: ast.AST) -> bool:
    return all(isinstance(node, TYPE_EXPRESSION) for node in ast.walk(annotation))


@functools.cache
def _is_unchangeable(dotted: str) -> bool:
    """Returns whether a text can keep nothing in an object.

    Which types of C are so differs between versions of Python.
    """
    module, _, name = dotted.rpartition(".")
    value = getattr(importlib.import_module(module), name, None)
    try:
        setattr(value, MEMORY, None)
    except (AttributeError, TypeError):
        return True
    delattr(value, MEMORY)
    return False


def _list_assignments(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yields targets and values of a class's own assignments, and of none that might not run."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield target, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield statement.target, statement.value


def _list_annotations(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield node.returns


def _list_bound_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif (isinstance(node, ast.ExceptHandler) and node.name is not None) or (
        isinstance(node, ast.MatchAs | ast.MatchStar) and node.name is not None
    ):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest is not None:
        yield node.rest
