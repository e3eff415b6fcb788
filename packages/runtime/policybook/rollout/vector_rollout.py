"""Plays blocks of one evaluation: episodes in lockstep, one frame to the policy and one back for each step.

Each episode is the same whatever stands beside it. A text's failure at place i ends its episodes after i;
those before it play on to their end, in a new process if the policy's was lost: the outcome does not depend
on the width, nor on the other texts. Another block joins as soon as there is room for its episodes, so that
few long episodes do not keep a process to themselves.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from operator import add
from typing import Any, Protocol

from policybook.rollout import environment_pool
from policybook.rollout.action_reader import InvalidActionError
from policybook.rollout.blocks import Block, Outcome, Play
from policybook.rollout.environment_pool import Kind
from policybook.rollout.episode_slot import Recording, Seat, given_seed
from policybook.rollout.failure_sentences import failure_of
from policybook.rollout.failures import RequestFailedError, placeless
from policybook.rollout.pending_blocks import Tally
from policybook.rollout.policy_process import PolicyLostError, PolicyProcess, Seeing
from policybook.sandbox.analysis.randomness import draws_random
from policybook.sandbox.codecs import Layout, LayoutMismatchError, Loose, infer

BATCH_BYTES = 1 << 20
"""A batch of large observations is narrower, so that a frame stays in the caches."""

FULL_AFTER = 256
"""Episodes that a process plays before anybody looks how full it is."""

LOADED_CHARACTERS = 1 << 18
"""Texts behind the first that are loaded with it, so that a generation of variants takes one exchange."""

WHOLE_TEXT = ("import_failed", "import_timeout", "no_act", "syntax_error")
"""Failures that are the text's in every episode: no seed and no step is to blame."""


class Host(Protocol):
    """Who has blocks played."""

    def start(self, block: Block) -> PolicyProcess:
        """A process for the policy."""
        ...

    def keep(self, block: Block, policy: PolicyProcess) -> bool:
        """Whether it takes over a process in which all episodes have ended, and others may begin."""
        ...

    def more(self, block: Block) -> Block | None:
        """Another block of the same evaluation, if there is one now."""
        ...

    def done(self, block: Block, outcome: Outcome) -> None:
        """Takes a block's outcome."""
        ...

    def report(self) -> None:
        """Is told after every step."""
        ...


