"""A whole `%%learn`, from outside: live views, interrupt, restart, resume, and what Python sees of it."""

import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import psutil
import pytest
from kernel_harness import Client, Execution, RunningKernel, read_command, read_variables
from learning_kernel import (
    DIFF_MIME,
    PLOTLY_MIME,
    RUN_MIME,
    bundles,
    error_of,
    events,
    is_run_update,
    kernel_of_notebook,
    last_run,
    learn,
    text_of,
)
from policybook.reading.run import Run
from simulators import ROOM

POLES = """%%environment poles
id: CartPole-v1
observation: [x, speed, lean, fall]
returns: [0, 500]"""


kernel = kernel_of_notebook("folder/lesson.ipynb", CANARY_API_KEY="sk-canary-1234567890")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    client = kernel.client()
    learn(client, POLES)
    return client


FIRST = "%%learn poles as first\nepisodes: 200\nseed: 1"


@pytest.fixture(scope="module")
def first(client: Client) -> Execution:
    """What was seen of a run that has learned to balance, which tests may look at and leave as it is."""
    return learn(client, FIRST)


def test_learning_is_shown_while_it_goes_on(first: Execution, folder: Path) -> None:
    views = [content["data"] for content in first.of("display_data", "update_display_data")]
    runs = [view for view in views if RUN_MIME in view]
    assert runs[0][RUN_MIME]["status"] == "running"
    assert all({PLOTLY_MIME, "text/plain"} <= set(view) and "text/html" not in view for view in runs)
    assert len(runs) > 2, "one at the beginning, one at the end, and some between them"
    assert "image/png" in runs[-1]
    final = runs[-1][RUN_MIME]
    assert final["status"] in ("exhausted", "budget")
    assert final["champion"]["score"]["mean"] >= final["threshold"] == 475
    low, mean, high = (final["champion"]["score"][key] for key in ("low", "mean", "high"))
    assert low < mean <= high
    assert any("velocity of" in finding for finding in final["findings"])
    displays = {content["transient"]["display_id"] for content in first.of("display_data")}
    assert len(displays) == 2, "one run view and one diff"
    for diff in bundles(first, DIFF_MIME):
        assert diff["unified"].startswith("---")
    policy = folder.parents[1] / final["champion"]["path"]
    assert "x, speed, lean, fall = observation" in policy.read_text()


# The fewer ones carry no comparison: the champion comes from the race, and no other is accepted.
@pytest.mark.parametrize(("episodes", "accepted"), [(60, 1), (100, 1), (150, 2)])
def test_a_small_budget_is_enough_for_a_simple_rule(client: Client, episodes: int, accepted: int) -> None:
    final = last_run(learn(client, f"%%learn CartPole-v1 as small\nepisodes: {episodes}"))
    assert final["champion"]["score"]["mean"] >= final["threshold"] == 475
    assert final["candidates"]["accepted"] >= accepted
    shown = {row["name"]: row for row in final["budget"]}
    assert shown["episodes"]["spent"] <= episodes
    # 500 on every seed is one number.
    assert [alarm["code"] for alarm in final["alarms"]] == ["zero_variance"]


@pytest.mark.long
def test_what_a_small_budget_could_not_decide_is_said(client: Client) -> None:
    cell = "%%learn LunarLander-v3 as little\nreturns: [-250, 320]\nepisodes: {}"
    said = last_run(learn(client, cell.format(60)))["activity"]
    enough = re.search(r"no policy was compared with another, .*: `episodes: (\d+)` should do", said)
    assert enough is not None, said
    evidence = last_run(learn(client, cell.format(enough[1])))["evidence"]
    assert "comparisons" in {row["name"] for row in evidence}


BUSY = """%%policy busy for CartPole-v1
import time


class Policy:
    begun = False

    def act(self, observation):
        if not self.begun:
            self.begun = True
            end = time.process_time() + 0.06
            while time.process_time() < end:
                pass
        return int(3 * observation[2] + observation[3] > 0)
"""


def test_a_policy_near_its_step_limit_is_marked(client: Client) -> None:
    warning = "near the step limit: the slowest step took"
    assert warning in "".join(c["data"]["text/plain"] for c in client.run(BUSY).of("display_data"))
    final = last_run(learn(client, "%%learn CartPole-v1 as slow\nstart: busy\nepisodes: 40"))
    assert final["champion"]["reference"] == "slow@1"
    assert [alarm["text"] for alarm in final["alarms"] if warning in alarm["text"]]
    asked = "import policybook as pb\nprint(pb.run('slow').candidates.slowest_step_ms[1])"
    assert 50 <= float(client.run(asked).text()) < 100
    again = last_run(client.run("%attach slow"))
    assert [alarm["text"] for alarm in again["alarms"] if warning in alarm["text"]]


