"""From a run to a claim that others can check: `%audit`, `%export`, `policybook verify`."""

import json
import re
from pathlib import Path

import pytest
from kernel_harness import Client
from learning_kernel import RUN_MIME, error_of, events, kernel_of_notebook, last_run, learn, verify_export

CELL = "%%learn CartPole-v1 as {}\nepisodes: 150\nseed: 0\nreturns: [0, 500]"


kernel = kernel_of_notebook("lesson.ipynb")


@pytest.fixture
def run(client: Client, request: pytest.FixtureRequest) -> str:
    """The name of a finished run of the test's own: audits are numbered in it."""
    name = request.node.name.removeprefix("test_")
    learn(client, CELL.format(name))
    return name


def audited(client: Client, command: str) -> str:
    """The audit as it was left on the screen."""
    shown = learn(client, command).of("display_data", "update_display_data")[-1]["data"]
    assert "text/html" not in shown
    assert "text/markdown" in shown
    return str(shown["text/plain"])


def test_audits_are_numbered_and_all_are_shown(client: Client, folder: Path, run: str) -> None:
    one = audited(client, f"%audit {run} episodes=60")
    assert "over 60 fresh episodes" in one
    assert "the run's estimate was" in one
    assert "audit 1 of this run" in one
    two = audited(client, f"%audit {run}@1 episodes=40")
    assert "audit 2 of this run" in two
    assert re.search(rf"(?m)^1 +{run}@", two)
    first, second = (event for event in events(folder / run) if event["type"] == "audited")
    assert (first["number"], second["number"]) == (1, 2)
    assert first["nonce"] != second["nonce"]
    assert first["against"]["candidate"] == 1
    assert first["against"]["difference"]["episodes"] == 60
    assert second["against"] is None


def test_a_finished_run_stays_finished_and_python_reads_its_audits(
    client: Client, folder: Path, run: str
) -> None:
    audited(client, f"%audit {run} episodes=60")
    audited(client, f"%audit {run}@1 episodes=40")
    before = (folder / run / "events.jsonl").read_bytes()
    seen = learn(client, CELL.format(run))
    assert "has finished with this declaration" in seen.text()
    payload = last_run(seen)
    assert payload["status"] in ("exhausted", "budget")
    assert payload["budget"][0]["spent"] <= 150, "an audit costs none of the run's budget"
    assert any(line["text"].find("audit 1:") >= 0 for line in payload["log"])
    assert (folder / run / "events.jsonl").read_bytes() == before
    client.run(f"import policybook as pb\nrun = pb.run({run!r})")
    assert client.run('print(list(run.audits["episodes"]), run.stopped is None)').text() == "[60, 40] False\n"


def test_a_verified_claim_and_an_edited_one(client: Client, folder: Path, run: str) -> None:
    audited(client, f"%audit {run} episodes=60")
    learn(client, f"%export {run}@1 before.py\n%export {run} claim.py")
    path = folder.parents[1] / "claim.py"
    fresh = verify_export(path, "--episodes", "30")
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    assert "reproduced exactly" in fresh.stdout
    assert "over 30 episodes" in fresh.stdout
    text = path.read_text(encoding="utf-8")
    assert "Audit 1: " in text
    line = next(
        line for line in text.splitlines() if re.search(r"\d\.\d", line) and not line.startswith(("#", " "))
    )
    path.write_text(text.replace(line, line + "  # mine"), encoding="utf-8")
    edited = verify_export(path)
    assert edited.returncode == 2
    assert "the policy was edited after the export" in edited.stderr


def test_an_interrupted_run_is_audited_and_goes_on(client: Client, folder: Path) -> None:
    cell = "%%learn LunarLander-v3 as cut\nepisodes: 150\nseed: 4\nreturns: [-600, 350]"
    running = client.execute(cell)
    client.wait_for(
        running,
        lambda message: bool((message["content"].get("data", {}).get(RUN_MIME) or {}).get("champion")),
    )
    client.send("control", "interrupt_request", {})
    assert error_of(client.collect(running))[0] == "KeyboardInterrupt"
    assert "audit 1 of this run" in audited(client, "%audit cut episodes=10")
    audit = events(folder / "cut")[-1]
    seen = learn(client, cell)
    assert "goes on where it was left" in seen.text()
    recorded = events(folder / "cut")
    assert recorded[-1]["reason"] in ("exhausted", "budget")
    assert [event for event in recorded if event["type"] == "audited"] == [audit]


def test_stop_keeps_what_was_played(client: Client, folder: Path, run: str) -> None:
    running = client.execute(f"%audit {run} episodes=100000")
    client.wait_for(
        running,
        lambda message: bool(
            re.search(r": \d{3,} of", json.dumps(message["content"].get("data", {}).get("text/plain", "")))
        ),
    )
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    assert error_of(seen)[0] == "KeyboardInterrupt"
    audit = events(folder / run)[-1]
    assert audit["type"] == "audited"
    assert 0 < audit["score"]["episodes"] < audit["requestedEpisodes"] == 100000
    assert "ended before the 100,000 episodes" in str(seen.of("update_display_data")[-1]["data"])


def test_what_cannot_be_audited_says_why(client: Client, folder: Path, run: str) -> None:
    learn(client, "%%policy mine\ndef act(observation):\n    return 1")
    assert "was declared without an environment" in error_of(client.run("%audit mine"))[1]
    [policy] = (folder / run / "policies").glob("0001-*.py")
    policy.write_text(policy.read_text() + "\n# edited\n")
    assert "was changed after the run wrote it" in error_of(client.run(f"%audit {run}@1"))[1]
