"""The levels of an environment: its wrappers, and below them the environment itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium


def iterate_levels(env: gymnasium.Env[Any, Any]) -> Iterator[gymnasium.Env[Any, Any]]:
    """Yields the wrappers from the outside in, and last the environment itself."""
    while isinstance(env, gymnasium.Wrapper):
        yield env
        env = env.env
    yield env
