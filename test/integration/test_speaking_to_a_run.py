"""The user speaks to a run in the background: policies join it, and notes and rejections reach it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from kernel_harness import RunningKernel, poll
from learning_kernel import error_of, events, learn, text_of

LEAN = "def act(observation):\n    return int(observation[2] > 0)\n"
RIGHT = "def act(observation):\n    return 1\n"


def received(folder: Path) -> list[dict[str, object]]:
    """What the run has been said so far."""
    return [event["message"] for event in events(folder) if event["type"] == "message_received"]


def test_policies_by_hand_join_a_run_that_waits_for_them(
    own_kernel: Callable[..., RunningKernel],
) -> None:
    kernel = own_kernel()
    client = kernel.client()
    cell = "%%learn CartPole-v1 as mine\nauthor: human\nepisodes: 2000\nsimplify: false"
    refused = client.run(cell, timeout=120)
    assert "background: true" in error_of(refused)[1]

    cell += "\nbackground: true"
    learn(client, cell)
    joined = learn(client, f"%%policy lean for CartPole-v1\n{LEAN}")
    assert "lean joins mine as a candidate" in text_of(joined)
    run = kernel.runs / "mine"
    poll(lambda: any(event["type"] == "champion_promoted" for event in events(run)), "lean was raced")
    learn(client, "%note mine weigh the speed too, don't overdo it")
    poll(lambda: len(received(run)) == 2, "the note was taken")

    # A killed kernel goes on with what had been said.
    os.kill(kernel.pid, signal.SIGKILL)
    poll(lambda: not kernel.processes(), "the kernel is gone")
    client = own_kernel().client()
    learn(client, cell)
    learn(client, f"%%policy right for CartPole-v1\n{RIGHT}")
    poll(
        lambda: any(event["type"] == "candidate_raced" and event["candidate"] == 2 for event in events(run)),
        "a race",
    )
    learn(client, "%reject mine@1")
    poll(lambda: len(received(run)) == 4, "the rejection was taken")
    assert "mine was stopped" in text_of(learn(client, "%stop mine"))

    replayed = client.run("%%learn CartPole-v1 as replayed\nauthor: {kind: replay, run: mine}")
    assert "mine cannot be replayed: its author is human" in error_of(replayed)[1]
    assert not (kernel.runs / "replayed").exists()

    messages = received(run)
    assert messages[1] == {"kind": "note", "text": "weigh the speed too, don't overdo it"}
    assert messages[3] == {"kind": "reject", "candidate": 1}
    proposed = [event for event in events(run) if event["type"] == "candidate_proposed"]
    assert [(event["label"], event["kind"]) for event in proposed] == [
        ("lean", "by_hand"),
        ("right", "by_hand"),
    ]
    heads = [event["candidate"] for event in events(run) if event["type"] == "head_changed"]
    assert heads == [1, 2]

    # What does not learn in the background takes no messages, and a policy for it is an ordinary one.
    assert "background: true" in error_of(client.run("%note mine faster"))[1]
    assert "no run" in error_of(client.run("%note nobody faster"))[1].lower()
    assert "joins" not in text_of(learn(client, f"%%policy lean for CartPole-v1\n{LEAN}"))
