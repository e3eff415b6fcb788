"""A parameter of `act` for which it is given no argument: what would help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from policybook.sandbox.faults import FaultError, describe_exception, find_policy_line


def explain_missing_argument(
    error: BaseException, act: Callable[..., Any], observation: Any
) -> FaultError | None:
    """Returns the fault of a call that lacks an argument, with what helps; None for any other exception."""
    # Where the call itself fails, no line of the policy has run.
    if not isinstance(error, TypeError) or find_policy_line(error) is not None:
        return None
    name = _find_required_parameter(act)
    if name is None:
        return None
    if isinstance(observation, Mapping) and name in observation:
        hint = f"{name} is a part of the observation: read observation[{name!r}]"
    elif name == "reward":
        hint = "act is given the last reward where the environment has reward: true"
    else:
        hint = f"act is given {name} where it is in the environment's info and declared, as in info: [{name}]"
    return FaultError("raised", f"{describe_exception(error)}; {hint}")


def _find_required_parameter(act: Callable[..., Any]) -> str | None:
    """Returns the first parameter after the observation that needs an argument, None for none."""
    try:
        parameters = list(inspect.signature(act).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    required = (each.name for each in parameters if each.kind in kinds and each.default is each.empty)
    return next(required, None)
