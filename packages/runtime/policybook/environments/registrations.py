"""Registrations of Gymnasium as other processes can repeat them.

A registry is one process's: what a cell or an imported package has registered in the notebook's Python does
not exist where episodes are played, until it is registered there, too. Nothing here imports Gymnasium.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from policybook.environments.cell_objects import MAIN, is_of_cell, list_cell_objects
from policybook.environments.literals import UnwritableValueError, read_literals, write_literal

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec

    from policybook.protocol.messages import (
        EnvironmentRegistrationJson,
        EnvironmentRegistrationJsonWrappersItem,
    )


class UnsharedRegistrationError(Exception):
    """A registration that only its own process can follow; the message says why, and what to do."""


def find_registered(name: str, registry: Mapping[str, EnvSpec]) -> EnvSpec | None:
    """Returns what is registered under an id, the highest version where it names none; None for nothing."""
    known = registry.get(name)
    if known is not None:
        return known
    versions = [spec for spec in registry.values() if spec.id.rpartition("-v")[0] == name]
    return max(versions, key=lambda spec: spec.version or 0, default=None)


def describe_registration(spec: EnvSpec) -> EnvironmentRegistrationJson:
    """Returns a registration as the protocol's `environmentRegistration`.

    Raises UnsharedRegistrationError where another process cannot repeat it.
    """
    module, entry_point = _name_entry_point(spec)
    return {
        "id": spec.id,
        "entryPoint": entry_point,
        "module": module,
        "kwargs": _write_arguments(spec.id, spec.kwargs),
        "rewardThreshold": None if spec.reward_threshold is None else float(spec.reward_threshold),
        "maxEpisodeSteps": spec.max_episode_steps,
        "orderEnforce": bool(spec.order_enforce),
        "nondeterministic": bool(spec.nondeterministic),
        "wrappers": [_describe_wrapper(spec.id, wrapper) for wrapper in spec.additional_wrappers],
    }


def make_registered(registration: EnvironmentRegistrationJson) -> EnvSpec:
    """Returns what `gymnasium.make` takes in place of an id; nothing is registered."""
    from gymnasium.envs.registration import EnvSpec, WrapperSpec

    return EnvSpec(
        id=registration["id"],
        entry_point=registration["entryPoint"],
        reward_threshold=registration["rewardThreshold"],
        nondeterministic=registration["nondeterministic"],
        max_episode_steps=registration["maxEpisodeSteps"],
        order_enforce=registration["orderEnforce"],
        kwargs=read_literals(registration["kwargs"]),
        additional_wrappers=tuple(
            WrapperSpec(wrapper["name"], wrapper["entryPoint"], read_literals(wrapper["kwargs"]))
            for wrapper in registration["wrappers"]
        ),
    )


def list_patched(spec: EnvSpec) -> list[str]:
    """Returns what a cell has put into the modules of an environment's classes, as `models.plant.Plant.step`.

    Only functions and classes tell where they are from. Nothing is imported for this.
    """
    entry_point: Any = spec.entry_point
    if isinstance(entry_point, str):
        module, _, attribute = entry_point.partition(":")
        entry_point = getattr(sys.modules.get(module), attribute, None)
        if is_of_cell(entry_point):
            return [f"{module}.{attribute}"]
    owner = getattr(entry_point, "__module__", None)
    levels = entry_point.__mro__ if isinstance(entry_point, type) else ()
    modules = dict.fromkeys([owner, *(level.__module__ for level in levels)])
    own: list[tuple[str, Mapping[str, Any]]] = [
        (name, vars(sys.modules[name])) for name in modules if name != MAIN and name in sys.modules
    ]
    own += [(f"{each.__module__}.{each.__qualname__}", vars(each)) for each in levels if not is_of_cell(each)]
    return sorted(each for name, values in own for each in list_cell_objects(name, values))


def _name_entry_point(spec: EnvSpec) -> tuple[str, str | None]:
    """Returns the module of an entry point, and `module:attribute` where it has such a name."""
    entry_point: Any = spec.entry_point
    if isinstance(entry_point, str):
        module, _, attribute = entry_point.partition(":")
        if module == MAIN:
            raise _make_cell_error(spec.id, attribute)
        return module, entry_point
    if not hasattr(entry_point, "__qualname__"):
        return _name_callable_object(spec.id, entry_point)
    name = entry_point.__qualname__
    owner = entry_point.__module__
    if owner == MAIN or not isinstance(owner, str):
        raise _make_cell_error(spec.id, name)
    return owner, f"{owner}:{name}" if _has_attribute(owner, name) else None


def _name_callable_object(name: str, entry_point: Any) -> tuple[str, str | None]:
    """Returns the module of a partial or another object that is called, with its name where it has one there.

    Such an object knows no name of its own: calling its class would make something else.
    """
    made = entry_point
    while isinstance(made, functools.partial):
        made = made.func
    kind = type(entry_point)
    what = f"a {kind.__name__}"
    if made is not entry_point:
        what = f"a partial of {getattr(made, '__qualname__', type(made).__name__)}"
    for module in list(sys.modules.values()):
        owner = getattr(module, "__name__", MAIN)
        if owner != MAIN:
            for attribute, value in list(getattr(module, "__dict__", {}).items()):
                if value is entry_point:
                    return owner, f"{owner}:{attribute}"
    origin = made if hasattr(made, "__qualname__") else type(made)
    if origin.__module__ == MAIN:
        raise _make_cell_error(name, what)
    raise UnsharedRegistrationError(
        f"{name} is registered in this notebook's Python as {what}, which has no name in a module. Episodes "
        f"are played in other processes, which cannot import that: name MODULE:{name} where the import of a "
        "module registers it, or else register "
        f"entry_point='{origin.__module__}:{origin.__qualname__}' with the arguments as kwargs=..., or give "
        "the object a name in a module and register that."
    )


def _has_attribute(module: str, name: str) -> bool:
    """Returns whether a module has something under a dotted name; an edited class may be another by now."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None and "." not in name


def _describe_wrapper(name: str, wrapper: Any) -> EnvironmentRegistrationJsonWrappersItem:
    if wrapper.kwargs is None or wrapper.entry_point.partition(":")[0] == MAIN:
        raise UnsharedRegistrationError(
            f"{name} is registered in this notebook's Python with the wrapper {wrapper.name}, which the "
            "processes that play episodes cannot make: it has to be a class of a module that inherits from "
            "gymnasium.utils.RecordConstructorArgs."
        )
    return {
        "name": wrapper.name,
        "entryPoint": wrapper.entry_point,
        "kwargs": _write_arguments(name, wrapper.kwargs),
    }


def _write_arguments(name: str, kwargs: Mapping[str, Any]) -> dict[str, str]:
    written = {}
    for key, value in kwargs.items():
        try:
            written[key] = write_literal(value)
        except UnwritableValueError as what:
            raise UnsharedRegistrationError(
                f"{name} is registered in this notebook's Python with {what} in the argument {key}. Episodes "
                "are played in other processes, which can be given numbers, text, True, False, None, and "
                "lists, tuples, sets and dicts of these: let the constructor read the rest from a file, "
                "import a class or function from a module by a name that it is given, or make it in a "
                "%%simulator cell."
            ) from what
    return written


def _make_cell_error(name: str, what: str) -> UnsharedRegistrationError:
    return UnsharedRegistrationError(
        f"{name} is registered in this notebook's Python as {what}, which a cell (or the script itself) "
        "defines. Episodes are played in other processes, which cannot import that: put the class and its "
        "imports into a cell of their own with %%simulator NAME above them and name NAME, or into a module "
        f"that registers the id and name MODULE:{name}."
    )
