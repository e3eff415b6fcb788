"""`%%compare` from outside: everybody on the same fresh seeds, recorded, resumed, read without the kernel."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from kernel_harness import Client, Execution, Message, RunningKernel
from learning_kernel import (
    INSTALLED_BUNDLE,
    PLOTLY_MIME,
    RUN_MIME,
    bundles,
    error_of,
    kernel_of_notebook,
    learn,
)

ROOT = Path(__file__).parents[2]
AGENT = ROOT / "examples" / "agents" / "ppo-cartpole.npz"
FIGURE_MIME = "application/vnd.policybook.figure+json"

POLE = "%%environment pole\nid: CartPole-v1\nobservation: [x, v, angle, spin]\nreturns: [0, 500]"
CAREFUL = """%%policy careful for pole
def act(observation):
    x, v, angle, spin = observation
    return int(3 * angle + spin > 0)"""
BENCH = f"""%%compare as bench
environment: pole
policies: {{by hand: careful, ppo: {AGENT}}}
baselines: [random, constant]
authors:
  search: {{episodes: 60, repeat: 2}}
episodes: 60
against: random"""


kernel = kernel_of_notebook("bench.ipynb")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    client = kernel.client()
    learn(client, POLE)
    learn(client, CAREFUL)
    return client


def events(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "comparison.jsonl").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


def undisturbed(folder: Path) -> list[dict[str, Any]]:
    return [event for event in events(folder) if event.get("reason") != "interrupted"]


def table(seen: Any) -> str:
    return [
        content["data"]["text/plain"]
        for content in seen.of("display_data", "update_display_data")
        if "text/markdown" in content["data"]
    ][-1]


@pytest.fixture(scope="module")
def bench(client: Client) -> Execution:
    """What was seen of a comparison, which tests may look at and leave as it is."""
    return learn(client, BENCH)


def test_a_comparison_shows_scores_differences_and_costs(bench: Execution) -> None:
    figures = [
        content["data"]
        for content in bench.of("display_data", "update_display_data")
        if FIGURE_MIME in content["data"]
    ]
    assert all({PLOTLY_MIME, "text/plain"} <= set(view) and "text/html" not in view for view in figures)
    assert "image/png" in figures[-1]
    names = [trace["name"] for trace in figures[-1][PLOTLY_MIME]["data"] if trace["showlegend"]]
    assert names == ["by hand", "ppo", "random", "constant", "search"]
    text = table(bench)
    head = text.splitlines()[2]
    for column in (
        "mean return",
        "minus random",
        "P(better on a seed)",
        "P(better replicate)",
        "interquartile mean",
    ):
        assert column in head
    costs = text.split("\n\n")[2]
    for column in ("steps to learn", "CPU", "a decision", "cold start", "bytes"):
        assert column in costs
    [ppo] = [line for line in costs.splitlines() if line.startswith("ppo")]
    assert "100,096" in ppo
    assert "search stands on 2 replicates" in text


def test_its_record_is_what_the_schema_says_and_its_parts_repeat(
    client: Client, bench: Execution, folder: Path
) -> None:
    schema = json.loads((ROOT / "packages/runtime/policybook/schemas/comparison.json").read_text())
    recorded = events(folder / "bench")
    validator = jsonschema.Draft202012Validator(schema)
    for event in recorded:
        validator.validate(event)
    assert recorded[-1]["reason"] == "finished"
    [drawn] = [event for event in recorded if event["type"] == "seeds_drawn"]
    assert len(set(drawn["seeds"])) == 60
    text = recorded[0]["settings"]["contestants"]
    assert [contestant["name"] for contestant in text] == ["by hand", "ppo", "random", "constant", "search"]
    assert "coldStart" not in json.dumps(recorded)
    # The same searches in runs of other names: the same texts, and so the same seeds and returns.
    learn(client, BENCH.replace("as bench", "as again"))
    again, first = (
        {
            (event["contestant"], event["replicate"], event["start"]): event["returns"]
            for event in record
            if event["type"] == "block_played"
        }
        for record in (events(folder / "again"), recorded)
    )
    assert again == first
    assert len(first) == 6 * 3


def test_a_finished_one_is_shown_and_not_played_again(client: Client, bench: Execution, folder: Path) -> None:
    before = (folder / "bench" / "comparison.jsonl").read_bytes()
    seen = learn(client, BENCH)
    assert "has finished with this declaration" in seen.text()
    assert "mean return" in table(seen)
    assert (folder / "bench" / "comparison.jsonl").read_bytes() == before
    assert "mean return" in table(learn(client, "%attach bench"))
    listed = learn(client, "%runs").of("display_data")
    assert any("bench" in content["data"]["text/plain"] for content in listed)


def test_the_advice_of_a_run_whose_head_leads_is_a_comparison_that_decides(client: Client) -> None:
    learned = learn(client, "%%learn pole as lead\nepisodes: 30")
    shown = [
        content["data"]["text/plain"]
        for content in learned.of("display_data", "update_display_data")
        if RUN_MIME in content["data"]
    ][-1]
    assert re.search(r"(?m)^  head +lead@\d", shown)
    assert re.search(r"(?m)^  champion +lead@1 .*: \d", shown)
    assert re.search(r"(?m)^  endings +of \d+ episodes \d+ % (terminated|truncated) after \d", shown)
    advice = re.search(r"(?m)^%%compare\npolicies: \[lead, lead@champion\]\nepisodes: \d+$", shown)
    assert advice is not None, shown
    seen = learn(client, advice[0])
    _, head, champion = table(seen).split("\n\n")[1].splitlines()
    assert head.startswith("lead ")
    assert re.search(r"^lead@champion .* -\d+ \[-\d+, -\d+\]", champion), champion
    client.run("import policybook as pb\nrun = pb.run('lead')")
    said = client.run(
        "print(run.policy('champion').candidate == 1, run.policy('best').candidate != 1)"
    ).text()
    assert said == "True True\n"
    # What was left went to a proof, which is on record with its undecided end.
    assert client.run("print(list(run.history['test'].dropna()))").text() == "['first', 'gain']\n"


def test_a_changed_declaration_or_a_changed_text_is_another_comparison(client: Client, folder: Path) -> None:
    edited = CAREFUL.replace("careful", "edited")
    learn(client, edited)
    quick = "%%compare as quick\nenvironment: pole\npolicies: [edited]\nbaselines: [constant]\nepisodes: {}"
    learn(client, quick.format(10))
    seen = learn(client, quick.format(20))
    assert "quick~1" in seen.text()
    assert "episodes: 10 → 20" in seen.text()
    before = events(folder / "quick")
    learn(client, edited.replace("3 *", "2.5 *"))
    assert (
        "the declaration changed (the text of the policy of edited)" in learn(client, quick.format(20)).text()
    )
    after = events(folder / "quick")
    seeds = [next(e["seeds"] for e in record if e["type"] == "seeds_drawn") for record in (before, after)]
    assert not set(seeds[0]) & set(seeds[1]), "an edited policy is not compared on seeds it may be made for"


def test_stop_keeps_what_was_played_and_the_cell_goes_on_from_there(client: Client, folder: Path) -> None:
    cell = f"%%compare as long\nenvironment: pole\npolicies: [careful, {AGENT}]\nepisodes: 200"

    def is_playing(message: Message) -> bool:
        return "seeds asked for are played by all" in message["content"].get("data", {}).get("text/plain", "")

    running = client.execute(cell)
    client.wait_for(running, is_playing)
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    name, text = error_of(seen)
    assert (name, "Run the cell again to go on" in text) == ("KeyboardInterrupt", True)
    stopped = events(folder / "long")[-1]
    assert 0 < stopped["conclusion"]["episodes"] < 200
    assert "goes on where it was left" in learn(client, cell).text()
    learn(client, cell.replace("as long", "as whole"))
    resumed, whole = (undisturbed(folder / name) for name in ("long", "whole"))
    assert [{**event, "comparison": ""} for event in resumed] == [
        {**event, "comparison": ""} for event in whole
    ]


@pytest.mark.long
def test_a_killed_kernel_loses_no_block(own_kernel: Callable[..., RunningKernel]) -> None:
    kernel = own_kernel()
    client, folder = kernel.client(), kernel.runs
    learn(client, POLE)
    learn(client, CAREFUL.replace("3 *", "2.5 *"))
    cell = f"%%compare as killed\nenvironment: pole\npolicies: [careful, {AGENT}]\nepisodes: 120\nseed: 1"

    def is_playing(message: Message) -> bool:
        return "seeds asked for are played by all" in message["content"].get("data", {}).get("text/plain", "")

    running = client.execute(cell)
    client.wait_for(running, is_playing)
    kernel.manager.restart_kernel(now=True, env=kernel.environment)
    kept = events(folder / "killed")
    client = kernel.client()
    learn(client, POLE)
    learn(client, CAREFUL.replace("3 *", "2.5 *"))
    learn(client, cell)
    recorded = events(folder / "killed")
    assert recorded[: len(kept)] == kept
    assert recorded[-1]["reason"] == "finished"
    learn(client, cell.replace("as killed", "as unharmed"))
    assert undisturbed(folder / "killed")[1:] == undisturbed(folder / "unharmed")[1:]


def test_every_replicate_of_a_repeated_run_takes_part(client: Client, folder: Path) -> None:
    learn(client, "%%learn pole as many\nepisodes: 60\nrepeat: 3")
    seen = learn(client, "%%compare as method\npolicies: [many, many/1@1]\nepisodes: 40")
    [contestant, single] = events(folder / "method")[-1]["conclusion"]["contestants"]
    assert (contestant["replicates"], single["replicates"]) == (3, 1)
    assert contestant["iqm"]["low"] <= contestant["iqm"]["value"] <= contestant["iqm"]["high"]
    assert "many stands on 3 replicates" in table(seen)


def test_python_reads_it_anywhere(bench: Execution, folder: Path) -> None:
    code = f"""import policybook as pb
