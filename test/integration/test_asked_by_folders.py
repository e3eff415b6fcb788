"""Authors that are asked by a folder: somebody who answers in a mailbox, and programs."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
from kernel_harness import ROOT, RunningKernel, poll
from learning_kernel import bundles, events, last_run, learn, text_of

SLIP = "def act(observation):\n    return position > 0\n"
LEAN = '"""The lean."""\n\n\ndef act(observation):\n    return int(observation[2] > 0)\n'
BALANCE = (
    "Label: everything\nIdea: Weigh all four.\n\n```python\n"
    "def act(observation):\n    x, v, lean, fall = observation\n"
    "    return int(0.1 * x + 0.3 * v + 3 * lean + fall > 0)\n```\n"
)

Answers = list[dict[str, str]]


def leave(folder: Path, files: dict[str, str]) -> None:
    """Leaves an answer in a request folder, as its README says."""
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "done").touch()


def find_open(mail: Path) -> list[Path]:
    """The requests that wait for an answer."""
    return sorted(path.parent for path in mail.glob("[0-9]*/task.md") if not (path.parent / "done").exists())


@pytest.fixture
def answerer() -> Iterator[Callable[[Path, Answers], list[Path]]]:
    """Starts somebody who answers each request of a mailbox, and returns the folders in their order."""
    over = Event()
    threads: list[Thread] = []

    def start(mail: Path, answers: Answers) -> list[Path]:
        answered: list[Path] = []

        def answer() -> None:
            left = iter(answers)
            while not over.wait(0.02):
                for folder in find_open(mail):
                    leave(folder, next(left))
                    answered.append(folder)

        threads.append(Thread(target=answer))
        threads[-1].start()
        return answered

    yield start
    over.set()
    for thread in threads:
        thread.join()


def test_somebody_answers_in_a_mailbox_while_kernels_come_and_go(
    own_kernel: Callable[..., RunningKernel], answerer: Callable[[Path, Answers], list[Path]]
) -> None:
    kernel = own_kernel()
    client = kernel.client()
    mail = kernel.runs.parents[1] / "mail" / "posted"
    cell = "%%learn CartPole-v1 as posted\n"
    cell += "author: {kind: mailbox, folder: mail, instructions: Weigh the lean.}\n"
    cell += "episodes: 900\ncalls: 4\nsimplify: false"

    # What the run waits for, and where, is shown while it waits.
    running = client.execute(cell)
    shown = client.wait_for(running, lambda message: str(mail / "0001") in json.dumps(message["content"]))
    assert "done" in json.dumps(shown["content"])
    assert "Weigh the lean." in (mail / "0001" / "task.md").read_text()
    os.kill(kernel.pid, signal.SIGKILL)
    poll(lambda: not kernel.processes(), "the kernel is gone")
    leave(mail / "0001", {"policy.py": SLIP})

    # The next kernel takes the answer that came meanwhile, and hands it back in the same folder.
    answered = answerer(
        mail, [{"policy.py": LEAN}, {"answer.md": BALANCE}, {"answer.md": "I have no further idea."}]
    )
    seen = learn(own_kernel().client(), cell)
    assert last_run(seen)["champion"]["score"]["mean"] > 400
    assert [folder.name for folder in answered] == ["0001", "0002", "0003"]
    assert "NameError" in (mail / "0001" / "reply-1.md").read_text()
    # What is said of the author stands above its run, which stands last.
    assert "estimated from the lengths" in text_of(seen)
    kinds = [message["msg_type"] for message in seen.published]
    assert kinds.index("stream") < kinds.index("display_data")

    recorded = events(kernel.runs / "posted")
    labels = [event["label"] for event in recorded if event["type"] == "candidate_proposed"]
    assert labels[:2] == ["mailbox 1", "everything"]
    replies = [event for event in recorded if event["type"] in {"author_answered", "author_failed"}]
    assert sum(event["usage"]["calls"] for event in replies) == 4
    names = [name for event in replies for name in [*event.get("repaired", []), event["call"]]]
    calls = {path.name: json.loads(path.read_text()) for path in (kernel.runs / "posted" / "calls").iterdir()}
    assert sorted(names) == sorted(calls)
    assert {call["request"]["folder"] for call in calls.values()} == {"0001", "0002", "0003"}
    assert all(call["response"]["usage"]["estimated"] for call in calls.values())
    assert "def act" in (mail / "0002" / "policies" / "1.py").read_text()
    assert "has ended" in (mail / "stopped.md").read_text()


AGENT = """#!/bin/sh
test "$1" = -p || exit 2
case "$2" in *"keeps to this contract"*) ;; *) exit 3 ;; esac
env > "$POLICYBOOK_NOTEBOOK/seen.txt"
printf 'Label: all four\\nIdea: Weigh them.\\n\\n```python\\n'
printf 'def act(observation):\\n    x, v, lean, fall = observation\\n'
printf '    return int(0.1 * x + 0.3 * v + 3 * lean + fall > 0)\\n```\\n'
"""


def test_the_programs_of_the_page_write_policies_and_nothing_of_them_stays(
    own_kernel: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    examples = ROOT / "examples"
    shutil.copytree(examples / "commands", tmp_path / "commands")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "claude").write_text(AGENT)
    (tmp_path / "bin" / "claude").chmod(0o755)
    page = (examples / "your-own-author.md").read_text()
    cells = re.findall(r"```python\n(%%.*?)```", page, re.DOTALL)
    kernel = own_kernel(
        PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", ANTHROPIC_API_KEY="sk-ant-1", OPENAI_API_KEY="sk-2"
    )
    client = kernel.client()
    seen = [learn(client, cell) for cell in cells]
    assert len(seen) == 3

    # The script moves a constant of the best policy at each call.
    moved = events(kernel.runs / "moved")
    assert [event["generation"] for event in moved if event["type"] == "author_answered"][:2] == [0, 1]
    assert "by command, interaction unmetered" in text_of(seen[1])
    texts = [path.read_text() for path in sorted((kernel.runs / "moved" / "policies").glob("*.py"))]
    constants = [re.findall(r"^[A-Z]+ = (.*)$", text, re.MULTILINE) for text in texts]
    assert constants[:3] == [["1.0", "-0.2"], ["-1", "-0.2"], ["1.0", "0.2"]]
    assert last_run(seen[1])["champion"]["score"]["mean"] > 100
    learn(client, "%export moved")
    assert "by command, interaction unmetered." in (tmp_path / "moved.py").read_text()

    # The agent gets its own key, and no other of the kernel's.
    assert last_run(seen[2])["champion"]["score"]["mean"] > 400
    variables = (tmp_path / "seen.txt").read_text()
    assert "ANTHROPIC_API_KEY=sk-ant-1\n" in variables
    assert "sk-2" not in variables
    compared = learn(client, "%%compare\npolicies: [agent]\nbaselines: [random]\nepisodes: 20")
    # Tables that are shown before the comparison has concluded name none that are better.
    *_, table = [text for text in bundles(compared, "text/plain") if " interaction" in text]
    assert re.search(r" interaction +better for no more *\n.*agent .* unmetered +none *\n", table), table

    # A program that fails is a failure of the author, with what it said.
    failing = "%%learn CartPole-v1 as failing\nauthor: {kind: command, run: 'echo no model >&2; exit 3'}"
    failed = client.run(f"{failing}\nepisodes: 60\ncalls: 2", timeout=120)
    assert "no model" in failed.of("error")[0]["evalue"]
    [first, *_] = [event for event in events(kernel.runs / "failing") if event["type"] == "author_failed"]
    assert first["code"] == "program_failed"
    call = json.loads((kernel.runs / "failing" / "calls" / first["call"]).read_text())
    assert call["response"]["program"] == {
        "exitCode": 3,
        "how": "ended with exit code 3",
        "stdout": "",
        "stderr": "no model\n",
    }

    # What runs when the kernel is killed goes with it.
    stuck = 'setsid sleep 1000 & echo $$ $! > "$POLICYBOOK_NOTEBOOK/pid.txt"; sleep 1000'
    client.execute(f"%%learn CartPole-v1 as stuck\nauthor: {{kind: command, run: '{stuck}'}}")
    pids = poll(
        lambda: (tmp_path / "pid.txt").exists() and (tmp_path / "pid.txt").read_text().split(), "a program"
    )
    os.kill(kernel.pid, signal.SIGKILL)
    poll(
        lambda: not any(psutil.pid_exists(int(pid)) for pid in pids),
        "the program is gone with its kernel, and what it has taken out of its group",
    )
