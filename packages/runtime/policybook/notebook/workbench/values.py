"""Values of the user's Python, handed to the kernel as JSON.

A repr would not do: it cuts long lists and obeys ``%precision``. The value travels as a MIME type of
policybook in a request's ``user_expressions``, the only way that leaves no trace in the user's session.
"""

import ast
import json
import math
import os
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from IPython.core.getipython import get_ipython

from policybook.environments.literals import describe_kind

VALUE_TYPE = "application/x-policybook-value"

MOST_EXACT_INTEGER = 2**53 - 1
"""JavaScript reads a larger one as a rounded number."""


class Value:
    """A result that displays as JSON: ``{"ok": true, "value": ...}``, or the error's name and message."""

    def __init__(self, outcome: Mapping[str, Any]) -> None:
        self.text = json.dumps(outcome, allow_nan=False)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {VALUE_TYPE: self.text}


class InexactValueError(Exception):
    """A value that JSON would change; the message says what it is, and what helps."""


def evaluate(expression: str, *, is_exact: bool = False) -> Value:
    """Evaluates an expression in the user's namespace; what it raises is part of the result.

    With `is_exact`, a value that JSON would change is refused (InexactValueError), and the result is a dict
    of the `value` and the paths of its `floats` that are whole numbers, which JavaScript takes for ints.
    """
    shell = get_ipython()
    namespace = shell.user_ns if shell else {}
    try:
        tree = ast.parse(expression.strip(), "<policybook expression>", "eval")
        # The user's own expression in the user's own process, which is what a notebook is for.
        value = eval(compile(tree, "<policybook expression>", "eval"), namespace)  # noqa: S307
        if is_exact:
            refuse_inexact(value)
            given = to_json(value)
            return Value({"ok": True, "value": {"value": given, "floats": find_whole_floats(given)}})
        return Value({"ok": True, "value": to_json(value)})
    except KeyboardInterrupt:
        return Value({"ok": False, "ename": "KeyboardInterrupt", "evalue": "interrupted"})
    except BaseException as error:  # noqa: BLE001 -- the user's code may raise anything, SystemExit too
        return Value({"ok": False, "ename": type(error).__name__, "evalue": str(error)})


def to_json(value: Any) -> Any:
    """Returns a value as JSON has it: tuples, sets and arrays become lists, NumPy's scalars Python's."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return _check_number(value)
    if isinstance(value, Mapping):
        return {_write_key(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [to_json(item) for item in sorted(value, key=repr)]
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy, series of pandas
        return to_json(value.tolist())
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def find_whole_floats(value: Any) -> list[list[str | int]]:
    """Returns the paths of floats such as 1.0 in a value of JSON."""
    if isinstance(value, float):
        return [[]] if value.is_integer() else []
    if isinstance(value, Mapping):
        items: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [[key, *path] for key, item in items for path in find_whole_floats(item)]


def refuse_inexact(value: Any) -> None:
    """Raises InexactValueError for a value that is another one after JSON; NumPy's scalars are numbers."""
    found = _find_inexact(value)
    if found is None:
        return
    what, instead, remedy = found
    reaches = (
        "cannot be handed to the constructor"
        if instead is None
        else f"reaches the constructor as {instead} here"
    )
    raise InexactValueError(
        f"{what} {reaches}: what a cell declares is kept as finite numbers, text, True, False, None, and "
        f"lists and dicts with text as keys. {remedy}"
    )


_NOT_FINITE = (
    "Give a text such as 'inf' or 'nan', of which float(...) in the constructor makes the number, or leave "
    "the argument to the constructor's default."
)
_CONVERT = "Give it in that form and have the constructor make of it what it needs."
_PATH = "Give its text, str(...), and have the constructor make a path of it."
_IMPORT = "Put it into a module, give its name as text, and have the constructor import it."
_SAVE = (
    "Save it to a file and give the file's path as text, for the constructor to read it, or give what the "
    "constructor can make it of. A file that it reads belongs to the environment: a change of it is noticed."
)
_REGISTER = (
    "Give it in that form and have the constructor make of it what it needs, or hand it over with "
    "gymnasium.register(ID, entry_point=..., kwargs=...) in a Python cell, which keeps it as it is."
)


def _find_inexact(value: Any) -> tuple[str, str | None, str] | None:
    """Returns the first part of a value that JSON changes, what it becomes, and what to do instead.

    It becomes None where JSON has nothing like it.
    """
    kind = type(value)
    if value is None or kind in (bool, str):
        return None
    if kind is float:
        if math.isfinite(value):
            return None
        return f"the number {value}", None, _NOT_FINITE
    if kind is int:
        if abs(value) <= MOST_EXACT_INTEGER:
            return None
        return f"the number {value}", "a rounded one", "Give its text, str(...), and read it there."
    if kind is list:
        return next(filter(None, map(_find_inexact, value)), None)
    if kind is dict:
        other = next((key for key in value if type(key) is not str), None)
        if other is not None:
            return f"a dict with the key {other!r}", "one with text as keys", _REGISTER
        return next(filter(None, map(_find_inexact, value.values())), None)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        if kind.__name__ == "ndarray":
            return "an array", "a number", _CONVERT
        return _find_inexact(value.item())
    name = describe_kind(value)
    if isinstance(value, Mapping):
        return name, "a dict", _CONVERT
    if kind in (tuple, set):
        return name, "a list", _REGISTER
    if isinstance(value, tuple | frozenset | set | list) or hasattr(value, "tolist"):
        return name, "a list", _CONVERT
    if isinstance(value, str):
        return name, "text", _CONVERT
    if isinstance(value, int | float):
        return name, "a number", _CONVERT
    if isinstance(value, os.PathLike):
        return name, None, _PATH
    if isinstance(value, type | FunctionType):
        return name, None, _IMPORT
    return name, None, _SAVE


def _check_number(value: float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number, and JSON has no other")
    return int(value) if isinstance(value, int) else float(value)


def _write_key(key: object) -> str:
    if not isinstance(key, (str, int)):
        raise TypeError(f"a key must be text, and {key!r} is a {type(key).__name__}")
    return str(key)
