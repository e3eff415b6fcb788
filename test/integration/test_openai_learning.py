"""A language model as author: real runs against a local server that answers as OpenAI-compatible ones do."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import Client, RunningKernel, poll
from learning_kernel import INSTALLED_BUNDLE, error_of, events, last_run, learn
from model_server import Server, answer

CANARY = "sk-canary-8c1f5e7d2b904a6f"


ALWAYS = answer("always left", "def act(observation):\n    return 0\n")
BROKEN = answer("a slip", "def act(observation):\n    return position > 0\n")
LEAN = answer("the lean", "def act(observation):\n    return int(observation[2] > 0)\n")
FALL = answer(
    "lean and fall",
    "def act(observation):\n    x, v, lean, fall = observation\n    return int(lean + 0.5 * fall > 0)\n",
)
BALANCE = answer(
    "everything",
    "def act(observation):\n    x, v, lean, fall = observation\n"
    "    return int(0.1 * x + 0.3 * v + 3 * lean + fall > 0)\n",
)


Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[Server] = []

    def serve(*answers: dict[str, Any]) -> Server:
        started.append(Server(tmp_path, list(answers)))
        return started[-1]

    yield serve
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the kernel and everything under it wrote to their streams."""
    return tmp_path_factory.mktemp("log") / "kernel.log"


@pytest.fixture(scope="module")
def kernel(specs: Path, log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKernel]:
    with log.open("w") as stream:
        running = RunningKernel(
            specs,
            INSTALLED_BUNDLE,
            tmp_path_factory.mktemp("notebook"),
            streams=stream,
            JPY_SESSION_NAME="model.ipynb",
            CANARY_KEY=CANARY,
        )
        yield running
        running.close()


def written(folder: Path) -> str:
    """Every file under a folder, as one text."""
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def calls(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (folder / "calls").iterdir()]


def test_a_model_learns_and_its_key_stays_in_the_kernel(
    client: Client, folder: Path, log: Path, serve: Serve
) -> None:
    server = serve(ALWAYS, BROKEN, LEAN, FALL, BALANCE)
    cell = f"%%learn CartPole-v1 as taught\n{server.author()}\nepisodes: 1500\ncalls: 6\nsimplify: false"
    seen = learn(client, cell)
    view = last_run(seen)
    assert view["champion"]["score"]["mean"] > 450
    shown = seen.of("update_display_data")[-1]["data"]["text/plain"]
    assert "by openai" in shown
    assert re.search(r"model +\d calls: [\d,]+ tokens read, [\d,]+ written; an unknown sum", shown)

    received = server.requests()
    spent = {each["name"]: each["spent"] for each in view["budget"]}
    assert spent["calls"] == len(received)
    recorded = events(folder / "taught")
    answered = [event for event in recorded if event["type"] == "author_answered"]
    used = [
        {name: sum(event["usage"][name] for event in answered)} for name in ("calls", "tokensIn", "tokensOut")
    ]
    count = len(received)
    assert used == [{"calls": count}, {"tokensIn": 1000 * count}, {"tokensOut": 200 * count}]
    assert sorted(
        name for event in answered for name in [event["call"], *event.get("repaired", [])]
    ) == sorted(path.name for path in (folder / "taught" / "calls").iterdir())
    assert all(call["response"] is not None for call in calls(folder / "taught"))

    # The same conversation goes on with what failed, where and why, and what the model mends is raced.
    [*_, failed, complaint] = json.loads(received[2]["body"])["messages"]
    assert failed == {"role": "assistant", "content": BROKEN["content"]}
    assert "NameError" in complaint["content"]
    assert "| > 5 |     return position > 0" in complaint["content"]
    labels = [event["label"] for event in recorded if event["type"] == "candidate_proposed"]
    assert labels[:2] == ["always left", "the lean"]

    learn(client, "%export taught taught.py")
    learn(client, "%attach taught")
    exported = folder.parents[1] / "taught.py"
    client.run("print('flush')")
    everything = [
        written(folder),
        exported.read_text(),
        json.dumps(seen.published, default=str),
        log.read_text(),
    ]
    assert [CANARY in text for text in everything] == [False] * 4
    assert [request["headers"]["authorization"] for request in received] == [f"Bearer {CANARY}"] * len(
        received
    )
    assert CANARY not in "".join(request["body"] for request in received)


