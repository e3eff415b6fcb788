"""How the scheduler shares workers between evaluations, with stand-ins for the worker processes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from event_loop import let_settle
from policybook.pool import scheduler as module
from policybook.pool.scheduler import FIRST_BLOCK_EPISODES, HELD_BLOCKS, MAX_LOSSES, Scheduler
from policybook.pool.worker_process import DeathCause, TaskCancelledError, WorkerDiedError, WorkerRequest
from policybook.rollout.blocks import Block, BlockOutcome, EpisodeResult
from policybook.rollout.environment_fault import EnvironmentFault
from policybook.rollout.evaluation import Progress, TextResult
from policybook.rollout.failures import PolicyFailure, RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.lost_episodes import LostEpisodes
from policybook.rollout.pulse import Operation, OperationPlace
from stand_ins import block

SERVER: Any = None
"""No worker of these tests is forked."""


class WorkerStandIn:
    """Holds what it is asked until the test says what comes of it."""

    started: list[WorkerStandIn]

    def __init__(self, server: Any, core: int = -1) -> None:
        self.core = core
        self.is_alive = True
        self.is_lost = False
        self.code: str | None = None
        self.requests: dict[int, WorkerRequest] = {}
        self.blocks: dict[int, Block] = {}
        self.cancelled: list[int] = []
        self.prepared: list[Any] = []
        self.moved_at = asyncio.get_running_loop().time()
        self.is_in_environment = False
        self.started.append(self)

    def can_take(self, code: str | None) -> bool:
        return code is None or self.code in (None, code)

    def take(self, code: str | None) -> None:
        self.code = self.code or code

    def play(self, part: Block, progress: Progress) -> WorkerRequest:
        number = len(self.blocks) + 1
        request = WorkerRequest(number, asyncio.get_running_loop().create_future(), progress, None)
        self.requests[number] = request
        self.blocks[number] = part
        return request

    def cancel(self, request: WorkerRequest) -> None:
        if request.done.done():
            return
        self.cancelled.append(request.number)
        self.settle(request.number, error=TaskCancelledError())

    def settle(
        self, number: int, outcome: BlockOutcome | None = None, error: Exception | None = None
    ) -> None:
        request = self.requests.pop(number)
        if error is not None:
            request.done.set_exception(error)
        else:
            request.done.set_result(outcome)

    def answer(self, number: int, *, seconds: float = 0.0, fails_at: int | None = None) -> None:
        """Says that a block was played; at an episode's index its text fails."""
        outcome = BlockOutcome(cpu_seconds=seconds, level=4)
        for spec in self.blocks[number].specs:
            if fails_at is not None and spec.index >= fails_at:
                failure = PolicyFailure("raised", "as the test says", seed=spec.seed, step=0)
                outcome.failures.setdefault(spec.text, (spec.index, failure))
            else:
                outcome.episodes[spec.index] = EpisodeResult(spec.seed, 1.0, 1, True, False, "hash")
        self.settle(number, outcome)

    def die(self, cause: DeathCause = DeathCause.CRASHED, **place: Any) -> None:
        self.is_alive = False
        for number in list(self.requests):
            self.settle(number, error=WorkerDiedError(cause, **place))

    def find_overdue(self) -> bool:
        return False

    def report_stay(self) -> None:
        """Is in no environment for long."""

    def prepare(self, environment: Any) -> WorkerRequest:
        number = -1
        self.prepared.append(environment)
        self.requests[number] = WorkerRequest(
            number, asyncio.get_running_loop().create_future(), lambda _: None, None
        )
        return self.requests[number]

    def end_if_lost(self) -> None:
        if self.is_lost:
            self.kill(DeathCause.LOST)

    def kill(self, cause: DeathCause = DeathCause.CRASHED) -> None:
        if self.is_alive:
            self.die(cause)


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> list[WorkerStandIn]:
    """Those that were started, in their order."""
    started: list[WorkerStandIn] = []
    monkeypatch.setattr(WorkerStandIn, "started", started, raising=False)
    monkeypatch.setattr(module, "WorkerProcess", WorkerStandIn)
    return started


