"""The evaluator's methods that run as jobs: a module each, with `run(params, job)`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policybook.worker.job import Job

METHODS = {
    "doctor": "doctor",
    "environment.describe": "environment_describe",
    "environment.list": "environment_list",
    "folder.describe": "folder_describe",
    "sandbox.level": "sandbox_level",
    "policy.describe": "policy_describe",
    "policy.inline": "policy_inline",
    "policy.export": "policy_export",
    "policy.time": "policy_time",
    "baseline.texts": "baseline_texts",
    "agent.text": "agent_text",
    "agent.train": "agent_train",
    "search.propose": "search_propose",
    "tune": "tune",
    "jitter": "jitter",
    "actions.compare": "actions_compare",
    "simplify": "simplify",
    "trace": "trace",
    "figure.png": "figure_png",
}

HEAVY_METHODS = frozenset({"figure.png"})
"""Methods whose module takes longer to import than all others together, and serves nothing else."""


def load() -> None:
    """Imports the modules of all methods but `HEAVY_METHODS`, before processes are forked that run them."""
    for name in METHODS:
        if name not in HEAVY_METHODS:
            _import_method(name)


def run(name: str, params: Any, job: Job) -> Any:
    """Runs a method and returns its result; each module types its own by the protocol.

    Raises RequestFailedError where there is no result.
    """
    return _import_method(name).run(params, job)


def _import_method(name: str) -> Any:
    return import_module(f"{__name__}.{METHODS[name]}")
