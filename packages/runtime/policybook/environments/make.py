"""Makes an environment from its resolved declaration, for the evaluator and for `pb.environment`.

A specification is the protocol's `environmentSpec`.
"""

from __future__ import annotations

import difflib
import importlib
import os
import traceback
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import TimeLimit

from policybook.environments.arguments import read_arguments
from policybook.environments.plugins import find_plugin
from policybook.environments.registrations import find_registered, make_registered
from policybook.environments.simulators import INNER_ID, SimulatorError, load_simulator
from policybook.environments.space_text import format_space
from policybook.environments.system_exit import RAISED_BY_USER_CODE
from policybook.environments.user_folders import is_users
from policybook.process_limit import find_process_limit_hint
from policybook.protocol.messages import (
    EnvironmentRegistrationJson,
    EnvironmentSpecJson,
    EnvironmentSpecJsonSimulator,
)

Env = gymnasium.Env[Any, Any]

# The line that installs a family, by a word of its entry point or the plugin's name.
_INSTALLS = {
    "box2d": 'pip install "policybook[box2d]"',
    "mujoco": 'pip install "policybook[mujoco]"',
    "ale_py": 'pip install "policybook[atari]"',
    "minigrid": "pip install minigrid",
}


class UnavailableEnvironmentError(Exception):
    """An environment that cannot be made; `code` says why, and `facts` what helps.

    Codes: unknown_environment {id, nearest}, missing_extra {install}, simulator_error {line, missing?},
    environment_error {key}, where a key of the environment is known to be wrong. `is_raised` says that the
    constructor, or what it needs of the user's code, has raised: the next call may succeed.
    """

    def __init__(self, code: str, message: str, *, is_raised: bool = False, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_raised = is_raised
        self.facts = facts


def make_environment(spec: EnvironmentSpecJson, *, render_mode: str | None = None) -> Env:
    """Returns an environment of a specification.

    Raises UnavailableEnvironmentError where there can be none.
    """
    kwargs = read_arguments(spec)
    if render_mode is not None:
        kwargs["render_mode"] = render_mode
    limit = spec.get("maxEpisodeSteps")
    simulator = spec.get("simulator")
    if simulator is not None:
        environment = _make_simulated(simulator, kwargs, limit)
    else:
        registration = spec.get("userCode", {}).get("registration")
        environment = _make_registered(str(spec["id"]), registration, kwargs, limit)
    observe = spec.get("observe")
    return environment if observe is None else Observe(environment, observe)


def refuse_window(spec: EnvironmentSpecJson, env: Env) -> None:
    """Raises UnavailableEnvironmentError for an environment that would open a window for each episode."""
    if env.render_mode != "human":
        return
    env.close()
    name = spec["id"] if spec["simulator"] is None else spec["simulator"]["name"]
    message = (
        f"{name} has the render mode human, which shows every episode in a window: episodes are played many "
        "at a time, in processes of their own. Leave render_mode out, or give "
        "kwargs: {render_mode: rgb_array}, "
        "from which %replay makes pictures; in a Python cell, the environment may show what it likes."
    )
    raise UnavailableEnvironmentError("environment_error", message, key="kwargs")


class Observe(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Shows only some coordinates of a flat observation, in the order given."""

    def __init__(self, env: Env, indices: Sequence[int]) -> None:
        super().__init__(env)
        self.indices = np.asarray(indices, dtype=np.intp)
        self.observation_space = _select_space(env.observation_space, self.indices)

    def observation(self, observation: Any) -> Any:
        """Returns a copy of the chosen coordinates."""
        return observation[self.indices]


def find_nearest_ids(wanted: str) -> list[str]:
    """Returns registered ids like the wanted one: later versions of its name first, then similar names."""
    ids = [str(name) for name in gymnasium.registry]
    by_stem: dict[str, list[str]] = {}
    for name in sorted(ids, reverse=True):
        by_stem.setdefault(_get_stem(name), []).append(name)
    stem = _get_stem(wanted)
    versions = by_stem.get(stem, [])
    similar = [by_stem[match][0] for match in difflib.get_close_matches(stem, by_stem, n=3, cutoff=0.6)]
    return list(dict.fromkeys([*versions, *similar]))[:3]


def find_successor(name: str) -> str | None:
    """Returns the latest registered version of an id that has a version, None where it is that itself."""
    stem, _, version = name.rpartition("-v")
    versions = [spec for spec in gymnasium.registry.values() if stem and spec.id.rpartition("-v")[0] == stem]
    latest = max(versions, key=lambda spec: spec.version or 0, default=None)
    if latest is None or not version.isdecimal() or (latest.version or 0) <= int(version):
        return None
    return latest.id


def _get_stem(name: str) -> str:
    """Returns an id without its version, in small letters."""
    return name.rsplit("-v", 1)[0].lower()


def find_registration(spec: EnvironmentSpecJson) -> EnvSpec | None:
    """Returns what is registered under a specification's id, None for a simulator.

    An id that names its module is registered by the module's import, without the module's name.
    """
    registration = spec.get("userCode", {}).get("registration")
    if registration is not None and registration["entryPoint"] is not None:
        return make_registered(registration)
    name = spec["id"] if registration is None else registration["id"]
    return None if name is None else find_registered(name.rpartition(":")[2], gymnasium.registry)


def _make_registered(
    name: str, registration: EnvironmentRegistrationJson | None, kwargs: dict[str, Any], limit: int | None
) -> Env:
    known: str | EnvSpec = name
    try:
        if registration is None:
            import_plugin(name)
        elif registration["entryPoint"] is None:
            known = _import_registration(name, registration["module"])
        else:
            known = make_registered(registration)
        return gymnasium.make(known, max_episode_steps=limit, disable_env_checker=True, **kwargs)
    except UnavailableEnvironmentError:
        raise
    except (gymnasium.error.DependencyNotInstalled, ModuleNotFoundError) as error:
        module = name.rpartition(":")[0] if registration is None else registration["module"]
        if isinstance(error, ModuleNotFoundError) and module and find_plugin(name) is None:
            raise _make_module_error(name, module, error) from error
        registered = gymnasium.registry.get(name)
        raise _make_missing_error(
            name, str(registered.entry_point) if registered is not None else ""
        ) from error
    except (gymnasium.error.UnregisteredEnv, gymnasium.error.DeprecatedEnv) as error:
        if registration is not None or find_registered(name.rpartition(":")[2], gymnasium.registry):
            message = f"{name} could not be made: {str(error).rstrip('.')}. {INNER_ID}."
            raise UnavailableEnvironmentError("environment_error", message, key="id") from error
        raise _make_unknown_error(name, error) from error
    except ImportError as error:
        successor = find_successor(name)
        advice = "" if successor is None else f" Its successor is {successor}."
        message = f"{name} could not be made: {str(error).rstrip('.')}.{advice}"
        raise UnavailableEnvironmentError("environment_error", message, key="id") from error
    except RAISED_BY_USER_CODE as error:
        # Constructors may raise anything: for a wrong keyword argument as for a broken environment.
        what = f"{type(error).__name__}{_find_place(error)}: {error}"
        message = f"{name} could not be made: {what}{find_process_limit_hint(error)}"
        raise UnavailableEnvironmentError("environment_error", message, is_raised=True) from error


def _find_place(error: BaseException) -> str:
    """Returns the last line of the user's files that an exception came through: " in plant.py, line 3"."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if os.path.isabs(frame.filename) and is_users(frame.filename)]
    return f" in {os.path.basename(own[-1].filename)}, line {own[-1].lineno}" if own else ""


def _import_registration(name: str, module: str) -> str:
    """Imports the module that registers an id, and returns the id as it is registered."""
    importlib.import_module(module)
    known = find_registered(name, gymnasium.registry)
    if known is not None:
        return known.id
    message = (
        f"{name} is registered in this notebook's Python with what has no name in the module {module}, and "
        "the import of that module does not register it. Episodes are played in other processes: register "
        f"it there with the entry point '{module}:NAME'."
    )
    raise UnavailableEnvironmentError("environment_error", message, key="id")


def _make_module_error(name: str, module: str, error: ModuleNotFoundError) -> UnavailableEnvironmentError:
    """Returns the error for an environment of a module that cannot be imported, or that imports another."""
    missing = error.name or module
    if missing != module.partition(".")[0] and missing in str(error):
        message = (
            f"{name} could not be made: the module {module} imports {missing}, and there is no such module."
        )
    else:
        message = (
            f"{name} could not be made: there is no module {module} where modules are looked for, which is "
            f"in {os.getcwd()}, in the folders that a cell has put into sys.path, and among the installed "
            "packages."
        )
    return UnavailableEnvironmentError("environment_error", message, key="id")


def import_plugin(name: str) -> None:
    """Imports the package that registers an id, where Gymnasium does not know of it."""
    plugin = find_plugin(name)
    if plugin is None or name in gymnasium.registry:
        return
    try:
        importlib.import_module(plugin)
    except ModuleNotFoundError as error:
        raise _make_missing_error(name, plugin) from error


def _make_simulated(
    simulator: EnvironmentSpecJsonSimulator, kwargs: dict[str, Any], limit: int | None
) -> Env:
    name = simulator["name"]
    try:
        environment = load_simulator(name, simulator["source"], kwargs)
    except SimulatorError as fault:
        raise UnavailableEnvironmentError(
            "simulator_error",
            str(fault),
            is_raised=fault.__cause__ is not None,
            line=fault.line,
            **({"missing": list(fault.missing)} if fault.missing else {}),
        ) from fault
    return environment if limit is None else TimeLimit(environment, limit)


def _make_missing_error(name: str, origin: str) -> UnavailableEnvironmentError:
    """Returns the error for an environment whose package is not installed.

    `origin` is the entry point or plugin that could not be imported, such as
    gymnasium.envs.box2d:LunarLander.
    """
    lines = [line for family, line in _INSTALLS.items() if family in origin]
    install = lines[0] if lines else 'pip install "gymnasium[all]"'
    message = f"{name} needs a package that is not installed: {install}"
    return UnavailableEnvironmentError("missing_extra", message, install=install)


def _make_unknown_error(name: str, error: Exception) -> UnavailableEnvironmentError:
    """Returns the error for an id that is not registered: its successor, another, or how one is named."""
    nearest = find_nearest_ids(name)
    stem = name.rpartition("-v")[0].lower()
    successor = next((each for each in nearest if each.rpartition("-v")[0].lower() == stem), None)
    if isinstance(error, gymnasium.error.DeprecatedEnv) and successor is not None:
        message = (
            f"{name} is deprecated, and Gymnasium {gymnasium.__version__} has it no more: use {successor}."
        )
    elif successor is not None:
        message = f"no environment is registered as {name}; did you mean {successor}?"
    else:
        hint = f"; did you mean {nearest[0]}?" if nearest else "."
        message = f"no environment is registered as {name}{hint} {THREE_WAYS}"
    return UnavailableEnvironmentError("unknown_environment", message, id=name, nearest=nearest)


THREE_WAYS = (
    "An environment of your own is named in one of three ways: as module:Id-v0, where importing the module "
    "registers it; by the name of a %%simulator cell that holds its class; or by its id alone, once a cell "
    "has imported the module or package that registers it."
)


def _select_space(space: Any, indices: Any) -> gymnasium.Space[Any]:
    spaces = gymnasium.spaces
    if not isinstance(space, spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary) or len(space.shape) != 1:
        raise UnavailableEnvironmentError(
            "environment_error",
            f"observe: needs a flat observation, this one is {format_space(space)}",
            key="observe",
        )
    if len(indices) == 0 or indices.min() < 0 or indices.max() >= space.shape[0]:
        message = f"observe: indices run from 0 to {space.shape[0] - 1}"
        raise UnavailableEnvironmentError("environment_error", message, key="observe")
    if isinstance(space, spaces.Box):
        return spaces.Box(space.low[indices], space.high[indices], dtype=space.dtype.type)
    if isinstance(space, spaces.MultiDiscrete):
        return spaces.MultiDiscrete(space.nvec[indices], dtype=space.dtype.type)
    return spaces.MultiBinary(len(indices))