def test_python_and_the_kernel_say_the_same_of_a_run(client: Client) -> None:
    learn(client, "%%learn CartPole-v1 as described\nepisodes: 60")
    [listed] = [c["data"]["text/plain"] for c in client.run("%runs").of("display_data")]
    [row] = [line for line in listed.splitlines() if line.startswith("described ")]
    _, _, _, champion, score, episodes, _ = re.split(r" {2,}", row.strip())
    said = client.run("import policybook as pb\nprint(pb.run('described'))").text().strip()
    head = f"{champion.split()[0]}, {re.split(',? over ', score)[0]}"
    # Python names the champion, too, where the head is another.
    assert re.fullmatch(
        rf"<run described: best {re.escape(head)}( \(champion @.+\))?, {episodes} episodes>", said
    )


def test_the_record_holds_what_was_shown(first: Execution, folder: Path) -> None:
    recorded = events(folder / "first")
    assert recorded[0]["type"] == "run_declared"
    assert recorded[-1]["type"] == "run_stopped"
    titles = [event for event in recorded if event["type"] == "champion_promoted"]
    assert len(titles) >= 2
    spent = sum(event.get("usage", {}).get("episodes", 0) for event in recorded)
    assert spent <= 200
    schema = json.loads((resources.files("policybook") / "schemas" / "line.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for line in (folder / "first" / "events.jsonl").read_text().splitlines():
        validator.validate(json.loads(line))
    declaration = (folder / "first" / "declaration.yaml").read_text()
    assert declaration.startswith("# %%learn poles as first")


def test_running_an_unchanged_cell_again_shows_the_record(
    client: Client, first: Execution, folder: Path
) -> None:
    before = (folder / "first" / "events.jsonl").read_bytes()
    seen = learn(client, FIRST)
    assert "has finished with this declaration" in seen.text()
    assert last_run(seen)["status"] in ("exhausted", "budget")
    assert (folder / "first" / "events.jsonl").read_bytes() == before


def test_commands_show_and_export(client: Client, first: Execution, folder: Path) -> None:
    assert "first" in learn(client, "%runs").of("display_data")[0]["data"]["text/plain"]
    [diff] = bundles(learn(client, "%diff first@1 first"), DIFF_MIME)
    assert diff["before"]["reference"] == "first@1"
    assert diff["added"] > 5
    learn(client, "name = 'poles.py'")
    seen = learn(client, "%export first {name}")
    assert "poles.py" in seen.of("display_data")[0]["data"]["text/plain"]
    exported = folder.parents[1] / "poles.py"
    assert exported.read_text().startswith("# /// script")
    edited = exported.read_text() + "# edited by hand\n"
    exported.write_text(edited)
    assert (
        "the earlier poles.py differs and is now poles~1.py" in learn(client, "%export first poles.py").text()
    )
    assert exported.with_name("poles~1.py").read_text() == edited
    assert exported.read_text() == edited.removesuffix("# edited by hand\n")
    assert learn(client, "%export first poles.py").text() == ""
    exported.write_text("print('mine')\n")
    name, text = error_of(client.run("%export first poles.py"))
    assert (name, "not an export" in text) == ("CommandError", True)
    assert exported.read_text() == "print('mine')\n"


def test_a_replay_is_the_recorded_episode_and_says_what_chose_its_actions(
    client: Client, first: Execution
) -> None:
    shown, *pictures = learn(client, "%replay first").of("display_data")
    text = shown["data"]["text/plain"]
    assert "It is the recorded episode again: same return, same actions." in text
    assert "return" in text.split("decided by")[1]
    assert [picture["data"]["image/png"][:8] for picture in pictures] == ["iVBORw0K"]
    [other, _] = learn(client, "%replay first@1 seed=3").of("display_data")
    assert "first@1 on seed 3: return" in other["data"]["text/plain"]
    name, text = error_of(client.run("%replay nobody"))
    assert (name, "nobody" in text) == ("ReferenceError", True)


def test_python_sees_environments_and_runs(client: Client, first: Execution) -> None:
    alarms = last_run(learn(client, "%attach first"))["alarms"]
    recorded = client.run(
        'import policybook as pb; print(list(pb.run("first").alarms.get("message", [])))'
    ).text()
    assert all(alarm["text"] in recorded for alarm in alarms)
    code = """import policybook as pb
run = pb.run("first")
print(pb.environment("poles").make().observation_space.shape, len(run.history) >= 2, run.best.act(
    pb.environment("poles").make().reset(seed=0)[0]) in range(2))"""
    assert client.run(code).text() == "(4,) True True\n"


@pytest.mark.usefixtures("first")
def test_python_reads_how_episodes_ended_and_what_they_were_rewarded_for(client: Client) -> None:
    learn(client, f"%%simulator room{ROOM}")
    learn(client, "%%learn room as heated\nepisodes: 60\nseed: 0")
    code = """import policybook as pb
balanced, heated = pb.run("first").episodes, pb.run("heated").episodes
for episodes in balanced, heated:
    tenths = episodes.loc[:, "reward_1":"reward_10"].sum(axis=1)
    assert episodes["steps"].notna().all() and episodes["flags"].notna().all()
    assert ((tenths - episodes["return"]).abs() < 1e-3 + 1e-4 * episodes["return"].abs()).all()
assert (balanced["return"] == balanced["steps"]).all()
assert ((balanced["ending"] == "truncated") == (balanced["steps"] == 500)).all()
assert pb.run("first").terms.empty
assert ((heated["ending"] == "truncated") == (heated["steps"] == 30)).all()
assert ((heated["ending"] == "terminated") == heated["flags"].str.contains("frozen")).all()
key = ["candidate", "purpose", "seed"]
terms = pb.run("heated").terms
rewards = terms[terms["term"].str.startswith("rewards/")].pivot_table(index=key, columns="term", values="sum")
assert (rewards.sum(axis=1) - heated.set_index(key)["return"].groupby(key).mean()).abs().max() < 0.01
print(sorted(terms["term"].unique()), heated["flags"].str.contains("is_success").any())"""
    assert client.run(code).text() == "['heat', 'rewards/comfort', 'rewards/energy'] True\n"


def test_a_changed_cell_takes_the_name_and_the_old_run_stays(client: Client, folder: Path) -> None:
    learn(client, "%%learn CartPole-v1 as changed\nepisodes: 100\nseed: 0")
    old = (folder / "changed" / "events.jsonl").read_bytes()
    seen = learn(client, "%%learn CartPole-v1 as changed\nepisodes: 100\nseed: 1")
    assert "changed~1" in seen.text()
    assert "seed: 0 → 1" in seen.text()
    assert (folder / "changed~1" / "events.jsonl").read_bytes() == old
    assert last_run(learn(client, "%attach changed~1"))["status"] in ("exhausted", "budget")


def test_the_same_declaration_gives_the_same_events(client: Client, folder: Path) -> None:
    cell = "%%learn MountainCar-v0 as {}\nepisodes: 150\nseed: 3"
    for name in ("once", "twice"):
        learn(client, cell.format(name))
    first, second = (events(folder / name) for name in ("once", "twice"))
    assert [{**event, "run": ""} for event in first] == [{**event, "run": ""} for event in second]
    assert kept_episodes(folder / "once") == kept_episodes(folder / "twice")


def kept_episodes(run: Path) -> dict[str, list[str]]:
    """What a run keeps of its episodes, by file; the order in which several workers ended does not count."""
    files = (run / "episodes").iterdir()
    return {file.name: sorted(file.read_text(encoding="utf-8").split("\n")) for file in files}


def test_stop_ends_a_run_where_it_is_and_running_the_cell_again_goes_on(client: Client, folder: Path) -> None:
    cell = "%%learn LunarLander-v3 as stopped\nepisodes: 150\nseed: 2"
    running = client.execute(cell)
    client.wait_for(running, is_run_update)
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    name, text = error_of(seen)
    assert name == "KeyboardInterrupt"
    assert "Run the cell again to go on" in text
    kept = events(folder / "stopped")
    assert kept[-1]["reason"] == "interrupted"
    assert client.run("print('alive')").text() == "alive\n"

    seen = learn(client, cell)
    assert "goes on where it was left" in seen.text()
    resumed = [event for event in events(folder / "stopped") if event.get("reason") != "interrupted"]
    assert resumed[: len(kept) - 1] == kept[:-1]
    learn(client, cell.replace("stopped", "undisturbed"))
    undisturbed = events(folder / "undisturbed")
    assert len(kept) < len(undisturbed), "it was stopped before its end"
    assert [{**event, "run": ""} for event in resumed] == [{**event, "run": ""} for event in undisturbed]


@pytest.mark.long
def test_a_restarted_kernel_finds_the_run_again(own_kernel: Callable[..., RunningKernel]) -> None:
    kernel = own_kernel()
    cell = "%%learn poles as first\nepisodes: 60"
    client = kernel.client()
    learn(client, "%%environment poles\nid: CartPole-v1")
    learn(client, cell)
    record = kernel.runs / "first" / "events.jsonl"
    before = record.read_bytes()
    kernel.manager.restart_kernel(now=False, env=kernel.environment)
    client = kernel.client()
    learn(client, "%%environment poles\nid: CartPole-v1")
    assert "has finished" in learn(client, cell).text()
    assert record.read_bytes() == before


# The bound of the track is at 2.4: nothing that balances comes to 2.3.
GUARDED = """%%policy guarded
EDGE = 2.3


def act(observation):
    x, speed, lean, fall = observation
    spare = 2 * x
    if x > EDGE:
        # Turn back.
        return 0
    return int(0.1 * x + 0.3 * speed + lean + fall > 0)"""


def test_lines_that_no_episode_reaches_are_named_and_go_only_in_environments_that_are_declared(
    client: Client, folder: Path
) -> None:
    learn(client, GUARDED)
    marked = learn(client, "%%learn poles as marked\nstart: guarded\nepisodes: 600\ntune: false")
    [found] = [each for each in events(folder / "marked") if each["type"] == "simplifier_finished"]
    assert found["identicalEdits"] == ["dropped spare, never used"]
    assert {"kind": "never_reached", "first": 8, "last": 8} in found["unexercised"]
    read = Run(folder / "marked")
    listed = read.unexercised
    assert list(listed["first_line"]) == [part["first"] for part in found["unexercised"]]
    # They are lines of the text without the edits, which the run hands over.
    assert {read.policy(int(each)).path for each in listed["candidate"]} == {read.best.path}
    final = last_run(marked)
    [row] = [each["text"] for each in final["evidence"] if each["name"] == "unexercised"]
    said = f"in {found['usage']['episodes']} episodes line 8 was never reached"
    assert row.startswith(said)
    assert f"  unexercised  {said}" in text_of(marked)
    assert "return 0\n" in (folder.parents[1] / final["champion"]["path"]).read_text()

    options = "start: guarded\nepisodes: 600\ntune: false"
    declared = f"{options}\nsimplify: {{on: [short]}}"
    name, text = error_of(client.run(f"%%learn poles as taken\n{declared}"))
    assert name == "EnvironmentError"
    assert "line 5, column 17" in text
    learn(client, "%%environment short\nid: CartPole-v1\nmax_episode_steps: 100")
    taken = last_run(learn(client, f"%%learn poles as taken\n{declared}"))
    smaller = (folder.parents[1] / taken["champion"]["path"]).read_text()
    assert "EDGE" not in smaller
    assert "return 0\n" not in smaller
    [event] = [each for each in events(folder / "taken") if each["type"] == "simplifier_finished"]
    assert event["usage"]["steps"] < 500 * event["usage"]["episodes"]
    assert "taken has finished" in text_of(learn(client, f"%%learn poles as taken\n{declared}"))
    again = text_of(learn(client, f"%%learn poles as taken\n{options}\nsimplify: false"))
    assert "the declaration changed (simplify.on)" in again


def test_two_kernels_do_not_write_one_run(own_kernel: Callable[..., RunningKernel]) -> None:
    first, second = own_kernel(), own_kernel()
    one, two = first.client(), second.client()
    cell = "%%learn LunarLander-v3 as shared\nepisodes: 100000"
    running = one.execute(cell)
    one.wait_for(running, lambda message: RUN_MIME in message["content"].get("data", {}))
    name, text = error_of(two.run(cell))
    assert name == "RunError"
    assert str(first.pid) in text
    assert two.run("print('alive')").text() == "alive\n"
    one.send("control", "interrupt_request", {})
    assert one.collect(running).content["status"] == "error"


def test_only_kernel_and_workbench_have_the_users_variables(kernel: RunningKernel) -> None:
    client = kernel.client()
    spy = """%%policy spy for CartPole-v1
import os


def act(observation):
    if os.environ:
        raise ValueError(sorted(os.environ))
    return 0"""
    learn(client, spy)
    family = psutil.Process(kernel.pid).children(recursive=True)
    seeing = [process for process in family if read_variables(process).get("CANARY_API_KEY")]
    assert len(family) > len(seeing)
    assert [
        " ".join(read_command(process))
        for process in seeing
        if "policybook.notebook.workbench" not in " ".join(read_command(process))
    ] == []
