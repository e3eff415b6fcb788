"""What authors read of an environment: its docstrings, and the names of its actions."""

import sys
from enum import IntEnum
from types import ModuleType
from typing import Any

import gymnasium
import pytest
from gymnasium.spaces import Discrete
from policybook.environments.documentation import MAX_CHARACTERS, read_action_names, read_documentation


class Plant(gymnasium.Env[Any, Any]):
    """Two rooms.

    The reward is <Rooms object at 0x7f3a5c001d90> and 0xFF of 0x00007f3a5c001d90.
    """

    action_space = Discrete(2, start=3)  # type: ignore[assignment]


class Derived(Plant):
    pass


class Silent(gymnasium.Env[Any, Any]):
    action_space = Discrete(2)  # type: ignore[assignment]


def test_the_docstring_is_that_of_the_nearest_class_without_memory_addresses() -> None:
    said = "Two rooms.\n\nThe reward is <Rooms object> and 0xFF of ."
    assert read_documentation(gymnasium.Wrapper(Derived()), is_simulator=False) == said


def test_an_environment_that_says_nothing_has_no_documentation() -> None:
    assert read_documentation(Silent(), is_simulator=False) is None


def test_the_docstring_of_a_simulators_cell_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("cell", doc="The cell.")
    monkeypatch.setitem(sys.modules, "cell", module)
    kind = type("Of", (gymnasium.Env,), {"__module__": "cell", "__doc__": "The class."})
    assert read_documentation(kind(), is_simulator=True) == "The cell.\n\nThe class."
    assert read_documentation(kind(), is_simulator=False) == "The class."


def test_documentation_is_cut() -> None:
    kind = type("Long", (gymnasium.Env,), {"__doc__": "x" * (MAX_CHARACTERS + 1)})
    assert read_documentation(kind(), is_simulator=False) == "x" * MAX_CHARACTERS + "…"


def test_actions_have_the_names_that_the_environment_gives_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = Plant()
    assert read_action_names(env) is None
    monkeypatch.setattr(env, "actions", IntEnum("Turns", {"right": 4, "left": 3}), raising=False)
    assert read_action_names(env) == ["left", "right"]
    monkeypatch.setattr(env, "get_action_meanings", lambda: ["NOOP", "FIRE"], raising=False)
    assert read_action_names(env) == ["NOOP", "FIRE"]
    monkeypatch.setattr(env, "get_action_meanings", lambda: ["NOOP"], raising=False)
    monkeypatch.setattr(env, "actions", [3, 4], raising=False)
    assert read_action_names(env) is None


def test_an_environment_whose_names_cannot_be_read_has_none() -> None:
    class Broken(Silent):
        def get_action_meanings(self) -> list[str]:
            raise RuntimeError("no names")

    assert read_action_names(Broken()) is None
