"""Plays a block: a batch of episodes in lockstep, one frame to the policy and one back for each step.

Each episode is the same whatever stands beside it. A failure at seed i ends the episodes after i; those
before it play on to their end, in a new process if the policy's was lost: the outcome does not depend on
the width.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from policybook.evaluator import environments
from policybook.evaluator.actions import InvalidActionError
from policybook.evaluator.blocks import Block, Episode, Outcome
from policybook.evaluator.environments import Instance, Kind
from policybook.evaluator.failures import PolicyFailure, RequestFailedError
from policybook.evaluator.policy_process import PolicyLostError, PolicyProcess
from policybook.evaluator.sentences import failure_of
from policybook.evaluator.spaces import summary
from policybook.jail.enter import HIGHEST
from policybook.jail.layout import Layout, LayoutMismatchError, Plain, infer
from policybook.search.contract import Trajectory

WIDTH = 64
"""Episodes side by side. On CartPole a frame of 32 costs a tenth of a step more than one of 64."""

BATCH_BYTES = 1 << 20
"""A batch of large observations is narrower, so that a frame stays in the caches and the pipe."""


class Seat:
    """An episode under way; `watched` ones need more than a step, a sum and a log of actions."""

    __slots__ = (
        "actions", "index", "instance", "last", "log", "observation", "record", "seed", "step", "terminated",
        "total", "truncated", "watched",
    )  # fmt: skip

    def __init__(self, index: int, seed: int, instance: Instance, last: int, recorded: bool) -> None:
        self.index = index
        self.seed = seed
        self.instance = instance
        self.step = instance.step
        self.last = last
        self.watched = recorded or instance.indices is not None
        self.total = 0.0
        self.actions: list[bytes] = []
        self.log = self.actions.append
        self.terminated = False
        self.truncated = False
        self.observation, _ = instance.reset(seed=seed)
        if instance.indices is not None:
            self.observation = self.observation[instance.indices]
        self.record: tuple[list[Any], list[Any], list[Any]] = ([self.observation], [], [])


class Lockstep:
    """One block on its way; `start` makes policy processes, `report` hears of episodes and steps done."""

    def __init__(
        self,
        block: Block,
        kind: Kind,
        start: Callable[[Layout], PolicyProcess],
        report: Callable[[int, int], None],
        width: int,
    ) -> None:
        self.block = block
        self.kind = kind
        self.start = start
        self.report = report
        # A policy that draws from global generators must not share them with other episodes.
        self.width = 1 if "random" in block.source else width
        self.todo = deque(range(len(block.seeds)))
        self.seats: list[Seat] = []
        self.frame = 0
        self.steps = 0
        self.episodes: dict[int, Episode] = {}
        self.trajectories: dict[int, Trajectory] = {}
        self.failure: PolicyFailure | None = None
        self.layout: Layout = Plain("int")
        self.policy_cpu = 0.0
        self.level = HIGHEST

    def play(self) -> Outcome:
        """Plays all seeds, or those before the policy's first failure."""
        cpu = time.process_time()
        try:
            while self.todo:
                self._play_in_one_process()
        finally:
            for seat in self.seats:
                self.kind.give_back(seat.instance)
        played = sorted(self.episodes)
        return Outcome(
            tuple(self.episodes[index] for index in played),
            self.failure,
            self.steps,
            time.process_time() - cpu + self.policy_cpu,
            self.level,
            tuple(self.trajectories[index] for index in played) if self.block.record else (),
        )

    def _play_in_one_process(self) -> None:
        policy = self.start(self.kind.actions.layout)
        self.level = min(self.level, policy.level)
        try:
            fault = policy.load(self.block.source, {key: summary(s) for key, s in self.kind.spaces.items()})
            if fault is not None:
                self._fail(0, fault, None)
                return
            self.layout = Plain("int")
            ended: list[int] = []
            while self.todo or self.seats:
                begun = self._fill()
                ended = self._step(policy, ended, begun)
        except PolicyLostError as lost:
            self._restart(lost)
        finally:
            policy.close()
            self.policy_cpu += policy.cpu_seconds

    def _fill(self) -> list[int]:
        """Begins episodes up to the width; the seeds that the policy is given for them."""
        begun = []
        while self.todo and len(self.seats) < self.width:
            index = self.todo.popleft()
            seed = self.block.seeds[index]
            instance = self.kind.take()
            last = self.frame + self.kind.limit - 1
            try:
                seat = Seat(index, seed, instance, last, self.block.record)
            except Exception as error:
                raise environments.fault(self.block.environment, error, seed) from error
            self.seats.append(seat)
            begun.append(policy_seed(seed))
            size = getattr(seat.observation, "nbytes", 0)
            if size * self.width > BATCH_BYTES:
                self.width = max(1, BATCH_BYTES // size)
        return begun

    def _step(self, policy: PolicyProcess, ended: list[int], begun: list[int]) -> list[int]:
        """One step of every episode; the positions of those that ended."""
        observations = self._packed(policy)
        reply = policy.act(ended, begun, len(self.seats), observations)
        fault = reply.fault
        count = reply.count
        try:
            actions = self.kind.actions.read(reply.actions, count)
        except InvalidActionError as invalid:
            count = invalid.row
            size = self.kind.actions.layout.size
            actions = self.kind.actions.read(reply.actions[: count * size], count)
            fault = {"code": "invalid_action", "text": invalid.reason, "line": None, "column": None}
        gone: list[int] = []
        if fault is not None:
            seat = self.seats[count]
            self._fail(seat.index, fault, seat)
            gone = list(range(count, len(self.seats)))
            self._leave(count)
        return self._advance(actions, reply.actions) + gone

    def _packed(self, policy: PolicyProcess) -> bytes:
        values = [seat.observation for seat in self.seats]
        try:
            return self.layout.pack_rows(values)
        except LayoutMismatchError:
            pass
        try:
            self.layout = infer(values[0])
            policy.observe(self.layout)
            return self.layout.pack_rows(values)
        except (TypeError, LayoutMismatchError) as error:
            message = f"the observation cannot be handed to a policy: {error or 'its shape or type varies'}"
            raise RequestFailedError("environment_error", message) from None

    def _advance(self, actions: Sequence[Any], data: bytes) -> list[int]:
        """One step of each environment; the positions of the episodes that ended with it."""
        size = self.kind.actions.layout.size
        frame = self.frame
        finished = []
        packed = [data[start : start + size] for start in range(0, size * len(actions), size)]
        position = 0
        seat = None
        # This loop is what the evaluator spends its life in: nothing is looked up twice, nothing is built.
        try:
            for seat, action, written in zip(self.seats, actions, packed, strict=True):
                seat.observation, reward, terminated, truncated, _ = seat.step(action)
                seat.total += float(reward)
                seat.log(written)
                if terminated or truncated or frame == seat.last:
                    seat.terminated, seat.truncated = bool(terminated), bool(truncated) or frame == seat.last
                    finished.append(position)
                if seat.watched:
                    self._watch(seat, action, float(reward))
                position += 1
        except Exception as error:
            seed = None if seat is None else seat.seed
            raise environments.fault(self.block.environment, error, seed) from error
        self.frame = frame + 1
        self.steps += position
        for ended in reversed(finished):
            self._finish(self.seats.pop(ended))
        self.report(len(self.episodes), self.steps)
        return finished

    def _watch(self, seat: Seat, action: Any, reward: float) -> None:
        """What only some blocks need: whitelisted observations, whole trajectories."""
        if seat.instance.indices is not None:
            seat.observation = seat.observation[seat.instance.indices]
        if self.block.record:
            for kept, value in zip(seat.record, (seat.observation, action, reward), strict=True):
                kept.append(value)

    def _finish(self, seat: Seat) -> None:
        if not np.isfinite(seat.total):
            message = f"the rewards of seed {seat.seed} do not sum to a finite number"
            raise RequestFailedError("environment_error", message)
        digest = hashlib.sha256(b"".join(seat.actions)).hexdigest()[:16]
        self.episodes[seat.index] = Episode(
            seat.seed, seat.total, len(seat.actions), seat.terminated, seat.truncated, digest
        )
        if self.block.record:
            observations, actions, rewards = seat.record
            self.trajectories[seat.index] = Trajectory(
                np.array(observations), np.array(actions), np.array(rewards), seat.terminated, seat.seed
            )
        self.kind.give_back(seat.instance)

    def _fail(self, index: int, fault: dict[str, Any], seat: Seat | None) -> None:
        """The policy failed in the episode of `index`: what lies behind it is not played."""
        # A text that cannot be imported fails alike in every episode.
        playing = seat if fault["code"] not in ("import_failed", "import_timeout", "no_act") else None
        step = None if playing is None else len(playing.actions)
        seed = None if playing is None else playing.seed
        self.failure = failure_of(fault, self.kind.actions.allowed, asdict(self.block.limits), seed, step)
        self.todo = deque(waiting for waiting in self.todo if waiting < index)
        self.episodes = {done: episode for done, episode in self.episodes.items() if done < index}

    def _leave(self, first: int) -> None:
        for seat in self.seats[first:]:
            self.kind.give_back(seat.instance)
        del self.seats[first:]

    def _restart(self, lost: PolicyLostError) -> None:
        """The process is gone: its row has failed, and the rows before it begin again."""
        seats, self.seats = self.seats, []
        for seat in seats:
            self.kind.give_back(seat.instance)
        fault = {"code": lost.code, "text": lost.text, "line": None, "column": None}
        if not seats:
            self._fail(0, fault, None)
            return
        row = min(lost.row, len(seats) - 1)
        self._fail(seats[row].index, fault, seats[row])
        self.todo = deque(seat.index for seat in seats[:row])


def policy_seed(seed: int) -> int:
    """What a policy is seeded with when the environment is with `seed`: fixed by it, and another number."""
    return int.from_bytes(hashlib.sha256(f"policybook policy {seed}".encode()).digest()[:4], "little")
