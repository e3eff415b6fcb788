"""Registrations are carried over where another process can repeat them, and refused with what to do."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

import pytest
from gymnasium.envs.classic_control import CartPoleEnv
from gymnasium.envs.registration import EnvSpec
from policybook.environments.registrations import (
    UnsharedRegistrationError,
    describe_registration,
    list_patched,
)


class Maker:
    def __call__(self, **_: Any) -> CartPoleEnv:
        return CartPoleEnv()


def refusal(entry_point: Any) -> str:
    with pytest.raises(UnsharedRegistrationError) as caught:
        describe_registration(EnvSpec("Pole-v0", entry_point=entry_point))
    return str(caught.value)


def test_a_partial_of_a_module_is_told_how_to_be_registered() -> None:
    said = refusal(functools.partial(functools.partial(CartPoleEnv, True)))
    assert "as a partial of CartPoleEnv, which has no name in a module" in said
    assert "entry_point='gymnasium.envs.classic_control.cartpole:CartPoleEnv'" in said


def test_objects_of_a_cell_get_the_sentence_of_its_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Maker, "__module__", "__main__")
    assert "as a Maker, which a cell (or the script itself) defines" in refusal(Maker())
    assert "as a partial of Maker, which a cell" in refusal(functools.partial(Maker))
    assert "put the class and its imports into a cell of their own" in refusal(functools.partial(Maker()))


def test_an_object_that_a_module_has_a_name_for_is_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("poles")
    module.pole = functools.partial(CartPoleEnv, True)
    monkeypatch.setitem(sys.modules, "poles", module)
    assert describe_registration(EnvSpec("Pole-v0", entry_point=module.pole))["entryPoint"] == "poles:pole"


def test_what_a_cell_has_put_into_a_module_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = EnvSpec("Pole-v0", entry_point="gymnasium.envs.classic_control.cartpole:CartPoleEnv")
    assert list_patched(spec) == []

    def step(_: Any) -> None:
        return None

    step.__module__ = "__main__"
    monkeypatch.setattr(CartPoleEnv, "step", step)
    monkeypatch.setattr(CartPoleEnv, "name", staticmethod(step), raising=False)
    monkeypatch.setattr("gymnasium.envs.classic_control.cartpole.dynamics", step, raising=False)
    module = "gymnasium.envs.classic_control.cartpole"
    assert list_patched(spec) == [
        f"{module}.CartPoleEnv.name",
        f"{module}.CartPoleEnv.step",
        f"{module}.dynamics",
    ]
    monkeypatch.setattr(Maker, "__module__", "__main__")
    monkeypatch.setattr(f"{module}.CartPoleEnv", Maker)
    assert list_patched(spec) == [f"{module}.CartPoleEnv"]
    assert list_patched(EnvSpec("Pole-v0", entry_point="not_imported:Pole")) == []
