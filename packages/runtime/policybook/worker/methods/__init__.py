"""The evaluator's methods that run as jobs: a module each, with `run(params, job)`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from policybook.worker.job import Job


class Method(NamedTuple):
    """Where a method is, and what it does in words for people."""

    module: str
    work: str


METHODS = {
    "doctor": Method("doctor", "examining this installation"),
    "environment.describe": Method("environment_describe", "describing the environment"),
    "environment.list": Method("environment_list", "listing the environments"),
    "environment.probe": Method("environment_probe", "probing the environment"),
    "folder.describe": Method("folder_describe", "reading a folder of data"),
    "sandbox.level": Method("sandbox_level", "finding out how policies are confined"),
    "policy.describe": Method("policy_describe", "reading a policy"),
    "policy.ablate": Method("policy_ablate", "measuring what the parts of a policy do"),
    "policy.inline": Method("policy_inline", "reading a policy's folder"),
    "policy.export": Method("policy_export", "exporting a policy"),
    "policy.time": Method("policy_time", "timing a policy"),
    "baseline.texts": Method("baseline_texts", "writing the baselines"),
    "agent.text": Method("agent_text", "reading a recorded agent"),
    "agent.train": Method("agent_train", "training an agent"),
    "search.propose": Method("search_propose", "searching for policies"),
    "tune": Method("tune", "tuning a policy"),
    "jitter": Method("jitter", "moving the constants of a policy"),
    "actions.compare": Method("actions_compare", "comparing the actions of policies"),
    "simplify": Method("simplify", "simplifying a policy"),
    "trace": Method("trace", "replaying an episode"),
    "figure.png": Method("figure_png", "drawing a figure"),
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


def describe_work(name: str) -> str:
    """Says what a method does, or a task of the pool, as a message to people names it."""
    return METHODS[name].work if name in METHODS else "playing episodes"


def _import_method(name: str) -> Any:
    return import_module(f"{__name__}.{METHODS[name].module}")
