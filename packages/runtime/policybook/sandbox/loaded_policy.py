"""A policy's text from which episodes begin: each runs the compiled module in a namespace of its own."""

# ruff: noqa: BLE001 - a policy may raise anything
from __future__ import annotations

import inspect
import json
import random
import sys
from collections.abc import Callable
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from policybook.sandbox.analysis.randomness import draws_random
from policybook.sandbox.faults import FILENAME, FaultError, make_fault
from policybook.sandbox.memory_files import FILE

Act = Callable[[Any], Any]

MODULE = "policy"
MAX_SOURCE_BYTES = 2 * 2**20


def compile_policy(source: str) -> CodeType:
    """Returns the policy's code object; raises FaultError where the text does not compile."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise FaultError("syntax_error", "the text is larger than 2 MiB")
    try:
        return compile(source, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise make_fault(error, "syntax_error") from None
    except (ValueError, RecursionError) as error:
        raise FaultError("syntax_error", str(error)) from None


class LoadedPolicy:
    """One policy's text, from which episodes begin.

    `spaces` is JSON, which every episode that wants the spaces reads for itself.
    """

    def __init__(self, source: str, spaces: str) -> None:
        self.code = compile_policy(source)
        self.spaces = spaces
        # The episodes of a batch share the global generators; the worker plays such a policy at width 1.
        self.is_seeded = draws_random(source)
        self.needs_own_process = False
        """Whether it may reach beyond an episode, and with that draw random numbers by any name."""

    def begin(self, seed: int) -> Act:
        """Runs the module in a new namespace; returns the function that is called with each observation."""
        if self.is_seeded or self.needs_own_process:
            random.seed(seed)
            np.random.seed(seed)
        module = ModuleType(MODULE)
        module.__file__ = FILE
        # The modules dataclasses and pickle look a class's module up by its name.
        sys.modules[MODULE] = module
        try:
            exec(self.code, module.__dict__)  # noqa: S102 - this process exists to run it
        except BaseException as error:
            raise make_fault(error, "import_failed") from None
        act = module.__dict__.get("act")
        if callable(act):
            return act  # type: ignore[no-any-return]
        if isinstance(module.__dict__.get("Policy"), type):
            return self._instantiate(module.__dict__["Policy"], seed)
        raise FaultError("no_act", "neither act(observation) nor class Policy is defined")

    def _instantiate(self, policy: type, seed: int) -> Act:
        try:
            instance = policy()
            reset = getattr(instance, "reset", None)
            if callable(reset):
                offered = {"seed": lambda: seed, "spaces": lambda: _read_spaces(self.spaces)}
                reset(**_select_arguments(reset, offered))
            act = getattr(instance, "act", None)
        except BaseException as error:
            raise make_fault(error, "raised") from None
        if callable(act):
            return act  # type: ignore[no-any-return]
        raise FaultError("no_act", "class Policy has no method act(self, observation)")


def _read_spaces(spaces: str) -> SimpleNamespace:
    """Returns spaces for one episode: another episode does not find what it keeps in them."""
    own = json.loads(spaces)
    return SimpleNamespace(**{name: SimpleNamespace(**space) for name, space in own.items()})


def bind_extra_args(act: Act) -> Callable[..., Any]:
    """Returns `act` for calls with extra arguments; it gets those that it has parameters for."""
    try:
        parameters = inspect.signature(act).parameters
    except (TypeError, ValueError) as error:
        raise FaultError("no_act", f"the parameters of act cannot be read: {error}") from None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return act
    names = frozenset(parameters)

    def act_with_parameters(observation: Any, **extra_args: Any) -> Any:
        return act(observation, **{name: extra_args[name] for name in names & extra_args.keys()})

    return act_with_parameters


def _select_arguments(function: Callable[..., Any], offered: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Returns those of the offered arguments that a function takes, each made for it."""
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return {name: make() for name, make in offered.items() if takes_all or name in parameters}
