"""Plays blocks of one evaluation: episodes side by side, one frame to the policy and one back for each step.

Each episode is the same whatever is played with it. A text's failure at index i ends its episodes after i;
those before it play on to their end, in a new process if the policy's was lost: the outcome does not depend
on the width, nor on the other texts. Another block joins as soon as there is room for its episodes, so that
few long episodes do not keep a process to themselves.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import replace
from typing import Protocol

from policybook.protocol.messages import EvaluatorProgress
from policybook.rollout import environment_pool
from policybook.rollout.action_reader import InvalidActionError
from policybook.rollout.blocks import Block, BlockOutcome, EpisodeSpec
from policybook.rollout.constructor_faults import CONSTRUCTOR_FAULTS
from policybook.rollout.environment_fault import MAX_FAULTS_IN_A_ROW, EnvironmentFault, EpisodeLostError
from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.episode_slot import EpisodeSlot, choose_policy_seed
from policybook.rollout.episode_slots import EpisodeSlots
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.failures import make_unplaced_fault
from policybook.rollout.frame_packer import BATCH_BYTES, FramePacker
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.rollout.pending_blocks import PendingBlocks
from policybook.rollout.policy_process import PolicyLostError, PolicyProcess
from policybook.rollout.process_texts import ProcessTexts
from policybook.sandbox.analysis.randomness import draws_random
from policybook.sandbox.messages import FaultReport

FULL_AFTER = 256
"""A process plays so many episodes before it is first measured how full it is."""


class RolloutHost(Protocol):
    """The worker for which a rollout plays blocks."""

    def start(self, block: Block) -> PolicyProcess:
        """Returns a process for the block's policy."""
        ...

    def keep(self, block: Block, policy: PolicyProcess) -> bool:
        """Keeps a process in which all episodes have ended, for others to begin; returns whether it does."""
        ...

    def take_next_block(self, block: Block) -> Block | None:
        """Returns another block of the same evaluation, if there is one now."""
        ...

    def finish_block(self, block: Block, outcome: BlockOutcome) -> None:
        """Takes a block's outcome."""
        ...

    def report(self) -> None:
        """Reports progress; it is called after every step."""
        ...


