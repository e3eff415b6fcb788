"""Values of the user's Python, handed to the kernel as JSON.

A repr would not do: it cuts long lists and obeys ``%precision``. The value travels as a MIME type of
policybook in a request's ``user_expressions``, the only way that leaves no trace in the user's session.
"""

import ast
import json
import math
from collections.abc import Mapping
from typing import Any

from IPython.core.getipython import get_ipython

VALUE_TYPE = "application/x-policybook-value"


class Value:
    """A result that displays as JSON: ``{"ok": true, "value": ...}``, or the error's name and message."""

    def __init__(self, outcome: Mapping[str, Any]) -> None:
        self.text = json.dumps(outcome, allow_nan=False)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {VALUE_TYPE: self.text}


def evaluate(expression: str) -> Value:
    """Evaluates an expression in the user's namespace; what it raises is part of the result."""
    shell = get_ipython()
    namespace = shell.user_ns if shell else {}
    try:
        tree = ast.parse(expression.strip(), "<policybook expression>", "eval")
        # The user's own expression in the user's own process, which is what a notebook is for.
        value = eval(compile(tree, "<policybook expression>", "eval"), namespace)  # noqa: S307
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


def _check_number(value: float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number, and JSON has no other")
    return int(value) if isinstance(value, int) else float(value)


def _write_key(key: object) -> str:
    if not isinstance(key, (str, int)):
        raise TypeError(f"a key must be text, and {key!r} is a {type(key).__name__}")
    return str(key)
