"""An environment that trusted code steps in a job, such as a search's probe or an agent's training.

Its faults have the same places and clocks as those of episodes that policies play, and cost an episode each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium

from policybook.environments.environment_check import RESET_PARTS, STEP_PARTS
from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout import environment_pool
from policybook.rollout.closing import close_in_time
from policybook.rollout.environment_fault import (
    MAX_FAULTS_IN_A_ROW,
    EnvironmentFault,
    EpisodeLostError,
)
from policybook.rollout.lost_episodes import LostEpisodes, count_lost, derive_next_seed
from policybook.rollout.observation_form import describe_misfit
from policybook.rollout.pulse import FRAME, PULSE, Operation

Env = gymnasium.Env[Any, Any]


class TrustedEpisodes:
    """Counts the episodes that a job's trusted code plays itself, and those that the environment has ended.

    `ended_processes` has the seeds at which the environment has ended or hung an earlier process of this job,
    with what happened: those episodes count as lost, and are not played again.
    """

    def __init__(
        self,
        params: Any,
        ended_processes: Mapping[int, EnvironmentFault] | None = None,
        environments: environment_pool.EnvironmentPools | None = None,
    ) -> None:
        self.params = params
        self.environments = environments or environment_pool.EnvironmentPools()
        self.ended_processes = ended_processes or {}
        self.lost: LostEpisodes | None = None
        self.in_a_row = 0

    @property
    def spec(self) -> EnvironmentSpecJson:
        """The specification of the job's environment; only jobs that have one may ask."""
        spec: EnvironmentSpecJson = self.params["environment"]
        return spec

    def get_pool(self) -> environment_pool.EnvironmentPool:
        """Returns the pool of the job's environment, whose instances serve all that the job does."""
        return self.environments.get(self.spec)

    def make(self, wrap: Callable[[Env], Env] | None = None) -> TrustedEnvironment:
        """Returns an environment as the specification says, in what `wrap` puts around it.

        Its `reset` and `step` raise EpisodeLostError where it fails in an episode. After that `reset` begins
        another episode, in an environment made for it. Where too many episodes are lost one after another,
        they raise the RequestFailedError of the last fault.
        """
        return TrustedEnvironment(self, wrap or (lambda env: env))

    def begin_episode(self, seed: int) -> tuple[Any, Any]:
        """Returns observation and info with which the seed's episode begins, or that of one after it."""
        env = self.make()
        try:
            while True:
                try:
                    observation, info = env.reset(seed=seed)
                except EpisodeLostError:
                    seed = derive_next_seed(seed)
                else:
                    return observation, info
        finally:
            env.close()

    def lose(self, fault: EnvironmentFault, error: Exception | None) -> EpisodeLostError:
        """Counts a lost episode; returns the error to raise, or raises what ends the job."""
        self.lost = count_lost(self.lost, fault)
        self.in_a_row += 1
        if self.in_a_row >= MAX_FAULTS_IN_A_ROW:
            raise fault.make_failure_in_a_row(self.in_a_row) from error
        return EpisodeLostError(fault)


