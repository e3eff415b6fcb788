"""Every kind of actions is played and learned, and what the search cannot do stands in the first line."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kernel_harness import RunningKernel
from learning_kernel import events, kernel_of_notebook, learn

kernel = kernel_of_notebook("spaces.ipynb")

KNOBS = """%%simulator knobs
import gymnasium as gym
import numpy as np
from gymnasium import spaces

KINDS = {
    "negative": spaces.Discrete(3, start=-1),
    "whole": spaces.MultiDiscrete([3, 3], start=[5, 5]),
    "table": spaces.MultiDiscrete([[3, 3], [2, 2]]),
    "switches": spaces.MultiBinary(2),
    "tuple": spaces.Tuple((spaces.Discrete(3), spaces.Box(-1, 1, (1,)))),
    "dict": spaces.Dict({"gear": spaces.Discrete(3), "gas": spaces.Box(0, 1, (1,))}),
    "deep": spaces.Dict({"turn": spaces.Tuple((spaces.Discrete(3), spaces.MultiBinary(2)))}),
    "scalar": spaces.Box(-1, 1, ()),
    "matrix": spaces.Box(-1, 1, (2, 1)),
    "unbounded": spaces.Box(-np.inf, np.inf, (1,)),
    "wide": spaces.Box(-2000, 2000, (1,)),
    "positive": spaces.Box(0, 1_000_000, (1,)),
    "bytes": spaces.Box(0, 255, (1,), np.uint8),
    "hollow": spaces.Tuple((spaces.Dict({}), spaces.Box(-1, 1, (1,)))),
    "point": spaces.Box(1, 1, (1,)),
    "far": spaces.Box(0, np.uint64(2**64 - 1), (1,), np.uint64),
}


class Knobs(gym.Env):
    def __init__(self, kind="wide", picture=False):
        self.kind = kind
        self.action_space = KINDS[kind]
        shape = (4, 4, 3) if picture else (2,)
        self.observation_space = spaces.Box(-np.inf, np.inf, shape, np.float32)

    def look(self):
        return np.resize(np.array([self.x, self.v], np.float32), self.observation_space.shape)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.v, self.n = float(self.np_random.uniform(-1, 1)), 0.0, 0
        return self.look(), {}

    def push(self, action):
        if self.kind == "hollow":
            return float(action[1][0])
        if self.kind == "tuple":
            return (int(action[0]) - 1) + float(action[1][0])
        if self.kind == "dict":
            return (int(action["gear"]) - 1) * float(action["gas"][0])
        if self.kind == "deep":
            return int(action["turn"][0]) - 1
        number = float(np.asarray(action, float).ravel()[0])
        return {"table": number - 1, "whole": number - 6, "switches": 2 * number - 1,
                "wide": number / 1000, "positive": number / 500_000 - 1, "bytes": number / 127.5 - 1}.get(
                    self.kind, number)

    def step(self, action):
        if not self.action_space.contains(action):
            raise TypeError(f"{action!r} is no action")
        self.n += 1
        self.v += 0.05 * float(np.clip(self.push(action), -1, 1)) - 0.05 * self.v + 0.01
        self.x += self.v
        return self.look(), -abs(self.x - 0.5), False, self.n >= 60, {}"""

SHORT = ("tuple", "whole")
ALL = ("negative", "whole", "table", "switches", "tuple", "dict", "deep", "scalar", "matrix", "unbounded",
       "wide", "positive", "bytes")  # fmt: skip


@pytest.fixture(scope="module")
def declared(kernel: RunningKernel) -> RunningKernel:
    learn(kernel.client(), KNOBS)
    return kernel


def print_of(kernel: RunningKernel, code: str) -> str:
    seen = learn(kernel.client(), code)
    return "".join(content["text"] for content in seen.of("stream"))


def check_kinds(kernel: RunningKernel, kinds: tuple[str, ...]) -> None:
    printed = print_of(
        kernel,
        f"""import policybook as pb
for kind in {kinds!r}:
    run = pb.learn("knobs", "k-" + kind, kwargs={{"kind": kind}}, episodes=250)
    table = run.candidates
    single = table[table.label.eq("same action") | table.label.str.startswith("always")]
    print("KIND", kind, len(single), len(table), run.best is not None)
    bench = pb.compare("b-" + kind, environment="knobs", kwargs={{"kind": kind}}, policies=["k-" + kind],
                       baselines=["random", "constant"], episodes=20)
    means = bench.results["mean"]
    print("MEANS", kind, *[round(float(value), 2) for value in means])