def begin(scheduler: Scheduler, whole: Block) -> asyncio.Task[list[TextResult]]:
    return asyncio.get_running_loop().create_task(scheduler.evaluate(whole, lambda progress: None))


def seeds(whole: Block) -> list[int]:
    return [spec.seed for spec in whole.specs]


async def play_all(task: asyncio.Task[Any], workers: list[WorkerStandIn], seconds: float = 0.01) -> int:
    """Answers everything, block by block; how many blocks there were."""
    count = 0
    while not task.done():
        held = [(worker, number) for worker in workers if worker.is_alive for number in worker.requests]
        assert held, "nobody plays and nothing is done"
        for worker, number in held:
            worker.answer(number, seconds=seconds * len(worker.blocks[number].specs))
            count += 1
        await let_settle()
    return count


def test_every_worker_gets_a_block_before_any_holds_two(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        scheduler = Scheduler(SERVER, 3)
        task = begin(scheduler, block(range(600)))
        await let_settle()
        assert [len(worker.blocks) for worker in workers] == [HELD_BLOCKS] * 3
        first = [worker.blocks[1] for worker in workers]
        assert [each.specs[0].index for each in first] == [0, FIRST_BLOCK_EPISODES, 2 * FIRST_BLOCK_EPISODES]
        task.cancel()

    asyncio.run(test())


def test_no_worker_is_started_for_which_there_is_nothing_to_do(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 3), block([7]))
        await let_settle()
        assert [len(worker.blocks) for worker in workers] == [1]
        workers[0].answer(1)
        [evaluated] = await task
        assert [episode.seed for episode in evaluated.episodes] == [7]

    asyncio.run(test())


