"""The evaluator as a process: keys, cancelling, dying, and results that no number of workers changes."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

CARTPOLE = "CartPole-v1"


def eventually(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Waits for what must happen; the time is only there so that a test that fails ends."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def family(evaluator: Any) -> list[psutil.Process]:
    return [evaluator.process, *evaluator.process.children(recursive=True)]


def workers(evaluator: Any) -> list[psutil.Process]:
    return [child for child in evaluator.worker_processes() if len(child.children()) > 0]


def policies(evaluator: Any) -> list[psutil.Process]:
    """Forks of the workers' zygotes, without the first processes of their namespaces."""
    zygotes = [zygote for worker in evaluator.worker_processes() for zygote in worker.children()]
    return [fork for zygote in zygotes for fork in zygote.children() if fork.name() != "policybook-init"]


def begin(evaluator: Any, parameters: Any, source: str = "slow.py", seeds: Any = range(200)) -> str:
    """Starts an evaluation and waits until it plays."""
    key: str = evaluator.request("evaluate", parameters(CARTPOLE, source, seeds, stepMs=60_000))
    while evaluator.receive()["kind"] != "progress":
        pass
    return key


@pytest.mark.long
def test_neither_width_nor_workers_change_a_result(own_evaluator: Any) -> None:
    policies = ("balance.py", "instance.py", "hoarder.py", "gambler.py", "fails_somewhere.py")
    results = []
    for width, count in (("1", "1"), ("64", "1"), ("7", "3")):
        evaluator = own_evaluator(POLICYBOOK_WIDTH=width, POLICYBOOK_WORKERS=count)
        played = {policy: evaluator.evaluate(CARTPOLE, policy, range(12)) for policy in policies}
        results.append({policy: (each["episodes"], each["failure"]) for policy, each in played.items()})
    assert results[0] == results[1] == results[2]


def test_episodes_do_not_depend_on_what_an_environment_played_before(evaluator: Any) -> None:
    source = "def act(observation):\n    return [0.9, -0.4, -0.6, 0.2]\n"
    together = evaluator.evaluate("BipedalWalker-v3", source, [3, 4, 5])["episodes"]
    assert evaluator.evaluate("BipedalWalker-v3", source, [5])["episodes"] == together[2:]


def test_thousands_of_seeds_come_in_order_with_progress(evaluator: Any, parameters: Any) -> None:
    seeds = list(range(1000, 0, -1))
    source = "def act(observation):\n    return observation % 4\n"
    key = evaluator.request("evaluate", parameters("FrozenLake-v1", source, seeds))
    result = evaluator.wait(key)["value"]
    assert [episode["seed"] for episode in result["episodes"]] == seeds
    reported = [data["value"] for data in evaluator.seen if data["key"] == key and data["kind"] == "progress"]
    assert [each["episodes"] for each in reported] == sorted(each["episodes"] for each in reported)
    assert result["cpuSeconds"] > 0


def test_no_seeds_are_no_episodes(evaluator: Any) -> None:
    assert evaluator.evaluate(CARTPOLE, "balance.py", []) == {
        "episodes": [],
        "failure": None,
        "cpuSeconds": 0.0,
        "level": None,
    }


def test_a_repeated_key_gets_the_same_answer_and_plays_once(evaluator: Any, parameters: Any) -> None:
    params = parameters(CARTPOLE, "balance.py", range(20))
    key = evaluator.request("evaluate", params)
    evaluator.request("evaluate", params, key=key)
    first = evaluator.wait(key)
    evaluator.request("evaluate", params, key=key)
    # cpuSeconds are measured, so that equal ones were not measured twice.
    assert evaluator.wait(key) == first


def test_an_unknown_method_is_refused(evaluator: Any) -> None:
    key = "unknown"
    evaluator.methods[key] = "evaluate"
    evaluator.send({"kind": "request", "key": key, "method": "make.coffee", "params": {}})
    assert evaluator.wait(key)["code"] == "unknown_method"


