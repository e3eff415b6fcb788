"""Hashes along an episode, which show a replay the step at which it departs from the record."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from policybook.protocol.messages import TrajectoryHashesJson

MAX_HASHES = 64
"""The most hashes of an episode; a short one has a hash for each step."""

REWARD_BYTES = 8
HASHES = [f"{number:03x}" for number in range(1 << 12)]


class TrajectoryHashes(NamedTuple):
    """The protocol's `trajectoryHashes`."""

    every: int
    hashes: str

    def to_json(self) -> TrajectoryHashesJson:
        """Returns the hashes as a message has them."""
        return {"every": self.every, "hashes": self.hashes}


NO_TRAJECTORY_HASHES = TrajectoryHashes(1, "")


def hash_trajectory(actions: bytes, rewards: Sequence[float], every: int | None = None) -> TrajectoryHashes:
    """Returns the hashes of an episode by its actions' bytes and its rewards, one each `every` steps."""
    steps = len(rewards)
    if every is None:
        every = max(1, -(-steps // MAX_HASHES))
    size = len(actions) // steps if steps else 0
    reward_bytes = array("d", rewards).tobytes()
    chosen = given = 0
    hashes = []
    for start in range(0, steps, every):
        end = start + every
        chosen = crc32(actions[start * size : end * size], chosen)
        given = crc32(reward_bytes[start * REWARD_BYTES : end * REWARD_BYTES], given)
        # The two give different bits, so that equal changes of both do not cancel out.
        hashes.append(HASHES[(chosen ^ given >> 16) & 0xFFF])
    return TrajectoryHashes(every, "".join(hashes))
