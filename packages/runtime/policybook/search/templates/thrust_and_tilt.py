# ruff: noqa: D103
"""Sink slower the lower it is, and lean against the drift."""

SINK = 0.4  # tune: [0, 1.2]
TOUCHDOWN = 0.1  # tune: [0, 0.5]
BRAKE = 1.0  # tune: [0, 3]
GAIN = 0.5  # tune: [-0.5, 1.5]  # each coordinate
STIFFNESS = 3.0  # tune: [0, 9]
DAMPING = 3.0  # tune: [0, 9]
SLACK = 0.4  # tune: [0.05, 1.5]


def act(observation):
    height, climb, tilt, spin, coordinate, touching = observation
    climb_wanted = -SINK * height - TOUCHDOWN
    thrust_demand = BRAKE * (climb_wanted - climb)
    tilt_wanted = GAIN * coordinate  # each coordinate
    turn_demand = STIFFNESS * (tilt_wanted - tilt) - DAMPING * spin
    if touching:  # when touching
        turn_demand = 0.0  # when touching
    return thrust_demand, turn_demand, SLACK  # actuator
