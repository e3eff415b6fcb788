"""A recorded run of a model's is replayed without its server and without a key."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel_harness import Client, RunningKernel
from learning_kernel import error_of, events, last_run, learn
from model_server import Server, answer

KEY = "sk-canary-2b7d1c9e4f60a853"
FREE = ("calls", "tokensIn", "tokensOut", "money")
ANSWERS = [
    answer("always left", "def act(observation):\n    return 0\n"),
    answer("a slip", "def act(observation):\n    return position > 0\n"),
    answer("the lean", "def act(observation):\n    return int(observation[2] > 0)\n"),
    answer("a refusal", "", refusal="I would rather not."),
    answer("the fall", "def act(observation):\n    return int(observation[2] + 0.02 * observation[3] > 0)\n"),
]


def comparable(recorded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of a run without its name, its author, and whether its calls were paid now or before."""
    return [strip(event) for event in recorded]


def strip(event: dict[str, Any]) -> dict[str, Any]:
    if event["type"] == "run_declared":
        settings = {name: value for name, value in event["settings"].items() if name != "author"}
        return {**event, "run": "", "settings": settings}
    if event["type"] == "tool_used":
        return {**event, "author": ""}
    if event["type"] not in ("author_answered", "author_failed"):
        return event
    replayed = event.get("replayed", {"usage": {}})
    assert "changed" not in replayed
    kept = {name: value for name, value in event.items() if name != "replayed"}
    return {**kept, "author": "", "usage": {**event["usage"], **replayed["usage"]}}


