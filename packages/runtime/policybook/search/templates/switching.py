# ruff: noqa: D103, RET504
"""Push along speed, but turn early or late depending on position: a bent switching curve."""

SHIFT = 0.0  # tune: [-1, 1]
SLOPE = 0.0  # tune: [-1, 1]
BEND = 0.0  # tune: [-1, 1]
STRENGTH = 1.0  # tune: [0, 3]  # when measured


def act(observation):
    position, speed = observation
    turning_speed = SHIFT + SLOPE * position + BEND * position**2
    push = speed - turning_speed  # when full
    push = STRENGTH * (speed - turning_speed)  # when measured
    return push  # actuator
