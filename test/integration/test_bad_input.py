"""Mistakes, clumsy and hostile: one error that says what and where, and nothing else is touched."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import INSTALLED_BUNDLE, LEARNING_DEADLINE, error_of, events, last_run, learn
from simulators import SIMULATOR, simulator

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def policy(body: str, environment: str = "CartPole-v1") -> str:
    return f"%%policy wrong for {environment}\n{body}"


# Each cell with the name of its error and words that its message must have.
MISTAKES = {
    "unknown key": (
        "%%environment wrong\nid: CartPole-v1\nobservaton: [a, b, c, d]",
        "DeclarationError",
        ["line 3, column 1", "'observaton'", "did you mean 'observation'?", "    ^^^^^^^^^^"],
    ),
    "wrong type": (
        "%%learn CartPole-v1 as wrong\nepisodes: many",
        "DeclarationError",
        ["line 2, column 11", "a positive whole number", "'many'"],
    ),
    "two mistakes": (
        "%%learn CartPole-v1 as wrong\nsed: 3\nracing: {seds: 3}",
        "DeclarationError",
        ["line 2, column 1", "(and 1 more)", "line 3, column 10", "'racing.seds'"],
    ),
    "unknown id": (
        "%%environment wrong\nid: CartPol-v1",
        "EnvironmentError",
        ["line 2, column 5", "did you mean CartPole-v1?", "        ^^^^^^^^^^"],
    ),
    "a mistake below comments": (
        "#| label: wrong\n#| echo: false\n\n# %%\n%%environment wrong\nid: CartPol-v1",
        "EnvironmentError",
        ["line 6, column 5", "did you mean CartPole-v1?", "        ^^^^^^^^^^"],
    ),
    "a magic of Python's above": (
        "# how long?\n%%time\n%%learn CartPole-v1 as wrong",
        "DeclarationError",
        ["line 2, column 1", "%%time stands before %%learn", "remove that line"],
    ),
    "old version": (
        "%%learn LunarLander-v2 as wrong",
        "EnvironmentError",
        ["line 1, column 9", "LunarLander-v3"],
    ),
    "undeclared name": (
        "%%learn pole as wrong",
        "EnvironmentError",
        ["line 1, column 9", "a cell has declared 'poles'"],
    ),
    "missing extra": (
        "%%environment wrong\nid: ALE/Breakout-v5",
        "EnvironmentError",
        ["line 2, column 5", 'pip install "policybook[atari]"'],
    ),
    "wrong keyword": (
        "%%environment wrong\nid: CartPole-v1\nkwargs: {wind: true}",
        "EnvironmentError",
        ["line 3, column 9", "'wind'"],
    ),
    "wrong number of names": (
        "%%learn CartPole-v1 as wrong\nseed: 1\nobservation: [x, y]",
        "DeclarationError",
        ["line 3, column 14", "2 names for 4 coordinates"],
    ),
    "index outside": (
        "%%environment wrong\nid: CartPole-v1\nobserve: [0, 9]",
        "EnvironmentError",
        ["line 3, column 10", "from 0 to 3"],
    ),
    "bad YAML": ("%%environment wrong\nid: [CartPole-v1", "DeclarationError", ["line 2, column"]),
    "tab": ("%%environment wrong\nid: CartPole-v1\n\tkwargs: {}", "DeclarationError", ["line 3", "a tab"]),
    "key twice": (
        "%%environment wrong\nid: CartPole-v1\nid: Acrobot-v1",
        "DeclarationError",
        ["line 3, column 1", "'id' is given twice"],
    ),
    "no body": ("%%environment wrong", "DeclarationError", ["line 1", "'id' is missing"]),
    "unfinished header": (
        "%%learn CartPole-v1 as",
        "DeclarationError",
        ["line 1", "nothing stands after 'as'"],
    ),
    "no episodes": (
        "%%learn CartPole-v1 as wrong\nepisodes: 0",
        "DeclarationError",
        ["line 2, column 11", "found 0"],
    ),
    "negative budget": ("%%learn CartPole-v1 as wrong\nwall: -3s", "DeclarationError", ["line 2, column 7"]),
    "not there yet": (
        "%%learn CartPole-v1 as wrong\nworkers: 2",
        "DeclarationError",
        ["line 2, column 1", "not available yet"],
    ),
    "expression that raises": (
        "%%learn CartPole-v1 as wrong\nepisodes: !py 1/0",
        "DeclarationError",
        ["line 2, column 11", "1/0", "ZeroDivisionError: division by zero"],
    ),
    "undefined expansion": (
        "%export poles {nowhere}",
        "DeclarationError",
        ["line 1, column 15", "NameError", "nowhere"],
    ),
    "export into no folder": (
        "%export finished no/such.py",
        "CommandError",
        ["there is no folder"],
    ),
    "unknown run": ("%diff nosuch", "ReferenceError", ["no run or policy is called 'nosuch'"]),
    "nearly a run": ("%attach finishd", "ReferenceError", ["did you mean 'finished'?"]),
    "unknown candidate": ("%runs\n%diff finished@999", "ReferenceError", ["line 2", "no candidate 999"]),
    "unknown start": (
        "%%learn CartPole-v1 as wrong\nstart: nosuch",
        "ReferenceError",
        ["line 2, column 8", "nosuch"],
    ),
    "start that fails": (
        "%%learn CartPole-v1 as wrong\nstart: failing",
        "PolicyError",
        ["line 2, column 8", "failing cannot be played", "NameError"],
    ),
    "missing key": (
        "%%learn CartPole-v1 as wrong\nauthor: {kind: openai, model: m, key: NO_SUCH_KEY}",
        "AuthorError",
        ["line 2, column 9", "NO_SUCH_KEY"],
    ),
    "magic in Python": ("x = 1\n%runs", "UsageError", ["%runs"]),
    "simulator: syntax": (simulator("self.time += 1", "self.time +== 1"), "SimulatorError", ["line 16"]),
    "simulator: name": (
        simulator("import gymnasium\n", "import gymnasium\nlimit = of_the_notebook\n"),
        "SimulatorError",
        ["NameError in line 3", "nothing of the notebook"],
    ),
    "simulator: no class": ("%%simulator tank\nx = 1", "SimulatorError", ["no subclass of gymnasium.Env"]),
    "simulator: two classes": (
        simulator("Tank", "Basin") + "\n" + simulator("Tank", "Pool").split("\n", 1)[1],
        "SimulatorError",
        ["several environments"],
    ),
    "simulator: reset raises": (
        simulator(
            "self.time, self.level = 0", "raise ValueError('no water')\n        self.time, self.level = 0"
        ),
        "SimulatorError",
        ["ValueError in line 12: no water"],
    ),
    "simulator: step raises": (
        simulator("self.time += 1", "self.time += 1 / 0"),
        "SimulatorError",
        ["ZeroDivisionError in line 16"],
    ),
    "simulator: shape": (
        simulator("return np.array([self.level, 0], np.float32), {}", "return np.zeros(3, np.float32), {}"),
        "SimulatorError",
        ["reset", "shape (3,)", "shape (2,)"],
    ),
    "simulator: shape of a step": (
        simulator("[self.level, 0], np.float32), -abs", "[self.level], np.float32), -abs"),
        "SimulatorError",
        ["step", "shape (1,)", "shape (2,)"],
    ),
    "simulator: old interface": (
        simulator("False, self.time >= 50, {}", "self.time >= 50, {}"),
        "SimulatorError",
        ["step returns (observation, reward, terminated, truncated, info)", "4 values"],
    ),
    "simulator: reward": (simulator("-abs(self.level)", "float('nan')"), "SimulatorError", ["nan", "reward"]),
    "simulator: exits": (
        "%%simulator tank\nimport os\nos._exit(3)",
        "SimulatorError",
        ["ended its process while it was made, with exit status 3"],
    ),
    "policy: compiles not": (policy("def act(o):\n    return (1"), "PolicyError", ["line 3", "never closed"]),
    "policy: no act": (policy("x = 1"), "PolicyError", ["act(observation)"]),
    "policy: raises": (
        policy("def act(o):\n    x = 1\n    return missing"),
        "PolicyError",
        ["line 4", "NameError", "    return missing"],
    ),
    "policy: outside": (policy("def act(o):\n    return 7"), "PolicyError", ["returned 7", "Discrete(2)"]),
    "policy: None": (policy("def act(o):\n    pass"), "PolicyError", ["returned None"]),
    "policy: NaN": (
        policy("def act(o):\n    return [float('nan')]", "Pendulum-v1"),
        "PolicyError",
        ["nan", "finite numbers"],
    ),
    "policy: shape": (
        policy("def act(o):\n    return [0.0, 1.0]", "Pendulum-v1"),
        "PolicyError",
        ["shape (1,)"],
    ),
    "policy: never returns": (
        policy("def act(o):\n    while True:\n        pass"),
        "PolicyError",
        ["ms of CPU time when it was ended; one call may take 100 ms (`policy: {step: …}`)", "step 1"],
    ),
    "policy: loops at import": (
        policy("while True:\n    pass\ndef act(o): return 0"),
        "PolicyError",
        ["Importing the policy had used", "it may take 10000 ms (`policy: {import: …}`)"],
    ),
    "policy: exits": (policy("import os\ndef act(o):\n    os._exit(3)"), "PolicyError", ["exit status 3"]),
    "policy: recursion": (
        policy("def act(o):\n    return act(o)"),
        "PolicyError",
        ["RecursionError", "line 3"],
    ),
    "policy: memory": (policy("x = bytearray(10**10)\ndef act(o): return 0"), "PolicyError", ["512 MB"]),
}

SLOW_MISTAKES = {"policy: loops at import"}
"""They use the whole time that an import may take, and are the long form."""


@pytest.fixture(scope="module")
def kernel(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKernel]:
    hidden = tmp_path_factory.mktemp("hidden")
    (hidden / "ale_py.py").write_text("raise ModuleNotFoundError(name='ale_py')\n")
    running = RunningKernel(
        specs,
        INSTALLED_BUNDLE,
        tmp_path_factory.mktemp("notebook"),
        JPY_SESSION_NAME="wrong.ipynb",
        PYTHONPATH=os.pathsep.join([str(hidden), *filter(None, [os.environ.get("PYTHONPATH")])]),
    )
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    """A notebook in which something is declared and a run has finished."""
    client = kernel.client()
    learn(client, "%%environment poles\nid: CartPole-v1")
    learn(client, SIMULATOR)
    learn(client, "%%policy failing\ndef act(observation):\n    return of_the_notebook")
    learn(client, "%%learn poles as finished\nepisodes: 100")
    return client


@pytest.mark.parametrize(
    ("cell", "name", "words"),
    [
        pytest.param(*mistake, id=title, marks=[pytest.mark.long] if title in SLOW_MISTAKES else [])
        for title, mistake in MISTAKES.items()
    ],
)
def test_one_error_says_what_and_where(
    client: Client, folder: Path, cell: str, name: str, words: list[str]
) -> None:
    before = learn(client, "1 + 1").content["execution_count"]
    runs = {run.name for run in folder.iterdir()}
    seen = client.run(cell)
    found, text = error_of(seen)
    text = ANSI.sub("", text)
    assert found == name, text
    for each in words:
        assert each in text
    assert "cells.cjs" not in text, "a stack of ours"
    assert "site-packages" not in text or name == "UsageError"
    # What was there is there, what failed is not, and counts go on.
    assert {run.name for run in folder.iterdir()} == runs
    assert seen.content["execution_count"] == before + 1
    after = client.run("print('alive')")
    assert (after.text(), after.content["execution_count"]) == ("alive\n", before + 2)
    raw = learn(client, "get_ipython().history_manager.input_hist_raw[-3]")
    assert raw.of("execute_result")[0]["data"]["text/plain"] == repr(cell)


@pytest.mark.parametrize(
    "cell",
    ["%%learn wrong", "%%policy some for wrong\ndef act(o): return 0", "%diff wrong", "%attach wrong"],
)
def test_nothing_half_declared_stays_behind(client: Client, cell: str) -> None:
    client.run("%%environment wrong\nid: CartPole-v1\nobservation: [a, b]")
    client.run("%%policy wrong\nx = 1")
    _, text = error_of(client.run(cell))
    assert "wrong" in text


def test_the_earlier_declaration_holds(client: Client) -> None:
    error_of(client.run(simulator("self.time += 1", "self.time +== 1")))
    error_of(client.run("%%environment poles\nid: Acrobot-v1\nobserve: [99]"))
    seen = learn(client, "%%policy still for tank\ndef act(observation):\n    return int(observation[0] < 0)")
    assert "tank:" in seen.of("display_data")[0]["data"]["text/plain"]
    code = "import policybook as pb; print(pb.environment('poles').make().observation_space.shape)"
    assert client.run(code).text() == "(4,)\n"


def test_what_a_policy_prints_is_no_cells_output(client: Client) -> None:
    cell = "%%policy loud for CartPole-v1\ndef act(observation):\n    print('x' * 100_000)\n    return 0"
    seen = learn(client, cell)
    assert seen.text() == seen.text("stderr") == ""


def test_a_simulator_that_fails_in_the_middle_of_a_run_names_its_line(client: Client, folder: Path) -> None:
    """The run goes on with other episodes, and its end says how many the fault has cost."""
    learn(client, simulator("self.time += 1", "self.time += 1 / (self.level < 3)").replace("tank", "leak"))
    client.run("%%learn leak\nepisodes: 100", timeout=LEARNING_DEADLINE)
    stop = events(folder / "leak")[-1]
    assert re.search(r"\d+ of \d+ episodes lost: .*ZeroDivisionError in line 16", stop["message"])
    assert client.run("print('alive')").text() == "alive\n"


def test_episodes_that_never_end_are_cut(client: Client) -> None:
    learn(client, simulator("self.time >= 50", "False").replace("tank", "endless"))
    seen = learn(client, "%%policy idle for endless\ndef act(observation):\n    return 0")
    assert "endless:" in seen.of("display_data")[0]["data"]["text/plain"]


@pytest.mark.parametrize("old", ["import numpy as np", "        self.time += 1"])
def test_stop_ends_a_simulator_that_loops(client: Client, old: str) -> None:
    indent = old[: len(old) - len(old.lstrip())]
    running = client.execute(simulator(old, f"{old}\n{indent}while True:\n{indent}    pass"))
    client.wait_for(running, lambda message: message["content"].get("execution_state") == "busy")
    client.send("control", "interrupt_request", {})
    seen = client.collect(running)
    assert error_of(seen)[0] == "KeyboardInterrupt"
    assert client.run("print('alive')").text() == "alive\n"


@pytest.mark.parametrize("budget", ["episodes: 1", "episodes: 3", "steps: 20", "wall: 1ms"])
def test_a_budget_too_small_for_any_policy_says_so(client: Client, folder: Path, budget: str) -> None:
    run = "tiny" + re.sub(r"\W", "", budget)
    cell = f"%%learn CartPole-v1 as {run}\n{budget}"
    for _ in range(2):
        name, text = error_of(client.run(cell))
        assert name == "RunError"
        # Where even looking at the environment takes longer, the run does not begin.
        assert f"{run} found no policy" in text or f"before {run} could begin. Raise `wall:`" in text
    recorded = events(folder / run) if (folder / run).exists() else []
    assert sum(event.get("usage", {}).get("episodes", 0) for event in recorded) == 0


def test_a_budget_of_steps_ends_a_run_with_a_champion(client: Client, folder: Path) -> None:
    view = last_run(learn(client, "%%learn poles as steps\nsteps: 20000"))
    assert view["champion"]["score"]["mean"] > 100
    assert "no limit" not in events(folder / "steps")[-1]["message"]


@pytest.mark.parametrize("budget", ["wall: 2s", "cpu: 1s"])
def test_a_budget_of_time_ends_a_run(client: Client, folder: Path, budget: str) -> None:
    """How far a run gets by then is up to the machine: one that found no policy ends in an error."""
    run = "by" + re.sub(r"\W", "", budget)
    client.run(f"%%learn LunarLander-v3 as {run}\nreturns: [-250, 320]\n{budget}", timeout=LEARNING_DEADLINE)
    stopped = events(folder / run)[-1]
    assert (stopped["type"], stopped["reason"]) == ("run_stopped", "budget")
    assert "no limit" not in stopped["message"]


def test_a_policy_by_hand_is_a_start(client: Client, folder: Path) -> None:
    learn(client, "%%policy lean\ndef act(observation):\n    return int(observation[2] + observation[3] > 0)")
    cell = "%%learn poles as led\nstart: lean\nepisodes: 150"
    learn(client, cell)
    first = next(event for event in events(folder / "led") if event["type"] == "candidate_proposed")
    assert first["kind"] == "by_hand"
    assert "observation[2] + observation[3]" in (folder / "led" / "policies" / first["policy"]).read_text()
    assert "has finished with this declaration" in learn(client, cell).text()
    learn(client, f"{cell}\nagain: true")
    assert (folder / "led~1").is_dir()


def test_python_finds_the_runs_wherever_it_goes(client: Client) -> None:
    code = "import os, policybook as pb; os.chdir('/'); print(pb.run('finished').best.path.exists())"
    assert client.run(code).text() == "True\n"
    learn(client, "%attach finished")


def test_a_missing_key_leaves_the_earlier_run_its_name(client: Client, folder: Path) -> None:
    before = (folder / "finished" / "events.jsonl").read_bytes()
    error_of(client.run("%%learn poles as finished\nauthor: {kind: openai, model: m, key: NO_SUCH_KEY}"))
    assert (folder / "finished" / "events.jsonl").read_bytes() == before
    assert not (folder / "finished~1").exists()