""",
    )
    lines = [line.split() for line in printed.splitlines() if line.startswith(("KIND", "MEANS"))]
    assert [line[1] for line in lines] == [kind for kind in kinds for _ in range(2)], printed
    for line in lines:
        if line[0] == "KIND":
            assert line[-1] == "True"
            assert int(line[2]) < int(line[3]), printed
        else:
            learned, random, constant = map(float, line[2:])
            assert learned > constant - 1, printed
            if line[1] in SHORT:
                assert learned > max(random, constant) + 20, printed


def test_composite_actions_are_learned_and_compared_with_random_and_constant_ones(
    declared: RunningKernel,
) -> None:
    check_kinds(declared, SHORT)


def test_empty_fixed_and_endless_actions_are_learned_without_a_fault(declared: RunningKernel) -> None:
    printed = print_of(
        declared,
        """import policybook as pb
for kind in ("hollow", "point", "far"):
    table = pb.learn("knobs", "odd-" + kind, kwargs={"kind": kind}, episodes=60).candidates
    print("KIND", kind, len(table) > (kind != "point"), "rejected" in set(table.verdict))
""",
    )
    lines = [line for line in printed.splitlines() if line.startswith("KIND")]
    assert lines == ["KIND hollow True False", "KIND point True False", "KIND far True False"], printed
    assert "Warning" not in printed


@pytest.mark.long
def test_every_other_kind_of_actions_is_too(declared: RunningKernel) -> None:
    check_kinds(declared, tuple(kind for kind in ALL if kind not in SHORT))


def first_line(seen: Any) -> str:
    last = seen.of("display_data", "update_display_data")[-1]
    text: str = last["data"]["text/plain"]
    return text.splitlines()[0]


def test_that_no_rule_fits_stands_in_the_first_line_of_the_output(declared: RunningKernel) -> None:
    seen = learn(
        declared.client(),
        "%%learn knobs as picture\nkwargs: {kind: tuple, picture: true}\nepisodes: 100\nracing: {seeds: 4}",
    )
    assert first_line(seen).startswith("The search has no rules for observations of Box(")
    assert "author:" in first_line(seen)


PLANT = """%%simulator plant
import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Plant(gym.Env):
    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Box(-1, 1, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.v, self.n = float(self.np_random.uniform(-0.2, 0.2)), 0.0, 0
        return np.array([self.x, self.v]), {}

    def step(self, action):
        self.n += 1
        self.v += 0.06 * self.x + 0.1 * float(np.clip(action[0], -1, 1))
        self.x += self.v
        return np.array([self.x, self.v]), -self.x * self.x, False, self.n >= 50, {}"""

HELD = """%%policy held for plant
K = 1.0  # tune: [0.3, 10]
D = 1.0  # tune: [0, 10]
def act(observation):
    return [min(1.0, max(-1.0, -K * observation[0] - D * observation[1]))]
"""


def test_where_most_policies_let_an_integrator_diverge_those_that_hold_it_are_still_told_apart(
    kernel: RunningKernel,
) -> None:
    client = kernel.client()
    for cell in (PLANT, HELD):
        learn(client, cell)
    seen = learn(client, "%%learn plant as unstable\nstart: held\nepisodes: 1500\nsimplify: false")
    table = seen.of("display_data", "update_display_data")
    text = "\n".join(content["data"].get("text/plain", "") for content in table)
    record = events(kernel.runs / "unstable")
    returns = [value for event in record if "played" in event for value in event["played"]["returns"]]
    assert min(returns) < -1e6
    tuned = [
        event
        for event in record
        if event["type"] == "challenger_compared"
        and event["championScore"]["mean"] > -1
        and event["challengerScore"]["mean"] > -1
    ]
    assert tuned[0]["verdict"] == "better", tuned[0]
    assert tuned[0]["bounds"]["low"] > -10
    assert "(assumed from those of the champion; all seen lie in -" in text
    compared = learn(
        client,
        "%%compare as held-or-not\nenvironment: plant\npolicies: [held, unstable]\n"
        "baselines: [constant]\nepisodes: 20",
    )
    rows = compared.of("display_data", "update_display_data")[-2]["data"]["text/plain"]
    # The constant action runs away; the two that hold the plant have intervals of their own size.
    assert re.search(r"held +-0\.\d+ \[-\d\.\d+, \d\.\d+\]", rows), rows