def test_a_record_is_replayed_event_by_event_and_what_has_changed_is_said(
    own_kernel: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    server = Server(tmp_path, ANSWERS)
    body = "episodes: 600\ncalls: 6\ntokens: 100000\nmoney: 1\nsimplify: false"
    recording = own_kernel("record.ipynb", CANARY_KEY=KEY)
    author = server.author()[: -len("}")] + ", price: {input: 1, output: 2}}"
    learn(recording.client(), f"%%learn CartPole-v1 as first\n{author}\n{body}")
    recording.close()
    server.close()
    # What a repository would keep of it.
    kept = tmp_path / "recorded" / "first"
    kept.mkdir(parents=True)
    shutil.copy(recording.runs / "first" / "events.jsonl", kept)
    shutil.copytree(recording.runs / "first" / "calls", kept / "calls")
    files = {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    first = events(kept)
    assert [event["type"] for event in first if event["type"] == "author_failed"]

    kernel = own_kernel("replay.ipynb")
    client = kernel.client()
    replay = "author: {kind: replay, run: ./recorded/first, strict: true}"
    seen = learn(client, f"%%learn CartPole-v1 as again\n{replay}\n{body}")
    again = events(kernel.runs / "again")
    assert comparable(again) == comparable(first)
    assert [event["usage"].get(kind) for event in again for kind in FREE if "usage" in event] == [
        None for event in again for _ in FREE if "usage" in event
    ]
    assert {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == files
    view = last_run(seen)
    spent = {each["name"]: each["spent"] for each in view["budget"]}
    assert spent["calls of the record"] == 6
    assert any("from the record, where it had cost 1 call" in line["text"] for line in view["log"])

    # A replay is a record too: it is replayed by its name.
    learn(client, f"%%learn CartPole-v1 as third\nauthor: {{kind: replay, run: again}}\n{body}")
    assert comparable(events(kernel.runs / "third")) == comparable(first)

    check_what_has_changed(client, kernel, body)
    check_in_a_comparison(client)


def check_what_has_changed(client: Client, kernel: RunningKernel, body: str) -> None:
    """Another budget stands in the prompts."""
    shorter = body.replace("600", "500")
    seen = learn(client, f"%%learn CartPole-v1 as shorter\nauthor: {{kind: replay, run: again}}\n{shorter}")
    said = seen.text("stderr")
    assert "The prompt of generation 0 differs from the one that again recorded" in said
    assert re.search(r"^- - 5\d\d of 600 episodes are left\.$", said, re.MULTILINE)
    left = re.search(r"^\+ - 4\d\d of 500 episodes are left\.$", said, re.MULTILINE)
    assert left is not None
    answered = [each for each in events(kernel.runs / "shorter") if each["type"] == "author_answered"]
    changed = [each for answer in answered for each in answer["replayed"].get("changed", [])]
    assert any(left.group() in each["difference"] for each in changed)

    strict = f"author: {{kind: replay, run: again, strict: true}}\n{shorter}"
    name, text = error_of(client.run(f"%%learn CartPole-v1 as strict\n{strict}", timeout=120))
    assert name == "RunError"
    assert "the prompt of generation 0 differs from the recorded one" in text
    *_, stopped = events(kernel.runs / "strict")
    assert stopped["reason"] == "failed"
    assert "(prompt_changed)" in stopped["message"]

    longer = body.replace("calls: 6\n", "")
    learn(client, f"%%learn CartPole-v1 as longer\nauthor: {{kind: replay, run: again}}\n{longer}")
    *_, stopped = events(kernel.runs / "longer")
    assert stopped["reason"] == "exhausted"
    assert "the record has no answer for generation " in stopped["message"]

    for run, said in (("none", "no run or policy is called 'none'"), ("./none", "is the folder of no run")):
        cell = f"%%learn CartPole-v1 as missing\nauthor: {{kind: replay, run: {run}}}"
        assert said in error_of(client.run(cell))[1]
    # What cannot come of it is refused before there is a run.
    elsewhere = "%%learn Acrobot-v1 as elsewhere\nauthor: {kind: replay, run: again}"
    assert (
        "again learned in CartPole-v1, and this cell learns in Acrobot-v1"
        in error_of(client.run(elsewhere))[1]
    )
    assert not (kernel.runs / "elsewhere").exists()
    itself = "%%learn CartPole-v1 as again\nauthor: {kind: replay, run: again}"
    assert "a run cannot replay itself" in error_of(client.run(itself))[1]


def check_in_a_comparison(client: Client) -> None:
    """A replay is a contestant."""
    cell = """%%compare as bench
environment: CartPole-v1
returns: [0, 500]
episodes: 20
baselines: [random]
authors:
  kept:
    author: {kind: replay, run: again}
    calls: 6
    episodes: 600
    simplify: false"""
    seen = learn(client, cell)
    shown = [content["data"]["text/plain"] for content in seen.of("update_display_data")]
    assert "kept" in shown[-1]


def test_several_authors_go_on_as_they_would_have_and_are_replayed(
    own_kernel: Callable[..., RunningKernel], tmp_path: Path
) -> None:
    leans = [
        answer(f"lean {part}", f"def act(observation):\n    return int(observation[2] > {part})\n")
        for part in (0.0, 0.01, -0.01, 0.02, -0.02, 0.03)
    ]
    server = Server(tmp_path, leans)
    model = server.author()[len("author: ") : -len("}")] + ", samples: 2}"
    author = f"author: {{kind: several, choose: bandit, of: [{{author: search}}, {{author: {model}}}]}}"
    body = "episodes: 500\ncalls: 6\nsimplify: false\nmax_episode_steps: 60"
    kernel = own_kernel("several.ipynb", CANARY_KEY=KEY)
    client = kernel.client()
    cell = f"%%learn CartPole-v1 as mixed\n{author}\n{body}"
    seen = learn(client, cell)
    assert "by search, openai test-model" in seen.of("update_display_data")[-1]["data"]["text/plain"]
    server.close()
    record = kernel.runs / "mixed" / "events.jsonl"
    mixed = events(kernel.runs / "mixed")
    turns = [event for event in mixed if event["type"] == "author_answered"]
    names = [event["member"]["name"] for event in turns]
    assert set(names) == {"search", "openai test-model"}
    of_model = [event for event in turns if event["member"]["number"] == 2]
    assert [len(event["proposalCalls"]) for event in of_model] == [2] * len(of_model)
    assert all(event["usage"]["calls"] == 2 for event in of_model)

    # Killed after any answer, with its server gone, it comes to the same events by its calls.
    lines = record.read_text().splitlines(keepends=True)
    places = [place for place, event in enumerate(mixed) if event["type"] == "author_answered"]
    record.write_text("".join(lines[: places[1]]))
    learn(client, cell)
    assert events(kernel.runs / "mixed") == mixed

    learn(
        client,
        f"%%learn CartPole-v1 as again\nauthor: {{kind: replay, run: mixed, strict: true}}\n{body}",
    )
    assert comparable(events(kernel.runs / "again")) == comparable(mixed)
