"""An agent from outside as author of a run, by the SDK's own client over stdio and over HTTP."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import ROOT, Client, RunningKernel, poll
from learning_kernel import error_of, events, kernel_of_notebook
from policybook.launcher import find_node

LEAN = "def act(observation):\n    return int(observation[2] > 0)\n"
BALANCE = (
    "def act(observation):\n    x, v, lean, fall = observation\n"
    "    return int(0.1 * x + 0.3 * v + 3 * lean + fall > 0)\n"
)
EVERYTHING = [{"search": LEAN.split("\n", 1)[1], "replace": BALANCE.split("\n", 1)[1]}]
MARKED = "EDGE = 0.0  # tune: [-0.1, 0.1]\n\n\ndef act(observation):\n    return int(observation[2] > EDGE)\n"
SLIP = "def act(observation):\n    return positon\n"
KEY = "sk-canary-of-the-kernel-77d0"
SPY = "import os\n\n\ndef act(observation):\n    raise RuntimeError(repr(dict(os.environ)))\n"

kernel = kernel_of_notebook("agents.ipynb", CANARY_KEY=KEY)


@pytest.fixture
def work(tmp_path: Path) -> Callable[..., list[Any]]:
    """Starts an agent that makes these uses of tools by `policybook mcp RUN`; returns what came of them."""

    def work(run: str, *uses: tuple[str, dict[str, Any]]) -> list[Any]:
        script = tmp_path / "uses.json"
        script.write_text(json.dumps(uses))
        bridge = [sys.executable, "-m", "policybook", "mcp", run]
        done = subprocess.run(
            [find_node(os.environ), str(ROOT / "test" / "fixtures" / "mcp-agent.mjs"), str(script), *bridge],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return work


def submit(policy: str, label: str) -> tuple[str, dict[str, Any]]:
    return ("submit", {"policy": policy, "label": label, "idea": f"Follow {label}."})


def cell(run: str, calls: int) -> str:
    author = "author: {kind: mcp, deadline: 5m}"
    return f"%%learn CartPole-v1 as {run}\n{author}\nepisodes: 400\ncalls: {calls}\nseed: 3"


def read_address(run: str) -> Any:
    found = list(Path(tempfile.gettempdir()).glob(f"policybook-*-*/agent-{run}.json"))
    return json.loads(found[0].read_text()) if found else None


def test_an_agent_works_on_a_run_that_a_notebook_watches(
    client: Client, folder: Path, work: Callable[..., list[Any]]
) -> None:
    running = client.execute(cell("outside", 2))
    answers = work(
        "outside",
        ("%list", {}),
        ("status", {}),
        ("read", {"what": "task"}),
        ("read", {"what": "documentation"}),
        ("probe", {"actions": [0, 1, 1]}),
        ("probe", {"actions": [0, 7]}),
        ("evaluate", {"policy": SPY, "episodes": 4}),
        ("evaluate", {"policy": SLIP, "episodes": 4}),
        ("evaluate", {"policy": LEAN, "episodes": 4}),
        ("trace", {"policy": LEAN, "rows": 3}),
        ("note", {"text": "The pole follows its lean."}),
        ("divine", {}),
        submit(SLIP, "a slip"),
        submit(LEAN, "the lean"),
        ("%ping", {}),
        ("read", {"what": "history"}),
        ("tune", {"candidate": 1, "episodes": 64}),
        ("tune", {"policy": MARKED, "episodes": 64}),
        (
            "submit",
            {"edits": EVERYTHING, "parent": 1, "expected": 400, "label": "everything", "idea": "Add up."},
        ),
        ("status", {}),
    )
    said = client.collect(running)
    assert said.content["status"] == "ok", said.of("error")
    # While it waited, its view said so; that is no output of its own, which would stand under the end.
    assert "waiting for an agent to submit a policy" in json.dumps(said.of("update_display_data"))
    assert said.text("stderr") == ""
    # What the agent's own model read, wrote and cost is unknown, and no zero.
    assert "2 calls: an unknown number of tokens; an unknown sum" in json.dumps(said.published, default=str)
    greeting, listed, status, task, documentation, probed, broken, spied, slip, lean, *rest = answers
    traced, noted, unknown, refused, first, _, history, unmarked, tuned, second, _ = rest
    assert "author of the run outside" in greeting["instructions"]
    names = ["status", "read", "probe", "evaluate", "trace", "tune", "note", "submit", "stop"]
    assert [tool["name"] for tool in listed["tools"]] == names
    evaluate = listed["tools"][3]
    assert "first so many seeds" in evaluate["description"]
    assert evaluate["inputSchema"]["properties"]["candidate"]["description"].startswith(
        "The number of a candidate"
    )
    assert json.loads(status["text"])["waitsForYou"] is True
    assert "# The environment" in task["text"]
    assert "Propose by the tool submit" in task["text"]
    assert "balance the pole" in documentation["text"]
    steps = json.loads(probed["text"])
    assert (steps["steps"], len(steps["rows"]), steps["failure"]) == (3, 3, None)
    ended = json.loads(broken["text"])
    assert (ended["steps"], ended["ending"]) == (1, "an action failed")
    assert "7" in ended["failure"]
    assert "line" not in ended["failure"]
    assert "RuntimeError" in json.loads(spied["text"])["failure"]
    assert "name 'positon' is not defined" in json.loads(slip["text"])["failure"]
    played = json.loads(lean["text"])
    assert (played["episodes"], len(played["returns"])) == (4, 4)
    assert json.loads(traced["text"])["rows"][0]["decidedByLine"] == 2
    assert (noted["text"], noted["isError"]) == ("kept", False)
    assert "divine" in (unknown.get("error") or unknown["text"])
    assert refused["isError"]
    assert "cannot be played" in refused["text"]
    assert first["text"] == "proposed"
    assert "| @1 | the lean: Follow the lean." in history["text"]
    assert unmarked["isError"]
    assert "nothing is marked in this policy" in unmarked["text"]
    assert tuned["isError"] is False
    assert second["text"] == "proposed"
    record = events(folder / "outside")
    used = [event for event in record if event["type"] == "tool_used"]
    assert [event["tool"] for event in used] == [
        "read",
        "read",
        "probe",
        "probe",
        "evaluate",
        "evaluate",
        "evaluate",
        "trace",
        "note",
        "read",
        "tune",
        "tune",
    ]
    answered = [event for event in record if event["type"] == "author_answered"]
    assert [(event["author"], event["usage"]["calls"]) for event in answered] == [("mcp", 1), ("mcp", 1)]
    assert [event["usage"]["unpriced"] for event in answered] == [1, 1]
    proposed = [event for event in record if event["type"] == "candidate_proposed"]
    assert proposed[0]["label"] == "the lean"
    edited = next(event for event in proposed if event["label"] == "everything")
    assert (edited["parent"], edited["expected"]) == (1, 400)
    assert BALANCE in [path.read_text() for path in (folder / "outside").rglob("*.py")]
    # What the tools played is in the run's budget.
    spent = sum(event["usage"].get("episodes", 0) for event in used)
    assert spent > 4 + 1 + 1
    assert read_address("outside") is None
    token_free = "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert "Bearer" not in token_free
    assert "127.0.0.1" not in token_free
    # A key of the kernel's environment reaches neither the agent nor the record, whatever a policy looks for.
    assert client.run("import os\nprint(os.environ['CANARY_KEY'])").text().strip() == KEY
    assert KEY not in json.dumps(answers) + token_free


def test_only_the_holder_of_the_token_is_let_in(client: Client, work: Callable[..., list[Any]]) -> None:
    running = client.execute(cell("guarded", 1))
    address = poll(lambda: read_address("guarded"), "the run to wait for its agent")
    listing = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()

    def post(**headers: str) -> tuple[int, str]:
        accepted = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        request = urllib.request.Request(address["url"], data=listing, headers=accepted | headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return int(response.status), ""
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    token = f"Bearer {address['token']}"
    refused = post()
    assert refused[0] == 401
    assert "policybook mcp guarded --address" in refused[1]
    assert post(Authorization="Bearer " + "0" * 64) == refused
    assert post(Authorization=token, Host="evil.example") == refused
    assert post(Authorization=token)[0] == 200
    answers = work("guarded", submit(LEAN, "the lean"))
    assert answers[1]["text"] == "proposed"
    said = client.collect(running)
    assert said.content["status"] == "ok", said.of("error")


def test_a_killed_kernel_goes_on_in_the_middle_of_an_agents_turn(
    own_kernel: Callable[..., RunningKernel], work: Callable[..., list[Any]]
) -> None:
    first = own_kernel("killed.ipynb")
    begun = first.client()
    begun.execute(cell("resumed", 1))
    work("resumed", ("evaluate", {"policy": LEAN, "episodes": 4}), ("note", {"text": "It leans."}))
    before = events(first.runs / "resumed")
    assert [event["type"] for event in before] == ["run_declared", "tool_used", "tool_used"]
    os.kill(first.pid, signal.SIGKILL)
    first.close()
    second = own_kernel("killed.ipynb")
    going_on = second.client()
    # A record that was damaged meanwhile is said in words.
    used = next(iter((second.runs / "resumed" / "calls").iterdir()))
    whole = used.read_text()
    for damaged, words in (
        (whole[:20], "is no recorded call; put it back from a copy"),
        (whole.replace('"tool"', '"toll"'), "holds no use of a tool; put it back from a copy"),
    ):
        used.write_text(damaged)
        name, text = error_of(going_on.run(cell("resumed", 1), timeout=120))
        assert (name, used.name in text, words in text) == ("RunError", True, True), text
    used.write_text(whole)
    running = going_on.execute(cell("resumed", 1))
    answers = work("resumed", submit(BALANCE, "everything"))
    assert answers[1]["text"] == "proposed"
    said = going_on.collect(running)
    assert said.content["status"] == "ok", said.of("error")
    record = events(second.runs / "resumed")
    used = [event for event in record if event["type"] == "tool_used"]
    assert [event["tool"] for event in used] == ["evaluate", "note"]
    answered = next(event for event in record if event["type"] == "author_answered")
    assert answered["findings"] == ["It leans."] or answered.get("notes") == ["It leans."]


def test_an_agent_that_does_not_come_pauses_the_run(client: Client, folder: Path) -> None:
    said = client.run(cell("alone", 1).replace("5m", "1s"), timeout=120)
    assert "No agent has worked on the run for 1 second. " in json.dumps(said.published, default=str)
    assert [event["reason"] for event in events(folder / "alone") if event["type"] == "run_stopped"] == [
        "paused"
    ]


def test_a_run_that_does_not_wait_is_named_with_what_to_do() -> None:
    bridge = [sys.executable, "-m", "policybook", "mcp", "nowhere", "--wait", "0.1"]
    done = subprocess.run(bridge, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    waits, *said = done.stderr.splitlines()
    assert "Waiting 0.1 s at most until the run nowhere waits for an agent" in waits
    assert "No run nowhere waits for an agent" in said[0]
    assert "author: mcp" in done.stderr
