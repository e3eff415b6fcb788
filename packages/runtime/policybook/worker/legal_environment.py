"""An environment for code that plays on policybook's behalf: it takes legal actions only."""

from __future__ import annotations

from policybook.environments.action_masks import get_mask_key
from policybook.environments.legal_actions import LegalActions, MaskedObservation, find_observed_part
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.environment_pool import Env


def make_legal(spec: EnvironmentSpecJson, env: Env) -> LegalActions | MaskedObservation:
    """Returns an environment in which only legal actions are taken.

    It shows what a Dict observation holds besides the mask.
    """
    env = LegalActions(env, get_mask_key(spec), is_declared="mask" in spec)
    part = find_observed_part(env.observation_space, env.key)
    return env if part is None else MaskedObservation(env, part)
