"""Packages that register environments with Gymnasium only when they are imported."""

from __future__ import annotations

import re

_PLUGINS = {"ale": "ale_py", "minigrid": "minigrid", "babyai": "minigrid"}
"""An id's first word in lower case -> the module that registers it."""


def find_plugin(name: str) -> str | None:
    """Returns the module that registers an environment's id, None where Gymnasium does so itself."""
    return _PLUGINS.get(re.split(r"[/-]", name, maxsplit=1)[0].lower())