def test_policies_that_follow_each_other_are_played_by_workers_in_turn(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        scheduler = Scheduler(SERVER, 2)
        both = [begin(scheduler, block([1])), begin(scheduler, block([2]))]
        await let_settle()
        for worker in workers:
            worker.answer(1)
        await asyncio.gather(*both)
        for played in ([2, 1], [2, 2], [3, 2]):
            task = begin(scheduler, block([3]))
            await let_settle()
            assert [len(worker.blocks) for worker in workers] == played
            await play_all(task, workers)

    asyncio.run(test())


def test_results_come_in_the_order_of_the_seeds_whoever_is_done_first(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        order = list(range(40, 0, -1))
        task = begin(Scheduler(SERVER, 2), block(order))
        await let_settle()
        for worker in reversed(workers):
            for number in sorted(worker.requests, reverse=True):
                worker.answer(number)
                await let_settle()
        await play_all(task, workers)
        [evaluated] = await task
        assert [episode.seed for episode in evaluated.episodes] == order

    asyncio.run(test())


def test_two_evaluations_take_turns(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        scheduler = Scheduler(SERVER, 1)
        tasks = [begin(scheduler, block(range(start, start + 200))) for start in (0, 1000)]
        order: list[int] = []
        while not all(task.done() for task in tasks):
            await let_settle()
            [worker] = workers
            number = min(worker.requests)
            order.append(worker.blocks[number].specs[0].seed // 1000)
            worker.answer(number, seconds=0.01 * len(worker.blocks[number].specs))
            await let_settle()
        # What the first got before the second was there, then one and the other.
        while order[0] == order[1]:
            order.pop(0)
        both = order[: 2 * min(order.count(0), order.count(1)) - 2]
        assert both == [both[0], 1 - both[0]] * (len(both) // 2)

    asyncio.run(test())


def test_blocks_are_as_long_as_the_policy_is_fast(workers: list[WorkerStandIn]) -> None:
    async def test(seconds: float) -> int:
        workers.clear()
        task = begin(Scheduler(SERVER, 1), block(range(3000)))
        await let_settle()
        return await play_all(task, workers, seconds)

    slow, quick = asyncio.run(test(0.1)), asyncio.run(test(0.0001))
    assert slow > 3000 / 8, "a block of 0.4 s has four of its episodes"
    assert quick < 3000 / FIRST_BLOCK_EPISODES / 2


def test_a_failure_makes_what_lies_behind_it_needless(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 2), block(range(500)))
        await let_settle()
        first, second = workers
        behind = set(second.requests)
        first.answer(1, fails_at=3)
        await let_settle()
        assert set(second.cancelled) == behind
        assert first.cancelled == [2]
        [evaluated] = await task
        assert [episode.seed for episode in evaluated.episodes] == [0, 1, 2]
        assert evaluated.failure is not None
        assert evaluated.failure.seed == 3

    asyncio.run(test())


def test_what_lies_before_a_failure_is_still_waited_for(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 2), block(range(64)))
        await let_settle()
        first, second = workers
        second.answer(1, fails_at=second.blocks[1].specs[0].index)
        await let_settle()
        assert not task.done()
        # The first worker's block has a failure too, and an earlier one.
        first.answer(1, fails_at=5)
        [evaluated] = await task
        assert len(evaluated.episodes) == 5
        assert evaluated.failure is not None
        assert evaluated.failure.seed == 5

    asyncio.run(test())


def test_a_block_whose_worker_died_is_played_again_apart_from_others(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block(range(4)))
        await let_settle()
        lost = workers[0].blocks[1]
        workers[0].die()
        await let_settle()
        again = workers[1].blocks[1]
        assert seeds(again) == seeds(lost)
        assert again.evaluation != lost.evaluation, "no other block may join it"
        await play_all(task, workers)
        assert [episode.seed for episode in (await task)[0].episodes] == [0, 1, 2, 3]

    asyncio.run(test())


def test_the_second_death_over_the_same_seeds_fails_the_request(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([5, 6]))
        for attempt in range(2):
            await let_settle()
            workers[attempt].die()
            await let_settle()
        for worker in workers[2:]:
            worker.kill()
        with pytest.raises(RequestFailedError) as raised:
            await task
        assert raised.value.code == "worker_died"
        assert "seeds 5 to " in raised.value.message

    asyncio.run(test())


def test_a_constructor_that_ends_its_process_is_called_again_and_counted_up_to_five_times(
    workers: list[WorkerStandIn],
) -> None:
    place = OperationPlace(Operation.MAKE, 0, None, 0)
    fault = EnvironmentFault("simulator_error", "frail ended its process", "the process ended", None)

    async def test(deaths: int) -> list[TextResult]:
        workers.clear()
        task = begin(Scheduler(SERVER, 1), block([5]))
        for attempt in range(deaths):
            await let_settle()
            workers[attempt].die(place=place, fault=fault)
        await let_settle()
        await play_all(task, workers)
        return await task

    [result] = asyncio.run(test(4))
    assert result.episodes[0].seed == 5
    assert result.lost == LostEpisodes(4, "the process ended")
    with pytest.raises(RequestFailedError, match="frail ended its process"):
        asyncio.run(test(5))


def test_workers_make_an_environment_before_it_is_played_and_their_failure_is_no_evaluations(
    workers: list[WorkerStandIn],
) -> None:
    async def test() -> None:
        scheduler = Scheduler(SERVER, 2)
        environment = block([5]).environment
        scheduler.prepare(environment)
        scheduler.prepare(environment)
        assert [worker.prepared for worker in workers] == [[environment], [environment]]
        task = begin(scheduler, block([5]))
        await let_settle()
        place = OperationPlace(Operation.MAKE, 0, None, 0)
        workers[0].die(DeathCause.GIVEN_UP, place=place)
        workers[1].settle(-1)
        await let_settle()
        await play_all(task, workers)
        assert [episode.seed for episode in (await task)[0].episodes] == [5]

    asyncio.run(test())


def test_where_an_environment_was_is_not_reported_any_more_once_its_worker_has_died(
    workers: list[WorkerStandIn],
) -> None:
    async def test() -> None:
        seen: list[Any] = []
        whole = block([5])
        task = asyncio.get_running_loop().create_task(Scheduler(SERVER, 1).evaluate(whole, seen.append))
        await let_settle()
        workers[0].requests[1].progress({"place": "being made for 0.6 s"})
        assert seen[-1]["place"] == "being made for 0.6 s"
        workers[0].die()
        await let_settle()
        workers[1].requests[1].progress({"episodes": 0, "steps": 7})
        assert seen[-1]["steps"] == 7
        assert "place" not in seen[-1]
        await play_all(task, workers)

    asyncio.run(test())


def test_a_death_that_no_block_is_to_blame_for_does_not_count(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([5]))
        for attempt in range(4):
            await let_settle()
            workers[attempt].die(DeathCause.GIVEN_UP)
        await let_settle()
        await play_all(task, workers)
        assert len((await task)[0].episodes) == 1

    asyncio.run(test())


def test_a_worker_that_cannot_even_begin_is_not_tried_for_ever(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([5]))
        for attempt in range(MAX_LOSSES):
            await let_settle()
            workers[attempt].die(DeathCause.LOST)
        with pytest.raises(RequestFailedError, match="before they played anything"):
            await asyncio.wait_for(task, 5)

    asyncio.run(test())


class ForkServerStandIn:
    """Is replaced when the test says so."""

    def __init__(self) -> None:
        self.is_replaced = asyncio.Event()

    async def wait_until_ready(self) -> None:
        await self.is_replaced.wait()


def test_an_evaluation_waits_until_the_lost_process_that_forks_workers_is_replaced(
    workers: list[WorkerStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(fork_server: Any, core: int) -> WorkerStandIn:
        if not fork_server.is_replaced.is_set():
            raise ForkServerLostError("as the test says")
        return WorkerStandIn(fork_server, core)

    async def test() -> None:
        fork_server: Any = ForkServerStandIn()
        task = begin(Scheduler(fork_server, 4), block(range(256)))
        await let_settle()
        monkeypatch.setattr(module, "WorkerProcess", lose)
        for worker in list(workers):
            worker.die(DeathCause.LOST)
        await let_settle()
        assert not task.done()
        fork_server.is_replaced.set()
        await let_settle()
        await play_all(task, workers)
        assert len((await task)[0].episodes) == 256

    asyncio.run(test())


def test_no_part_goes_to_a_worker_that_has_ended_with_the_process_that_forked_it(
    workers: list[WorkerStandIn],
) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 8), block(range(8 * FIRST_BLOCK_EPISODES)))
        await let_settle()
        lost = list(workers)
        for worker in lost:
            worker.is_lost = True
        # The others' ends are noticed later.
        lost[0].die(DeathCause.LOST)
        await let_settle()
        assert not any(worker.requests for worker in lost)
        await play_all(task, workers)
        assert len((await task)[0].episodes) == 8 * FIRST_BLOCK_EPISODES

    asyncio.run(test())


def test_an_evaluation_fails_where_each_process_that_forks_workers_is_lost(
    workers: list[WorkerStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(fork_server: Any, core: int) -> WorkerStandIn:
        raise ForkServerLostError("as the test says")

    async def test() -> None:
        fork_server: Any = ForkServerStandIn()
        fork_server.is_replaced.set()
        monkeypatch.setattr(module, "WorkerProcess", lose)
        with pytest.raises(RequestFailedError, match="as the test says"):
            await asyncio.wait_for(begin(Scheduler(fork_server, 1), block([1])), 5)

    asyncio.run(test())


def test_an_environment_that_fails_ends_the_evaluation_and_gives_up_the_rest(
    workers: list[WorkerStandIn],
) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 2), block(range(500)))
        await let_settle()
        first, second = workers
        behind = set(second.requests)
        first.settle(1, error=RequestFailedError("environment_error", "as the test says"))
        with pytest.raises(RequestFailedError, match="as the test says"):
            await task
        await let_settle()
        assert set(second.cancelled) == behind

    asyncio.run(test())


def test_cancelling_an_evaluation_frees_the_workers_for_the_next(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        scheduler = Scheduler(SERVER, 2)
        first = begin(scheduler, block(range(500)))
        await let_settle()
        held = [set(worker.requests) for worker in workers]
        first.cancel()
        await let_settle()
        assert [set(worker.cancelled) for worker in workers] == held
        assert scheduler.holding == {}
        second = begin(scheduler, block(range(9)))
        await let_settle()
        await play_all(second, workers)
        assert len((await second)[0].episodes) == 9
        assert len(workers) == 2, "no worker was ended"

    asyncio.run(test())


def test_a_worker_that_is_silent_for_too_long_is_ended(
    workers: list[WorkerStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYBOOK_HUNG_SECONDS", "0.02")

    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([1]))
        await let_settle()
        workers[0].moved_at = -1e9
        # The second one, which plays the block again, hangs too.
        while len(workers) < 2:
            await asyncio.sleep(0.001)
        workers[1].moved_at = -1e9
        with pytest.raises(RequestFailedError, match=r"seed 1: the second one was silent for 0\.02 s"):
            await task

    asyncio.run(test())


def test_an_evaluation_fails_where_no_worker_can_replace_the_one_that_died(
    workers: list[WorkerStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(server: Any, core: int) -> WorkerStandIn:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([1]))
        await let_settle()
        monkeypatch.setattr(module, "WorkerProcess", refuse)
        workers[0].die()
        with pytest.raises(RequestFailedError, match=r"No worker process could be started: .*unavailable"):
            await asyncio.wait_for(task, 5)

    asyncio.run(test())


def test_an_evaluation_fails_where_a_later_block_cannot_be_sent(
    workers: list[WorkerStandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(worker: WorkerStandIn, part: Block, progress: Progress) -> WorkerRequest:
        raise RequestFailedError("bad_setting", "as the test says")

    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block([1]))
        await let_settle()
        monkeypatch.setattr(WorkerStandIn, "play", refuse)
        workers[0].die()
        with pytest.raises(RequestFailedError, match="as the test says"):
            await asyncio.wait_for(task, 5)

    asyncio.run(test())


def test_progress_is_of_all_blocks_together(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        seen: list[Any] = []
        task = asyncio.get_running_loop().create_task(
            Scheduler(SERVER, 2).evaluate(block(range(64)), seen.append)
        )
        await let_settle()
        for worker in workers:
            worker.requests[1].progress({"episodes": 2, "steps": 10})
        assert seen[-1] == {"episodes": 4, "steps": 20, "cpuSeconds": 0}
        workers[0].requests[1].progress({"place": "in step 2 of seed 3 for 1 s"})
        assert seen[-1]["place"] == "in step 2 of seed 3 for 1 s"
        workers[0].requests[1].progress({"place": ""})
        assert seen[-1] == {"episodes": 4, "steps": 20, "cpuSeconds": 0}
        await play_all(task, workers)
        assert seen[-1]["episodes"] == 64

    asyncio.run(test())


def test_nothing_to_play_asks_no_worker(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        [evaluated] = await Scheduler(SERVER, 2).evaluate(block([]), lambda progress: None)
        assert evaluated.episodes == ()
        assert workers == []

    asyncio.run(test())


def test_episodes_of_two_texts_are_kept_apart(workers: list[WorkerStandIn]) -> None:
    async def test() -> None:
        task = begin(Scheduler(SERVER, 1), block(range(4), texts=(0, 1)))
        await let_settle()
        await play_all(task, workers)
        assert [[episode.seed for episode in each.episodes] for each in await task] == [[0, 1, 2, 3]] * 2

    asyncio.run(test())
