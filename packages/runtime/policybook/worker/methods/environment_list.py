"""`environment.list`: all ids that can be named without the import of a package."""

from __future__ import annotations

import contextlib
import importlib

import gymnasium

from policybook.protocol.messages import EnvironmentListParams, EnvironmentListResult
from policybook.worker.job import Job

PLUGINS = ("ale_py", "minigrid")


def run(params: EnvironmentListParams, job: Job) -> EnvironmentListResult:  # noqa: ARG001 - every method is called alike
    """Returns the ids of Gymnasium and of the installed packages that register more."""
    for name in PLUGINS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    return {"ids": sorted(str(name) for name in gymnasium.registry)}
