"""The sandbox as a notebook sees it: consent where it is weak, its level beside every score, `%doctor`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_harness import RunningKernel
from learning_kernel import INSTALLED_BUNDLE, error_of, last_run, learn

POLICY = "%%policy still for CartPole-v1\ndef act(observation):\n    return 0\n"
CELL = "%%learn CartPole-v1 as first\nepisodes: 40\nreturns: [0, 500]"


@pytest.fixture
def open_notebook(specs: Path, tmp_path: Path):
    """Starts kernels of one notebook, which end with the test."""
    started: list[RunningKernel] = []

    def start(**environment: str) -> RunningKernel:
        named = {"JPY_SESSION_NAME": "lesson.ipynb", **environment}
        started.append(RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, **named))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


def lines(folder: Path) -> list[dict]:
    text = (folder / "policybook-runs" / "lesson" / "first" / "events.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_weak_sandbox_needs_consent_once_a_kernel(open_notebook, tmp_path: Path) -> None:
    client = open_notebook(POLICYBOOK_ISOLATION_LEVEL="1").client()
    for cell in (POLICY, CELL):
        name, text = error_of(client.run(cell, timeout=120))
        assert name == "ConsentError"
        assert "could read your files" in text
        assert "%consent 1" in text
        assert "POLICYBOOK_LEAST_LEVEL=1" in text
    assert not (tmp_path / "policybook-runs" / "lesson").exists(), "no run is begun that may not be played"
    assert "at isolation level 1 or higher" in learn(client, "%consent 1").text()
    shown = learn(client, POLICY).of("display_data")[-1]["data"]["text/plain"]
    assert "policies ran at isolation level 1 of 4: they could read files and reach the network" in shown
    seen = learn(client, CELL)
    assert last_run(seen)["confinement"].startswith("policies ran at isolation level 1 of 4")
    assert "isolation level 1 of 4" in seen.of("update_display_data")[-1]["data"]["text/plain"]
    levels = [line["meta"].get("isolationLevel") for line in lines(tmp_path)]
    assert set(levels) == {None, 1}
    scored = [line for line in lines(tmp_path) if "played" in line["event"]]
    assert scored
    assert all(line["meta"]["isolationLevel"] == 1 for line in scored)
    audit = learn(client, "%audit first episodes=20").of("update_display_data")[-1]["data"]["text/plain"]
    assert "policies ran at isolation level 1 of 4" in audit
    assert lines(tmp_path)[-1]["event"]["isolationLevel"] == 1
    [error] = client.run("%consent 7").of("error")
    assert "a level of the sandbox from 0 to 4, found '7'" in error["evalue"]


def test_the_environment_consents_for_a_notebook_without_a_user(open_notebook, tmp_path: Path) -> None:
    kernel = open_notebook(POLICYBOOK_ISOLATION_LEVEL="0", POLICYBOOK_LEAST_LEVEL="0")
    seen = learn(kernel.client(), CELL)
    assert "nothing confined them but time-outs" in last_run(seen)["confinement"]
    # Where a stronger sandbox is there, the same notebook shows the record without a word of consent.
    other = open_notebook(POLICYBOOK_ISOLATION_LEVEL="1")
    kernel.close()
    again = learn(other.client(), CELL)
    assert "has finished with this declaration" in again.text()
    assert "nothing confined them" in last_run(again)["confinement"]


def test_a_well_confined_run_says_nothing(open_notebook, tmp_path: Path) -> None:
    client = open_notebook().client()
    assert last_run(learn(client, CELL))["confinement"] is None
    assert {line["meta"].get("isolationLevel") for line in lines(tmp_path)} <= {None, 3, 4}


def test_the_doctor_shows_what_was_tried_and_what_stopped_it(open_notebook) -> None:
    client = open_notebook().client()
    shown = learn(client, "%doctor").of("display_data")[-1]["data"]
    text, markdown = shown["text/plain"], shown["text/markdown"]
    for words in ("level", "read /etc/passwd", "send over UDP", "gymnasium", "Node", "box2d"):
        assert words in text
        assert words in markdown
    assert "| tried | level" in markdown
    assert "Permission denied" in text or "No such file" in text


def test_the_doctor_in_a_terminal_fails_where_policies_may_not_run() -> None:
    command = [str(Path(sys.executable).with_name("policybook")), "doctor"]
    weak = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={"POLICYBOOK_ISOLATION_LEVEL": "1", "HOME": "/"},
    )
    assert weak.returncode == 1
    assert "%consent 1" in weak.stdout
    assert "What a sandboxed process tried, and what stopped it" in weak.stdout
