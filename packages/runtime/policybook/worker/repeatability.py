"""Whether an environment repeats a seed, tried in this process and in a second one."""

from __future__ import annotations

import time

import gymnasium

from policybook.environments.registrations import find_registered
from policybook.environments.user_code import STOCK
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import environment_pool
from policybook.rollout.repeat_trial import find_difference, try_again
from policybook.worker.second_process import SecondProcess

RETRIED_SECONDS = 5.0
"""A second process that could not play is tried once more, alone, where it has ended within this time."""


def try_to_repeat(
    spec: EnvironmentSpecJson, pool: environment_pool.EnvironmentPool, second: SecondProcess
) -> str | None:
    """Says what differs when one seed is played again, here or in the second process; None for nothing."""
    first, difference = try_again(pool)
    other = second.read_trial()
    if difference is not None:
        return difference
    if other is None and time.monotonic() - second.began < RETRIED_SECONDS:
        # Two at the same time may be one too many, as where the environment holds a port or a file.
        pool.close()
        pool.idle.clear()
        other = SecondProcess(spec, is_stock=is_stock(spec)).read_trial()
    difference = None if other is None else find_difference(first, other)
    return None if difference is None else f"{difference} in another process"


def is_stock(spec: EnvironmentSpecJson) -> bool:
    """Returns whether the environment is one that Gymnasium itself registers."""
    name = spec["id"]
    if name is None or "registration" in spec.get("userCode", {}):
        return False
    known = find_registered(name, gymnasium.registry)
    return known is not None and str(known.entry_point).startswith(f"{STOCK}.")
