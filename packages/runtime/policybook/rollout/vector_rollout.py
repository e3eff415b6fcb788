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

from policybook.protocol.messages import EvaluatorProgress
from policybook.rollout import environment_pool
from policybook.rollout.action_reader import InvalidActionError
from policybook.rollout.blocks import Block, BlockOutcome, EpisodeSpec
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.episode_slot import EpisodeSlot, Recording, given_seed
from policybook.rollout.failure_sentences import failure_of
from policybook.rollout.failures import RequestFailedError, placeless
from policybook.rollout.pending_blocks import PendingBlocks
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess
from policybook.sandbox.analysis.randomness import draws_random
from policybook.sandbox.codecs import Codec, CodecMismatchError, DynamicCodec, infer_codec

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

    def done(self, block: Block, outcome: BlockOutcome) -> None:
        """Takes a block's outcome."""
        ...

    def report(self) -> None:
        """Is told after every step."""
        ...


class VectorRollout:
    """One evaluation's episodes in this worker."""

    def __init__(self, block: Block, pool: EnvironmentPool, host: Host, width: int) -> None:
        self.block = block
        self.pool = pool
        self.host = host
        # A policy that draws from global generators must not share them with other episodes.
        self.width = 1 if any(draws_random(source) for source in block.sources.values()) else width
        self.sources: dict[int, str] = {}
        self.pending_blocks = PendingBlocks()
        self.todo: deque[EpisodeSpec] = deque()
        # The seats and their columns, so that a step of all of them is a few plain loops.
        self.slots: list[EpisodeSlot] = []
        self.steppers: list[Any] = []
        self.logs: list[Any] = []
        self.gains: list[Any] = []
        self.observations: list[Any] = []
        self.totals: list[float] = []
        self.extra_args: list[dict[str, Any]] = []
        self.frame = 0
        self.horizon = math.inf
        """No step limit ends an episode before this frame."""
        self.loose = DynamicCodec()
        self.numbers: dict[int, int] = {}
        """Text -> its number in the policy's process."""
        self.loading: list[EpisodeSpec] = []
        """First episodes of the texts that are on their way into the process."""
        self.turned = True
        """Whether another block may be there for the room that there is."""
        self.full = False
        """Whether no further episode may begin in the present process."""
        self.look_at = 0
        """Episodes that have begun there by the time when somebody looks how full it is."""
        self.needs_own_process: set[int] = set()
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
            for slot in self.slots:
                self.pool.give_back(slot.instance)

    def progress(self) -> list[tuple[Block, EvaluatorProgress]]:
        """Episodes and steps done so far of the blocks under way."""
        told: list[tuple[Block, EvaluatorProgress]] = []
        for pending_block in self.pending_blocks.pending_block:
            episodes = pending_block.outcome.episodes.values()
            steps = sum(episode.steps for episode in episodes)
            steps += sum(len(slot.actions) for slot in self.slots if slot.spec.index in pending_block.pending)
            told.append((pending_block.block, {"episodes": len(episodes), "steps": steps}))
        return told

    def _join(self, block: Block) -> None:
        self.sources.update(block.sources)
        self.todo.extend(self.pending_blocks.join(block))

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
                if self.slots:
                    policy.over = self._step(policy, begun)
                if self.pending_blocks.complete:
                    self._tell(policy)
                if not self.slots and (self.full or not self.todo):
                    break
                self.host.report()
            kept = not self.full and self.host.keep(self.block, policy)
        except PolicyLostError as lost:
            self._restart(lost)
            if self.pending_blocks.complete:
                self._tell(policy)
        finally:
            if not kept:
                policy.close()
            self.ended_cpu += policy.cpu

    def _tell(self, policy: PolicyProcess) -> None:
        """Hands over what is complete."""
        cpu = time.process_time() + self.ended_cpu + policy.cpu
        self.pending_blocks.complete[0].outcome.cpu_seconds += cpu - self.told_cpu
        self.told_cpu = cpu
        while self.pending_blocks.complete:
            pending_block = self.pending_blocks.complete.pop(0)
            pending_block.outcome.level = self.level
            self.host.done(pending_block.block, pending_block.outcome)

    def _fill(self, policy: PolicyProcess) -> list[tuple[int, int]]:
        """Begins episodes up to the width; for each the number of its text and the policy's seed."""
        begun: list[tuple[int, int]] = []
        if policy.begun >= self.look_at:
            self.look_at = policy.begun + self.width
            # What is under way ends in a full process; the rest is played in a new one.
            self.full = self.full or policy.full
        while len(self.slots) < self.width and not self.full:
            if not self.todo and self.turned:
                self.turned = False
                block = self.host.more(self.block)
                if block is not None:
                    self.turned = True
                    self._join(block)
                    continue
            if not self.todo:
                break
            spec = self.todo.popleft()
            number = self._number(policy, spec)
            if number is None:
                continue
            if spec.text in self.needs_own_process:
                # What it may leave behind must not be found by another episode, nor what others left by it.
                self.full = True
                if policy.begun:
                    self.todo.appendleft(spec)
                    break
            self._begin(spec)
            policy.begun += 1
            source = self.sources[spec.text]
            begun.append((number, given_seed(source, spec.text in self.needs_own_process, spec.seed)))
        return begun

    def _number(self, policy: PolicyProcess, spec: EpisodeSpec) -> int | None:
        """The text's number in the process; None if it does not compile."""
        number = self.numbers.get(spec.text)
        if number is not None:
            return number
        number = policy.texts
        self.loading = self._unknown(spec)
        sources = [self.sources[each.text] for each in self.loading]
        seen = self.pool.last_codec
        observation_format = (
            None if policy.observation_format or seen is None else self._observation_format(seen)
        )
        fault = policy.load(sources, self.pool.actions.codec, self.pool.spaces, observation_format)
        loaded, self.loading = self.loading, []
        if fault is not None:
            self._fail(spec, fault, None)
            return None
        self.numbers.update(zip((each.text for each in loaded), range(number, policy.texts), strict=False))
        if policy.needs_own_process:
            self.needs_own_process.add(spec.text)
        return number

    def _unknown(self, spec: EpisodeSpec) -> list[EpisodeSpec]:
        """First episodes of texts that the process does not know: this one, and what else fits a frame."""
        found = {spec.text: spec}
        if spec.text in self.needs_own_process:
            return [spec]
        room = LOADED_CHARACTERS - len(self.sources[spec.text])
        for each in self.todo:
            if each.text not in found and each.text not in self.numbers:
                room -= len(self.sources[each.text])
                if room < 0:
                    break
                found[each.text] = each
        return list(found.values())

    def _observation_format(self, codec: Codec) -> ObservationFormat:
        most = min(self.width, max(1, BATCH_BYTES // max(1, codec.size)))
        return ObservationFormat(codec, most, self.pool.has_extra_args)

    def _begin(self, spec: EpisodeSpec) -> None:
        instance = self.pool.take()
        slot = EpisodeSlot(spec, instance, self.frame + self.pool.limit - 1)
        try:
            observation, info = instance.reset(seed=spec.seed)
            if instance.indices is not None:
                observation = observation[instance.indices]
        except Exception as error:
            raise environment_pool.fault(self.pool.spec, error, spec.seed) from error
        extra_args = self.pool.collect_extra_args(0.0, info)
        if self.block.record:
            slot.record = Recording(observation, extra_args, self.block.record)
        self.horizon = min(self.horizon, slot.last)
        self.slots.append(slot)
        self.steppers.append(instance.step)
        self.logs.append(slot.actions.append)
        self.gains.append(slot.rewards.append)
        self.observations.append(observation)
        self.totals.append(0.0)
        self.extra_args.append(extra_args)
        size = getattr(observation, "nbytes", 0)
        if size * self.width > BATCH_BYTES:
            self.width = max(1, BATCH_BYTES // size)

    def _step(self, policy: PolicyProcess, begun: list[tuple[int, int]]) -> list[int]:
        """One step of every episode; the positions of those that ended."""
        observations = self._packed(policy)
        extra_args = self._pack_extra_args() if self.pool.has_extra_args else b""
        reply = policy.act(len(self.slots), observations, policy.over, begun, extra_args)
        if policy.slow is not None:
            self._notice(policy)
        fault = reply.fault
        count = reply.done
        try:
            actions, written = self.pool.actions.read(reply.actions, count)
        except InvalidActionError as invalid:
            count = invalid.row
            size = self.pool.actions.codec.size
            actions, written = self.pool.actions.read(reply.actions[: count * size], count)
            fault = placeless("invalid_action", invalid.reason)
        leaving = self._advance(actions, written)
        if fault is not None:
            leaving = self._hold(count, fault, leaving)
        if leaving:
            self._leave(leaving)
        return leaving

    def _packed(self, policy: PolicyProcess) -> bytes:
        values = self.observations
        if policy.observation_format is not None:
            try:
                return policy.observation_format.codec.pack_rows(values)
            except CodecMismatchError:
                pass
        try:
            codecs_tried = (infer_codec(values[0]), DynamicCodec())
        except TypeError as error:
            message = f"the observation cannot be handed to a policy: {error}"
            raise RequestFailedError("environment_error", message) from None
        for codec in codecs_tried:
            try:
                data = codec.pack_rows(values)
            except CodecMismatchError:
                continue
            policy.observe(self._observation_format(codec))
            self.pool.last_codec = None if isinstance(codec, DynamicCodec) else codec
            return data
        message = "the observation cannot be handed to a policy: a part of it has a type that cannot cross"
        raise RequestFailedError("environment_error", message)

    def _pack_extra_args(self) -> bytes:
        try:
            return self.loose.pack_rows(self.extra_args)
        except CodecMismatchError:
            kinds = {name: type(value).__name__ for name, value in self.extra_args[0].items()}
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
            at = min(len(results), len(self.slots) - 1)
            raise environment_pool.fault(self.pool.spec, error, self.slots[at].spec.seed) from error
        count = len(results)
        for log, action in zip(self.logs, written, strict=False):
            log(action)
        if self.block.followed:
            for gain, reward in zip(self.gains, rewards, strict=False):
                gain(reward)
        self.totals[:count] = map(add, self.totals, rewards)
        if self.pool.indices is None:
            self.observations[:count] = observations
        else:
            self.observations[:count] = [observation[self.pool.indices] for observation in observations]
        if self.pool.has_extra_args:
            self.extra_args[:count] = map(self.pool.collect_extra_args, rewards, infos)
        if self.block.record:
            self._record(actions, rewards)
        finished = []
        if any(terminated) or any(truncated) or self.frame >= self.horizon:
            finished = self._finished(terminated, truncated)
        self.frame += 1
        return finished

    def _record(self, actions: Sequence[Any], rewards: Sequence[float]) -> None:
        columns = zip(self.slots, self.observations, self.extra_args, actions, rewards, strict=False)
        for slot, observation, extra_args, action, reward in columns:
            if slot.record is not None:
                slot.record.add(observation, extra_args, action, reward)

    def _finished(self, terminated: Sequence[Any], truncated: Sequence[Any]) -> list[int]:
        limited = self.frame >= self.horizon
        positions = []
        for position, (over, cut) in enumerate(zip(terminated, truncated, strict=True)):
            if over or cut or (limited and self.frame == self.slots[position].last):
                positions.append(position)
                slot = self.slots[position]
                slot.terminated, slot.truncated = bool(over), bool(cut) or self.frame == slot.last
                self._finish(slot, self.totals[position])
        if limited:
            self.horizon = min((slot.last for slot in self.slots if slot.last > self.frame), default=math.inf)
        return positions

    def _finish(self, slot: EpisodeSlot, total: float) -> None:
        if not math.isfinite(total):
            message = f"the rewards of seed {slot.spec.seed} do not sum to a finite number"
            raise RequestFailedError("environment_error", message)
        trajectory = None if slot.record is None else slot.record.trajectory(slot)
        episode = slot.episode(total, self.pool.actions.written(slot.actions))
        self.pending_blocks.finish(slot.spec, episode, trajectory)

    def _hold(self, count: int, fault: dict[str, Any], leaving: list[int]) -> list[int]:
        """The policy failed in a row: its text's later episodes go, and rows behind it wait."""
        failed = self.slots[count]
        self._fail(failed.spec, fault, failed)
        for slot in self.slots[count:]:
            slot.last += 1
            self.horizon = min(self.horizon, slot.last)
        needless = [at for at, slot in enumerate(self.slots) if self.pending_blocks.needless(slot.spec)]
        return sorted({*leaving, *needless})

    def _leave(self, positions: list[int]) -> None:
        self.turned = True
        for position in reversed(positions):
            self.pool.give_back(self.slots.pop(position).instance)
            for column in self._columns():
                del column[position]

    def _columns(self) -> tuple[list[Any], ...]:
        return self.steppers, self.logs, self.gains, self.observations, self.totals, self.extra_args

    def _notice(self, policy: PolicyProcess) -> None:
        slow = policy.slow
        if slow is not None and slow.row < len(self.slots):
            self.pending_blocks.notice(self.slots[slow.row].spec, slow.milliseconds)

    def _fail(self, spec: EpisodeSpec, fault: dict[str, Any], slot: EpisodeSlot | None) -> None:
        """The policy failed in an episode: those of its text that lie behind it are not played."""
        playing = slot if fault["code"] not in WHOLE_TEXT else None
        step = None if playing is None else len(playing.actions)
        seed = None if playing is None else spec.seed
        allowed, limits = self.pool.actions.allowed, asdict(self.block.limits)
        self.pending_blocks.fail(spec, failure_of(fault, allowed, limits, seed, step))
        self.todo = deque(waiting for waiting in self.todo if not self.pending_blocks.needless(waiting))

    def _restart(self, lost: PolicyLostError) -> None:
        """The process is gone: its row has failed, and the others begin again."""
        fault = placeless(lost.code, lost.text)
        again = [*(slot.spec for slot in self.slots), *self.loading[:1]]
        if self.slots and not self.loading:
            slot = self.slots[min(lost.row, len(self.slots) - 1)]
            self._fail(slot.spec, fault, slot)
        else:
            # The process says at which text it is; that one is not needed to blame another.
            loading = self.loading or [self.todo[0]]
            self._fail(loading[min(lost.row, len(loading) - 1)], fault, None)
        self.loading = []
        self._leave(list(range(len(self.slots))))
        again = [spec for spec in again if not self.pending_blocks.needless(spec)]
        self.todo = deque(sorted([*again, *self.todo]))
