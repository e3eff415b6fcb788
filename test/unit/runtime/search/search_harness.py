"""A small stand-in for the engine: plays policies unconfined, races a round's proposals on common seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Dict, Tuple
from policybook.rollout.trajectory import Trajectory
from policybook.search import Proposal, ScoredPolicy, SearchTask, SearchUsage, propose

LONGEST = 2_000  # steps after which an episode of an endless environment is cut

Maker = Callable[[], gymnasium.Env[Any, Any]]


def controller(source: str, env: gymnasium.Env[Any, Any], seed: int) -> Callable[[Any], Any]:
    """A policy's `act`, in a fresh namespace."""
    namespace: dict[str, Any] = {}
    exec(compile(source, "policy", "exec"), namespace)
    if "Policy" not in namespace:
        return namespace["act"]
    policy = namespace["Policy"]()
    if hasattr(policy, "reset"):
        policy.reset(seed, (env.observation_space, env.action_space))
    return policy.act


@dataclass(eq=False)
class Evaluator:
    """Plays episodes in this process and counts the steps."""

    maker: Maker
    steps: int = 0

    def make(self) -> gymnasium.Env[Any, Any]:
        return self.maker()

    def play(self, source: str, seeds: Sequence[int]) -> list[Trajectory]:
        env = self.maker()
        return [self.episode(env, source, seed) for seed in seeds]

    def episode(self, env: gymnasium.Env[Any, Any], source: str, seed: int) -> Trajectory:
        act = controller(source, env, seed)
        observation, _ = env.reset(seed=seed)
        observations, actions = [observation], []
        rewards: list[float] = []
        terminated = truncated = False
        while not (terminated or truncated) and len(rewards) < LONGEST:
            action = act(observation)
            observation, reward, terminated, truncated, _ = env.step(action)
            observations.append(observation)
            actions.append(action)
            rewards.append(float(reward))
        self.steps += len(rewards)
        rows: np.ndarray[Any, Any] = np.empty(len(actions), object)
        rows[:] = actions
        kept = rows if isinstance(env.action_space, Tuple | Dict) else np.array(actions)
        return Trajectory(np.array(observations), kept, np.array(rewards), terminated, seed)

    def returns(self, source: str, seeds: Sequence[int]) -> np.ndarray[Any, Any]:
        return np.array([t.rewards.sum() for t in self.play(source, seeds)])


@dataclass(frozen=True)
class Search:
    """A finished search: the champions one after another, and what it cost."""

    champions: tuple[ScoredPolicy, ...]
    spent: SearchUsage
    steps: int
    findings: tuple[str, ...]


def search(maker: Maker, seed: int, names: tuple[str, ...] | None = None, rounds: int = 6) -> Search:
    """Plays all on 4 seeds, the best six on 16, the best three on 48, then asks for the next round."""
    evaluator = Evaluator(maker)
    history: list[ScoredPolicy] = []
    champions: list[ScoredPolicy] = []
    spent = SearchUsage()
    found: list[str] = []
    for number in range(rounds):
        answer = propose(SearchTask(seed, names, number), history, evaluator)
        spent, found = spent + answer.usage, [*found, *answer.findings]
        scored = race(evaluator, [*answer.proposals], champions, seed * 100 + number)
        for candidate in sorted(scored, key=lambda s: s.mean):
            if candidate.episodes >= 48 and (not champions or candidate.mean > champions[-1].mean):
                champions.append(candidate)
        best = champions[-1].source if champions else None
        history += scored
        history = [
            ScoredPolicy(s.label, s.source, s.mean, s.deviation, s.episodes, s.source == best)
            for s in history
        ]
        if answer.is_exhausted:
            break
    return Search(tuple(champions), spent, spent.steps + evaluator.steps, tuple(found))


def race(
    evaluator: Evaluator, proposals: Sequence[Proposal], champions: Sequence[ScoredPolicy], stream: int
) -> list[ScoredPolicy]:
    """Successive halving on common seeds of one stream."""
    returns: dict[str, list[float]] = {p.source: [] for p in proposals}
    labels = {p.source: p.label for p in proposals}
    alive = list(returns)
    for upto, keep in ((4, 6), (16, 3), (48, 3)):
        for source in alive:
            have = len(returns[source])
            seeds = [seed_of(stream, k) for k in range(have, upto)]
            returns[source] += evaluator.returns(source, seeds).tolist()
        alive = sorted(alive, key=lambda s: -float(np.mean(returns[s])))[:keep]
    return [
        ScoredPolicy(labels[s], s, float(np.mean(r)), float(np.std(r)), len(r), False)
        for s, r in returns.items()
    ]


def seed_of(stream: int, k: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{stream}/{k}".encode()).digest()[:4], "big") // 2
