"""While a `%%learn` runs everything else is answered, and Stop ends the run and nothing but it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kernel_harness import Client, RunningKernel, poll, read_command
from learning_kernel import error_of, events, kernel_of_notebook, learn
from simulators import simulator

# Slow and cheap: no run in it comes to its end while a test lasts, and the machine has time for the test.
SLOW = simulator("self.time += 1", "self.time += 1; __import__('time').sleep(0.002)").replace("tank", "slow")

PYTHON = """
import threading, time
from comm import get_comm_manager
kept = 42
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.01)
threading.Thread(target=tick, daemon=True).start()
def opened(comm, message):
    comm.on_msg(lambda message: comm.send(message['content']['data'], buffers=message['buffers']))
get_comm_manager().register_target('mirror', opened)
"""


kernel = kernel_of_notebook("lesson.ipynb")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    client = kernel.client()
    learn(client, SLOW)
    learn(client, PYTHON)
    return client


@pytest.fixture
def learning(client: Client) -> Iterator[Callable[[str], str]]:
    """Starts a run that a test cannot outlast, and waits until it is shown; it is stopped with the test."""
    begun: list[str] = []

    def begin(name: str) -> str:
        begun.append(client.execute(f"%%learn slow as {name}\nepisodes: 1000000\nseed: 0"))
        client.wait_for(begun[-1], lambda message: message["msg_type"] == "display_data")
        return begun[-1]

    yield begin
    client.ask("control", "interrupt_request", {})
    # What is sent before a stopped cell has ended is aborted with it.
    poll(lambda: client.run("pass").content["status"] == "ok", "the run has ended")


REQUESTS: list[tuple[str, str, dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    (
        "shell",
        "complete_request",
        {"code": "%%learn slow\nepis", "cursor_pos": 17},
        lambda answer: "episodes: " in answer["matches"],
    ),
    (
        "shell",
        "complete_request",
        {"code": "kep", "cursor_pos": 3},
        lambda answer: "kept" in answer["matches"],
    ),
    (
        "shell",
        "complete_request",
        {"code": "%%policy p for slow\nkep", "cursor_pos": 23},
        lambda answer: "kept" in answer["matches"],
    ),
    (
        "shell",
        "inspect_request",
        {"code": "%%learn slow\nepisodes: 3", "cursor_pos": 15, "detail_level": 0},
        lambda answer: "most episodes" in answer["data"]["text/plain"],
    ),
    (
        "shell",
        "inspect_request",
        {"code": "kept", "cursor_pos": 2, "detail_level": 0},
        lambda answer: "42" in answer["data"]["text/plain"],
    ),
    (
        "shell",
        "is_complete_request",
        {"code": "%%learn slow"},
        lambda answer: answer["status"] == "incomplete",
    ),
    (
        "shell",
        "is_complete_request",
        {"code": "for i in x:"},
        lambda answer: answer["status"] == "incomplete",
    ),
    (
        "shell",
        "history_request",
        {"hist_access_type": "tail", "n": 1, "output": False, "raw": True},
        lambda answer: len(answer["history"]) == 1,
    ),
    ("shell", "comm_info_request", {}, lambda answer: answer["status"] == "ok"),
    ("shell", "kernel_info_request", {}, lambda answer: answer["implementation"] == "policybook"),
    ("control", "kernel_info_request", {}, lambda answer: answer["implementation"] == "policybook"),
    ("control", "connect_request", {}, lambda answer: "shell_port" in answer),
    ("control", "usage_request", {}, lambda answer: answer["kernel_memory"] > 0),
    (
        "control",
        "debug_request",
        {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}},
        lambda answer: answer["success"],
    ),
    ("control", "list_subshell_request", {}, lambda answer: answer["subshell_id"] == []),
]


def test_requests_are_answered(client: Client, learning: Callable[[str], str]) -> None:
    running = learning("asked")
    for channel, message_type, content, right in REQUESTS:
        seen = client.ask(channel, message_type, content)
        assert right(seen.content), (message_type, content, seen.content)
    assert not replied(client, running)


def test_comms_go_both_ways(client: Client, learning: Callable[[str], str]) -> None:
    running = learning("commed")
    opened = client.send("shell", "comm_open", {"comm_id": "c", "target_name": "mirror", "data": {}})
    list(client.published(opened))
    sent = client.send("shell", "comm_msg", {"comm_id": "c", "data": {"x": 1}}, buffers=[b"\x00\xff"])
    [answer] = [m for m in client.published(sent) if m["msg_type"] == "comm_msg"]
    assert answer["content"]["data"] == {"x": 1}
    assert [bytes(buffer) for buffer in answer["buffers"]] == [b"\x00\xff"]
    assert not replied(client, running)


def test_stop_ends_the_run_and_only_it(
    client: Client, kernel: RunningKernel, learning: Callable[[str], str]
) -> None:
    learn(client, "%%learn slow as aside\nepisodes: 1000000\nseed: 1\nbackground: true")
    running = learning("stopped")
    before = processes(kernel)
    client.ask("control", "interrupt_request", {})
    assert error_of(client.collect(running))[0] == "KeyboardInterrupt"

    folder = Path(client.run("import os; print(os.getcwd())").text().strip()) / "policybook-runs" / "lesson"
    assert events(folder / "stopped")[-1]["reason"] == "interrupted"
    assert {"policybook.notebook.workbench", "policybook.evaluator"} <= set(before)
    assert processes(kernel) == before
    assert client.run("print(kept)").text() == "42\n"
    assert client.run("seen = ticks\nwhile ticks == seen: time.sleep(0.01)").content["status"] == "ok"
    assert "has not ended after" in learn(client, "%wait aside most=50ms").text()
    assert events(folder / "aside")[-1]["type"] != "run_stopped"
    learn(client, "%stop aside")


def replied(client: Client, running: str) -> bool:
    """Whether the cell that learns has ended; nothing else is waited for."""
    while client.raw.shell_channel.msg_ready():
        if client.raw.get_shell_msg(timeout=0)["parent_header"]["msg_id"] == running:
            return True
    return False


def processes(kernel: RunningKernel) -> dict[str, int]:
    """The modules that the kernel's own children run, with their pids."""
    children = psutil.Process(kernel.pid).children()
    return {words[2]: child.pid for child in children if (words := read_command(child))}
