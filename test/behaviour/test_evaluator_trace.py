"""A traced episode: the one that is scored, with what the policy did at each step."""

from __future__ import annotations

import base64
import io
import itertools
from typing import Any

import gymnasium
import pytest
from PIL import Image

CARTPOLE = "CartPole-v1"

BALANCE = """GAIN = 0.05


def lean(angle, spin):
    total = GAIN * angle
    return total + spin


class Policy:
    def __init__(self):
        self.steps = 0

    def act(self, observation):
        self.steps += 1
        for _ in range(2):
            push = lean(observation[2], observation[3])
        if push > 0:
            return 1
        return 0
"""

FAILS_LATER = """import itertools

COUNT = itertools.count()


def act(observation):
    if next(COUNT) == 3:
        raise ValueError("enough")
    return 0
"""


def traced(evaluator: Any, parameters: Any, environment: Any, source: str, **further: Any) -> Any:
    params = parameters(environment, source, [])
    del params["seeds"]
    return evaluator.ask("trace", {**params, "seed": 7, "pictures": 0, **further})


def test_each_step_tells_what_ran_and_what_came_of_it(evaluator: Any, parameters: Any) -> None:
    trace = traced(evaluator, parameters, CARTPOLE, BALANCE)

    first, last = trace["steps"][0], trace["steps"][-1]
    assert trace["failure"] is None
    observation, _ = gymnasium.make(CARTPOLE).reset(seed=7)
    assert first["observation"] == observation.tolist()
    push = 0.05 * float(observation[2]) + float(observation[3])
    assert first["action"] == int(push > 0)
    assert float(first["variables"]["push"]) == pytest.approx(push, rel=1e-5)
    assert first["variables"]["self.steps"] == "1"
    assert last["variables"]["self.steps"] == str(len(trace["steps"]))
    assert "lean.total" in first["variables"]
    # Twice through the loop, and the line that decided comes last.
    assert dict(map(tuple, first["lines"])) == {
        14: 1,
        15: 3,
        16: 2,
        5: 2,
        6: 2,
        17: 1,
        19 - first["action"]: 1,
    }
    assert [step["lines"][-1][0] for step in trace["steps"]] == [
        19 - step["action"] for step in trace["steps"]
    ]
    assert sum(step["reward"] for step in trace["steps"]) == trace["return"]


def test_names_of_the_module_are_told_once_they_have_changed(evaluator: Any, parameters: Any) -> None:
    source = "LIMIT = 3\nSEEN = []\nCOUNT = 0\n\n\ndef act(observation):\n    global COUNT\n    COUNT += 1\n"
    source += "    if COUNT > LIMIT:\n        SEEN.append(COUNT)\n    return 0\n"
    steps = traced(evaluator, parameters, CARTPOLE, source)["steps"]
    of_module = [
        {name: text for name, text in step["variables"].items() if name.startswith("global ")}
        for step in steps
    ]
    assert of_module[0] == {"global COUNT": "1"}
    assert of_module[4] == {"global COUNT": "5", "global SEEN": "[4, 5]"}


HOLDS = """class Leg:
    def __init__(self, angle, other=None):
        self.angle, self.other = angle, other


class Empty:
    __slots__ = ()


STATE = None


def act(observation):
    global STATE
    STATE = [Leg(2), {1: Empty()}]
    own = Leg(0)
    for angle in range(1, 9):
        own = Leg(angle, own)
    cycle = Leg(1)
    cycle.other = cycle
    call = [act, object()]
    return 0
"""


def test_objects_of_a_policy_are_told_by_what_they_hold_and_never_by_an_address(
    evaluator: Any, parameters: Any
) -> None:
    first, second, *_ = traced(evaluator, parameters, CARTPOLE, HOLDS)["steps"]
    assert first["variables"]["global STATE"] == "[Leg(angle=2, other=None), {1: Empty()}]"
    assert first["variables"]["own"].startswith("Leg(angle=8, other=Leg(angle=7, other=Leg(")
    assert first["variables"]["call"] == "[<function act>, object()]"
    assert first["variables"]["cycle"].startswith("Leg(angle=1, other=Leg(angle=1, other=Leg(")
    for name in ("own", "cycle", "call"):
        assert first["variables"][name] == second["variables"][name]