bench = pb.comparison("bench", root={str(folder)!r})
results = bench.results
assert list(results.index) == ["by hand", "ppo", "random", "constant", "search"], results
assert results.loc["ppo", "steps"] == 100_096
assert (results["low"] <= results["mean"]).all() and (results["mean"] <= results["high"]).all()
assert results.loc["search", "policies"] == 2 and results.loc["search", "iqm_low"] > 0
assert (results["decision_us"] > 0).all() and (results["bytes"] > 50).all()
pairs = bench.differences.set_index(["first", "second"])
assert pairs.loc[("by hand", "random"), "low"] > 0
assert pairs.loc[("by hand", "random"), "wins"] > 0.9
assert pairs["improvement"].notna().sum() == 4
assert len(bench.episodes) == 60 * 6 and bench.episodes["seed"].nunique() == 60
assert set(bench.profile["contestant"]) == set(results.index)
assert list(bench.policies.index)[-2:] == [("search", 1), ("search", 2)]
assert bench.policies.loc[("search", 2), "reference"].startswith("bench-search/2@")
assert bench.policy("by hand").act([0, 0, 1, 1]) == 1
assert bench.stopped == "all of it is played"
print(bench, [each.name for each in pb.comparisons(root={str(folder)!r})])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error::policybook.reading.event_record.BrokenRecordWarning", "-c", code],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<comparison bench over 60 seeds: by hand 500")


