# ruff: noqa: D103
"""Pump energy until the swing just reaches the top, then catch it there and hold."""

import math

TOP = 0.0  # when top
LIFT_ENERGY = 10.0  # tune: [0, 30]
PUMP = 1.0  # tune: [0, 3]
CATCH_WITHIN = 0.5  # tune: [0.1, 1.5]
STIFFNESS = 10.0  # tune: [0, 30]
DAMPING = 2.0  # tune: [0, 6]


def act(observation):
    angle, speed, tilt = observation
    tilt = (angle - TOP + math.pi) % (2 * math.pi) - math.pi  # when top
    if abs(tilt) < CATCH_WITHIN:
        push = -STIFFNESS * tilt - DAMPING * speed
    else:
        energy_missing = LIFT_ENERGY * (1 - math.cos(tilt)) - speed**2 / 2
        push = PUMP * energy_missing * (1 if speed > 0 else -1)
    return push  # actuator
