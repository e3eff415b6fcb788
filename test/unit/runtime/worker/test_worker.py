"""What a worker answers, block by block, with stand-ins for its connection and for policy processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from policybook.rollout.blocks import Block, Limits
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.worker_texts import SentTexts
from policybook.worker import worker as module
from policybook.worker.worker import Worker
from stand_ins import ENVIRONMENT, LIMITS, SIMULATOR, PolicyStandIn, block


class ConnectionStandIn:
    """The evaluator's end: what it sends next, and all that it has received."""

    def __init__(self) -> None:
        self.incoming: deque[tuple[Any, ...]] = deque()
        self.received: list[tuple[Any, ...]] = []
        self.texts = SentTexts()

    def fileno(self) -> int:
        return 0

    def poll(self, timeout: float = 0.0) -> bool:
        return bool(self.incoming)

    def recv(self) -> tuple[Any, ...]:
        if not self.incoming:
            raise EOFError
        return self.incoming.popleft()

    def send(self, message: tuple[Any, ...]) -> None:
        self.received.append(message)

    def ask(self, number: int, asked: Block) -> None:
        """Sends a block, and its texts as the evaluator does."""
        texts = self.texts.send(asked.sources)
        self.incoming.append(("task", number, "block", (replace(asked, sources={}), texts), 0))

    @property
    def words(self) -> list[tuple[str, int]]:
        """Kind and task of what was received, without progress."""
        return [(message[0], message[1]) for message in self.received if message[0] != "progress"]


class WorkerOfStandIns(Worker):
    """A worker whose policies are stand-ins."""

    def __init__(self, connection: Any, make: Callable[[], PolicyStandIn]) -> None:
        super().__init__(connection)
        self.make = make
        self.policies: list[PolicyStandIn] = []

    def start_policy(self, limits: Limits) -> Any:
        spare, self.spare = self.spare, None
        if spare is not None:
            return spare
        self.policies.append(self.make())
        return self.policies[-1]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> ConnectionStandIn:
    # A worker listens now and then: here, between any two steps.
    monkeypatch.setattr(module, "LISTEN_SECONDS", 0.0)
    return ConnectionStandIn()


def serve(
    connection: ConnectionStandIn, make: Callable[[], PolicyStandIn] = PolicyStandIn
) -> WorkerOfStandIns:
    worker = WorkerOfStandIns(connection, make)
    worker.serve()
    return worker


def test_blocks_of_one_evaluation_are_played_together(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4, 4]))
    connection.ask(2, block([0, 0], first=2))
    worker = serve(connection)
    assert connection.words == [("begun", 1), ("begun", 2), ("done", 2), ("done", 1)]
    [outcome] = [message[2] for message in connection.received if message[:2] == ("done", 1)]
    assert sorted(outcome.episodes) == [0, 1]
    assert worker.policies[0].frames[0] == [4, 4, 0, 0]


def test_blocks_of_two_evaluations_are_played_one_after_the_other(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4]))
    connection.ask(2, block([0], evaluation=2))
    serve(connection)
    assert connection.words == [("begun", 1), ("done", 1), ("begun", 2), ("done", 2)]


def test_a_text_is_known_to_later_blocks(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4]))
    connection.ask(2, block([3], evaluation=2))
    assert connection.incoming[1][3][1].new == {}
    worker = serve(connection)
    loaded = [source for policy in worker.policies for source in policy.loaded]
    assert loaded == [block([4]).sources[0]] * 2


def test_a_block_that_waits_is_given_up_without_a_word_of_beginning(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4]))
    connection.ask(2, block([4], evaluation=2))
    connection.incoming.append(("cancel", 2))
    serve(connection)
    assert connection.words == [("begun", 1), ("cancelled", 2), ("done", 1)]


