"""What the evaluator sends for requests by key, with a stand-in for what runs them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from event_loop import let_settle
from policybook.evaluator.comm_server import CommServer
from policybook.protocol.messages import EvaluatorFrame, RequestFrameJson


class DispatchStandIn:
    """Answers each request with how many it has run; it waits until the test lets it go on."""

    def __init__(self) -> None:
        self.runs = 0
        self.may_go_on = asyncio.Event()

    async def run(self, method: str, params: Any, progress: Any) -> int:
        self.runs += 1
        run = self.runs
        await self.may_go_on.wait()
        return run


def make_server() -> tuple[CommServer, DispatchStandIn]:
    server, dispatch = CommServer(), DispatchStandIn()
    stand_in: Any = dispatch
    server.dispatch = stand_in
    return server, dispatch


def make_request(method: str) -> RequestFrameJson:
    return {"kind": "request", "key": "the key", "method": method, "params": {"folder": "tables"}}


@pytest.mark.parametrize(
    ("method", "values"),
    [("policy.describe", [1, 1]), ("folder.describe", [1, 2]), ("policy.inline", [1, 2])],
)
def test_a_request_that_reads_a_folder_reads_it_each_time(method: str, values: list[int]) -> None:
    async def test() -> None:
        server, dispatch = make_server()
        dispatch.may_go_on.set()
        frames: list[EvaluatorFrame] = []
        for _ in values:
            server.receive(frames.append, make_request(method))
            await let_settle()
        assert [frame["value"] for frame in frames if frame["kind"] == "result"] == values

    asyncio.run(test())


@pytest.mark.parametrize(
    ("method", "work"),
    [("policy.time", "timing a policy"), ("trace", "replaying an episode"), ("evaluate", "playing episodes")],
)
def test_an_unexpected_error_says_in_words_what_was_being_done(method: str, work: str) -> None:
    async def test() -> None:
        server, dispatch = make_server()

        async def fail(*_: Any) -> int:
            raise OSError(12, "Cannot allocate memory")

        dispatch.run = fail  # type: ignore[method-assign]
        frames: list[EvaluatorFrame] = []
        server.receive(frames.append, make_request(method))
        await let_settle()
        (failure,) = (frame for frame in frames if frame["kind"] == "failure")
        assert failure["message"].startswith(f"The evaluator failed at {work}: OSError: ")

    asyncio.run(test())


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_key_that_is_requested_again_in_the_turn_of_its_cancellation_is_run_again(has_begun: bool) -> None:
    async def test() -> None:
        server, dispatch = make_server()
        frames: list[EvaluatorFrame] = []
        send = frames.append
        request = make_request("policy.describe")
        server.receive(send, request)
        if has_begun:
            await let_settle()
        server.receive(send, {"kind": "cancel", "key": "the key"})
        server.receive(send, request)
        dispatch.may_go_on.set()
        await let_settle()
        assert [frame["kind"] for frame in frames] == ["accepted", "failure", "accepted", "result"]
        assert server.running == {}

    asyncio.run(test())


def test_a_request_that_one_of_two_comms_cancels_goes_on_for_the_other() -> None:
    async def test() -> None:
        server, dispatch = make_server()
        first: list[EvaluatorFrame] = []
        second: list[EvaluatorFrame] = []
        leave, stay = first.append, second.append
        for send in (leave, stay):
            server.receive(send, make_request("policy.describe"))
        await let_settle()
        server.forget(leave)
        dispatch.may_go_on.set()
        await let_settle()
        assert [frame["kind"] for frame in first] == ["accepted", "failure"]
        assert [frame["kind"] for frame in second] == ["accepted", "result"]
        assert dispatch.runs == 1

    asyncio.run(test())
