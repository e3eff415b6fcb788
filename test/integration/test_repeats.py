"""`repeat: N` and `background: true`, from outside: searches in one view, and cells that end at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import Client, Execution, Message, RunningKernel
from learning_kernel import PLOTLY_MIME, RUN_MIME, bundles, error_of, events, kernel_of_notebook, learn
from simulators import simulator

FIGURE_MIME = "application/vnd.policybook.figure+json"
REPEATED = "%%learn MountainCar-v0 as {}\nepisodes: 120\nrepeat: {}\nseed: 3"


kernel = kernel_of_notebook("repeats.ipynb")


def undisturbed(folder: Path) -> list[dict[str, Any]]:
    return [event for event in events(folder) if event.get("reason") != "interrupted"]


@pytest.fixture(scope="module")
def hills(client: Client) -> Execution:
    """What was seen of three replicates, which tests may look at and leave as they are."""
    return learn(client, REPEATED.format("hills", 3))


def test_replicates_are_independent_and_stand_in_one_view(hills: Execution, folder: Path) -> None:
    displays = {content["transient"]["display_id"] for content in hills.of("display_data")}
    assert len(displays) == 2, "one figure and one table"
    views = [content["data"] for content in hills.of("display_data", "update_display_data")]
    figures = [view for view in views if FIGURE_MIME in view]
    assert all({PLOTLY_MIME, "text/plain"} <= set(view) and "text/html" not in view for view in figures)
    assert "image/png" in figures[-1]
    names = [trace["name"] for trace in figures[-1][PLOTLY_MIME]["data"]]
    assert names == ["middle half", "interquartile mean of 3 replicates", "hills/1", "hills/2", "hills/3"]
    table = [view for view in views if "text/markdown" in view][-1]["text/plain"]
    assert "3 of 3 replicates ended, interquartile mean -" in table
    runs = [events(folder / "hills" / str(number)) for number in (1, 2, 3)]
    seeds = [run[0]["settings"]["seed"] for run in runs]
    assert len(set(seeds)) == 3
    assert [run[0]["run"] for run in runs] == ["hills/1", "hills/2", "hills/3"]
    assert json.loads((folder / "hills" / "repeats.json").read_text())["settings"]["seed"] == 3


def test_a_replicate_is_a_run_that_can_be_attached_diffed_and_read(client: Client, hills: Execution) -> None:
    assert bundles(learn(client, "%attach hills/2"), RUN_MIME)[-1]["run"] == "hills/2"
    assert FIGURE_MIME in learn(client, "%attach hills").of("display_data")[0]["data"]
    learn(client, "%diff hills/2@1 hills/3@best")
    listed = learn(client, "%runs").of("display_data")[0]["data"]["text/plain"]
    assert "hills/1" in listed
    name, text = error_of(client.run("%export hills"))
    assert name == "ReferenceError"
    assert "hills/1, hills/2, hills/3" in text
    code = """import policybook as pb
hills = pb.run("hills")
numbers = sorted(set(hills.history["replicate"]))
print(hills, len(hills.replicates), numbers, pb.run("hills/2").best.candidate > 0)"""
    assert client.run(code).text() == "<run hills: 3 replicates> 3 [1, 2, 3] True\n"


def test_replicates_are_added_and_the_others_stay(client: Client, folder: Path) -> None:
    learn(client, REPEATED.format("more", 2))
    records = [folder / "more" / str(number) / "events.jsonl" for number in (1, 2)]
    before = [record.read_bytes() for record in records]
    learn(client, REPEATED.format("more", 3))
    assert [record.read_bytes() for record in records] == before
    assert events(folder / "more" / "3")[-1]["type"] == "run_stopped"


def test_stop_keeps_what_was_found_and_the_cell_goes_on_from_there(client: Client, folder: Path) -> None:
    cell = "%%learn LunarLander-v3 as landers\nepisodes: 150\nrepeat: 2\nseed: 1"

    def is_learning(message: Message) -> bool:
        figure = message["content"].get("data", {}).get(PLOTLY_MIME)
        return figure is not None and any(trace["name"] == "landers/1" for trace in figure["data"])

    running = client.execute(cell)
    client.wait_for(running, is_learning)
    client.send("control", "interrupt_request", {})
    name, text = error_of(client.collect(running))
    assert name == "KeyboardInterrupt"
    assert "landers/1 was stopped" in text
    learn(client, cell)
    learn(client, cell.replace("landers", "others"))
    for number in ("1", "2"):
        resumed, whole = (undisturbed(folder / name / number) for name in ("landers", "others"))
        assert [{**event, "run": ""} for event in resumed] == [{**event, "run": ""} for event in whole]


def test_a_run_in_the_background_lets_cells_run_and_can_be_waited_for(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    """Its environment stands still while a file is there: it cannot end before the cells that it lets run."""
    gate = tmp_path / "closed"
    waiting = f"self.time += 1\n        while __import__('os').path.exists({str(gate)!r}): pass"
    learn(client, simulator("self.time += 1", waiting))
    gate.touch()
    assert learn(client, "%%learn tank as aside\nepisodes: 200\nbackground: true\nseed: 2")
    assert client.run("print('free')").text() == "free\n"
    name, text = error_of(client.run("%%learn tank as aside\nepisodes: 300"))
    assert (name, "%wait aside" in text) == ("RunError", True)
    late = learn(client, "%wait aside most=50ms")
    assert "has not ended after" in late.text()
    gate.unlink()
    ended = learn(client, "%wait aside")
    assert bundles(ended, RUN_MIME)[-1]["status"] in ("exhausted", "budget")
    assert events(folder / "aside")[-1]["type"] == "run_stopped"
    learn(client, "%%learn tank as cell\nepisodes: 200\nseed: 2")
    aside, cell = (events(folder / name) for name in ("aside", "cell"))
    assert [{**event, "run": ""} for event in aside] == [{**event, "run": ""} for event in cell]


def test_a_run_in_the_background_is_stopped_by_name_and_by_the_end_of_the_kernel(
    own_kernel: Callable[..., RunningKernel],
) -> None:
    kernel = own_kernel()
    client, folder = kernel.client(), kernel.runs
    cell = "%%learn LunarLander-v3 as endless\nsteps: 100000000\nbackground: true"
    learn(client, cell)
    interrupted = client.execute("%wait endless")
    client.wait_for(interrupted, lambda message: message["msg_type"] == "execute_input")
    client.send("control", "interrupt_request", {})
    assert error_of(client.collect(interrupted))[0] == "KeyboardInterrupt"
    assert "was stopped" in learn(client, "%stop endless").text()
    assert events(folder / "endless")[-1]["reason"] == "interrupted"
    assert "not running" in learn(client, "%stop endless").text()
    assert error_of(client.run("%stop nobody"))[0] == "ReferenceError"
    learn(client, cell)
    kernel.manager.restart_kernel(now=False, env=kernel.environment)
    client = kernel.client()
    assert events(folder / "endless")[-1]["reason"] == "interrupted"
    assert not (folder / "endless" / ".lock").exists()
