# ruff: noqa: D103
"""Do one thing while count is low and another from a limit on."""

LIMIT = 17  # tune: [1, 21] int


def act(observation):
    count = observation
    return 1 if count < LIMIT else 0  # actuator
