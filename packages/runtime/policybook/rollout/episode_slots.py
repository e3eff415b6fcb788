"""The episodes that a rollout steps side by side, in the order in which the policy's process holds them."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from operator import add
from typing import Any

from policybook.environments.system_exit import RAISED_BY_USER_CODE, make_exit_error
from policybook.rollout import environment_pool
from policybook.rollout.blocks import EpisodeSpec
from policybook.rollout.course_collector import has_any
from policybook.rollout.environment_fault import EpisodeLostError
from policybook.rollout.environment_pool import EnvironmentInstance, EnvironmentPool
from policybook.rollout.episode_slot import EpisodeRecording, EpisodeSlot
from policybook.rollout.observation_form import describe_misfit
from policybook.rollout.pulse import CELL, FRAME, OPERATION, PULSE, Operation
from policybook.rollout.refused_steps import RefusedSteps


class EpisodeSlots:
    """A table with a row for each episode under way: its slot, and columns that a step of all of them reads.

    Only `begin` and `remove` change the number of rows, so that the columns always have the slots' length.
    `record_bytes` is the room for each episode's recorded observations, 0 where none is recorded; with
    `is_followed`, the slots keep the rewards from which the trajectory's hashes are made, and the course.
    """

    def __init__(self, pool: EnvironmentPool, record_bytes: int, *, is_followed: bool) -> None:
        self.pool = pool
        self.record_bytes = record_bytes
        self.is_followed = is_followed
        self.slots: list[EpisodeSlot] = []
        self.observations: list[Any] = []
        self.extra_args: list[dict[str, Any]] = []
        self.totals: list[float] = []
        """Sums of the rewards so far."""
        self._cells: list[int] = []
        """Rows of the process's pulse."""
        self._free_cells: list[int] = []
        self._step_calls: list[Any] = []
        self._log_calls: list[Any] = []
        self._reward_calls: list[Any] = []
        self._info_calls: list[Any] = []
        self._refused = RefusedSteps(pool)
        self._frame = 0
        self._horizon = math.inf
        """No step limit ends an episode before this frame."""

    def __len__(self) -> int:
        return len(self.slots)

    def __getitem__(self, position: int) -> EpisodeSlot:
        return self.slots[position]

    def begin(self, spec: EpisodeSpec) -> int:
        """Resets an environment for one more episode; returns the bytes of its observation.

        Raises EpisodeLostError where the environment fails in it.
        """
        instance = self.pool.take()
        cell = self._free_cells.pop() if self._free_cells else len(self.slots)
        slot = EpisodeSlot(spec, instance, self._frame + self.pool.limit - 1, cell)
        PULSE.write_row(cell, spec.index, spec.seed, self._frame)
        try:
            with PULSE.enter(Operation.RESET, cell):
                observation, info = instance.reset(seed=spec.seed, **self._make_reset_arguments())
            observation = instance.select_observed(observation)
        except Exception as error:
            self._free_cells.append(cell)
            instance.close()
            fault = environment_pool.describe_exception(self.pool.spec, error, spec.seed)
            raise EpisodeLostError(fault) from error
        extra_args = self.pool.collect_extra_args(0.0, info)
        wrong = self._find_misfit(instance, observation)
        if wrong is not None:
            self._free_cells.append(cell)
            instance.close()
            raise EpisodeLostError(environment_pool.describe_wrong_answer(self.pool.spec, wrong, spec.seed))
        if self.record_bytes:
            slot.record = EpisodeRecording(observation, extra_args, self.record_bytes)
        self._horizon = min(self._horizon, slot.last)
        self.slots.append(slot)
        self.observations.append(observation)
        self.extra_args.append(extra_args)
        self.totals.append(0.0)
        self._cells.append(cell)
        self._step_calls.append(instance.step)
        self._log_calls.append(slot.actions.append)
        self._reward_calls.append(slot.rewards.append)
        self._info_calls.append(slot.course.add)
        return getattr(observation, "nbytes", 0)

    def _make_reset_arguments(self) -> dict[str, Any]:
        """Returns what `reset` is given besides the seed: options of its own, since it may change them."""
        options = self.pool.spec.get("resetOptions")
        return {} if options is None else {"options": copy.deepcopy(dict(options))}

    def step(self, actions: Sequence[Any], written: Sequence[Any]) -> list[int]:
        """Steps the first episodes, one for each action; returns the positions of those that ended.

        `written` has the actions as the policy's process wrote them. An episode in which the environment
        fails has ended, too, with its `fault`.
        """
        results = self._step_each(actions)
        if not results:
            self._frame += 1
            return []
        try:
            observations, given, terminated, truncated, infos = zip(*results, strict=True)
            rewards = list(map(float, given))
        except Exception:  # noqa: BLE001 - environments return anything
            results = [self._check_result(row, result) for row, result in enumerate(results)]
            observations, given, terminated, truncated, infos = zip(*results, strict=True)
            rewards = list(map(float, given))
        if self.record_bytes:
            results = [self._check_observation(row, result) for row, result in enumerate(results)]
            observations, _, terminated, truncated, infos = zip(*results, strict=True)
        count = len(results)
        for log, action in zip(self._log_calls, written, strict=False):
            log(action)
        if self.is_followed:
            for keep_reward, reward in zip(self._reward_calls, rewards, strict=False):
                keep_reward(reward)
            if has_any(infos):
                for keep_info, info in zip(self._info_calls, infos, strict=False):
                    keep_info(info)
        self.totals[:count] = map(add, self.totals, rewards)
        if self.pool.indices is None:
            self.observations[:count] = observations
        else:
            self.observations[:count] = [
                observation[self.pool.indices] if slot.fault is None and slot.refusal is None else before
                for observation, slot, before in zip(
                    observations, self.slots, self.observations, strict=False
                )
            ]
        if self.pool.has_extra_args:
            self.extra_args[:count] = map(self.pool.collect_extra_args, rewards, infos)
        if self.record_bytes:
            self._record(actions, rewards)
        ended = []
        if any(terminated) or any(truncated) or self._frame >= self._horizon:
            ended = self._mark_ended(terminated, truncated)
            if self.is_followed:
                for position in ended:
                    self.slots[position].course.end(infos[position])
        self._frame += 1
        return ended

    def _step_each(self, actions: Sequence[Any]) -> list[Any]:
        """Steps one environment after another; returns what they gave."""
        results: list[Any] = []
        keep = results.append
        words = PULSE.words
        rows = zip(self._cells, self._step_calls, actions, strict=False)
        words[FRAME] = self._frame
        # The evaluator spends most of its time in this loop: it looks nothing up twice and builds nothing.
        while True:
            words[OPERATION] = Operation.STEP
            try:
                for cell, step, action in rows:
                    words[CELL] = cell
                    keep(step(action))
                break
            except RAISED_BY_USER_CODE as raised:
                # The others go on: the iterator stands behind the row that failed.
                row = len(results)
                error = make_exit_error(raised) if isinstance(raised, SystemExit) else raised
                keep(self._refuse(row, actions[row], error) or self._lose(row, error))
        words[OPERATION] = Operation.NONE
        return results

    def _check_result(self, row: int, result: Any) -> Any:
        """Returns what a step gave, or what stands for an episode that something else has ended."""
        try:
            _, given, _, _, _ = result
            float(given)
        except Exception as error:  # noqa: BLE001 - environments return anything
            return self._lose(row, error)
        return result

    def _check_observation(self, row: int, result: Any) -> Any:
        """Returns what a step gave, or what stands for an episode that code of ours could not read."""
        slot = self.slots[row]
        if slot.fault is not None or slot.refusal is not None:
            return result
        wrong = self._find_misfit(slot.instance, slot.instance.select_observed(result[0]))
        if wrong is None:
            return result
        slot.fault = environment_pool.describe_wrong_answer(
            self.pool.spec, wrong, slot.spec.seed, len(slot.actions)
        )
        return self.observations[row], 0.0, False, True, {}

    def _find_misfit(self, instance: EnvironmentInstance, observation: Any) -> str | None:
        """Says what keeps an observation from being recorded; policies get what the environment gives."""
        space = instance.env.observation_space
        return describe_misfit(space, observation) if self.record_bytes else None

    def _refuse(self, row: int, action: Any, error: Exception) -> tuple[Any, ...] | None:
        """Notes that the environment has refused a row's action; returns what stands for the step's result.

        It returns None where the fault is the environment's own.
        """
        slot = self.slots[row]
        slot.refusal = self._refused.find_reason(slot.spec.seed, slot.actions, action, error)
        return None if slot.refusal is None else (self.observations[row], 0.0, False, True, {})

    def _lose(self, row: int, error: Exception) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Notes that the environment has failed in a row; returns what stands for the step's result."""
        slot = self.slots[row]
        slot.fault = environment_pool.describe_exception(
            self.pool.spec, error, slot.spec.seed, len(slot.actions)
        )
        return self.observations[row], 0.0, False, True, {}

    def postpone(self, first: int) -> None:
        """Moves the step limits of the rows from `first` on by a frame: they took no part in the last one."""
        for slot in self.slots[first:]:
            slot.last += 1
            self._horizon = min(self._horizon, slot.last)

    def remove(self, positions: Sequence[int]) -> None:
        """Takes episodes out, given by rising positions, and gives their environments back."""
        columns = self._list_columns()
        for position in reversed(positions):
            slot = self.slots[position]
            self._free_cells.append(slot.cell)
            if slot.fault is None and slot.refusal is None:
                self.pool.give_back(slot.instance)
            else:
                slot.instance.close()
            for column in columns:
                del column[position]

    def _list_columns(self) -> tuple[list[Any], ...]:
        return (
            self.slots,
            self.observations,
            self.extra_args,
            self.totals,
            self._cells,
            self._step_calls,
            self._log_calls,
            self._reward_calls,
            self._info_calls,
        )

    def _record(self, actions: Sequence[Any], rewards: Sequence[float]) -> None:
        columns = zip(self.slots, self.observations, self.extra_args, actions, rewards, strict=False)
        for slot, observation, extra_args, action, reward in columns:
            if slot.record is not None:
                slot.record.add(observation, extra_args, action, reward)

    def _mark_ended(self, terminated: Sequence[Any], truncated: Sequence[Any]) -> list[int]:
        is_limited = self._frame >= self._horizon
        positions = []
        for position, (over, cut) in enumerate(zip(terminated, truncated, strict=True)):
            slot = self.slots[position]
            if over or cut or (is_limited and self._frame == slot.last):
                positions.append(position)
                slot.terminated, slot.truncated = bool(over), bool(cut) or self._frame == slot.last
        if is_limited:
            self._horizon = min(
                (slot.last for slot in self.slots if slot.last > self._frame), default=math.inf
            )
        return positions
