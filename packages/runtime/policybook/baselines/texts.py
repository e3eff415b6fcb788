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
from policybook.source.legal_choice import DRAWN, MaskAccess, obey_mask, write_legal

UNIFORM = '''"""Actions drawn at random, by a new generator in each episode: what no skill at all scores."""

import numpy as np


class Policy:
    def reset(self, seed):
        self.draw = np.random.default_rng(seed)

    def act(self, observation):
        return {action}
'''

LEGAL = '''"""Legal actions at random, by a new generator in each episode: what no skill at all scores."""

import numpy as np


class Policy:
    def reset(self, seed):
        self.draw = np.random.default_rng(seed)

{helper}
    def act(self, {parameters}):
        wanted = {action}
        return wanted if {mask} is None else {legal}
'''

CONSTANT = '''"""One action, whatever is seen: what doing without observations scores."""

import numpy as np


def act(observation):
    return {action}
'''

LEGAL_CONSTANT = CONSTANT.replace(
    '"""One action, whatever is seen: what', '"""One action, or the legal one that is nearest to it: what'
)


def write_uniform_policy(space: spaces.Space[Any], access: MaskAccess | None = None) -> str:
    """Returns a policy that draws every action, of the legal ones where it reads a mask.

    Raises BaselineError for a space without a rule for drawing.
    """
    try:
        action = write_drawn_action(space)
    except NoSuchActionError as error:
        raise BaselineError(str(error)) from error
    if access is None:
        return UNIFORM.replace("{action}", action)
    filling = {
        "{helper}": DRAWN,
        "{parameters}": access.parameters,
        "{mask}": access.expression,
        "{legal}": write_legal(space, "wanted", access.expression, "self.pick_legal"),
        # It is the last one, because a text in it may look like one of the others.
        "{action}": action,
    }
    text = LEGAL
    for name, value in filling.items():
        text = text.replace(name, value)
    return text


def write_constant_policies(
    space: spaces.Space[Any], action: Any = None, access: MaskAccess | None = None
) -> dict[str, str]:
    """Returns texts by the action that they take: the given one, else each of the constant ones.

    Where there is a mask, the nearest legal action stands in for one that is not legal, and the names say so.
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
    if access is None:
        return {expression: CONSTANT.replace("{action}", expression) for expression in actions}
    return {
        f"{expression}, or the nearest legal action": obey_mask(
            LEGAL_CONSTANT.replace("{action}", expression), space, access
        )
        for expression in actions
    }
