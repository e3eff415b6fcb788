"""The texts of the baselines that every environment has: actions drawn at random, and one constant action."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from policybook.baselines.baseline_error import BaselineError
from policybook.source.action_expressions import (
    NoSuchActionError,
    list_constant_actions,
    write_action,
    write_drawn_action,
    write_given_action,
)

UNIFORM = '''"""Actions drawn at random, by a new generator in each episode: what no skill at all scores."""

import numpy as np


class Policy:
    def reset(self, seed):
        self.draw = np.random.default_rng(seed)

    def act(self, observation):
        return {action}
'''

CONSTANT = '''"""One action, whatever is seen: what doing without observations scores."""

import numpy as np


def act(observation):
    return {action}
'''


def write_uniform_policy(space: spaces.Space[Any]) -> str:
    """Returns a policy that draws every action.

    Raises BaselineError for a space without a rule for drawing.
    """
    try:
        return UNIFORM.replace("{action}", write_drawn_action(space))
    except NoSuchActionError as error:
        raise BaselineError(str(error)) from error


def write_constant_policies(space: spaces.Space[Any], action: Any = None) -> dict[str, str]:
    """Returns texts by the action that they take: the given one, else each of the constant ones.

    Raises BaselineError for an action that is none of the space. Which of several is best is found by
    playing.
    """
    try:
        actions = (
            [write_action(space, each) for each in list_constant_actions(space)]
            if action is None
            else [write_given_action(space, action)]
        )
    except NoSuchActionError as error:
        raise BaselineError(str(error)) from error
    return {expression: CONSTANT.replace("{action}", expression) for expression in actions}
