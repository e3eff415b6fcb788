"""Whether an environment repeats a seed, tried in this process and in a second one."""

from __future__ import annotations

import time
from typing import NamedTuple

import gymnasium

from policybook.environments.registrations import find_registered
from policybook.environments.user_code import STOCK
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import environment_pool
from policybook.rollout.environment_fault import describe_environment
from policybook.rollout.repeat_trial import find_difference, try_again
from policybook.worker.second_process import SecondProcess

RETRIED_SECONDS = 5.0
"""A second process that could not play is tried once more, alone, where it has ended within this time."""


class Repetition(NamedTuple):
    """What came of playing one seed again."""

    difference: str | None
    """What differed, None for nothing."""
    notes: list[str]
    """Why it could not be played in another process, for people."""


def try_to_repeat(
    spec: EnvironmentSpecJson, pool: environment_pool.EnvironmentPool, second: SecondProcess
) -> Repetition:
    """Says what differs when one seed is played again, here or in the second process."""
    first, difference = try_again(pool)
    other = second.read_trial(pool.seconds_to_make)
    notes = _explain_missing(second)
    if difference is not None:
        return Repetition(difference, notes)
    if other is None and time.monotonic() - second.began < RETRIED_SECONDS:
        # Two at the same time may be one too many, as where the environment holds a port or a file.
        pool.close()
        again = SecondProcess(spec, is_stock=is_stock(spec))
        other = again.read_trial(pool.seconds_to_make)
        notes = notes or _explain_missing(again)
    difference = None if other is None else find_difference(first, other)
    return Repetition(None if difference is None else f"{difference} in another process", notes)


def _explain_missing(second: SecondProcess) -> list[str]:
    if second.fault is not None:
        return [f"{second.fault.sentence}; an episode that ends so is lost"]
    if second.is_late:
        return [
            f"{describe_environment(second.spec)} took too long in a second process, so that a seed was "
            "played again in one process only: whether another process repeats it is not known"
        ]
    return []


def is_stock(spec: EnvironmentSpecJson) -> bool:
    """Returns whether the environment is one that Gymnasium itself registers."""
    name = spec["id"]
    if name is None or "registration" in spec.get("userCode", {}):
        return False
    known = find_registered(name, gymnasium.registry)
    return known is not None and str(known.entry_point).startswith(f"{STOCK}.")