class VectorRollout:
    """Plays one evaluation's episodes in this worker: which are next, in which process, and what fails.

    The episodes under way stand in `slots`, the texts in `texts`; `packer` makes the frames.
    """

    def __init__(self, block: Block, pool: EnvironmentPool, host: RolloutHost, width: int) -> None:
        self.block = block
        self.pool = pool
        self.host = host
        # A policy that draws from global generators must not share them with other episodes.
        self.width = 1 if any(draws_random(source) for source in block.sources.values()) else width
        self.slots = EpisodeSlots(pool, block.record, is_followed=block.is_followed)
        self.packer = FramePacker(pool)
        self.texts = ProcessTexts(pool)
        self.pending = PendingBlocks()
        self.todo: deque[EpisodeSpec] = deque()
        self.can_find_block = True
        """Whether the host may have another block, for which there is room."""
        self.is_full = False
        """Whether no further episode may begin in the present process."""
        self.look_at = 0
        """How many episodes have begun in the present process when it is next measured how full it is."""
        self.level: int | None = None
        self.ended_cpu = 0.0
        """CPU seconds of policy processes that have ended."""
        self.reported_cpu = 0.0

    def play(self) -> None:
        """Plays all episodes, or those before each text's first failure, and those of blocks that join.

        Raises RequestFailedError where an environment fails again and again or a value cannot cross.
        """
        self._join(self.block)
        self._count_constructor_faults(self.block.specs[0])
        self.reported_cpu = time.process_time()
        try:
            while self.todo:
                self._play_in_one_process()
        finally:
            self.slots.remove(range(len(self.slots)))

    def count_progress(self) -> list[tuple[Block, EvaluatorProgress]]:
        """Returns the episodes and steps done so far of each block under way."""
        counts: list[tuple[Block, EvaluatorProgress]] = []
        for each in self.pending.blocks:
            episodes = each.outcome.episodes.values()
            steps = sum(episode.steps for episode in episodes)
            steps += sum(len(slot.actions) for slot in self.slots.slots if slot.spec.index in each.pending)
            counts.append((each.block, {"episodes": len(episodes), "steps": steps}))
        return counts

    def _join(self, block: Block) -> None:
        self.texts.sources.update(block.sources)
        self.todo.extend(self.pending.join(block))

    def _play_in_one_process(self) -> None:
        policy = self.host.start(self.block)
        self.level = policy.level if self.level is None else min(self.level, policy.level)
        self.texts.forget_process()
        self.is_full, self.look_at = False, policy.begun_episodes + FULL_AFTER
        self.ended_cpu -= policy.counted_cpu
        is_kept = False
        try:
            while True:
                begun = self._fill(policy)
                if self.slots.slots:
                    policy.ended = self._step(policy, begun)
                if self.pending.complete:
                    self._hand_over(policy)
                if not self.slots.slots and (self.is_full or not self.todo):
                    break
                self.host.report()
            is_kept = not self.is_full and self.host.keep(self.block, policy)
        except PolicyLostError as lost:
            self._restart(lost)
            if self.pending.complete:
                self._hand_over(policy)
        finally:
            if not is_kept:
                policy.close()
            self.ended_cpu += policy.measure_cpu()

    def _hand_over(self, policy: PolicyProcess) -> None:
        """Gives the blocks that are complete to the host."""
        cpu = time.process_time() + self.ended_cpu + policy.measure_cpu()
        self.pending.complete[0].outcome.cpu_seconds += cpu - self.reported_cpu
        self.reported_cpu = cpu
        while self.pending.complete:
            complete = self.pending.complete.pop(0)
            complete.outcome.level = self.level
            self.host.finish_block(complete.block, complete.outcome)

    def _fill(self, policy: PolicyProcess) -> list[tuple[int, int]]:
        """Begins episodes up to the width; returns for each the number of its text and the policy's seed."""
        begun: list[tuple[int, int]] = []
        if policy.begun_episodes >= self.look_at:
            self.look_at = policy.begun_episodes + self.width
            # What is under way ends in a full process; the rest is played in a new one.
            self.is_full = self.is_full or policy.is_full()
        while len(self.slots.slots) < self.width and not self.is_full and self._has_environment():
            if not self.todo and self.can_find_block:
                block = self.host.take_next_block(self.block)
                self.can_find_block = block is not None
                if block is not None:
                    self._join(block)
                    continue
            if not self.todo:
                break
            spec = self.todo.popleft()
            number = self._find_number(policy, spec)
            if number is None:
                continue
            needs_own_process = spec.text in self.texts.needing_own_process
            if needs_own_process:
                # It must not find what another episode has left behind, nor leave anything to one.
                self.is_full = True
                if policy.begun_episodes:
                    self.todo.appendleft(spec)
                    break
            try:
                observation_bytes = self.slots.begin(spec)
            except EpisodeLostError as lost:
                self._lose(spec, lost.fault)
                continue
            finally:
                self._count_constructor_faults(spec)
            if observation_bytes * self.width > BATCH_BYTES:
                self.width = max(1, BATCH_BYTES // observation_bytes)
            policy.begun_episodes += 1
            begun.append(
                (number, choose_policy_seed(self.texts.sources[spec.text], needs_own_process, spec.seed))
            )
        return begun

    def _find_number(self, policy: PolicyProcess, spec: EpisodeSpec) -> int | None:
        """Returns the number of the episode's text in the process, None where it does not compile."""
        number = self.texts.find_number(spec.text)
        if number is not None:
            return number
        expected = None if policy.observation_format else self.packer.predict_format(self.width)
        fault = self.texts.load(policy, spec, self.todo, expected)
        if fault is not None:
            self._fail(spec, fault, None)
        return self.texts.find_number(spec.text)

    def _step(self, policy: PolicyProcess, begun: list[tuple[int, int]]) -> list[int]:
        """Makes one step of every episode; returns the positions of those that ended."""
        slots = self.slots
        observations = self.packer.pack_observations(policy, slots.observations, self.width)
        endless = self.packer.find_endless(policy, observations, slots.observations)
        if endless:
            return self._lose_endless(policy, begun, endless)
        extra_args = self.packer.pack_extra_args(slots.extra_args)
        reply = policy.act(len(slots.slots), observations, policy.ended, begun, extra_args)
        slow = policy.slowest_row
        if slow is not None and slow.row < len(slots.slots):
            self.pending.note_slow_step(slots[slow.row].spec, slow.milliseconds)
        fault = reply.fault
        count = reply.done
        try:
            actions, written = self.pool.actions.read(reply.actions, count)
        except InvalidActionError as invalid:
            count = invalid.row
            size = self.pool.actions.codec.size
            actions, written = self.pool.actions.read(reply.actions[: count * size], count)
            fault = make_unplaced_fault("invalid_action", invalid.reason)
        leaving = slots.step(actions, written)
        for position in leaving:
            self._finish(slots[position], slots.totals[position])
        if any(slots[position].refusal is not None for position in leaving):
            leaving = sorted({*leaving, *self._list_needless()})
        if fault is not None:
            leaving = self._drop_failed(count, fault, leaving)
        if leaving:
            self._remove(leaving)
        return leaving

    def _lose_endless(
        self, policy: PolicyProcess, begun: list[tuple[int, int]], endless: dict[int, str]
    ) -> list[int]:
        """Loses the episodes whose observations no policy gets, and steps the others, as `_step` does.

        The process has the rows of its last frame: what ended then and what is lost now has ended since.
        """
        slots = self.slots
        old = len(slots) - len(begun)
        ended = set(policy.ended)
        rows = [row for row in range(old + len(ended)) if row not in ended]
        policy.ended = sorted({*ended, *(rows[at] for at in endless if at < old)})
        left = [pair for at, pair in enumerate(begun, old) if at not in endless]
        policy.begun_episodes -= len(begun) - len(left)
        for at, wrong in endless.items():
            slot = slots[at]
            steps = len(slot.actions)
            slot.fault = environment_pool.describe_wrong_answer(
                self.pool.spec, wrong, slot.spec.seed, steps - 1 if steps else None
            )
            self._finish(slot, slots.totals[at])
        self._remove(sorted(endless))
        return self._step(policy, left) if slots.slots else policy.ended

    def _finish(self, slot: EpisodeSlot, total: float) -> None:
        if slot.refusal is not None:
            # The action that was refused was no step.
            slot.actions.pop()
            self._fail(slot.spec, make_unplaced_fault("refused_action", slot.refusal), slot)
            return
        if slot.fault is None and not math.isfinite(total):
            slot.fault = environment_pool.describe_endless_return(self.pool.spec, slot.spec.seed, total)
        if slot.fault is not None:
            self._lose(slot.spec, slot.fault)
            return
        trajectory = None if slot.record is None else slot.record.make_trajectory(slot)
        episode = slot.make_result(total, self.pool.actions.pack(slot.actions))
        self.pending.finish(slot.spec, episode, trajectory)

    def _has_environment(self) -> bool:
        """Returns whether an episode may begin without an environment that takes long to make."""
        return bool(not self.pool.is_slow_to_make or self.pool.idle or not self.slots.slots)

    def _count_constructor_faults(self, spec: EpisodeSpec) -> None:
        """Counts what constructors have raised since the last time, for the episode that is to begin."""
        for fault in CONSTRUCTOR_FAULTS.take():
            self.pending.lose(spec, fault)

    def _lose(self, spec: EpisodeSpec, fault: EnvironmentFault) -> None:
        """Notes that the environment has failed in an episode; one of another seed takes its place."""
        if self.pending.is_needless(spec):
            return
        self.pending.lose(spec, fault)
        lost = spec.lost + 1
        if lost >= MAX_FAULTS_IN_A_ROW:
            raise fault.make_failure_in_a_row(lost)
        self.todo.appendleft(replace(spec, seed=derive_next_seed(spec.seed), lost=lost))

    def _drop_failed(self, row: int, fault: FaultReport, leaving: list[int]) -> list[int]:
        """Notes that the policy failed in a row; rows behind it wait for the next frame.

        Returns the positions of the episodes that ended or are needed no more.
        """
        failed = self.slots[row]
        self._fail(failed.spec, fault, failed)
        self.slots.postpone(row)
        return sorted({*leaving, *self._list_needless()})

    def _list_needless(self) -> list[int]:
        """Returns the positions of the episodes that are needed no more."""
        return [at for at, slot in enumerate(self.slots.slots) if self.pending.is_needless(slot.spec)]

    def _remove(self, positions: list[int]) -> None:
        self.can_find_block = True
        self.slots.remove(positions)

    def _fail(self, spec: EpisodeSpec, fault: FaultReport, slot: EpisodeSlot | None) -> None:
        """Notes that the policy failed in an episode: those of its text that lie behind it are not played."""
        seed, step = (None, None) if slot is None else (spec.seed, len(slot.actions))
        allowed, limits = self.pool.actions.allowed, self.block.limits
        self.pending.fail(spec, explain_fault(fault, allowed, limits, seed, step))
        self.todo = deque(waiting for waiting in self.todo if not self.pending.is_needless(waiting))

    def _restart(self, lost: PolicyLostError) -> None:
        """Notes that the process is gone: its row has failed, and the other episodes begin again."""
        fault = make_unplaced_fault(lost.code, lost.text)
        loading, slots = self.texts.loading, self.slots.slots
        again = [*(slot.spec for slot in slots), *loading[:1]]
        if slots and not loading:
            slot = slots[min(lost.row, len(slots) - 1)]
            self._fail(slot.spec, fault, slot)
        else:
            # The process says at which text it is. Its word decides only which of its own texts is to blame.
            suspects = loading or [self.todo[0]]
            self._fail(suspects[min(lost.row, len(suspects) - 1)], fault, None)
        self.texts.forget_process()
        self._remove(list(range(len(slots))))
        again = [spec for spec in again if not self.pending.is_needless(spec)]
        self.todo = deque(sorted([*again, *self.todo]))
