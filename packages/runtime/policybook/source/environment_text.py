"""How an exported program makes the environment that its policy was scored in, with the very arguments."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policybook.environments.arguments import read_arguments
from policybook.protocol.messages import EnvironmentRegistrationJson
from policybook.rollout.environment_pool import STEPS_WITHOUT_LIMIT
from policybook.source.simulator_text import SimulatorText

AS_ACTION = '''\
def {as_action}(space, action):
    """An action of the space's own types."""
    import gymnasium
    import numpy

    if isinstance(space, gymnasium.spaces.Tuple):
        return tuple({as_action}(part, item) for part, item in zip(space, action, strict=True))
    if isinstance(space, gymnasium.spaces.Dict):
        return {{name: {as_action}(part, action[name]) for name, part in space.items()}}
    if isinstance(space, gymnasium.spaces.Text):
        return str(action)
    if isinstance(space, gymnasium.spaces.Discrete):
        return space.dtype.type(action)
    return numpy.array(action, dtype=space.dtype)
'''

_OF_THEIR_OWN_KIND = ("Tuple", "Dict", "Text")
"""Spaces whose actions no NumPy type makes."""


@dataclass(frozen=True)
class PlayedEnvironment:
    """What is known of an environment that was played, next to its specification."""

    folders: Sequence[str] = ()
    """Where the user's modules lie, seen from the program; none where it needs none."""

    modules: Sequence[str] = ()
    """The names of the user's modules, without those that are within others."""

    files: Sequence[str] = ()
    """The user's files, for people."""

    seen_files: Mapping[str, str] = field(default_factory=dict)
    """The same as they lie seen from the program, with their SHA-256."""

    packages: Mapping[str, str] = field(default_factory=dict)
    """The packages that the environment is from, with their versions."""

    step_limit: int | None = None
    """The steps after which the evaluator has truncated an episode that nothing else ends."""

    needs_as_action: bool = False
    """Whether actions are tuples, dicts or texts, or arrays without axes."""

    @classmethod
    def from_facts(
        cls, facts: Mapping[str, Any], folders: Sequence[str], notebook: str = "."
    ) -> PlayedEnvironment:
        """Returns what `environmentFacts` say.

        `folders` are those that modules were looked for in, and `notebook` is the notebook's own, seen from
        the program.
        """
        files = list(facts.get("files", {}))
        sources = [name for name in files if name.endswith((".py", ".so"))]
        space = facts["actionSpace"]
        return cls(
            folders=folders if sources else (),
            modules=sorted({part.partition(".")[0] for name in sources for part in name.split("/")}),
            files=files,
            seen_files={
                posixpath.normpath(posixpath.join(notebook, name)): digest
                for name, digest in facts.get("files", {}).items()
            },
            packages={
                name: version for name, version in facts["versions"].items() if name not in _KNOWN_PACKAGES
            },
            step_limit=STEPS_WITHOUT_LIMIT if facts["maxEpisodeSteps"] is None else None,
            needs_as_action=space["kind"] in _OF_THEIR_OWN_KIND
            or (space["kind"] != "Discrete" and space["shape"] == []),
        )


_KNOWN_PACKAGES = ("python", "policybook", "gymnasium", "numpy", "box2d", "mujoco", "ale-py", "minigrid")
"""Those that the program needs anyway, that an extra of Gymnasium brings, or that a plugin is."""


def write_search_path(folders: Sequence[str], name: str) -> str:
    """Returns a function of that name and its call: the user's modules are found wherever it is started."""
    return (
        f"def {name}(*folders):\n"
        '    """Finds the modules of the environment in folders, which are seen from this file."""\n'
        "    import pathlib\n    import sys\n\n"
        "    places = [str((pathlib.Path(__file__).parent / folder).resolve()) for folder in folders]\n"
        "    sys.path[:] = dict.fromkeys([*places, *sys.path])\n\n\n"
        f"{name}({', '.join(map(repr, folders))})\n"
    )


def write_make(
    environment: Mapping[str, Any], simulator: SimulatorText | None, played: PlayedEnvironment
) -> list[str]:
    """Returns the lines that make `env`; `render_mode` goes to the constructor only where it is given."""
    kwargs = {name: repr(value) for name, value in read_arguments(environment).items()}
    can_render = simulator is None or simulator.can_render
    if can_render:
        kwargs.pop("render_mode", None)
    arguments = [*_write_keywords(kwargs), *(["**shown"] if can_render else [])]
    lines = ['shown = {} if render_mode is None else {"render_mode": render_mode}'] if can_render else []
    limit = environment.get("maxEpisodeSteps")
    if simulator is not None:
        made = f"{simulator.constructor}({', '.join(arguments)})"
        made = made if limit is None else f"gymnasium.wrappers.TimeLimit({made}, {limit})"
    else:
        known, before = _write_known(environment)
        lines += before
        if limit is not None:
            arguments.insert(len(arguments) - 1, f"max_episode_steps={limit!r}")
        if environment.get("userCode"):
            arguments.insert(len(arguments) - 1, "disable_env_checker=True")
        made = f"gymnasium.make({', '.join([known, *arguments])})"
    if limit is None and played.step_limit is not None:
        made = f"gymnasium.wrappers.TimeLimit({made}, {played.step_limit})"
    if not played.folders:
        return [*lines, f"env = {made}"]
    needed = f"this program needs {', '.join(played.files)}"
    return [
        *lines,
        "try:",
        f"    env = {made}",
        "except ModuleNotFoundError as error:",
        f"    raise ModuleNotFoundError(f{'{error}; ' + needed!r}, name=error.name) from error",
    ]


def _write_known(environment: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Returns what `gymnasium.make` takes first, and the lines before it."""
    registration: EnvironmentRegistrationJson | None = (environment.get("userCode") or {}).get("registration")
    if registration is None:
        return _quote(environment["id"]), []
    if registration["entryPoint"] is None:
        return _quote(registration["id"]), [f"import {registration['module']}"]
    names = ["EnvSpec", *(["WrapperSpec"] if registration["wrappers"] else [])]
    written = {
        "entry_point": _quote(registration["entryPoint"]),
        "max_episode_steps": registration["maxEpisodeSteps"],
        "order_enforce": None if registration["orderEnforce"] else False,
        "nondeterministic": registration["nondeterministic"] or None,
        "kwargs": _write_literals(registration["kwargs"]),
    }
    wrappers = [
        f"WrapperSpec({_quote(each['name'])}, {_quote(each['entryPoint'])}, "
        f"{_write_literals(each['kwargs']) or '{}'})"
        for each in registration["wrappers"]
    ]
    listed = [f"{name}={value}" for name, value in written.items() if value is not None]
    if wrappers:
        listed.append(f"additional_wrappers=({', '.join(wrappers)},)")
    lines = [
        f"from gymnasium.envs.registration import {', '.join(names)}",
        "",
        "# As it was registered where the policy was scored.",
        f"registered = EnvSpec({_quote(registration['id'])}, {', '.join(listed)})",
    ]
    return "registered", lines


def _write_literals(literals: Mapping[str, str]) -> str | None:
    if not literals:
        return None
    return f"{{{', '.join(f'{_quote(name)}: {text}' for name, text in literals.items())}}}"


def _write_keywords(written: Mapping[str, str]) -> list[str]:
    named = [f"{name}={value}" for name, value in written.items() if name.isidentifier()]
    odd = [f"{name!r}: {value}" for name, value in written.items() if not name.isidentifier()]
    return named + ([f"**{{{', '.join(odd)}}}"] if odd else [])


def _quote(text: str) -> str:
    return repr(text).replace("'", '"')
