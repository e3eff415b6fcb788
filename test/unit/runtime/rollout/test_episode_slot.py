"""What of an episode is recorded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.rollout.blocks import EpisodeSpec
from policybook.rollout.environment_pool import EnvironmentInstance
from policybook.rollout.episode_slot import EpisodeRecording, EpisodeSlot

STEPS = 100
PICTURE = np.zeros((210, 160, 3), np.uint8)


@pytest.mark.parametrize(("room", "kept"), [(10 * PICTURE.nbytes, 10), (1000 * PICTURE.nbytes, STEPS)])
def test_a_recording_keeps_to_its_room(room: int, kept: int) -> None:
    """Pictures of whole episodes once filled the machine's memory: 10,000 of Breakout's are 1 GB."""
    slot = EpisodeSlot(EpisodeSpec(0, 0, 7), EnvironmentInstance(gymnasium.make("CartPole-v1")), STEPS, 0)
    slot.terminated = True
    recording = EpisodeRecording(PICTURE, {}, room)
    for _ in range(STEPS):
        slot.actions.append(1)
        recording.add(PICTURE, {}, 1, 1.0)

    trajectory = recording.make_trajectory(slot)

    assert len(trajectory.observations) == kept + 1
    assert len(trajectory.actions) == len(trajectory.rewards) == kept
    # What is kept of a longer episode does not end as the episode did.
    assert trajectory.terminated is (kept == STEPS)


def test_texts_are_recorded_as_pythons_own() -> None:
    recording = EpisodeRecording("left", {}, 1000)
    recording.add("the right side", {}, 0, 0.0)
    slot: Any = SimpleNamespace(terminated=True, actions=[0], spec=SimpleNamespace(seed=3))
    observations = list(recording.make_trajectory(slot).observations)
    assert observations == ["left", "the right side"]
    assert {type(observation) for observation in observations} == {str}


def test_tuples_are_recorded_as_they_were_given() -> None:
    observations = [(1, np.zeros(3)), (2, np.ones(3)), (3,)]
    recording = EpisodeRecording(observations[0], {}, 1000)
    for observation in observations[1:]:
        recording.add(observation, {}, (0, np.array([1, 2])), 0.0)
    slot: Any = SimpleNamespace(terminated=True, actions=[0, 1], spec=SimpleNamespace(seed=3))
    trajectory = recording.make_trajectory(slot)
    assert list(trajectory.observations) == observations
    assert [first for first, _ in trajectory.actions] == [0, 0]