def test_a_block_under_way_is_given_up_and_one_beside_it_begins_again(connection: ConnectionStandIn) -> None:
    def cancel_after_a_step(seed: int, step: int) -> None:
        if (seed, step) == (4, 1):
            connection.incoming.append(("cancel", 1))

    connection.ask(1, block([4]))
    connection.ask(2, block([3], first=1))
    worker = serve(connection, lambda: PolicyStandIn(cancel_after_a_step))
    assert connection.words == [("begun", 1), ("begun", 2), ("cancelled", 1), ("begun", 2), ("done", 2)]
    assert worker.policies[0].closed, "its process stands in the middle of an episode"


def test_what_was_answered_cannot_be_given_up_any_more(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4]))
    connection.ask(2, block([4], evaluation=2))
    connection.incoming.append(("cancel", 3))
    serve(connection)
    assert connection.words == [("begun", 1), ("done", 1), ("begun", 2), ("done", 2)]


def test_an_environment_that_always_fails_fails_all_blocks_under_way_and_the_next_is_served(
    connection: ConnectionStandIn,
) -> None:
    source = SIMULATOR.replace("if self.seed == 666", "if self.seed > 99")
    broken: Any = {**ENVIRONMENT, "simulator": {"name": "counting", "source": source}}
    connection.ask(1, replace(block([4, 666]), environment=broken))
    connection.ask(2, replace(block([4], first=2), environment=broken))
    connection.ask(3, block([4], evaluation=2))
    serve(connection)
    failed = [message for message in connection.received if message[0] == "failed"]
    assert {message[1]: message[2] for message in failed}[1] == "simulator_error"
    assert connection.words[-2:] == [("begun", 3), ("done", 3)]


def test_what_is_no_known_task_is_refused_and_the_next_is_served(connection: ConnectionStandIn) -> None:
    connection.incoming.append(("task", 1, "make.coffee", {}, 0))
    connection.ask(2, block([4]))
    serve(connection)
    assert connection.words == [("begun", 1), ("failed", 1), ("begun", 2), ("done", 2)]
    assert next(message for message in connection.received if message[0] == "failed")[2] == "internal"


def test_a_familys_process_plays_its_next_block(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4], family="tuned"))
    connection.ask(2, block([3], family="tuned", evaluation=2))
    worker = serve(connection)
    assert [policy.begun_episodes for policy in worker.policies[:1]] == [2]
    assert [word for word in connection.words if word[0] == "done"] == [("done", 1), ("done", 2)]


def test_a_process_waits_for_the_next_candidate(connection: ConnectionStandIn) -> None:
    connection.ask(1, block([4]))
    worker = serve(connection)
    assert [policy.closed for policy in worker.policies] == [True, False]
    assert worker.spare is worker.policies[1]


def test_progress_is_reported_by_task(connection: ConnectionStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPORT_SECONDS", 0.0)
    connection.ask(7, block([4]))
    serve(connection)
    reported = [message[1:] for message in connection.received if message[0] == "progress"]
    assert reported == [(7, {"episodes": 0, "steps": steps}) for steps in (1, 2, 3, 4)]


class ZygoteStandIn:
    """What a worker asks of its zygotes."""

    def __init__(self, least: int) -> None:
        self.least = least

    def get(self, imports: tuple[str, ...]) -> None: ...


def test_a_policy_of_a_replaced_zygote_that_confines_less_needs_consent(
    connection: ConnectionStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = PolicyStandIn()
    process.level = 1
    monkeypatch.setattr(module, "PolicyProcess", lambda *_, **__: process)
    end: Any = connection
    worker: Any = Worker(end)
    worker.zygotes = ZygoteStandIn(least=2)
    with pytest.raises(RequestFailedError) as raised:
        worker.start_policy(LIMITS)
    assert raised.value.code == "consent_needed"
    assert process.closed


def test_a_zygote_that_is_lost_twice_is_an_answer(
    connection: ConnectionStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: Any, **__: Any) -> None:
        raise ForkServerLostError("it ended while it started")

    monkeypatch.setattr(module, "PolicyProcess", lose)
    end: Any = connection
    worker: Any = Worker(end)
    worker.zygotes = ZygoteStandIn(least=2)
    with pytest.raises(RequestFailedError, match=r"No policy can run: .* it ended while it started"):
        worker.start_policy(LIMITS)
