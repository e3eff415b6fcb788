# ruff: noqa: D103, RET504
"""Hold everything at zero: push against the weighted sum of what is off."""

GAIN = 1.0  # tune: [0, 3]  # each coordinate


def act(observation):
    coordinate = observation
    push = GAIN * coordinate  # each coordinate
    return push  # lever
