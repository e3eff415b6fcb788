"""Whether an environment repeats: what a seed with one sequence of actions comes to, step by step."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from policybook.environments.action_masks import MaskError, draw_legal, find_mask, get_mask_key
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.pulse import FRAME, PULSE, Operation

TRIAL_SEED, OTHER_SEED = 101, 202
"""The seed that is played several times, and the one that is played between two times of it."""

TRIAL_STEPS, OTHER_STEPS = 200, 20
TRIAL_SECONDS = 0.5
"""A trial ends after so many steps or so long, whichever comes first."""

PARTS = ("observation", "reward", "end")
"""What is compared of each step, in the order in which a difference is named."""

Trial = Sequence[Sequence[str]]
"""For the reset and then for each step the hashes of its `PARTS`."""


def play_trial(pool: EnvironmentPool, seed: int = TRIAL_SEED, steps: int = TRIAL_STEPS) -> Trial:
    """Returns what one episode comes to; what the environment raises is its end."""
    end = time.monotonic() + TRIAL_SECONDS
    trial = []
    for parts in _play(pool, seed):
        trial.append([_hash_value(part) for part in parts])
        if len(trial) > steps or time.monotonic() > end:
            break
    return trial


def try_again(pool: EnvironmentPool) -> tuple[Trial, str | None]:
    """Plays the trial's seed, another one, and the first again; returns it, and what differed or None."""
    first = play_trial(pool)
    # A generator that no seed sets is at its start in a new process only, and nowhere after another episode.
    play_trial(pool, OTHER_SEED, OTHER_STEPS)
    difference = find_difference(first, play_trial(pool))
    return first, None if difference is None else f"{difference} when the seed was played again"


def find_difference(one: Trial, other: Trial) -> str | None:
    """Says where two trials differ first, as far as both went: "step 3 gave another reward"; else None."""
    for step, (parts, others) in enumerate(zip(one, other, strict=False)):
        for name, part, found in zip(PARTS, parts, others, strict=True):
            if part != found:
                return (
                    "the first observation was another" if step == 0 else f"step {step} gave another {name}"
                )
    return None


def _play(pool: EnvironmentPool, seed: int) -> Iterator[tuple[Any, Any, Any]]:
    instance = pool.take()
    try:
        space = instance.env.action_space
        space.seed(0)
        rng = np.random.default_rng(0)
        PULSE.write_row(0, 0, seed, 0)
        with PULSE.enter(Operation.RESET, 0):
            observation, info = instance.reset(seed=seed)
        yield _show(pool, instance.select_observed(observation), info), None, None
        is_over, steps = False, 0
        while not is_over and steps != instance.limit:
            steps += 1
            action = _draw(pool, space, observation, info, rng)
            PULSE.words[FRAME] = steps - 1
            with PULSE.enter(Operation.STEP, 0):
                answer = instance.step(action)
            observation, reward, terminated, truncated, info = answer
            is_over = bool(terminated) or bool(truncated)
            yield (
                _show(pool, instance.select_observed(observation), info),
                reward,
                (bool(terminated), bool(truncated)),
            )
    except Exception as error:  # noqa: BLE001 - whatever an environment raises, it may raise again
        yield None, None, type(error).__name__
    finally:
        pool.give_back(instance)


def _show(pool: EnvironmentPool, observation: Any, info: Any) -> Any:
    """Returns what a policy would see: the observation and the declared keys of `info`."""
    return observation, [info.get(key) for key in pool.keys] if isinstance(info, Mapping) else None


def _draw(pool: EnvironmentPool, space: Any, observation: Any, info: Any, rng: np.random.Generator) -> Any:
    """Returns an action that the mask allows, where the environment gives one that fits."""
    mask = None
    with contextlib.suppress(MaskError):
        mask = find_mask(get_mask_key(pool.spec), observation, info, space)
    return draw_legal(space, mask, space.sample(), rng)


def _hash_value(value: Any) -> str:
    digest = hashlib.sha256()
    for part in _write_parts(value):
        digest.update(part)
    return digest.hexdigest()[:12]


def _write_parts(value: Any) -> Iterator[bytes]:
    """Yields a value's bits, so that equal ones are the same to the last bit, type and shape."""
    if isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield f"{{{key!r}".encode()
            yield from _write_parts(value[key])
    elif isinstance(value, list | tuple):
        yield f"({len(value)}".encode()
        for item in value:
            yield from _write_parts(item)
    elif isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        yield f"{value.dtype} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield repr(value).encode()
    else:
        # The representation of another object may hold its address, which no process shares.
        yield type(value).__name__.encode()
