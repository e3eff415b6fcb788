# ruff: noqa: D103
"""Look up what value iteration found best in a model of the moves that were tried."""

MOVES = ()  # table


def act(observation):
    place = observation  # when tuple
    return int(MOVES[place])
