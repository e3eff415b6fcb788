"""What an exported program declares that it needs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from policybook.environments.distributions import DISTRIBUTION_NAMES
from policybook.environments.plugins import find_plugin

# By a word of an environment's entry point: Gymnasium's extra.
_EXTRAS = {
    "box2d": "box2d",
    "mujoco": "mujoco",
    "classic_control": "classic-control",
    "toy_text": "toy-text",
}


def list_dependencies(
    trees: Sequence[ast.Module],
    environment: Mapping[str, Any],
    versions: Mapping[str, str],
    declared: Sequence[str],
    own: Collection[str] = (),
) -> list[str]:
    """Returns the requirements of a policy's modules and its environment.

    Those that the policy's own header declares are among them.

    `own`: modules that the program brings with it.
    """
    extra = _find_extra(environment)
    wanted = {f"gymnasium{extra}": pin_minor(versions.get("gymnasium")), "numpy": ""}
    imported = set().union(*map(_find_imports, trees), _find_simulator_imports(environment)).difference(own)
    for module in sorted(imported | find_plugins(environment)):
        name = DISTRIBUTION_NAMES.get(module, module)
        if module not in sys.stdlib_module_names and module not in ("gymnasium", "numpy"):
            wanted[name] = pin_minor(versions.get(name))
    known = {normalise_name(requirement) for requirement in wanted}
    more = [requirement for requirement in declared if normalise_name(requirement) not in known]
    return [name + version for name, version in wanted.items()] + more


def require_python(versions: Mapping[str, str]) -> str:
    """Returns the requirement of the Python that the policy was scored with, or later."""
    return ">=" + ".".join(versions.get("python", "3.11").split(".")[:2])


def find_plugins(environment: Mapping[str, Any]) -> set[str]:
    """Returns the modules that register the environment when they are imported."""
    plugin = find_plugin(str(environment.get("id") or ""))
    return set() if plugin is None else {plugin}


def _find_extra(environment: Mapping[str, Any]) -> str:
    """Returns the extra from the registry, which names an environment's module without importing it."""
    from gymnasium import registry

    spec = registry.get(str(environment.get("id")))
    words = re.split(r"[.:]", str(spec.entry_point)) if spec is not None else []
    found = [extra for word, extra in _EXTRAS.items() if word in words]
    return f"[{found[0]}]" if found else ""


def pin_minor(version: str | None) -> str:
    """Returns the requirement of a version and its patches, empty for none."""
    return "==" + ".".join(version.split(".")[:2]) + ".*" if version else ""


def normalise_name(requirement: str) -> str:
    """Returns the name of the package that a requirement asks for, as all its spellings have it."""
    return re.split(r"[\[\s<>=!~;@]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _find_imports(tree: ast.Module) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module.split(".")[0])
    return modules


def _find_simulator_imports(environment: Mapping[str, Any]) -> set[str]:
    simulator = environment.get("simulator")
    return _find_imports(ast.parse(simulator["source"])) if simulator else set()
