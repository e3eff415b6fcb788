"""The heuristic of an environment's own module, taken out of it as a text that runs alone.

Gymnasium's LunarLander has a function `heuristic(env, s)`, its BipedalWalker a class
`BipedalWalkerHeuristics` with `step_heuristic(self, s)`. Other environments have one of the two forms, and
most have none.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np

from policybook.baselines.baseline_error import BaselineError

Env = gymnasium.Env[Any, Any]

HEURISTIC_SUFFIX = "Heuristics"


def extract_heuristic(env: Env, name: str) -> str:
    """Returns the heuristic's text.

    Raises BaselineError where the environment's module has none that can be taken out.
    """
    module = sys.modules[type(env.unwrapped).__module__]
    function = getattr(module, "heuristic", None)
    if inspect.isfunction(function) and len(inspect.signature(function).parameters) == 2:
        return _write_function_policy(function, env, module, name)
    for owner in vars(module).values():
        if (
            inspect.isclass(owner)
            and owner.__name__.endswith(HEURISTIC_SUFFIX)
            and hasattr(owner, "step_heuristic")
        ):
            return _write_class_policy(owner, module, name)
    raise BaselineError(f"{name} has no heuristic of its own: {module.__name__} brings none along")


def _write_function_policy(function: Callable[..., Any], env: Env, module: ModuleType, name: str) -> str:
    source = textwrap.dedent(inspect.getsource(function))
    attributes = _find_read_attributes(ast.parse(source).body[0])
    facts = "".join(f"    {attribute} = {_write_fact(env, attribute)}\n" for attribute in attributes)
    return f"""{_write_head(module, name)}

class Environment:
    \"\"\"What the heuristic asks of its environment.\"\"\"

{facts}
    @property
    def unwrapped(self):
        return self


{_write_constants(source, module, {function.__name__})}{source}

def act(observation):
    return {function.__name__}(Environment(), observation)
"""


def _write_class_policy(owner: type, module: ModuleType, name: str) -> str:
    source = textwrap.dedent(inspect.getsource(owner))
    return f"""{_write_head(module, name)}

{_write_constants(source, module, {owner.__name__})}{source}

class Policy:
    def reset(self):
        self.heuristics = {owner.__name__}()

    def act(self, observation):
        return self.heuristics.step_heuristic(observation)
"""


def _write_head(module: ModuleType, name: str) -> str:
    return f'''"""The heuristic of {name}, as {module.__name__} brings it along."""

import math

import numpy as np
'''


def _find_read_attributes(function: ast.stmt) -> list[str]:
    """Returns the attributes of the first argument, or of its `unwrapped`, that the function reads."""
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - it was parsed from a function
    env = function.args.args[0].arg
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr != "unwrapped" and _is_env(node.value, env):
            found.append(node.attr)
    return list(dict.fromkeys(found))


def _is_env(node: ast.expr, env: str) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "unwrapped":
        return _is_env(node.value, env)
    return isinstance(node, ast.Name) and node.id == env


def _write_fact(env: Env, attribute: str) -> str:
    value = getattr(env.unwrapped, attribute, None)
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    raise BaselineError(f"the heuristic asks for the environment's {attribute}, which a text cannot hold")


def _write_constants(source: str, module: ModuleType, own: set[str]) -> str:
    """Returns the module's plain constants that the source uses by name."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    defined = {
        name: value
        for name, value in vars(module).items()
        if name in used - own and not name.startswith("__") and _is_plain(value)
    }
    lines = [f"{name} = {_write_plain(value)}" for name, value in defined.items()]
    return "".join(f"{line}\n" for line in lines) + ("\n\n" if lines else "")


def _is_plain(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.number):
        return True
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _write_plain(value: Any) -> str:
    return f"np.array({value.tolist()!r})" if isinstance(value, np.ndarray) else repr(value)
