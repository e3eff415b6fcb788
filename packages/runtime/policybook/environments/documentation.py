"""What an environment says of itself to people: its docstrings, and the names of its actions.

Authors read it, so it is the same in every process: memory addresses are taken out.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import re
import sys
from enum import IntEnum
from typing import Any

import gymnasium
from gymnasium.spaces import Discrete

Env = gymnasium.Env[Any, Any]

MAX_CHARACTERS = 4000
"""Documentation is cut here."""

MAX_ACTIONS = 100
MAX_NAME_CHARACTERS = 40

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{8,}\b")


def read_documentation(env: Env, *, is_simulator: bool) -> str | None:
    """Returns the docstring of the environment's class, None where there is none.

    That of a simulator comes after the docstring of its cell.
    """
    kind = type(env.unwrapped)
    module = sys.modules.get(kind.__module__) if is_simulator else None
    cleaned = [_clean(text) for text in (getattr(module, "__doc__", None), _find_docstring(kind))]
    text = "\n\n".join(part for part in cleaned if part)
    if not text:
        return None
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


def read_action_names(env: Env) -> list[str] | None:
    """Returns the names of a Discrete space's actions, None where the environment has none for all of them.

    They are what `get_action_meanings` returns, as in the games of ALE, or the members of an enumeration
    `actions`, as in MiniGrid.
    """
    space = env.action_space
    if not isinstance(space, Discrete) or space.n > MAX_ACTIONS:
        return None
    numbers = range(int(space.start), int(space.start + space.n))
    for names in (_ask_meanings(env.unwrapped), _list_members(env.unwrapped)):
        if set(names) == set(numbers):
            return [names[number][:MAX_NAME_CHARACTERS] for number in numbers]
    return None


def _find_docstring(kind: type) -> str | None:
    """Returns the docstring of a class, or of the nearest one that it is derived from."""
    own = itertools.takewhile(lambda base: base is not gymnasium.Env, kind.__mro__)
    texts = (base.__dict__.get("__doc__") for base in own)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def _clean(text: object) -> str:
    return _ADDRESS.sub("", inspect.cleandoc(text)).strip() if isinstance(text, str) else ""


def _ask_meanings(env: Any) -> dict[int, str]:
    """Returns what the environment itself says of its actions, whatever else it may raise or return."""
    with contextlib.suppress(Exception):
        return {
            int(env.action_space.start) + number: str(name)
            for number, name in enumerate(env.get_action_meanings())
        }
    return {}


def _list_members(env: Any) -> dict[int, str]:
    members = getattr(env, "actions", None)
    if not isinstance(members, type) or not issubclass(members, IntEnum):
        return {}
    return {int(member): member.name for member in members}