def test_a_refused_key_ends_the_run_and_names_its_variable(
    client: Client, folder: Path, log: Path, serve: Serve
) -> None:
    said = f"Incorrect API key provided: {CANARY}"
    server = serve({"status": 401, "error": {"message": said, "type": "invalid_request_error"}})
    seen = client.run(f"%%learn CartPole-v1 as refused\n{server.author()}\nepisodes: 100", timeout=120)
    name, text = error_of(seen)
    assert name == "RunError"
    assert "CANARY_KEY" in text
    assert "does not take the key" in text
    assert CANARY not in json.dumps(seen.published, default=str)
    assert CANARY not in written(folder) + log.read_text()
    assert client.run("print('alive')").text() == "alive\n"


def test_an_outage_pauses_the_run_and_the_cell_run_again_goes_on(
    client: Client, folder: Path, serve: Serve
) -> None:
    overloaded = {"message": "Overloaded", "type": "server_error"}
    down = {"status": 529, "headers": {"retry-after-ms": "1"}, "error": overloaded}
    broken = {**LEAN, "headers": {"retry-after-ms": "1"}, "breakAfter": {"chunks": 3, "how": "reset"}}
    # The first answer comes; then one attempt breaks off, and all others of the session are refused.
    server = serve(ALWAYS, broken, *[down] * 7, FALL)
    cell = f"%%learn CartPole-v1 as outage\n{server.author()}\nepisodes: 400\ncalls: 4\nsimplify: false"
    seen = client.run(cell, timeout=120)
    name, text = error_of(seen)
    assert name == "RunPaused"
    assert "outage is paused: http://" in text
    assert "gave no answer in 8 attempts: 529 Overloaded (it asks for a pause of 1 s)" in text
    assert "Kept: outage@1" in text
    assert "No generation is spent on it. Run the cell again to go on when that has passed." in text
    assert last_run(seen)["status"] == "paused"
    recorded = events(folder / "outage")
    assert [event["type"] for event in recorded].count("author_failed") == 0
    assert recorded[-1]["type"] == "run_stopped"
    assert recorded[-1]["reason"] == "paused"

    assert last_run(learn(client, cell))["champion"]["label"] == "lean and fall"
    recorded = events(folder / "outage")
    answered = [event for event in recorded if event["type"] == "author_answered"]
    assert [event["generation"] for event in answered] == list(range(len(answered)))
    # What broke off is charged with the answer that came at last.
    assert answered[1]["usage"]["calls"] == 2
    assert answered[1]["usage"]["tokensIn"] > 1000


def test_a_truncated_answer_is_never_run(client: Client, folder: Path, serve: Serve) -> None:
    cut = answer("cut", "def act(observation):\n    return 1\n", finishReason="length")
    # It streams for more than half a second, so that something of it is seen.
    server = serve(cut, {**FALL, "chunkCharacters": 2, "chunkDelay": 20, "reasoning": "The pole falls. " * 9})
    cell = f"%%learn CartPole-v1 as cut\n{server.author()}\nepisodes: 400\ncalls: 3\nsimplify: false"
    seen = learn(client, cell)
    assert last_run(seen)["champion"]["label"] == "lean and fall"
    shown = [update["data"]["text/plain"] for update in seen.of("update_display_data")]
    assert any(
        re.search(r"asking the author, generation 1: \d s, about \d+ tokens so far: Follow lean and", text)
        for text in shown
    )
    assert any("  reasoning    The pole falls." in text for text in shown)
    assert not any("at most 0 s left" in text for text in shown)
    # Nothing of it stays: the call's record, one click from the candidate, has the whole answer.
    assert last_run(seen)["answer"] is None
    call = folder.parents[1] / last_run(seen)["champion"]["callPath"]
    assert FALL["content"] == json.loads(call.read_text())["response"]["content"]
    recorded = events(folder / "cut")
    [failed] = [event for event in recorded if event["type"] == "author_failed"][:1]
    assert failed["code"] == "truncated"
    assert failed["usage"] == {"calls": 1, "tokensIn": 1000, "tokensOut": 200, "unpriced": 1}
    proposed = [event["label"] for event in recorded if event["type"] == "candidate_proposed"]
    assert "cut" not in proposed


