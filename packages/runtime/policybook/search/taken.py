"""What an environment has taken in the place of an action that was not legal."""

from __future__ import annotations

from typing import Any

import gymnasium

from policybook.environments.legal_actions import LegalActions, find_legal_actions
from policybook.search.action_parts import DrawnActions, PartsWrapper


class TakenActions:
    """Reads the actions that were really taken, in the form in which the search gives them."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        self.legal: LegalActions | None = find_legal_actions(env)
        self.is_drawn = isinstance(env, DrawnActions)
        self.parts = env.parts if isinstance(env, PartsWrapper) else None

    def read(self, wanted: Any) -> Any:
        """Returns the action of the last step, which was to be `wanted`."""
        if self.legal is None or self.is_drawn:
            return wanted
        taken = self.legal.taken
        return taken if self.parts is None else self.parts.flatten(taken)

    def count_refusals(self) -> int:
        """Returns how many actions the environment has refused by raising."""
        return 0 if self.legal is None else self.legal.refusals


def describe_refusals(env: gymnasium.Env[Any, Any]) -> list[str]:
    """Returns a sentence where the environment has refused actions by raising."""
    legal = find_legal_actions(env)
    if legal is None or not legal.refusals:
        return []
    return [
        f"the environment refuses some actions by raising ({legal.last_refusal}); others were taken in their "
        "place. A mask in info, named by `mask:`, would tell policies which actions are legal"
    ]
