"""A simulator's source as part of an exported program."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SimulatorText:
    """A simulator's source for a program.

    `constructor` is what is called to make the environment; `can_render` says whether it takes `render_mode`.
    """

    text: str
    constructor: str
    can_render: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, Any], taken: set[str]) -> SimulatorText:
        """Returns the simulator's source, inside a function where it shares names with the policy."""
        simulator = environment["simulator"]
        tree = ast.parse(simulator["source"])
        source = re.sub(r"(?m)^from __future__ import .*\n", "", simulator["source"]).strip("\n") + "\n"
        kind = _find_environment_class(tree, simulator["name"])
        can_render = "render_mode" in _find_parameters(kind) and "render_mode" not in (
            environment.get("kwargs") or {}
        )
        if not taken & _find_bound_names(tree):
            return cls(source, kind.name, can_render)
        maker = "make_simulator"
        while maker in taken:
            maker += "_"
        body = textwrap.indent(source, "    ") + f"\n    return {kind.name}(**kwargs)\n"
        head = (
            f'def {maker}(**kwargs):\n    """The simulator, whose names would clash with the policy\'s."""\n'
        )
        return cls(head + body, maker, can_render)


def _find_environment_class(tree: ast.Module, name: str) -> ast.ClassDef:
    """Chooses as `simulators.find_environment_class` does, from the text alone."""
    classes = [statement for statement in tree.body if isinstance(statement, ast.ClassDef)]
    bases = {
        kind.name: {ast.unparse(base).split("[")[0].split(".")[-1] for base in kind.bases} for kind in classes
    }
    wanted = name.replace("_", "").replace("-", "").lower()
    named = [kind for kind in classes if kind.name.lower() == wanted]
    leaves = [
        kind
        for kind in classes
        if bases[kind.name] and not any(kind.name in other for other in bases.values())
    ]
    direct = [kind for kind in leaves if "Env" in bases[kind.name]]
    for candidates in (named, direct, leaves):
        if candidates:
            return candidates[0]
    raise ValueError(f"the simulator {name} defines no subclass of gymnasium.Env")


def _find_parameters(kind: ast.ClassDef) -> set[str]:
    for part in kind.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return {argument.arg for argument in [*part.args.args, *part.args.kwonlyargs]}
    return set()


def _find_bound_names(tree: ast.Module) -> set[str]:
    """Returns names that the simulator's own module defines; equal imports do no harm."""
    names = {
        statement.name for statement in tree.body if isinstance(statement, ast.FunctionDef | ast.ClassDef)
    }
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.For | ast.With):
            names |= {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return names
