"""Arguments of constructors as literals of Python, which hand values over exactly: JSON has no tuples."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from types import FunctionType
from typing import Any

_INFINITY = "1e999"
"""How a literal says infinity, for which Python has a name only."""


class UnwritableValueError(Exception):
    """A value that no literal stands for; the message says what it is: "a DataFrame", "the class Warm"."""


def write_literal(value: Any) -> str:
    """Returns the literal of a value; NumPy's scalars become Python's numbers.

    Raises UnwritableValueError.
    """
    if type(value) is float and math.isinf(value):
        return _INFINITY if value > 0 else f"-{_INFINITY}"
    if (
        value is None
        or type(value) in (bool, int, str, bytes)
        or (type(value) is float and not math.isnan(value))
    ):
        return repr(value)
    if type(value) is list:
        return f"[{_write_all(value)}]"
    if type(value) is tuple:
        return f"({_write_all(value)},)" if len(value) == 1 else f"({_write_all(value)})"
    if type(value) is set and value:
        return f"{{{', '.join(sorted(map(write_literal, value)))}}}"
    if type(value) is dict:
        pairs = (f"{write_literal(key)}: {write_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        return write_literal(value.item())
    raise UnwritableValueError(describe_kind(value))


def describe_kind(value: Any) -> str:
    """Returns for people what a value is: "a DataFrame", "an array", "the class Warm"."""
    if isinstance(value, type | FunctionType):
        return f"the {'class' if isinstance(value, type) else 'function'} {value.__name__}"
    kind = type(value).__name__
    if kind == "ndarray":
        return "an array"
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def read_literals(literals: Mapping[str, str]) -> dict[str, Any]:
    """Returns the values of arguments, each written by `write_literal`."""
    return {name: ast.literal_eval(text) for name, text in literals.items()}


def _write_all(values: list[Any] | tuple[Any, ...]) -> str:
    return ", ".join(map(write_literal, values))