def test_stop_during_a_slow_call_and_nothing_is_paid_twice(
    client: Client, folder: Path, serve: Serve
) -> None:
    # No test waits so long: a stop that waited for the answer would be seen.
    slow = {**FALL, "delay": 3_600_000}
    server = serve(LEAN, slow, BALANCE)
    cell = f"%%learn CartPole-v1 as slow\n{server.author()}\nepisodes: 1500\ncalls: 4\nsimplify: false"
    running = client.execute(cell)
    poll(lambda: len(server.requests()) == 2, "the second call is under way")
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    name, text = error_of(seen)
    assert name == "KeyboardInterrupt"
    assert "Kept: slow@1" in text

    view = last_run(learn(client, cell))
    assert view["champion"]["score"]["mean"] > 450
    received = server.requests()
    prompts = [json.loads(request["body"])["messages"] for request in received]
    assert prompts[1] == prompts[2], "the call that was cut off is made again"
    assert prompts.count(prompts[0]) == 1, "the one that was answered is not"
    assert (
        sum(event.get("usage", {}).get("calls", 0) for event in events(folder / "slow")) == len(received) - 1
    )

    before = len(received)
    assert "has finished" in learn(client, cell).text()
    assert len(server.requests()) == before


def test_a_model_is_compared_with_its_own_independent_samples_at_equal_cost(
    serve: Serve, client: Client, folder: Path
) -> None:
    # About what such prompts take: what is left must pay for the last sample by the estimate of its length.
    usage = {"prompt_tokens": 3000, "completion_tokens": 200}
    leans = [
        answer(
            f"lean {part}", f"def act(observation):\n    return int(observation[2] > {part})\n", usage=usage
        )
        for part in (0.0, 0.01, -0.01, 0.02, -0.02, 0.03, -0.03, 0.04)
    ]
    server = serve(*leans)
    cell = "%%compare as memory\nenvironment: CartPole-v1\nreturns: [0, 500]\nepisodes: 40\n"
    cell += "baselines: [random, sampling]\nauthors:\n  model:\n    " + server.author()
    cell += "\n    calls: 4\n    episodes: 400\n    tune: false\n    simplify: false"
    seen = learn(client, cell)
    updates = [content["data"] for content in seen.of("update_display_data")]
    assert "model, sampled" in [view["text/plain"] for view in updates if "text/markdown" in view][-1]
    learned, sampled = (events(folder / f"memory-model{end}" / "1") for end in ("", "-sampled"))
    assert sampled[0]["settings"]["author"]["memory"] == "none"
    spent = [spent_by(run) for run in (learned, sampled)]
    assert sampled[0]["settings"]["budget"]["tokens"] == spent[0]["tokensIn"] + spent[0]["tokensOut"]
    assert sampled[0]["settings"]["budget"]["episodes"] == spent[0]["episodes"]
    assert spent[1]["calls"] == spent[0]["calls"] == 4
    assert spent[1]["episodes"] <= spent[0]["episodes"]
    prompts = [json.loads(request["body"])["messages"] for request in server.requests() if request["body"]]
    remembering, samples = prompts[:4], prompts[4:]
    assert len({json.dumps(prompt) for prompt in remembering}) == 4
    assert len({json.dumps(prompt) for prompt in samples}) == 1
    # A sample has another budget, and knows nothing else that the first answer was not made with.
    assert without_budget(samples[0][1]["content"]) == without_budget(remembering[0][1]["content"])


