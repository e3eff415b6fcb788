"""Environments by the names that users know: declared in a cell, or registered with Gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gymnasium

    from policybook.protocol.messages import EnvironmentSpecJson


class Environment:
    """A resolved declaration, from which instances are made."""

    def __init__(self, name: str, spec: EnvironmentSpecJson) -> None:
        self.name = name
        self.spec = spec

    def make(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
        """Returns an instance, made by the same function as the evaluator's."""
        from policybook.environments.make import make_environment

        return make_environment(self.spec, render_mode=render_mode)

    def __repr__(self) -> str:
        return f"<environment {self.name}>"


def find_environment(name: str) -> Environment:
    """Returns what a cell of this notebook declared under the name, else the registered id."""
    from policybook.notebook import declarations

    for kind in ("environment", "simulator"):
        declaration = declarations.find(kind, name)
        if declaration is not None:
            return Environment(name, declaration.resolved["environment"])
    spec: EnvironmentSpecJson = {
        "id": name,
        "simulator": None,
        "kwargs": {},
        "observe": None,
        "maxEpisodeSteps": None,
    }
    return Environment(name, spec)
