"""A step's limit is one of CPU time: what else the machine does changes no score.

Policies wait for CPU time of their own process here, which passes alike on every machine. One is halted to
show what a machine does that has no time for it.
"""

from __future__ import annotations

import signal
import time
from typing import Any

import psutil

SHORT_POLE = {"id": "CartPole-v1", "maxEpisodeSteps": 20}
LIMIT_MS = 1000


def busy(milliseconds: int, steps: int = 1) -> str:
    """A policy whose first steps take so much CPU time of its own process."""
    return f"""import time


class Policy:
    busy = {steps}

    def act(self, observation):
        if self.busy:
            self.busy -= 1
            end = time.process_time() + {milliseconds / 1000}
            while time.process_time() < end:
                pass
        return int(observation[2] + observation[3] > 0)
"""


def busiest_fork(evaluator: Any) -> psutil.Process | None:
    """Of the workers' zygotes: the policy that plays."""
    zygotes = [zygote for worker in evaluator.worker_processes() for zygote in worker.children()]
    forks = [fork for zygote in zygotes for fork in zygote.children(recursive=True)]
    return max(forks, key=cpu_seconds, default=None)


def cpu_seconds(process: psutil.Process | None) -> float:
    return 0.0 if process is None else float(process.cpu_times().user)


def test_a_process_that_gets_no_time_from_the_machine_changes_no_score(
    own_evaluator: Any, parameters: Any
) -> None:
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    undisturbed = evaluator.evaluate(SHORT_POLE, busy(800), [5], stepMs=LIMIT_MS)["episodes"]
    # The process that has played may still be ending.
    while cpu_seconds(busiest_fork(evaluator)) >= 0.05:
        time.sleep(0.01)
    key = evaluator.request("evaluate", parameters(SHORT_POLE, busy(800), [5], stepMs=LIMIT_MS))
    while cpu_seconds(playing := busiest_fork(evaluator)) < 0.05:
        time.sleep(0.01)
    assert playing is not None
    playing.send_signal(signal.SIGSTOP)
    # Longer than the limit, and far from the wall clock's, which is ten times as long.
    time.sleep(1.5 * LIMIT_MS / 1000)
    playing.send_signal(signal.SIGCONT)
    played = evaluator.wait(key)["value"]
    assert played["failure"] is None
    assert played["episodes"] == undisturbed


def test_a_step_past_the_limit_fails_and_says_how_near_it_came(evaluator: Any) -> None:
    played = evaluator.evaluate(SHORT_POLE, busy(LIMIT_MS * 10), [5], stepMs=LIMIT_MS)
    assert played["failure"]["code"] == "step_timeout"
    assert played["failure"]["step"] == 0
    words = played["failure"]["message"].split()
    assert (words[:3], words[4:9]) == (["`act`", "had", "used"], ["ms", "of", "CPU", "time", "when"])
    assert int(words[3]) >= LIMIT_MS
    assert "one call may take 1000 ms (`policy: {step: …}`)" in played["failure"]["message"]


def test_a_policy_near_the_limit_is_marked(evaluator: Any) -> None:
    played = evaluator.evaluate(SHORT_POLE, busy(750), [5], stepMs=LIMIT_MS)
    assert played["failure"] is None
    assert LIMIT_MS / 2 <= played["slowestStepMs"] < LIMIT_MS


def test_a_policy_far_from_the_limit_is_not_marked(evaluator: Any) -> None:
    assert "slowestStepMs" not in evaluator.evaluate(SHORT_POLE, busy(100, 3), [5], stepMs=LIMIT_MS)


STUCK = """
import time

import gymnasium


class Stuck(gymnasium.Env):
    observation_space = gymnasium.spaces.Discrete(9)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.seed, self.steps = seed, 0
        return 0, {}

    def step(self, action):
        if self.seed == 3 and self.steps == 2:
            time.sleep(3600)
        self.steps += 1
        return 0, 1.0, self.steps > 4, False, {}
"""


def test_a_step_that_does_not_end_is_reported_with_its_place_long_before_its_clock_ends_it(
    own_evaluator: Any, parameters: Any
) -> None:
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    spec = {"simulator": {"name": "stuck", "source": STUCK}}
    key = evaluator.request("evaluate", parameters(spec, "def act(o): return 0", [1, 2, 3]))
    places = set()
    while len(places) < 2:
        data = evaluator.receive()
        if data["kind"] == "progress" and "place" in data["value"]:
            places.add(data["value"]["place"])
    assert all(place.startswith("in step 3 of seed 3 for ") and place.endswith(" s") for place in places)
    evaluator.send({"kind": "cancel", "key": key})
