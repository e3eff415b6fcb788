"""Plays seeds with a program's own `play`, in a Python of its own, as `program_episodes.py` requests them.

`python -I player_process.py PROGRAM CLAIM PULSE`: CLAIM is JSON with the names `play`, `make` and `fault` of
what the program defines, and the specification `environment`; PULSE is the descriptor of a page of memory.
A seed a line on stdin; for each a JSON object a line on stdout: `{"return": …}`, `{"failed": …}` where the
policy has failed, `{"lost": …}` where the environment has; or `{"missing": …}` or `{"broken": …}`, which is
the last.
"""

from __future__ import annotations

import json
import math
import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# In isolated mode, Python looks for nothing in the folders of a user's own installation.
sys.path.append(str(Path(__file__).parents[2]))

from policybook.environments.system_exit import RAISED_BY_USER_CODE
from policybook.rollout.pulse import FRAME, PULSE, Operation

if TYPE_CHECKING:
    from policybook.protocol.messages import EnvironmentSpecJson


def main(program: str, claim: str, pulse: str) -> None:
    """Plays the seeds and replies on the true stdout; what the program prints goes elsewhere."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    PULSE.attach(int(pulse))
    names = json.loads(claim)

    def send_reply(**fields: Any) -> None:
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    try:
        play = runpy.run_path(program, run_name="policybook_verified")[names["play"]]
    except ImportError as error:
        return send_reply(missing=str(error), module=error.name)
    except BaseException as error:  # noqa: BLE001 - whatever a program does when it is loaded
        return send_reply(broken=f"{type(error).__name__}: {error}")
    watch = EpisodeWatch(names["environment"], play.__globals__, names)
    for line in sys.stdin:
        watch.seed = int(line)
        try:
            send_reply(**watch.judge_return(play(watch.seed)))
        except RAISED_BY_USER_CODE as error:
            reply = watch.judge_exception(error)
            send_reply(**reply)
            if "missing" in reply or "broken" in reply:
                return None
    return None


class EpisodeWatch:
    """Follows the environment of the episode under way, to tell its faults from the policy's.

    In a program of an earlier version, which has no names for that, every fault is the policy's.
    """

    def __init__(self, spec: EnvironmentSpecJson, program: dict[str, Any], names: dict[str, Any]) -> None:
        self.spec = spec
        self.seed = 0
        self.is_being_made = False
        self.actions: list[Any] = []
        self.fault: type[Exception] | None = None if names["fault"] is None else program[names["fault"]]
        if names["make"] is not None:
            self.make = program[names["make"]]
            program[names["make"]] = self.make_followed

    def make_followed(self, *arguments: Any, **named: Any) -> Any:
        """Makes the program's environment in its place."""
        self.actions, self.is_being_made = [], True
        with PULSE.enter(Operation.MAKE):
            env = self.make(*arguments, **named)
        self.is_being_made = False
        return FollowedEnvironment(env, self)

    def judge_return(self, total: Any) -> dict[str, Any]:
        """Returns the reply for an episode that was played to its end."""
        if math.isfinite(total):
            return {"return": total}
        from policybook.rollout.environment_pool import describe_endless_return

        return {"lost": describe_endless_return(self.spec, self.seed, total).cause}

    def judge_exception(self, error: Exception | SystemExit) -> dict[str, Any]:
        """Returns the reply for an episode that an exception has ended."""
        raised = error.__cause__ if self.fault is not None and isinstance(error, self.fault) else None
        first = raised or error
        # Gymnasium's word for a package that an environment needs; it may not be importable here.
        if isinstance(first, ImportError) or type(first).__name__ == "DependencyNotInstalled":
            return {"missing": str(first), "module": getattr(first, "name", None)}
        words = f"{type(first).__name__}: {first}"
        if self.is_being_made:
            return {"broken": f"the environment cannot be made: {words}"}
        from policybook.rollout.environment_pool import describe_exception, describe_wrong_answer

        step = len(self.actions) - 1 if self.actions else None
        if isinstance(raised, UnplayableObservationError):
            return {"lost": describe_wrong_answer(self.spec, str(raised), self.seed, step).cause}
        if not isinstance(raised, Exception) or self._is_refused(raised):
            return {"failed": words}
        return {"lost": describe_exception(self.spec, raised, self.seed, step).cause}

    def _is_refused(self, raised: Exception) -> bool:
        """Returns whether the environment has refused the policy's last action."""
        if not self.actions:
            return False
        from policybook.environments.action_masks import get_mask_key
        from policybook.environments.refusals import RaisedStep, is_refused

        *before, action = self.actions
        step = RaisedStep(self.seed, before, action, raised)
        try:
            env = self.make_followed()
        except Exception:  # noqa: BLE001 - constructors raise anything, and one that fails has refused nothing
            self.is_being_made = False
            return False
        try:
            return is_refused(env, env.action_space, get_mask_key(self.spec), step)
        finally:
            env.close()


class UnplayableObservationError(Exception):
    """An observation that no policy is given; the message says what is in it."""


class FollowedEnvironment:
    """A program's environment, which says in the pulse what it is doing."""

    def __init__(self, env: Any, watch: EpisodeWatch) -> None:
        self.env = env
        self.watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)

    def reset(self, *, seed: int) -> Any:
        """Begins an episode."""
        # An environment is reset again where it is tried there once more: its steps are counted from here.
        self.watch.actions = []
        PULSE.write_row(0, 0, seed, 0)
        with PULSE.enter(Operation.RESET, 0):
            answer = self.env.reset(seed=seed)
        self._check(answer[0])
        return answer

    def step(self, action: Any) -> Any:
        """Takes a step."""
        PULSE.words[FRAME] = len(self.watch.actions)
        self.watch.actions.append(action)
        with PULSE.enter(Operation.STEP, 0):
            answer = self.env.step(action)
        observation, _, terminated, truncated, _ = answer
        # The last observation is none that a policy acts on.
        if not (terminated or truncated):
            self._check(observation)
        return answer

    def _check(self, observation: Any) -> None:
        from policybook.rollout.observation_form import describe_endless_number

        wrong = describe_endless_number(self.env.observation_space, observation)
        if wrong is not None:
            raise UnplayableObservationError(wrong)

    def close(self) -> None:
        """Closes the environment, as far as that ends in time."""
        from policybook.rollout.closing import close_in_time

        close_in_time(self.env)


if __name__ == "__main__":
    main(*sys.argv[1:])
