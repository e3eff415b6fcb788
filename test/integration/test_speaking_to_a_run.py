"""The user speaks to a run in the background: policies join it, and what is said of candidates reaches it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel_harness import Client, RunningKernel, poll
from learning_kernel import error_of, events, learn, text_of

LEAN = "def act(observation):\n    return int(observation[2] > 0)\n"
RIGHT = "def act(observation):\n    return 1\n"


def received(folder: Path) -> list[dict[str, object]]:
    """What the run has been said so far."""
    return [event["message"] for event in events(folder) if event["type"] == "message_received"]


def attach(client: Client, run: str, activity: str) -> str:
    """What `%attach` shows of a run, once that does this."""

    def look() -> str:
        shown = text_of(learn(client, f"%attach {run}"))
        return shown if activity in shown else ""

    return poll(look, activity)


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
    assert "human, reads no words" in error_of(client.run("%note mine weigh the speed too"))[1]

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
    assert "out of the choice" in text_of(learn(client, "%reject mine@1"))
    poll(lambda: len(received(run)) == 3, "the rejection was taken")
    # What is left alone stays all the same, which is said wherever it stands.
    said = text_of(learn(client, "%reject mine@2"))
    assert "nothing else is left" in said
    assert "mine is still mine@2" in said
    poll(lambda: len(received(run)) == 4, "the second rejection was taken")
    shown = attach(client, "mine", "waiting for you")
    assert " left" not in shown.splitlines()[1]
    assert "@2 is rejected by you" in shown
    assert "mine@2 right, rejected by you" in text_of(learn(client, "%runs"))
    assert "which you have rejected" in text_of(learn(client, "%export mine"))
    assert "You have rejected it in the run." in (kernel.runs.parents[1] / "mine.py").read_text()
    assert "mine was stopped" in text_of(learn(client, "%stop mine"))

    replayed = client.run("%%learn CartPole-v1 as replayed\nauthor: {kind: replay, run: mine}")
    assert "mine cannot be replayed: its author is human" in error_of(replayed)[1]
    assert not (kernel.runs / "replayed").exists()

    messages = received(run)
    assert messages[2:] == [{"kind": "reject", "candidate": 1}, {"kind": "reject", "candidate": 2}]
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

    # An author that reads words has a note in its next prompt, and one that has ended takes none.
    cell = "%%learn CartPole-v1 as posted\nauthor: mailbox\nepisodes: 400\ncalls: 2\nsimplify: false"
    learn(client, f"{cell}\nbackground: true")
    mail = kernel.runs.parents[1] / "mailbox" / "posted"
    poll((mail / "0001" / "task.md").exists, "a request")
    waiting = f"waiting for answer.md or policy.py, and then done, in {mail / '0001'}"
    shown = attach(client, "posted", waiting)
    assert "s left" not in shown
    learn(client, "%note posted weigh the speed too, don't overdo it")
    for number in ("0001", "0002"):
        poll((mail / number / "task.md").exists, "a request")
        (mail / number / "policy.py").write_text(LEAN if number == "0001" else RIGHT)
        (mail / number / "done").touch()
    learn(client, "%wait posted")
    assert "weigh the speed too, don't overdo it" in (mail / "0002" / "task.md").read_text()
    for command in ("%note posted faster", "%reject posted@1"):
        assert "posted has ended" in error_of(client.run(command))[1]

    # Of a repeated run and of a comparison, too, it is seen what they wait for.
    learn(client, "%%learn CartPole-v1 as twice\nauthor: mailbox\nrepeat: 2\nbackground: true")
    attach(client, "twice", "twice/1: waiting for answer.md")
    attach(client, "twice/1", "waiting for answer.md")
    assert "one of several replicates" in error_of(client.run("%note twice/1 faster"))[1]
    assert "twice/1 was stopped" in text_of(learn(client, "%stop twice"))
    asked = "authors: {posted: {author: mailbox, calls: 1, episodes: 100}}"
    learn(client, f"%%compare as duel\nenvironment: CartPole-v1\n{asked}\nbackground: true")
    attach(client, "duel", "duel-posted/1: waiting for answer.md")
    assert "duel was stopped" in text_of(learn(client, "%stop duel"))


def test_a_policy_is_accepted_by_a_command_and_by_a_click(own_kernel: Callable[..., RunningKernel]) -> None:
    kernel = own_kernel()
    client = kernel.client()
    cell = "%%learn CartPole-v1 as mine\nauthor: human\nepisodes: 2000\nsimplify: false\nbackground: true"
    learn(client, cell)
    run = kernel.runs / "mine"

    def count(event_type: str) -> int:
        return sum(event["type"] == event_type for event in events(run))

    learn(client, f"%%policy lean for CartPole-v1\n{LEAN}")
    poll(lambda: count("champion_promoted") == 1, "lean was raced")
    learn(client, f"%%policy right for CartPole-v1\n{RIGHT}")
    learn(client, f"%%policy same for CartPole-v1\n# The same text.\n{RIGHT}")
    poll(lambda: count("candidate_rejected") == 1, "the third is no other policy")
    assert "is the same as mine@2: accept that one" in error_of(client.run("%accept mine@3"))[1]

    # What the user accepts is handed over, although another is better and champion.
    said = text_of(learn(client, "%accept mine@2"))
    assert "%reject mine@2 takes that back" in said
    poll(lambda: count("head_changed") == 2, "the accepted policy is head")
    shown = attach(client, "mine", "waiting for you")
    assert "@2 is accepted by you" in shown
    assert "not shown to be better than the champion @1" in shown
    assert "mine@2 right, accepted by you" in text_of(learn(client, "%runs"))
    assert "accepted as the result" in text_of(learn(client, "%export mine"))
    said = text_of(learn(client, "import policybook as pb\nprint(pb.run('mine').accepted, pb.run('mine'))"))
    assert said.startswith("2 <run mine: best mine@2, accepted by you, ")

    # It is in the record: a killed kernel goes on with it.
    os.kill(kernel.pid, signal.SIGKILL)
    poll(lambda: not kernel.processes(), "the kernel is gone")
    kernel = own_kernel()
    client = kernel.client()
    comm = {"comm_id": "page", "target_name": "policybook.runs", "data": {"version": 1}}
    [opened] = messages_of(client, "comm_open", comm)
    assert opened == {"type": "runs", "runs": []}
    learn(client, cell)
    assert "@2 is accepted by you" in attach(client, "mine", "waiting for you")

    # A click says the same over a comm, and is answered while Python runs.
    gate = kernel.runs.parents[1] / "gate"
    waiting = client.execute(
        f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)"
    )
    policies = {event["candidate"]: event["policy"] for event in events(run) if "policy" in event}

    def click(**message: object) -> dict[str, Any]:
        data = {"run": "mine", "request": 7, **message}
        [answer] = messages_of(client, "comm_msg", {"comm_id": "page", "data": data})
        return answer

    assert click(type="reject", policy="0001-of-another-run.py")["text"].startswith(
        "mine has no such candidate: this output is of an earlier run"
    )
    unread = click(type="note", text="weigh the speed too")
    assert (unread["isDone"], unread["request"]) == (False, 7)
    assert "reads no words" in unread["text"]
    assert "does not know this message" in click(type="dance")["text"]
    assert click(type="reject", policy=policies[2])["isDone"]
    poll(lambda: count("head_changed") == 3, "the rejection takes the acceptance back")
    accepted = click(type="accept", policy=policies[1])
    assert "mine hands over mine@1" in accepted["text"]
    poll(lambda: len(received(run)) == 6, "the acceptance was taken")
    stopped = click(type="stop")
    assert stopped["isDone"]
    assert "mine was stopped" in stopped["text"]
    assert click(type="stop") == {
        "type": "answer",
        "request": 7,
        "isDone": False,
        "text": "mine is not learning",
    }
    gate.touch()
    client.reply(waiting)
    heads = [event["candidate"] for event in events(run) if event["type"] == "head_changed"]
    assert heads == [1, 2, 1]
    kinds = [message["kind"] for message in received(run)]
    assert kinds == ["policy", "policy", "policy", "accept", "reject", "accept"]

    known = client.ask("shell", "comm_info_request", {}).content
    assert known["comms"] == {"page": {"target_name": "policybook.runs"}}
    client.ask("shell", "kernel_info_request", {})
    assert messages_of(client, "comm_close", {"comm_id": "page", "data": {}}) == []
    assert client.ask("shell", "comm_info_request", {}).content["comms"] == {}


def messages_of(client: Client, message_type: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    """What the kernel says on comms because of a message on one."""
    sent = client.send("shell", message_type, content)
    return [m["content"]["data"] for m in client.published(sent) if m["msg_type"] == "comm_msg"]


def test_clicks_speak_to_a_run_that_learns_in_its_cell(own_kernel: Callable[..., RunningKernel]) -> None:
    kernel = own_kernel()
    client = kernel.client()
    comm = {"comm_id": "page", "target_name": "policybook.runs", "data": {"version": 1}}
    messages_of(client, "comm_open", comm)
    cell = (
        "%%learn CartPole-v1 as here\nauthor: mailbox\nepisodes: 500\ncalls: 6\nsimplify: false\ntune: false"
    )
    learning = client.execute(cell)
    box = kernel.runs.parents[1] / "mailbox/here"
    answer(box / "0001", LEAN)
    answer(box / "0002", RIGHT)
    poll((box / "0003/task.md").exists, "the third request")
    run = kernel.runs / "here"
    policies = {event["candidate"]: event["policy"] for event in events(run) if "policy" in event}

    def click(**message: object) -> dict[str, Any]:
        data = {"run": "here", "request": 1, **message}
        [said] = messages_of(client, "comm_msg", {"comm_id": "page", "data": data})
        return said

    assert click(type="note", text="weigh the speed too")["isDone"]
    assert click(type="accept", policy=policies[2])["isDone"]
    answer(box / "0003", LEAN.replace("2", "3"))
    poll((box / "0004/task.md").exists, "the fourth request")
    assert "weigh the speed too" in (box / "0004/task.md").read_text()
    assert [message["kind"] for message in received(run)] == ["note", "accept"]
    stopped = click(type="stop")
    assert (stopped["isDone"], "here was stopped. Kept: here@2" in stopped["text"]) == (True, True), stopped
    assert "here was stopped. Kept: here@2" in client.reply(learning)["content"]["evalue"]


def answer(request: Path, policy: str) -> None:
    """Leaves a policy in a mailbox."""
    poll((request / "task.md").exists, f"the request {request.name}")
    (request / "policy.py").write_text(policy)
    (request / "done").write_text("")
