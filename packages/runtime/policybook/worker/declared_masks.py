"""The mask of legal actions that an environment is declared to have, or has under the usual key."""

from __future__ import annotations

from gymnasium.spaces import Dict

from policybook.environments.action_masks import USUAL_KEY, MaskError, find_mask
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import environment_pool
from policybook.rollout.failures import RequestFailedError

USUAL_MASK_NOTE = (
    f"info has a mask of legal actions, {USUAL_KEY}: all that plays for policybook obeys it, and it is an "
    f"argument of act, `{USUAL_KEY}`, for policies that take it."
)


def require_mask(spec: EnvironmentSpecJson, env: environment_pool.Env, seed: int) -> None:
    """Raises environment_error where the declaration names a mask that the environment does not have."""
    if "mask" not in spec:
        return
    key = spec["mask"]
    try:
        observation, info = env.reset(seed=seed)
        found = find_mask(key, observation, info, env.action_space)
    except MaskError as error:
        raise RequestFailedError(
            "environment_error", f"mask: {key} is no mask: {error}", {"key": "mask"}
        ) from error
    except Exception as error:
        raise environment_pool.explain_exception(spec, error, seed) from error
    if found is None:
        names = ", ".join(map(str, info)) or "no keys"
        message = (
            f"mask: neither info nor the observation has {key} after reset; info has {names}. The mask is an "
            "array of zeros and ones (a tuple or dict of them for composite actions)"
        )
        raise RequestFailedError("environment_error", message, {"key": "mask"})


def has_usual_mask(spec: EnvironmentSpecJson, env: environment_pool.Env, seed: int) -> bool:
    """Returns whether info has a mask under the usual key that the declaration does not name."""
    observed = env.observation_space
    if "mask" in spec or (isinstance(observed, Dict) and USUAL_KEY in observed.spaces):
        return False
    try:
        _, info = env.reset(seed=seed)
        return find_mask(USUAL_KEY, None, info, env.action_space) is not None
    except Exception:  # noqa: BLE001 - one that raises shows no mask; the episodes of a run say why
        return False