def test_cancelling_ends_an_evaluation_between_two_steps(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    key = begin(evaluator, parameters)
    is_cancelled_and_workers_are_free(evaluator, key)


@pytest.mark.parametrize("never_returns", ["time.sleep(1e6)", "while True: pass"])
def test_cancelling_does_not_wait_for_the_step_under_way(
    own_evaluator: Any, parameters: Any, never_returns: str
) -> None:
    """Neither the step nor its limit would end while a test lasts."""
    evaluator = own_evaluator()
    source = f"import time\n\ndef act(observation):\n    {never_returns}\n"
    key = evaluator.request("evaluate", parameters(CARTPOLE, source, range(50), stepMs=10_000_000))
    eventually(lambda: len(policies(evaluator)) > 0)
    is_cancelled_and_workers_are_free(evaluator, key)


def is_cancelled_and_workers_are_free(evaluator: Any, key: str) -> None:
    playing = policies(evaluator)
    evaluator.send({"kind": "cancel", "key": key})
    assert evaluator.wait(key)["code"] == "cancelled"
    assert evaluator.evaluate(CARTPOLE, "balance.py", [0])["failure"] is None
    eventually(lambda: not any(map(alive, playing)))


def test_a_job_is_cancelled(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    params = parameters(CARTPOLE, "GAIN = 0.1  # tune: [0, 9]\n" + SLOW, [], stepMs=1000)
    del params["seeds"]
    key = evaluator.request("tune", {**params, "seed": 0, "episodes": 100_000, "steps": None})
    assert evaluator.receive()["kind"] == "accepted"
    eventually(lambda: len(policies(evaluator)) > 0)
    playing = policies(evaluator)
    evaluator.send({"kind": "cancel", "key": key})
    assert evaluator.wait(key)["code"] == "cancelled"
    eventually(lambda: not any(map(alive, playing)))


SLOW = (
    "import time\n\ndef act(observation):\n    time.sleep(0.01)\n    return int(GAIN * observation[2] > 0)\n"
)


def test_the_jobs_of_a_prompt_start_no_process_again(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()

    def replay(seeds: list[int]) -> set[int]:
        params = parameters(CARTPOLE, "balance.py", [])
        del params["seeds"]
        keys = [evaluator.request("trace", {**params, "seed": seed, "pictures": 0}) for seed in seeds]
        while keys:
            data = evaluator.receive()
            if data["kind"] not in ("accepted", "progress"):
                assert data["kind"] == "result"
                keys.remove(data["key"])
        return {process.pid for process in workers(evaluator)}

    first = replay([0, 1, 2])
    assert len(first) == 3
    assert replay([3, 4, 5]) == first


def test_the_main_thread_answers_while_workers_play(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    endless = parameters(CARTPOLE, "while True:\n    pass\n", [0], importMs=10_000_000)
    key = evaluator.request("evaluate", endless)
    eventually(lambda: len(policies(evaluator)) > 0)
    evaluator.client.kernel_info()
    evaluator.client.get_shell_msg(timeout=120)
    assert all(data["kind"] == "accepted" for data in evaluator.seen if data["key"] == key)


CROWD = """
import sys
import time

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


sys.under_way = getattr(sys, "under_way", 0)  # the module is run again for each environment


class Crowd(gymnasium.Env):
    observation_space = Box(-1, 1, (1,), np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        sys.under_way += 1
        return np.zeros(1, np.float32), {}

    def step(self, action):
        end = time.process_time() + 0.0003
        while time.process_time() < end:
            pass
        self.steps += 1
        over = self.steps == 100
        reward = sys.under_way if over else 0
        sys.under_way -= over
        return np.zeros(1, np.float32), float(reward), over, False, {}
"""


def test_slow_episodes_fill_a_batch_where_nobody_else_waits(own_evaluator: Any) -> None:
    """Blocks of 0.4 s are a dozen of these episodes, which return how many were under way when they ended."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    world = {"simulator": {"name": "crowd", "source": CROWD}}
    source = "def act(observation):\n    return 0\n"
    evaluator.evaluate(world, source, range(8))
    played = evaluator.evaluate(world, source, range(64))
    assert max(episode["return"] for episode in played["episodes"]) > 40


def test_candidates_share_the_pool(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    long = evaluator.request("evaluate", parameters(CARTPOLE, "balance.py", range(20_000)))
    short = evaluator.request("evaluate", parameters(CARTPOLE, "hoarder.py", range(40)))
    assert evaluator.wait(short, 30)["kind"] == "result"
    evaluator.send({"kind": "cancel", "key": long})
    assert evaluator.wait(long)["code"] == "cancelled"


def test_an_interrupt_is_harmless(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    key = evaluator.request("evaluate", parameters(CARTPOLE, "balance.py", range(100)))
    os.killpg(os.getpgid(evaluator.process.pid), signal.SIGINT)
    evaluator.client.control_channel.send(evaluator.client.session.msg("interrupt_request", {}))
    assert evaluator.wait(key)["kind"] == "result"


def test_a_shutdown_is_quick_and_leaves_nothing(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    begin(evaluator, parameters)
    processes = family(evaluator)
    evaluator.client.shutdown()
    eventually(lambda: not any(map(alive, processes)))


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not kill children with their parent")
def test_killing_the_evaluator_leaves_nothing(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    evaluator.ask("environment.list", {})
    begin(evaluator, parameters, "slow.py")
    processes = family(evaluator)
    assert len(processes) >= 5
    evaluator.process.kill()
    eventually(lambda: not any(map(alive, processes)))


def test_the_evaluator_goes_with_its_parent(tmp_path: Any) -> None:
    """A parent that dies by kill -9, as Node may."""
    connection = tmp_path / "connection.json"
    parent = psutil.Popen([sys.executable, "-c", PARENT, str(connection)])
    eventually(lambda: bool(parent.children()) and connection.exists())
    child = parent.children()[0]
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(child))


PARENT = """
import os, subprocess, sys, time
from jupyter_client.connect import write_connection_file
write_connection_file(sys.argv[1])
environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid())}
subprocess.Popen([sys.executable, "-m", "policybook.evaluator", "-f", sys.argv[1]], env=environment)
time.sleep(60)
"""


def test_a_killed_worker_is_replaced_and_its_block_played_again(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    expected = evaluator.evaluate(CARTPOLE, "balance.py", range(100))["episodes"]
    key = evaluator.request("evaluate", parameters(CARTPOLE, "balance.py", range(100)))
    while evaluator.receive()["kind"] != "progress":
        pass
    victim = workers(evaluator)[0]
    below = victim.children(recursive=True)
    victim.kill()
    assert evaluator.wait(key)["value"]["episodes"] == expected
    eventually(lambda: not any(map(alive, below)))


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_policies_play_on_after_the_first_process_of_their_namespaces_was_killed(own_evaluator: Any) -> None:
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    expected = evaluator.evaluate(CARTPOLE, "balance.py", range(20))["episodes"]
    for fork in [fork for process in family(evaluator) for fork in process.children()]:
        if fork.name() == "policybook-init":
            fork.kill()
    # The process that waited for a candidate has ended, too.
    eventually(lambda: not any(map(alive, policies(evaluator))))
    played = evaluator.evaluate(CARTPOLE, "balance.py", range(20))
    assert (played["episodes"], played["failure"]) == (expected, None)


TUNABLE = """GAIN = 0.1  # tune: [0, 9]


def act(observation):
    return 1 if GAIN * observation[2] + observation[3] > 0 else 0
"""


@pytest.mark.long
def test_neither_width_nor_workers_change_what_the_tuner_finds(own_evaluator: Any, parameters: Any) -> None:
    params = {**parameters(CARTPOLE, TUNABLE, ()), "seed": 1, "episodes": 60, "steps": None}
    del params["seeds"]
    found = []
    for width, count in (("1", "1"), ("64", "3")):
        evaluator = own_evaluator(POLICYBOOK_WIDTH=width, POLICYBOOK_WORKERS=count)
        result = evaluator.ask("tune", params)
        result["usage"].pop("cpuSeconds")
        found.append(result)
    assert found[0] == found[1]


def test_a_killed_job_is_done_again(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    params = {**parameters(CARTPOLE, TUNABLE, ()), "seed": 1, "episodes": 60, "steps": None}
    del params["seeds"]
    expected = evaluator.ask("tune", params)
    key = evaluator.request("tune", params)
    while evaluator.receive()["kind"] != "progress":
        pass
    for child in evaluator.worker_processes():
        child.kill()
    again = evaluator.wait(key)["value"]
    for result in (expected, again):
        result["usage"].pop("cpuSeconds")
    assert again == expected


CRASHING = """
import os, sys, time
import gymnasium
from gymnasium.spaces import Discrete


class Crashing(gymnasium.Env):
    observation_space = action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.seed = seed
        return 0, {}

    def step(self, action):
        if self.seed == 3:
            FAULT
        return 0, 1.0, True, False, {}
"""


# A worker that starts on a slow machine must not pass for one that hangs.
HANGS = pytest.param("time.sleep(1e6)", "no answer to step within 15 s", marks=pytest.mark.long)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("os.abort()", "the process ended in step, by SIGABRT"),
        ("sys.exit('no licence')", "SystemExitError in line 16: no licence"),
        ("raise OSError('gone')", "OSError in line 16: gone"),
        HANGS,
    ],
)
def test_an_episode_in_which_an_environment_crashes_hangs_or_raises_is_lost_and_another_takes_its_place(
    own_evaluator: Any, fault: str, cause: str
) -> None:
    evaluator = own_evaluator(POLICYBOOK_HUNG_SECONDS="300")
    simulator = {"name": "crashing", "source": CRASHING.replace("FAULT", fault)}
    world = {"simulator": simulator, "clocks": {"step": 15}}
    source = "def act(observation):\n    return 0\n"
    result = evaluator.evaluate(world, source, range(6))
    seeds = [episode["seed"] for episode in result["episodes"]]
    assert [*seeds[:3], *seeds[4:]] == [0, 1, 2, 4, 5]
    assert seeds[3] not in range(6)
    assert (result["failure"], result["lost"]) == (None, 1)
    assert result["fault"] == f"{cause} (seed 3, step 1)"
    # A repetition plays the same episodes.
    again = evaluator.evaluate(world, f"{source}# again\n", range(6))
    assert again["episodes"] == result["episodes"]


def test_many_candidates_leave_no_descriptor_and_no_process(own_evaluator: Any) -> None:
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")

    def serve(candidates: int) -> None:
        for number in range(candidates):
            evaluator.evaluate(CARTPOLE, f"def act(observation):\n    return {number} % 2\n", [0])
        # One process waits for the next candidate.
        eventually(lambda: len(policies(evaluator)) == 1)

    def count() -> tuple[int, int]:
        processes = family(evaluator)
        return len(processes), sum(process.num_fds() for process in processes)

    serve(5)
    processes, descriptors = count()
    serve(100)
    # A process that is being prepared has a few more for a moment.
    eventually(lambda: count() <= (processes, descriptors))


def test_no_policy_process_is_left_after_a_failure(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    key = evaluator.request("evaluate", parameters(CARTPOLE, "endless_act.py", range(30), stepMs=500))
    eventually(lambda: len(policies(evaluator)) > 0)
    playing = policies(evaluator)
    assert evaluator.wait(key)["value"]["failure"]["code"] == "step_timeout"
    eventually(lambda: not any(map(alive, playing)))


TUNED = """
GAIN = 1.0  # tune: [0, 5]
ballast = [bytes([number % 7]) * 4096 for number in range(768)]


def act(observation):
    return int(GAIN * observation[2] + observation[3] > 0)
"""


def test_a_tuners_process_goes_when_no_more_texts_come(own_evaluator: Any, parameters: Any) -> None:
    """It holds 3 MB of each episode; one that waits for the next candidate is as small as they begin."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    params = parameters(CARTPOLE, TUNED, (), stepMs=1000)
    del params["seeds"]
    evaluator.ask("tune", {**params, "seed": 0, "episodes": 40, "steps": None})
    eventually(lambda: [process.memory_info().rss < 60e6 for process in policies(evaluator)] == [True])


HEAVY = """
ballast = [bytes([number % 7]) * 4096 for number in range(256)]


def act(observation):
    return ballast[0][0] * 2
"""


def test_what_episodes_leave_behind_fails_no_later_one(own_evaluator: Any) -> None:
    """600 episodes of a megabyte each, in processes that may have 512."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    result = evaluator.evaluate("FrozenLake-v1", HEAVY, range(600))
    assert result["failure"] is None
    assert len(result["episodes"]) == 600


ENDLESS_SCREEN = """
import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Screen(gymnasium.Env):
    observation_space = Box(0, 255, (250, 400, 3), np.uint8)
    action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros((250, 400, 3), np.uint8), {}

    def step(self, action):
        return np.ones((250, 400, 3), np.uint8), 1.0, False, False, {}
"""


@pytest.mark.long
def test_recorded_pictures_do_not_fill_the_memory(own_evaluator: Any, parameters: Any) -> None:
    """An episode of 4,000 frames of 300 kB: 1.2 GB if all were kept, and again in each process they pass."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    world = {"simulator": {"name": "screen", "source": ENDLESS_SCREEN}, "maxEpisodeSteps": 4000}
    params = parameters(world, "def act(observation):\n    return 0\n", ())
    del params["seeds"]
    evaluator.request("policy.time", {**params, "seed": 0})
    largest = 0
    kind = ""
    while kind not in ("result", "failure"):
        with contextlib.suppress(queue.Empty):
            kind = evaluator.receive(0.05)["kind"]
        for process in family(evaluator):
            with contextlib.suppress(psutil.NoSuchProcess):
                largest = max(largest, process.memory_info().rss)
    assert kind == "result"
    assert largest < 1.1e9


def test_a_registered_text_is_played_by_its_hash(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    whole = parameters(CARTPOLE, "balance.py", range(8))
    source = whole.pop("source")

    def ask(key: str) -> Any:
        evaluator.methods[key] = "evaluate"
        evaluator.send({"kind": "request", "key": key, "method": "evaluate", "params": whole, "policy": "h1"})
        return evaluator.wait(key)

    refused = ask("before")
    assert (refused["code"], refused["detail"]) == ("unknown_policy", {"hash": "h1"})
    evaluator.send({"kind": "register", "hash": "h1", "source": source})
    played = ask("registered")["value"]
    assert played == {
        **evaluator.ask("evaluate", {**whole, "source": source}),
        "cpuSeconds": played["cpuSeconds"],
    }
    for worker in evaluator.worker_processes():
        worker.kill()
    assert ask("again, by new workers")["value"]["episodes"] == played["episodes"]


DRAWING_UNSEEDED = """
import numpy as np
import gymnasium
from gymnasium.spaces import Discrete


class Drawing(gymnasium.Env):
    observation_space = action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        return 0, float(np.random.random()), True, False, {}
"""


def test_workers_do_not_share_what_numpy_draws_unseeded(own_evaluator: Any, parameters: Any) -> None:
    """An environment that draws without a seed must not seem to repeat because its workers began alike."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1")
    world = {"simulator": {"name": "drawing", "source": DRAWING_UNSEEDED}}
    source = "def act(observation):\n    return 0\n"
    drawn = []
    for _ in range(2):
        episodes = evaluator.evaluate(world, source, [0])["episodes"]
        drawn.append(episodes[0]["return"])
        for worker in evaluator.worker_processes():
            worker.kill()
    assert drawn[0] != drawn[1]


def test_the_process_that_forks_the_workers_is_replaced(own_evaluator: Any, parameters: Any) -> None:
    evaluator = own_evaluator()
    expected = evaluator.evaluate(CARTPOLE, "balance.py", range(100))["episodes"]
    key = evaluator.request("evaluate", parameters(CARTPOLE, "balance.py", range(100)))
    while evaluator.receive()["kind"] != "progress":
        pass
    [forking] = evaluator.process.children()
    below = forking.children(recursive=True)
    forking.kill()
    assert evaluator.wait(key)["value"]["episodes"] == expected
    eventually(lambda: not any(map(alive, below)))


def test_a_wrong_setting_fails_every_request_with_what_is_allowed(own_evaluator: Any) -> None:
    evaluator = own_evaluator(POLICYBOOK_WIDTH="wide")
    for _ in range(2):
        failure = evaluator.refuse("environment.list", {})
        assert failure["code"] == "bad_setting"
        assert "POLICYBOOK_WIDTH is 'wide'; it is a whole number" in failure["message"]
    assert evaluator.process.children() == []


def test_the_doctor_knows_what_the_user_has_consented_to(own_evaluator: Any) -> None:
    evaluator = own_evaluator(POLICYBOOK_ISOLATION_LEVEL="1")
    found = [evaluator.ask("doctor", {})["sections"][0]]
    evaluator.send({"kind": "consent", "level": 1})
    found.append(evaluator.ask("doctor", {})["sections"][0])
    assert [section["rows"][0][0] for section in found] == ["!", "ok"]


WITH_A_PROCESS_OF_ITS_OWN = """
import multiprocessing
import time
import gymnasium
from gymnasium.spaces import Discrete


class Forking(gymnasium.Env):
    observation_space = action_space = Discrete(2)

    def __init__(self):
        fork = multiprocessing.get_context("fork")
        self.helper = fork.Process(target=time.sleep, args=(3600,), daemon=True)
        self.helper.start()

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        time.sleep(0.02)
        return 0, 1.0, True, False, {}

    def close(self):
        self.helper.kill()
"""


def test_a_worker_is_replaced_whose_environment_has_a_process_that_lives_on(
    own_evaluator: Any, parameters: Any
) -> None:
    """That process has the worker's connection, which does not close when the worker ends."""
    evaluator = own_evaluator(POLICYBOOK_WORKERS="1", POLICYBOOK_HUNG_SECONDS="3600")
    world = {"simulator": {"name": "forking", "source": WITH_A_PROCESS_OF_ITS_OWN}}
    key = evaluator.request("evaluate", parameters(world, "def act(observation):\n    return 0\n", range(60)))
    while evaluator.receive()["kind"] != "progress":
        pass

    def helpers() -> list[psutil.Process]:
        below = [child for worker in evaluator.worker_processes() for child in worker.children()]
        return [child for child in below if "policybook.worker" in child.cmdline()]

    started = helpers()
    assert started
    [victim] = workers(evaluator)
    victim.kill()
    assert len(evaluator.wait(key)["value"]["episodes"]) == 60
    for helper in [*started, *helpers()]:
        helper.kill()