WRONG = {
    "policies: [nobody]": ("ReferenceError", ["line 2, column 12", "nobody"]),
    "environment: pole\npolicies: [missing.npz]": ("ReferenceError", ["line 3", "does not exist"]),
    "environment: pole\npolicies: [careful]\nbaselines: [heuristic]": (
        "PolicyError",
        ["line 4, column 13", "no heuristic"],
    ),
    "environment: pole\nbaselines: [{constant: 7}]": ("PolicyError", ["line 3", "no action of Discrete(2)"]),
    "baselines: [random]": ("DeclarationError", ["'environment' is missing"]),
    "environment: nowhere\npolicies: [careful]": (
        "EnvironmentError",
        ["line 2, column 14", "nowhere"],
    ),
    "environment: pole\npolicies: [careful]\nbaselines: [sampling]": (
        "DeclarationError",
        ["line 4", "no model to sample"],
    ),
    "environment: pole\nagents: {ppo: {algorithm: ppo, steps: 100}}": ("CompareError", ["policybook[rl]"]),
    "environment: pole\nauthors: {model: {author: openai}}": ("AuthorError", ["OPENAI_API_KEY"]),
}


@pytest.mark.parametrize("body", WRONG, ids=lambda body: body.replace("\n", "; "))
def test_what_cannot_be_compared_is_named_at_its_place(client: Client, body: str) -> None:
    name, said = WRONG[body]
    seen = client.run(f"%%compare as wrong\n{body}")
    found, text = error_of(seen)
    assert found == name, text
    for words in said:
        assert words in text