ROOMS = """%%simulator rooms
"The rooms are heated by the action."
import gymnasium
import numpy as np


class Rooms(gymnasium.Env):
    "The reward is minus the distance to 20 degrees, and minus 0.1 for heating."

    observation_space = gymnasium.spaces.Box(-50.0, 50.0, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def get_action_meanings(self):
        return ["wait", "heat"]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.degrees = 0, float(self.np_random.uniform(5, 15))
        return np.array([self.degrees], np.float32), {}

    def step(self, action):
        self.steps += 1
        self.degrees += 2 * int(action) - 0.5
        cold = abs(self.degrees - 20)
        reward = -cold - 0.1 * int(action)
        info = {"reward_heat": -0.1 * int(action), "burst": self.degrees > 30}
        over = self.degrees > 30
        return np.array([self.degrees], np.float32), reward, over, self.steps >= 40, info
"""


def test_a_prompt_has_what_happened_and_what_the_task_is_and_equal_runs_send_equal_prompts(
    client: Client, serve: Serve
) -> None:
    assert "error" not in client.run(ROOMS, timeout=120).types
    answers = [
        answer("always heat", "def act(observation):\n    return 1\n"),
        answer("a thermostat", "def act(observation):\n    return int(observation[0] < 20)\n"),
        answer("a cooler one", "def act(observation):\n    return int(observation[0] < 18)\n"),
    ]
    prompts = []
    for run in ("once", "twice"):
        server = serve(*answers)
        cell = f"%%learn rooms as {run}\n{server.author()}\nepisodes: 300\ncalls: 3\nsimplify: false"
        learn(client, cell)
        prompts.append([json.loads(each["body"])["messages"] for each in server.requests()])
    assert len(prompts[0]) == 3
    assert prompts[0] == prompts[1]

    first, _, last = (messages[1]["content"] for messages in prompts[0])
    for said in (
        "| The rooms are heated by the action.",
        "| The reward is minus the distance to 20 degrees, and minus 0.1 for heating.",
        "| actions: 0 wait, 1 heat",
        "Bounds, and the ranges that random actions met before the first answer:",
        "| - action 1: observation[0] changes by +2 more a step than under the other actions",
        "- 3 of 3 calls are left.",
    ):
        assert said in first
    assert re.search(r"- 2[89]\d of 300 episodes are left\.", first)
    assert "- 1 of 3 calls are left." in last
    for pattern in (
        r"What happened in its episodes:\n\n<<<\n\| returns of \d+ episodes at 5, 25, 50, 75 and 95 %: -",
        r"\| lengths in steps at 5, 25, 50, 75 and 95 %: 40, 40, 40, 40, 40\n",
        r"\| 100 % were truncated after 40 steps, mean return -",
        r"\| 100 % were terminated with burst after \d+ to \d+ steps, mean return -",
        r"\| mean reward in each tenth of an episode: -",
        r"\| sums over an episode by term, mean: reward_heat -",
        r"\| \| 0 \| -50 \| 50 \| [\d.]+ \| [\d.]+ \|\n",
        r"What it met and did in its episodes of the median and the worst return, which were .*: 80 ",
        r"\| \| observation\[0\] \| [\d.]+ \| [\d.]+ \| [\d.]+ \|\n\| actions: 0 wait \d+ %, 1 heat \d+ %\n",
        r"\| \| 40 \| [\d.]+ \| [01] \| -[\d.]+ \| -[\d.]+ \|\n",
        r"\| \| @1 \| always heat: .* \| -[\d.]+ ± [\d.]+ \(4\) \| below 1 % \| -[\d.]+ \| 4 \| it was ",
        r"with its parent @1 it does better on \d+ and worse on 0\n",
        r"A gain of less than [\d.]+ in mean return \(the minimum effect, .*\) is not worth having",
    ):
        assert re.search(pattern, last), f"{pattern} in {last}"


def without_budget(prompt: str) -> str:
    before, after = prompt.split("# What is left of the budget")
    return before + after[after.index("# The best policy so far") :]


def spent_by(run: list[dict[str, Any]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for event in run:
        for name, amount in event.get("usage", {}).items():
            total[name] = total.get(name, 0) + amount
    return total
