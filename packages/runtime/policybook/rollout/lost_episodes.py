"""Episodes that faults of the environment ended, and the seeds of those that take their places."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from policybook.rollout.environment_fault import EnvironmentFault

SEED_BYTES = 4
SEED_LIMIT = 1 << 31
"""Seeds are whole numbers below this one."""


class LostEpisodes(NamedTuple):
    """How many episodes were lost, and the cause of the last of them, for people."""

    number: int
    cause: str


def join_lost(first: LostEpisodes | None, second: LostEpisodes | None) -> LostEpisodes | None:
    """Returns both together, with the cause of the second where there is one; None for none."""
    if first is None or second is None:
        return first or second
    return LostEpisodes(first.number + second.number, second.cause)


def count_lost(before: LostEpisodes | None, fault: EnvironmentFault) -> LostEpisodes:
    """Returns the lost episodes with one more."""
    return LostEpisodes(1 if before is None else before.number + 1, fault.cause)


def derive_next_seed(seed: int) -> int:
    """Returns the seed that takes the place of one whose episode was lost.

    It follows from that seed alone, so that a repetition of a run plays the same episodes.
    """
    digest = hashlib.sha256(f"policybook next seed {seed}".encode()).digest()
    return int.from_bytes(digest[:SEED_BYTES], "little") % SEED_LIMIT
