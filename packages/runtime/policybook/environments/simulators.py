"""The user's own simulators: the source of a `%%simulator` cell becomes an environment.

The source runs as a module of its own: it sees its own imports and nothing of a notebook's names.
"""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import gymnasium

from policybook.environments.system_exit import RAISED_BY_USER_CODE
from policybook.process_limit import find_process_limit_hint

Env = gymnasium.Env[Any, Any]

INNER_ID = (
    "An id that a cell has registered does not exist in the processes that play episodes, unless it is the "
    "environment's own: call gymnasium.register in the text that makes the other environment"
)
"""What to do where a constructor makes an environment by its id."""


class SimulatorError(Exception):
    """A fault in the simulator's text, at `line` of it where that is known.

    `missing` are arguments that its constructor has to be given, and was not.
    """

    def __init__(self, message: str, line: int | None, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.line = line
        self.missing = tuple(missing)


def load_simulator(name: str, source: str, kwargs: Mapping[str, Any]) -> Env:
    """Returns an instance of the environment that the source defines; raises SimulatorError."""
    module = _make_module(name, source)
    kind = find_environment_class(name, module)
    missing = _list_missing_arguments(kind, kwargs)
    if missing:
        raise SimulatorError(_explain_missing(name, missing), None, missing)
    try:
        return kind(**kwargs)
    except RAISED_BY_USER_CODE as error:
        raise make_simulator_error(name, error) from error


def _list_missing_arguments(kind: type[Env], kwargs: Mapping[str, Any]) -> list[str]:
    """Lists the arguments without a default that a constructor has by name, and that are not given."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
        and parameter.name not in kwargs
    ]


def _explain_missing(name: str, missing: Sequence[str]) -> str:
    named = " and ".join(f"`{argument}`" for argument in missing)
    values = ", ".join(f"{argument}: VALUE" for argument in missing)
    return (
        f"the constructor of the simulator {name} has no default for {named}: give it by "
        f"`kwargs: {{{values}}}` in an %%environment cell with `id: {name}`, or in the cell that learns or "
        "compares"
    )


def find_environment_class(name: str, module: ModuleType) -> type[Env]:
    """Returns the environment class that is meant.

    It is the one named like the cell, or else the one from which no other is derived. Raises SimulatorError
    where that is not one class.
    """
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, gymnasium.Env)
        and value.__module__ == module.__name__
    ]
    named = [
        kind for kind in found if kind.__name__.lower() == name.replace("_", "").replace("-", "").lower()
    ]
    leaves = [
        kind for kind in found if not any(other is not kind and issubclass(other, kind) for other in found)
    ]
    for candidates in (named, leaves):
        if len(candidates) == 1:
            return candidates[0]
    if not found:
        raise SimulatorError(f"the simulator {name} defines no subclass of gymnasium.Env", None)
    names = ", ".join(kind.__name__ for kind in leaves)
    raise SimulatorError(
        f"the simulator {name} defines several environments ({names}): name one {name}", None
    )


def make_filename(name: str) -> str:
    """Returns the name under which a simulator's text is compiled."""
    return f"<simulator {name}>"


def _make_module(name: str, source: str) -> ModuleType:
    filename = make_filename(name)
    module = ModuleType(f"policybook_simulator_{name}")
    module.__file__ = filename
    # Dataclasses and typing look a class's module up by name; tracebacks take the text from linecache.
    sys.modules[module.__name__] = module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102 (the user's own environment)
    except RAISED_BY_USER_CODE as error:
        raise make_simulator_error(name, error) from error
    return module


def make_simulator_error(name: str, error: BaseException) -> SimulatorError:
    """Returns what an exception out of a simulator means to the simulator's author, with its line."""
    if isinstance(error, SyntaxError) and error.filename == make_filename(name):
        message = f"the simulator {name} does not compile, line {error.lineno}: {error.msg}"
        return SimulatorError(message, error.lineno)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == make_filename(name)
    ]
    line = lines[-1] if lines else None
    where = "" if line is None else f" in line {line}"
    hint = find_process_limit_hint(error)
    message = f"the simulator {name} raised {type(error).__name__}{where}: {error}{hint}"
    if isinstance(error, gymnasium.error.UnregisteredEnv):
        message += f" It makes another environment. {INNER_ID}."
    if isinstance(error, NameError):
        message += (
            ". A simulator sees its own imports and nothing of the notebook: import or define it in the cell."
        )
    return SimulatorError(message, line)