class Lockstep:
    """One evaluation's episodes in this worker."""

    def __init__(self, block: Block, kind: Kind, host: Host, width: int) -> None:
        self.block = block
        self.kind = kind
        self.host = host
        # A policy that draws from global generators must not share them with other episodes.
        self.width = 1 if any(draws_random(source) for source in block.sources.values()) else width
        self.sources: dict[int, str] = {}
        self.tally = Tally()
        self.todo: deque[Play] = deque()
        # The seats and their columns, so that a step of all of them is a few plain loops.
        self.seats: list[Seat] = []
        self.steppers: list[Any] = []
        self.logs: list[Any] = []
        self.gains: list[Any] = []
        self.observations: list[Any] = []
        self.totals: list[float] = []
        self.beside: list[dict[str, Any]] = []
        self.frame = 0
        self.horizon = math.inf
        """No step limit ends an episode before this frame."""
        self.loose = Loose()
        self.numbers: dict[int, int] = {}
        """Text -> its number in the policy's process."""
        self.loading: list[Play] = []
        """First episodes of the texts that are on their way into the process."""
        self.turned = True
        """Whether another block may be there for the room that there is."""
        self.full = False
        """Whether no further episode may begin in the present process."""
        self.look_at = 0
        """Episodes that have begun there by the time when somebody looks how full it is."""
        self.alone: set[int] = set()
        """Texts whose episodes need a process each."""
        self.level: int | None = None
        self.ended_cpu = 0.0
        """Of policy processes that have ended."""
        self.told_cpu = 0.0

    def play(self) -> None:
        """Plays all episodes, or those before each text's first failure, and those of blocks that join."""
        self._join(self.block)
        self.told_cpu = time.process_time()
        try:
            while self.todo:
                self._play_in_one_process()
        finally:
            for seat in self.seats:
                self.kind.give_back(seat.instance)

    def progress(self) -> list[tuple[Block, dict[str, int]]]:
        """Episodes and steps done so far of the blocks under way."""
        told = []
        for counted in self.tally.counted:
            episodes = counted.outcome.episodes.values()
            steps = sum(episode.steps for episode in episodes)
            steps += sum(len(seat.actions) for seat in self.seats if seat.play.place in counted.pending)
            told.append((counted.block, {"episodes": len(episodes), "steps": steps}))
        return told

    def _join(self, block: Block) -> None:
        self.sources.update(block.sources)
        self.todo.extend(self.tally.join(block))

    def _play_in_one_process(self) -> None:
        policy = self.host.start(self.block)
        self.level = policy.level if self.level is None else min(self.level, policy.level)
        self.numbers.clear()
        self.full, self.look_at = False, policy.begun + FULL_AFTER
        self.ended_cpu -= policy.counted_cpu
        kept = False
        try:
            while True:
                begun = self._fill(policy)
                if self.seats:
                    policy.over = self._step(policy, begun)
                if self.tally.complete:
                    self._tell(policy)
                if not self.seats and (self.full or not self.todo):
                    break
                self.host.report()
            kept = not self.full and self.host.keep(self.block, policy)
        except PolicyLostError as lost:
            self._restart(lost)
            if self.tally.complete:
                self._tell(policy)
        finally:
            if not kept:
                policy.close()
            self.ended_cpu += policy.cpu

    def _tell(self, policy: PolicyProcess) -> None:
        """Hands over what is complete."""
        cpu = time.process_time() + self.ended_cpu + policy.cpu
        self.tally.complete[0].outcome.cpu_seconds += cpu - self.told_cpu
        self.told_cpu = cpu
        while self.tally.complete:
            counted = self.tally.complete.pop(0)
            counted.outcome.level = self.level
            self.host.done(counted.block, counted.outcome)

    def _fill(self, policy: PolicyProcess) -> list[tuple[int, int]]:
        """Begins episodes up to the width; for each the number of its text and the policy's seed."""
        begun: list[tuple[int, int]] = []
        if policy.begun >= self.look_at:
            self.look_at = policy.begun + self.width
            # What is under way ends in a full process; the rest is played in a new one.
            self.full = self.full or policy.full
        while len(self.seats) < self.width and not self.full:
            if not self.todo and self.turned:
                self.turned = False
                block = self.host.more(self.block)
                if block is not None:
                    self.turned = True
                    self._join(block)
                    continue
            if not self.todo:
                break
            play = self.todo.popleft()
            number = self._number(policy, play)
            if number is None:
                continue
            if play.text in self.alone:
                # What it may leave behind must not be found by another episode, nor what others left by it.
                self.full = True
                if policy.begun:
                    self.todo.appendleft(play)
                    break
            self._begin(play)
            policy.begun += 1
            source = self.sources[play.text]
            begun.append((number, given_seed(source, play.text in self.alone, play.seed)))
        return begun

    def _number(self, policy: PolicyProcess, play: Play) -> int | None:
        """The text's number in the process; None if it does not compile."""
        number = self.numbers.get(play.text)
        if number is not None:
            return number
        number = policy.texts
        self.loading = self._unknown(play)
        sources = [self.sources[each.text] for each in self.loading]
        seen = self.kind.seen
        seeing = None if policy.seeing or seen is None else self._seeing(seen)
        fault = policy.load(sources, self.kind.actions.layout, self.kind.spaces, seeing)
        loaded, self.loading = self.loading, []
        if fault is not None:
            self._fail(play, fault, None)
            return None
        self.numbers.update(zip((each.text for each in loaded), range(number, policy.texts), strict=False))
        if policy.alone:
            self.alone.add(play.text)
        return number

    def _unknown(self, play: Play) -> list[Play]:
        """First episodes of texts that the process does not know: this one, and what else fits a frame."""
        found = {play.text: play}
        if play.text in self.alone:
            return [play]
        room = LOADED_CHARACTERS - len(self.sources[play.text])
        for each in self.todo:
            if each.text not in found and each.text not in self.numbers:
                room -= len(self.sources[each.text])
                if room < 0:
                    break
                found[each.text] = each
        return list(found.values())

    def _seeing(self, layout: Layout) -> Seeing:
        most = min(self.width, max(1, BATCH_BYTES // max(1, layout.size)))
        return Seeing(layout, most, self.kind.further)

    def _begin(self, play: Play) -> None:
        instance = self.kind.take()
        seat = Seat(play, instance, self.frame + self.kind.limit - 1)
        try:
            observation, info = instance.reset(seed=play.seed)
            if instance.indices is not None:
                observation = observation[instance.indices]
        except Exception as error:
            raise environment_pool.fault(self.kind.spec, error, play.seed) from error
        beside = self.kind.beside(0.0, info)
        if self.block.record:
            seat.record = Recording(observation, beside, self.block.record)
        self.horizon = min(self.horizon, seat.last)
        self.seats.append(seat)
        self.steppers.append(instance.step)
        self.logs.append(seat.actions.append)
        self.gains.append(seat.rewards.append)
        self.observations.append(observation)
        self.totals.append(0.0)
        self.beside.append(beside)
        size = getattr(observation, "nbytes", 0)
        if size * self.width > BATCH_BYTES:
            self.width = max(1, BATCH_BYTES // size)

    def _step(self, policy: PolicyProcess, begun: list[tuple[int, int]]) -> list[int]:
        """One step of every episode; the positions of those that ended."""
        observations = self._packed(policy)
        beside = self._packed_beside() if self.kind.further else b""
        reply = policy.act(len(self.seats), observations, policy.over, begun, beside)
        if policy.slow is not None:
            self._notice(policy)
        fault = reply.fault
        count = reply.done
        try:
            actions, written = self.kind.actions.read(reply.actions, count)
        except InvalidActionError as invalid:
            count = invalid.row
            size = self.kind.actions.layout.size
            actions, written = self.kind.actions.read(reply.actions[: count * size], count)
            fault = placeless("invalid_action", invalid.reason)
        leaving = self._advance(actions, written)
        if fault is not None:
            leaving = self._hold(count, fault, leaving)
        if leaving:
            self._leave(leaving)
        return leaving

    def _packed(self, policy: PolicyProcess) -> bytes:
        values = self.observations
        if policy.seeing is not None:
            try:
                return policy.seeing.layout.pack_rows(values)
            except LayoutMismatchError:
                pass
        try:
            layouts = (infer(values[0]), Loose())
        except TypeError as error:
            message = f"the observation cannot be handed to a policy: {error}"
            raise RequestFailedError("environment_error", message) from None
        for layout in layouts:
            try:
                data = layout.pack_rows(values)
            except LayoutMismatchError:
                continue
            policy.observe(self._seeing(layout))
            self.kind.seen = None if isinstance(layout, Loose) else layout
            return data
        message = "the observation cannot be handed to a policy: a part of it has a type that cannot cross"
        raise RequestFailedError("environment_error", message)

    def _packed_beside(self) -> bytes:
        try:
            return self.loose.pack_rows(self.beside)
        except LayoutMismatchError:
            kinds = {name: type(value).__name__ for name, value in self.beside[0].items()}
            message = f"what `info:` declares cannot be handed to a policy: {kinds}"
            raise RequestFailedError("environment_error", message) from None

    def _advance(self, actions: Sequence[Any], written: Sequence[Any]) -> list[int]:
        """A step of the first environments, one for each action; the positions of episodes that ended."""
        results: list[Any] = []
        keep = results.append
        # These loops are what the evaluator spends its life in: nothing is looked up twice, nothing is built.
        try:
            for step, action in zip(self.steppers, actions, strict=False):
                keep(step(action))
            if not results:
                self.frame += 1
                return []
            observations, given, terminated, truncated, infos = zip(*results, strict=True)
            rewards = list(map(float, given))
        except Exception as error:
            at = min(len(results), len(self.seats) - 1)
            raise environment_pool.fault(self.kind.spec, error, self.seats[at].play.seed) from error
        count = len(results)
        for log, action in zip(self.logs, written, strict=False):
            log(action)
        if self.block.followed:
            for gain, reward in zip(self.gains, rewards, strict=False):
                gain(reward)
        self.totals[:count] = map(add, self.totals, rewards)
        if self.kind.indices is None:
            self.observations[:count] = observations
        else:
            self.observations[:count] = [observation[self.kind.indices] for observation in observations]
        if self.kind.further:
            self.beside[:count] = map(self.kind.beside, rewards, infos)
        if self.block.record:
            self._record(actions, rewards)
        finished = []
        if any(terminated) or any(truncated) or self.frame >= self.horizon:
            finished = self._finished(terminated, truncated)
        self.frame += 1
        return finished

    def _record(self, actions: Sequence[Any], rewards: Sequence[float]) -> None:
        columns = zip(self.seats, self.observations, self.beside, actions, rewards, strict=False)
        for seat, observation, beside, action, reward in columns:
            if seat.record is not None:
                seat.record.add(observation, beside, action, reward)

    def _finished(self, terminated: Sequence[Any], truncated: Sequence[Any]) -> list[int]:
        limited = self.frame >= self.horizon
        positions = []
        for position, (over, cut) in enumerate(zip(terminated, truncated, strict=True)):
            if over or cut or (limited and self.frame == self.seats[position].last):
                positions.append(position)
                seat = self.seats[position]
                seat.terminated, seat.truncated = bool(over), bool(cut) or self.frame == seat.last
                self._finish(seat, self.totals[position])
        if limited:
            self.horizon = min((seat.last for seat in self.seats if seat.last > self.frame), default=math.inf)
        return positions

    def _finish(self, seat: Seat, total: float) -> None:
        if not math.isfinite(total):
            message = f"the rewards of seed {seat.play.seed} do not sum to a finite number"
            raise RequestFailedError("environment_error", message)
        trajectory = None if seat.record is None else seat.record.trajectory(seat)
        episode = seat.episode(total, self.kind.actions.written(seat.actions))
        self.tally.finish(seat.play, episode, trajectory)

    def _hold(self, count: int, fault: dict[str, Any], leaving: list[int]) -> list[int]:
        """The policy failed in a row: its text's later episodes go, and rows behind it wait."""
        failed = self.seats[count]
        self._fail(failed.play, fault, failed)
        for seat in self.seats[count:]:
            seat.last += 1
            self.horizon = min(self.horizon, seat.last)
        needless = [at for at, seat in enumerate(self.seats) if self.tally.needless(seat.play)]
        return sorted({*leaving, *needless})

    def _leave(self, positions: list[int]) -> None:
        self.turned = True
        for position in reversed(positions):
            self.kind.give_back(self.seats.pop(position).instance)
            for column in self._columns():
                del column[position]

    def _columns(self) -> tuple[list[Any], ...]:
        return self.steppers, self.logs, self.gains, self.observations, self.totals, self.beside

    def _notice(self, policy: PolicyProcess) -> None:
        slow = policy.slow
        if slow is not None and slow.row < len(self.seats):
            self.tally.notice(self.seats[slow.row].play, slow.milliseconds)

    def _fail(self, play: Play, fault: dict[str, Any], seat: Seat | None) -> None:
        """The policy failed in an episode: those of its text that lie behind it are not played."""
        playing = seat if fault["code"] not in WHOLE_TEXT else None
        step = None if playing is None else len(playing.actions)
        seed = None if playing is None else play.seed
        allowed, limits = self.kind.actions.allowed, asdict(self.block.limits)
        self.tally.fail(play, failure_of(fault, allowed, limits, seed, step))
        self.todo = deque(waiting for waiting in self.todo if not self.tally.needless(waiting))

    def _restart(self, lost: PolicyLostError) -> None:
        """The process is gone: its row has failed, and the others begin again."""
        fault = placeless(lost.code, lost.text)
        again = [*(seat.play for seat in self.seats), *self.loading[:1]]
        if self.seats and not self.loading:
            seat = self.seats[min(lost.row, len(self.seats) - 1)]
            self._fail(seat.play, fault, seat)
        else:
            # The process says at which text it is; that one is not needed to blame another.
            loading = self.loading or [self.todo[0]]
            self._fail(loading[min(lost.row, len(loading) - 1)], fault, None)
        self.loading = []
        self._leave(list(range(len(self.seats))))
        again = [play for play in again if not self.tally.needless(play)]
        self.todo = deque(sorted([*again, *self.todo]))