@pytest.mark.parametrize(
    "environment",
    [CARTPOLE, "LunarLander-v3", "Blackjack-v1", pytest.param("CarRacing-v3", marks=pytest.mark.long)],
)
def test_it_is_the_episode_that_is_scored(evaluator: Any, parameters: Any, environment: str) -> None:
    space = gymnasium.make(environment).action_space
    space.seed(0)
    action = space.sample().tolist() if hasattr(space.sample(), "tolist") else int(space.sample())
    source = f"def act(observation):\n    return {action}\n"
    [scored] = evaluator.evaluate(environment, source, [7])["episodes"]

    trace = traced(evaluator, parameters, environment, source)

    assert trace["actionHash"] == scored["actionHash"]
    assert (trace["return"], len(trace["steps"])) == (scored["return"], scored["steps"])
    assert (trace["terminated"], trace["truncated"]) == (scored["terminated"], scored["truncated"])
    # A checkpoint of the scored episode is the traced one's after as many steps.
    every = [trace["trajectoryHashes"]["hashes"][3 * step :][:3] for step in range(scored["steps"])]
    hashed = scored["trajectoryHashes"]
    ends = [*range(hashed["every"], scored["steps"], hashed["every"]), scored["steps"]]
    assert len(ends) <= 64
    assert hashed["hashes"] == "".join(every[end - 1] for end in ends)


def test_a_declared_reward_is_the_float_that_it_is_for_a_score(evaluator: Any, parameters: Any) -> None:
    environment = {"id": "Taxi-v4", "reward": True, "maxEpisodeSteps": 5}
    source = "def act(observation, reward):\n    return 1 if type(reward) is float else 0\n"
    [scored] = evaluator.evaluate(environment, source, [7])["episodes"]
    assert traced(evaluator, parameters, environment, source)["actionHash"] == scored["actionHash"]


def test_pictures_are_spread_over_the_episode(evaluator: Any, parameters: Any) -> None:
    trace = traced(evaluator, parameters, CARTPOLE, BALANCE, pictures=12)

    shown = [number for number, step in enumerate(trace["steps"]) if step["png"] is not None]
    assert 6 <= len(shown) <= 12
    assert len({later - earlier for earlier, later in itertools.pairwise(shown)}) == 1
    picture = Image.open(io.BytesIO(base64.b64decode(trace["steps"][shown[-1]]["png"])))
    assert max(picture.size) == 240
    strip = Image.open(io.BytesIO(base64.b64decode(trace["filmstrip"])))
    assert strip.width == 960


def test_every_step_has_its_picture_where_that_is_asked_for(evaluator: Any, parameters: Any) -> None:
    source = "def act(observation):\n    return 0\n"
    trace = traced(evaluator, parameters, CARTPOLE, source, pictures=1000)
    assert all(step["png"] for step in trace["steps"])


def test_what_does_not_draw_has_no_pictures(evaluator: Any, parameters: Any) -> None:
    source = "def act(observation):\n    return 0\n"
    trace = traced(evaluator, parameters, "MiniGrid-Empty-5x5-v0", source, pictures=0)
    assert trace["filmstrip"] is None
    assert not any(step["png"] for step in trace["steps"])


def test_a_failure_comes_behind_the_steps_before_it(evaluator: Any, parameters: Any) -> None:
    trace = traced(evaluator, parameters, CARTPOLE, FAILS_LATER)
    assert len(trace["steps"]) == 3
    assert trace["failure"]["code"] == "raised"
    assert trace["failure"]["line"] == 8
    assert (trace["failure"]["seed"], trace["failure"]["step"]) == (7, 3)


ENDS_LATER = """import os

STEPS = []


def act(observation):
    STEPS.append(0)
    if len(STEPS) == 4:
        os._exit(3)
    return 0
"""


def test_an_end_of_the_process_comes_behind_the_steps_before_it(evaluator: Any, parameters: Any) -> None:
    trace = traced(evaluator, parameters, CARTPOLE, ENDS_LATER)
    assert len(trace["steps"]) == 3
    assert trace["return"] == 3
    assert trace["failure"]["code"] == "died"
    assert (trace["failure"]["seed"], trace["failure"]["step"]) == (7, 3)


@pytest.mark.parametrize("source", ["no_act.py", "endless_act.py", "exits.py"])
def test_policies_that_break_are_reported_as_such(evaluator: Any, parameters: Any, source: str) -> None:
    params = parameters(CARTPOLE, source, [0])
    scored = evaluator.ask("evaluate", params)["failure"]
    trace = traced(evaluator, parameters, CARTPOLE, params["source"])
    assert trace["failure"]["code"] == scored["code"]


def test_a_policy_cannot_lie_its_way_out_of_a_trace(evaluator: Any, parameters: Any) -> None:
    """It may falsify what is shown of it, in text, and no more than that."""
    source = """import sys


class Huge:
    def __repr__(self):
        return "x" * 10_000_000


class Fatal:
    def __repr__(self):
        raise SystemExit


def act(observation):
    tracer = sys.gettrace().__self__
    huge, fatal = Huge(), Fatal()
    tracer.variables.update({f"name{n}": "y" * 1000 for n in range(100)})
    tracer.lines.update({"no number": "x"})
    return 0
"""
    trace = traced(evaluator, parameters, CARTPOLE, source)
    assert trace["failure"] is None
    step = trace["steps"][0]
    assert len(step["variables"]) <= 40
    assert all(len(text) <= 200 for text in step["variables"].values())
    assert step["lines"] == []
