"""A record that was damaged: what is sound is shown, and the advice that is given works."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import INSTALLED_BUNDLE, error_of, events, last_run, learn

CELL = "%%learn CartPole-v1 as {}\nepisodes: 200"
COMPARISON = "%%compare as bench\nenvironment: CartPole-v1\nbaselines: [random, constant]\nepisodes: 20"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook") / "policybook-runs" / "damaged"


@pytest.fixture(scope="module")
def client(specs: Path, runs: Path) -> Iterator[Client]:
    running = RunningKernel(specs, INSTALLED_BUNDLE, runs.parents[1], JPY_SESSION_NAME="damaged.ipynb")
    client = running.client()
    learn(client, CELL.format("whole"))
    yield client
    running.close()


@pytest.fixture
def damaged(client: Client, runs: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the run in which one digit of line 6 is another."""
    folder = runs / request.node.name[-40:].lstrip("_")
    shutil.copytree(runs / "whole", folder)
    damage(folder / "events.jsonl", 6)
    return folder


def damage(record: Path, line: int) -> None:
    lines = record.read_bytes().split(b"\n")
    place = lines[line - 1].index(b":", 20) - 3
    lines[line - 1] = lines[line - 1][:place] + b"\x7e" + lines[line - 1][place + 1 :]
    record.write_bytes(b"\n".join(lines))


def test_attaching_shows_what_is_sound_and_says_what_to_do(client: Client, damaged: Path) -> None:
    before = (damaged / "events.jsonl").read_bytes()
    seen = client.run(f"%attach {damaged.name}")

    name, text = error_of(seen)
    assert name == "RunError"
    assert f"{damaged.name}/events.jsonl, line 6: its chain does not fit" in text
    assert "What stands before it is sound (5 of its lines)" in text
    for way in ("from a copy or from version control", "head -n 5", "`again: true`"):
        assert way in text
    assert last_run(seen)["run"] == "whole"
    assert last_run(seen)["status"] == "failed"
    assert (damaged / "events.jsonl").read_bytes() == before
    assert f"{damaged.name}/events.jsonl, line 6" in learn(client, "%runs").text("stderr")


def test_a_cell_whose_record_is_damaged_writes_nothing(client: Client, damaged: Path) -> None:
    before = {path: path.read_bytes() for path in damaged.rglob("*") if path.is_file()}
    name, text = error_of(client.run(CELL.format(damaged.name)))
    assert (name, "line 6" in text, "head -n 5" in text) == ("RunError", True, True)
    assert {path: path.read_bytes() for path in damaged.rglob("*") if path.is_file()} == before


def test_a_record_that_is_shortened_to_its_sound_lines_is_gone_on_with(
    client: Client, runs: Path, damaged: Path
) -> None:
    record = damaged / "events.jsonl"
    record.write_bytes(b"".join(record.read_bytes().splitlines(keepends=True)[:5]))
    said = learn(client, CELL.format(damaged.name)).text()
    assert f"{damaged.name} goes on where it was left" in said
    whole, again = events(runs / "whole"), events(damaged)
    assert again[1:] == whole[1:]


def test_learning_again_keeps_the_damaged_one(client: Client, runs: Path, damaged: Path) -> None:
    before = (damaged / "events.jsonl").read_bytes()
    learn(client, CELL.format(damaged.name) + "\nagain: true")
    assert (runs / f"{damaged.name}~1" / "events.jsonl").read_bytes() == before
    assert events(damaged)[1:] == events(runs / "whole")[1:]


def test_nothing_is_sound_where_the_first_line_is_not(client: Client, damaged: Path) -> None:
    damage(damaged / "events.jsonl", 1)
    name, text = error_of(client.run(f"%attach {damaged.name}"))
    assert (name, "line 1:" in text, "move the folder away" in text) == ("RunError", True, True)


def test_a_damaged_comparison_does_not_pass_for_a_whole_one(client: Client, runs: Path) -> None:
    learn(client, COMPARISON)
    damage(runs / "bench" / "comparison.jsonl", 3)
    seen = client.run("%attach bench")
    name, text = error_of(seen)
    assert (name, "bench/comparison.jsonl, line 3" in text) == ("RunError", True)
    assert seen.of("display_data")