class TimedEnvironment(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment whose operations are timed, and whose exceptions are its own.

    `seed` is that of the episode under way; without one an environment goes on with its own random
    numbers, and the last seed stands for it. `steps` counts the steps that have ended.
    """

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        self.seed = 0
        self.steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begins an episode."""
        self.seed = self.seed if seed is None else seed
        self.steps = 0
        PULSE.write_row(0, 0, self.seed, 0)
        with PULSE.enter(Operation.RESET, 0):
            return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> Any:
        """Takes a step."""
        PULSE.words[FRAME] = self.steps
        with PULSE.enter(Operation.STEP, 0):
            result = self.env.step(action)
        self.steps += 1
        return result

    def close(self) -> None:
        """Closes the environment, as far as that ends in time."""
        close_in_time(self.env)


class TrustedEnvironment(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A timed environment whose faults have a place, and end episodes only."""

    def __init__(self, episodes: TrustedEpisodes, wrap: Callable[[Env], Env]) -> None:
        self.instance = episodes.get_pool().take()
        self.timed = TimedEnvironment(wrap(self.instance.env))
        super().__init__(self.timed)
        self.wrap = wrap
        self.episodes = episodes
        self.has_begun = False
        """Whether an episode has begun in which nothing has failed."""
        self.is_broken = False
        self.is_closed = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begins an episode."""
        if self.has_begun:
            self.episodes.in_a_row = 0
        self.has_begun = False
        known = self.episodes.ended_processes.get(self.timed.seed if seed is None else seed)
        if known is not None:
            raise self.episodes.lose(known, None)
        if self.is_broken:
            self.instance.close()
            last = self.timed.seed
            self.instance = self.episodes.get_pool().take()
            self.env = self.timed = TimedEnvironment(self.wrap(self.instance.env))
            self.timed.seed = last
            self.is_broken = False
        try:
            result = self.timed.reset(seed=seed, options=options)
        except Exception as error:
            raise self._lose(error, None) from error
        wrong = _find_wrong_count(result, RESET_PARTS) or describe_misfit(self.observation_space, result[0])
        if wrong is not None:
            raise self._refuse(wrong, None)
        self.has_begun = True
        return result

    def step(self, action: Any) -> Any:
        """Takes a step."""
        step = self.timed.steps
        try:
            result = self.timed.step(action)
        except Exception as error:
            raise self._lose(error, step) from error
        wrong = (
            _find_wrong_count(result, STEP_PARTS)
            or describe_misfit(self.observation_space, result[0])
            or _find_wrong_reward(result[1])
        )
        if wrong is not None:
            raise self._refuse(wrong, step)
        return result

    def close(self) -> None:
        """Gives the environment back to the job, or closes it where it has failed; the first call counts."""
        if self.is_closed:
            return
        self.is_closed = True
        if self.is_broken:
            self.instance.close()
        else:
            self.episodes.get_pool().give_back(self.instance)

    def _lose(self, error: Exception, step: int | None) -> EpisodeLostError:
        self.is_broken, self.has_begun = True, False
        fault = environment_pool.describe_exception(self.episodes.spec, error, self.timed.seed, step)
        return self.episodes.lose(fault, error)

    def _refuse(self, wrong: str, step: int | None) -> EpisodeLostError:
        """Counts an episode as lost in which an answer is of no use."""
        self.is_broken, self.has_begun = True, False
        fault = environment_pool.describe_wrong_answer(self.episodes.spec, wrong, self.timed.seed, step)
        return self.episodes.lose(fault, None)


def _find_wrong_count(result: Any, wanted: tuple[str, ...]) -> str | None:
    """Says what an answer is that has not the parts that it is to have."""
    if isinstance(result, tuple) and len(result) == len(wanted):
        return None
    found = f"{len(result)} values" if isinstance(result, tuple) else f"one {type(result).__name__}"
    return f"{found}, not ({', '.join(wanted)})"


def _find_wrong_reward(reward: Any) -> str | None:
    try:
        is_finite = math.isfinite(float(reward))
    except (TypeError, ValueError):
        is_finite = False
    return None if is_finite else f"a reward of {reward!r:.80}"


class UnbrokenEnvironment(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A trusted environment for code that knows nothing of lost episodes: they look cut off to it."""

    def __init__(self, env: TrustedEnvironment) -> None:
        super().__init__(env)
        self.observation: Any = None
        self.seed = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begins an episode, of another seed where the environment fails at once."""
        while True:
            try:
                self.observation, info = self.env.reset(seed=seed, options=options)
            except EpisodeLostError as lost:
                seed = derive_next_seed(lost.fault.seed or 0)
            else:
                return self.observation, info

    def step(self, action: Any) -> Any:
        """Takes a step; the last observation stands for one that the environment has failed to give."""
        try:
            result = self.env.step(action)
        except EpisodeLostError:
            return self.observation, 0.0, False, True, {}
        self.observation = result[0]
        return result