def test_a_policy_that_fails_is_compared_all_the_same(client: Client, folder: Path) -> None:
    broken = "%%policy brittle\ndef act(observation):\n    return 1 // int(observation[0] < 0.1)"
    learn(client, broken)
    seen = learn(
        client,
        "%%compare as failing\nenvironment: pole\npolicies: [brittle]\nbaselines: [constant]\nepisodes: 20",
    )
    [brittle, _] = events(folder / "failing")[-1]["conclusion"]["contestants"]
    assert 0 < brittle["failed"] <= 20
    assert "by zero" in table(seen)
    assert bundles(seen, FIGURE_MIME)


def test_an_environments_own_heuristic_and_a_given_action_take_part(client: Client, folder: Path) -> None:
    cell = "%%compare as known\nenvironment: LunarLander-v3\nepisodes: 20\nbaselines: "
    learn(client, f"{cell}[heuristic, {{constant: 2}}, random]")
    returns: dict[str, list[float]] = {}
    for event in events(folder / "known"):
        if event["type"] == "block_played":
            returns.setdefault(event["contestant"], []).extend(event["returns"])
    means = {contestant: sum(all_of) / len(all_of) for contestant, all_of in returns.items()}
    assert {len(all_of) for all_of in returns.values()} == {20}
    assert len(means) == 3
    assert means.pop("heuristic") > 200 > max(means.values())


def test_it_goes_on_in_the_background(client: Client) -> None:
    body = "environment: pole\nbaselines: [random, constant]\nepisodes: 30\nbackground: true"
    learn(client, f"%%compare as aside\n{body}")
    assert client.run("print('free')").text() == "free\n"
    assert "mean return" in table(learn(client, "%wait aside"))


@pytest.mark.long
def test_events_depend_neither_on_workers_nor_on_the_width_of_batches(specs: Path, tmp_path: Path) -> None:
    records = []
    for workers, width in (("1", "1"), ("4", "64")):
        cwd = tmp_path / f"w{workers}"
        cwd.mkdir()
        variables = {"POLICYBOOK_WORKERS": workers, "POLICYBOOK_WIDTH": width, "JPY_SESSION_NAME": "n.ipynb"}
        kernel = RunningKernel(specs, INSTALLED_BUNDLE, cwd, **variables)
        try:
            client = kernel.client()
            body = (
                f"environment: CartPole-v1\npolicies: [{AGENT}]\nbaselines: [random, constant]\nepisodes: 30"
            )
            learn(client, f"%%compare\n{body}")
            records.append(events(cwd / "policybook-runs" / "n" / "comparison"))
        finally:
            kernel.close()
    assert records[0] == records[1]
