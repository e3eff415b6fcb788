# ruff: noqa: D103
"""Hold everything where it should be: push against the weighted sum of what is off."""

REST = 0.0  # tune: [-1, 1]  # when rest
GAIN = 1.0  # tune: [0, 3]  # each coordinate


def act(observation):
    coordinate = observation
    push = GAIN * coordinate  # each coordinate
    push += REST  # when rest
    return push  # actuator
