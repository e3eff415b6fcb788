# ruff: noqa: D103, RET504
"""Push along speed: whatever already moves is made to move faster."""

OFFSET = 0.0  # tune: [-1, 1]


def act(observation):
    speed = observation
    push = speed - OFFSET
    return push  # actuator
