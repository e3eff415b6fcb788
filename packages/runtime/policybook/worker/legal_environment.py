"""An environment for code that plays on policybook's behalf: it takes legal actions only."""

from __future__ import annotations

from policybook.environments.action_masks import get_mask_key
from policybook.environments.legal_actions import LegalActions, MaskedObservation, find_observed_part
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import environment_pool


def make_legal(spec: EnvironmentSpecJson) -> LegalActions | MaskedObservation:
    """Returns an environment in which only legal actions are taken.

    It shows what a Dict observation holds besides the mask. Raises RequestFailedError where there is none.
    """
    env = LegalActions(environment_pool.make(spec), get_mask_key(spec), is_declared="mask" in spec)
    part = find_observed_part(env.observation_space, env.key)
    return env if part is None else MaskedObservation(env, part)
