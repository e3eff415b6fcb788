"""What every round promises: determinism, honest costs, policies that run alone and read well."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple
from policybook.search import Proposal, ScoredPolicy, SearchRound, SearchTask, gathering, propose
from policybook.search.constants import propose_constant
from policybook.search.family import Family
from policybook.search.rules import list_families
from search_harness import Evaluator, Maker, race

TUNABLE = re.compile(r"^[A-Z][A-Z0-9_]* = (\S+)  # tune: \[(\S+), (\S+)\]( int)?$")
LANDER = ("x", "y", "vx", "vy", "angle", "spin", "left", "right")
MAKERS: dict[str, Maker] = {
    "CartPole": lambda: gymnasium.make("CartPole-v1"),
    "MountainCarContinuous": lambda: gymnasium.make("MountainCarContinuous-v0"),
    "Pendulum": lambda: gymnasium.make("Pendulum-v1"),
    "Acrobot": lambda: gymnasium.make("Acrobot-v1"),
    "LunarLander": lambda: gymnasium.make("LunarLander-v3"),
    "LunarLanderContinuous": lambda: gymnasium.make("LunarLander-v3", continuous=True),
    "Blackjack": lambda: gymnasium.make("Blackjack-v1"),
}


def rounds(maker: Maker, seed: int = 0, count: int = 2) -> list[SearchRound]:
    """The first rounds, as far as the scores of a tiny race lead."""
    evaluator = Evaluator(maker)
    history: list[ScoredPolicy] = []
    answers = []
    for number in range(count):
        answers.append(propose(SearchTask(seed, None, number), history, evaluator))
        scored = [
            ScoredPolicy(p.label, p.source, float(r.mean()), float(r.std()), len(r), is_head=False)
            for p in answers[-1].proposals
            for r in [evaluator.returns(p.source, [1, 2])]
        ]
        history += scored
    return answers


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.long) if name == "MountainCarContinuous" else name
        for name in MAKERS
    ],
)
def played(request: pytest.FixtureRequest) -> tuple[Maker, list[SearchRound]]:
    maker = MAKERS[request.param]
    return maker, rounds(maker)


def proposals_of(answers: list[SearchRound]) -> list[Proposal]:
    return [p for answer in answers for p in answer.proposals]


def test_policies_are_short_and_their_constants_inside_their_ranges(
    played: tuple[Maker, list[SearchRound]],
) -> None:
    for proposal in proposals_of(played[1]):
        lines = proposal.source.splitlines()
        assert len(lines) < 45
        assert max(map(len, lines)) <= 110
        assert ast.get_docstring(ast.parse(proposal.source))
        assert "policybook" not in proposal.source
        for line in lines:
            assert "#" not in line or TUNABLE.match(line), line
            if match := TUNABLE.match(line):
                value, low, high = map(float, match.groups()[:3])
                assert low < value < high, line


def test_labels_are_unique(played: tuple[Maker, list[SearchRound]]) -> None:
    labels = [p.label for p in proposals_of(played[1])]
    assert len(set(labels)) == len(labels)
    assert len(played[1][0].proposals) <= 12


def test_actions_are_what_the_space_takes(played: tuple[Maker, list[SearchRound]]) -> None:
    maker, answers = played
    env = maker()
    for proposal in proposals_of(answers):
        namespace: dict[str, Any] = {}
        exec(proposal.source, namespace)
        observation, _ = env.reset(seed=5)
        for _ in range(5):
            action = namespace["act"](observation)
            assert env.action_space.contains(action), (proposal.label, action)
            observation, _, terminated, _, _ = env.step(action)
            if terminated:
                break


def test_the_same_task_gives_the_same_rounds_whatever_was_kept(
    played: tuple[Maker, list[SearchRound]],
) -> None:
    maker, answers = played
    assert rounds(maker) == answers


def test_probing_is_charged_once() -> None:
    first, second = rounds(MAKERS["LunarLander"])
    assert first.usage.steps == 2000
    assert second.usage.steps == 0


def test_a_small_budget_bounds_the_probe() -> None:
    evaluator = Evaluator(MAKERS["LunarLander"])
    assert propose(SearchTask(0, None, 0, steps=900), [], evaluator).usage.steps == 300
    broke = propose(SearchTask(0, None, 0, steps_left=0), [], evaluator)
    assert broke.usage.steps == 0
    assert broke.is_exhausted


def test_a_budget_of_episodes_bounds_the_probe_too() -> None:
    evaluator = Evaluator(MAKERS["LunarLander"])
    assert propose(SearchTask(0, None, 0, episodes=30), [], evaluator).usage.episodes <= 10
    assert propose(SearchTask(0, None, 0, episodes=30, episodes_left=4), [], evaluator).usage.episodes == 0


def test_later_rounds_do_not_probe_again_when_less_is_left() -> None:
    taken = 0

    class Counted(gymnasium.Wrapper[Any, Any, Any, Any]):
        def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
            nonlocal taken
            taken += 1
            return self.env.step(action)

    evaluator = Evaluator(lambda: Counted(MAKERS["LunarLander"]()))
    assert (
        propose(SearchTask(0, None, 0, steps=9000, steps_left=9000), [], evaluator).usage.steps
        == taken
        == 2000
    )
    propose(SearchTask(0, None, 1, steps=9000, steps_left=5000), [], evaluator)
    assert taken == 2000


def test_findings_name_the_users_coordinates() -> None:
    answer = propose(SearchTask(0, LANDER, 0), [], Evaluator(MAKERS["LunarLander"]))
    said = "\n".join(answer.findings)
    assert "vy is the velocity of y" in said
    assert "action 0 is idle" in said
    assert "action 2 is a one-way actuator on vy" in said
    assert "actions 1 and 3 are a two-way actuator on spin" in said
    assert "left, right switch between two values" in said


class Unread(gymnasium.Env[Any, Any]):
    """Observations and actions that no template reads."""

    def __init__(self, observed: Any, acted: Any) -> None:
        self.observation_space, self.action_space = observed, acted

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        return self.observation_space.sample(), 0.0, False, True, {}


@pytest.mark.parametrize(
    ("observed", "acted"),
    [
        (Box(0, 255, (8, 8, 3), np.uint8), Discrete(3, start=1)),
        (Dict({"a": Discrete(2)}), Box(0.5, 1.0, (2, 2))),
        (Box(-1, 1, (3,)), MultiBinary(3)),
        (Box(-1, 1, (2,)), Discrete(1)),
        (Box(-1, 1, (0,)), Discrete(3)),
        (Box(-1, 1, (2,)), Box(1.0, 1.0, (1,))),
        (Box(-1, 1, (2,)), Text(3)),
        (Text(3), Discrete(2)),
    ],
)
def test_an_environment_that_no_family_reads_gets_one_action_and_the_reason(
    observed: Any, acted: Any
) -> None:
    evaluator = Evaluator(lambda: Unread(observed, acted))
    answer = propose(SearchTask(0, None, 0), [], evaluator)
    # Of numbers that are read weighted sums are looked for afterwards.
    obstacles = ("one action only", "no number of the observation", "not one of a few numbers")
    assert answer.is_exhausted == any(word in said for said in answer.findings for word in obstacles)
    assert answer.limitation is not None
    assert answer.limitation.startswith("The search ")
    baseline, *others = answer.proposals
    assert baseline.is_baseline
    assert not any(each.is_baseline for each in others)
    assert all(each.mean == 0 for each in race(evaluator, answer.proposals, [], 0))


def test_a_rule_that_fails_is_a_defect_with_a_number_and_the_others_propose(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any) -> Any:
        return compile("def act(observation:", "<unknown>", "exec")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    broken = Family(name="broken", rank=1, propose_from_facts=fail)
    monkeypatch.setattr(gathering, "list_families", lambda: (broken, *list_families()))
    answer = propose(SearchTask(0, None, 0), [], Evaluator(MAKERS["CartPole"]))
    assert [proposal.label for proposal in answer.proposals][:2] == ["same action", "regulator"]
    (defect,) = answer.defects
    assert defect.what == 'the search rule "broken" failed with SyntaxError'
    assert "<unknown>" not in defect.explain("The search goes on without it.")
    assert defect.path is not None
    assert "SyntaxError" in Path(defect.path).read_text(encoding="utf-8")


KNOBS: dict[str, Any] = {
    "whole numbers": MultiDiscrete([3, 3], start=[5, 5]),
    "a table of whole numbers": MultiDiscrete([[3, 3], [2, 5]]),
    "switches": MultiBinary(2),
    "a tuple": Tuple((Discrete(3), Box(-1, 1, (1,)))),
    "a dict": Dict({"gear": Discrete(3), "gas": Box(0, 1, (1,))}),
    "a tuple in a dict": Dict({"deep": Tuple((Dict({"turn": Discrete(3, start=-1)}), MultiBinary(1)))}),
    "a number": Box(-1, 1, ()),
    "bytes": Box(0, 255, (2, 1), np.uint8),
    "half bounded": Box(np.float32(5), np.inf, (1,)),
}


class Knobs(gymnasium.Env[Any, Any]):
    """A place follows the first number of an action, which it is best to hold at a half."""

    observation_space = Box(-np.inf, np.inf, (2,), np.float32)

    def __init__(self, space: Any) -> None:
        self.action_space = space

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.place, self.speed, self.time = float(self.np_random.uniform(-1, 1)), 0.0, 0
        return np.array([self.place, self.speed], np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        low, push, high = self._measure(self.action_space, action)
        self.time += 1
        self.speed += 0.05 * (2 * (push - low) / (high - low) - 1) - 0.05 * self.speed + 0.02
        self.place += self.speed
        observation = np.array([self.place, self.speed], np.float32)
        return observation, -abs(self.place - 0.5), False, self.time >= 60, {}

    def _measure(self, space: Any, action: Any) -> tuple[float, float, float]:
        if isinstance(space, Tuple):
            return self._measure(space.spaces[0], action[0])
        if isinstance(space, Dict):
            name = next(reversed(space.spaces))
            return self._measure(space.spaces[name], action[name])
        if isinstance(space, Box):
            high = float(np.minimum(space.high.flat[0], space.low.flat[0] + 2))
            return float(space.low.flat[0]), float(min(action.flat[0], high)), high
        if isinstance(space, Discrete):
            return float(space.start), float(action), float(space.start + space.n - 1)
        first = space.start.flat[0] if isinstance(space, MultiDiscrete) else 0
        last = first + space.nvec.flat[0] - 1 if isinstance(space, MultiDiscrete) else 1
        return float(first), float(action.flat[0]), float(last)


class Far(Knobs):
    """The same, moved one way or the other by whether a number is high."""

    def _measure(self, space: Any, action: Any) -> tuple[float, float, float]:
        number = float(np.ravel(action["far"] if isinstance(action, dict) else action)[0])
        return 0.0, float(number > 2.0**61), 1.0


@pytest.mark.parametrize("space", KNOBS.values(), ids=list(KNOBS))
def test_every_kind_of_actions_is_learned_beyond_the_best_single_one(space: Any) -> None:
    evaluator = Evaluator(lambda: Knobs(space))
    first = propose(SearchTask(0, ("x", "v"), 0, episodes=400), [], evaluator)
    assert first.limitation is None
    assert len({each.label for each in first.proposals}) == len(first.proposals) <= 16
    means = {each.label: each.mean for each in race(evaluator, first.proposals, [], 0)}
    single = {label for label in means if label == "same action" or label.startswith("always")}
    assert len(single) >= 1
    assert max(means.values()) > max(means[label] for label in single) + 5
    second = propose(SearchTask(0, ("x", "v"), 1, episodes=400), [], evaluator)
    assert all(np.isfinite(each.mean) for each in race(evaluator, second.proposals, [], 1))


@pytest.mark.parametrize(
    "space",
    [
        Box(0, np.uint64(2**64 - 1), (1,), np.uint64),
        Box(np.int64(-(2**63)), np.int64(2**63 - 1), (), np.int64),
        Dict({"far": Box(0, np.int64(2**63 - 1), (1,), np.int64), "say": Text(2, charset="ab")}),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_whole_numbers_of_64_bits_are_pushed_within_their_bounds(space: Any) -> None:
    evaluator = Evaluator(lambda: Far(space))
    answer = propose(SearchTask(0, ("x", "v"), 0, episodes=400), [], evaluator)
    means = {each.label: each.mean for each in race(evaluator, answer.proposals, [], 0)}
    assert len(means) > 1
    assert all(map(np.isfinite, means.values())), means


@pytest.mark.parametrize(
    "space",
    [
        Tuple((Discrete(3, start=-1), MultiDiscrete([2, 3]))),
        Tuple((Discrete(3),)),
        Dict({"x": Discrete(3), "it's": Box(-1, 1, (2,), np.float32)}),
        Dict({"deep": Tuple((MultiBinary(2),))}),
        MultiDiscrete([2, 3], start=[1, -5]),
        Box(np.array([1, 5], np.float32), np.array([2, 6], np.float32)),
        Box(0.12345, 1, (2,), np.float32),
        Box(-1, 1, (), np.float32),
        Box(5, np.inf, (1,), np.float32),
        Box(-np.inf, np.array([-3, 2], np.float32), (2,), np.float32),
        MultiBinary([2, 2]),
    ],
    ids=str,
)
def test_the_same_action_is_one_of_the_space(space: Any) -> None:
    namespace: dict[str, Any] = {}
    exec(propose_constant(space).source, namespace)
    assert space.contains(namespace["act"](None))


class Arms(gymnasium.Env[Any, Any]):
    """Two places, each moved by one part of the action, that are best held at zero."""

    observation_space = Box(-np.inf, np.inf, (2,), np.float32)
    action_space = Tuple((Discrete(3, start=-1), Dict({"turn": MultiDiscrete([3])})))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.places, self.time = self.np_random.uniform(-4, 4, 2), 0
        return self.places.astype(np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        self.time += 1
        self.places = self.places + 0.5 * np.array([action[0], action[1]["turn"][0] - 1]) + 0.1
        return (
            self.places.astype(np.float32),
            -float(abs(self.places).sum()),
            False,
            self.time >= 40,
            {},
        )


def test_parts_that_move_different_things_are_pushed_together() -> None:
    evaluator = Evaluator(Arms)
    answer = propose(SearchTask(0, ("left", "right"), 0, episodes=400), [], evaluator)
    means = {each.label: each.mean for each in race(evaluator, answer.proposals, [], 0)}
    assert max(means, key=lambda label: means[label]) == "regulators of all numbers"
    assert means["regulators of all numbers"] > means["same action"] + 100
