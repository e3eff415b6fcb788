"""Simulators that raise, end their process or hang now and then: a run goes on, and says what was lost."""

import re
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import LEARNING_DEADLINE, error_of, events, kernel_of_notebook, learn, verify_export
from policybook.verification.audit_seeds import draw_audit_seeds

FRAIL = """%%simulator frail
import os
import sys
import time

import gymnasium as gym
import numpy as np


class Frail(gym.Env):
    observation_space = gym.spaces.Box(-10, 10, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, how="none", rate=0.0, build=0.0):
        build and open("made", "a").write("."), time.sleep(build)
        self.how, self.rate = how, rate
        sys.made = getattr(sys, "made", 0) + 1
        if how == "unmade" and sys.made % 4 == 2:
            raise OSError("the licence server is busy")

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.v, self.n = float(self.np_random.uniform(-1, 1)), 0.0, 0
        return np.array([self.x, self.v], np.float32), {}

    def step(self, action):
        self.n += 1
        sys.taken = getattr(sys, "taken", 0) + 1
        if self.how == "tire" and sys.taken > 1200:
            time.sleep(3600)
        if self.np_random.random() < self.rate:
            if self.how == "raise":
                raise RuntimeError("lost the connection to the simulator")
            if self.how == "die":
                print("the license server is gone", flush=True)
                os._exit(139)
            if self.how == "hang":
                time.sleep(3600)
            if self.how == "wait":
                time.sleep(0.5)
            if self.how == "nothing":
                return None
            if self.how == "nan":
                return np.array([self.x, self.v], np.float32), float("nan"), False, False, {}
            if self.how == "blind":
                return np.full(2, np.nan, np.float32), 0.0, False, False, {}
            if self.how == "short":
                return np.array([self.x, self.v], np.float32), 0.0, False, {}
        self.v += 0.1 * (2 * action - 1)
        self.x += 0.1 * self.v
        return np.array([self.x, self.v], np.float32), -abs(self.x), False, self.n >= 50, {}
"""


kernel = kernel_of_notebook("flaky.ipynb")


@pytest.fixture
def frail(client: Client) -> Client:
    learn(client, FRAIL)
    return client


def stop_of(kernel: RunningKernel, run: str) -> tuple[str, str]:
    """Why a run stopped, and in which words."""
    stop = events(kernel.runs / run)[-1]
    assert stop["type"] == "run_stopped"
    return stop["reason"], stop["message"]


def lost_of(kernel: RunningKernel, run: str) -> list[dict[str, Any]]:
    """What a run recorded of lost episodes."""
    return [event for event in events(kernel.runs / run) if event["type"] == "episodes_lost"]


LOSSES = {
    "raise": r"RuntimeError in line 33: lost the connection to the simulator \(seed \d+, step \d+\)",
    "die": r"the process ended in step, with exit status 139 \(seed \d+, step \d+\)",
    "nothing": r"(TypeError|step gave one NoneType)",
    "nan": r"(a return of nan \(seed \d+\)|step gave a reward of nan)",
    "blind": r"step gave nan in an observation \(seed \d+, step \d+\)",
    "short": r"(ValueError|step gave 4 values)",
}


@pytest.mark.parametrize(
    "how",
    [
        "raise",
        "die",
        pytest.param("nothing", marks=pytest.mark.long),
        pytest.param("nan", marks=pytest.mark.long),
        pytest.param("blind", marks=pytest.mark.long),
        pytest.param("short", marks=pytest.mark.long),
    ],
)
def test_a_fault_now_and_then_costs_an_episode_and_is_counted(
    kernel: RunningKernel, frail: Client, how: str
) -> None:
    learn(frail, f"%%learn frail as {how}\nkwargs: {{how: {how}, rate: 0.001}}\nepisodes: 150")
    reason, words = stop_of(kernel, how)
    assert reason in {"budget", "exhausted"}
    lost = lost_of(kernel, how)
    assert sum(event["episodes"] for event in lost) > 0
    assert re.search(LOSSES[how], lost[-1]["fault"])
    assert re.search(rf"\d+ of \d+ episodes lost: .*{LOSSES[how]}", words)


def test_a_constructor_that_fails_now_and_then_is_called_again_counted_and_named(
    kernel: RunningKernel, frail: Client
) -> None:
    declared = learn(frail, "%%environment unmade\nid: frail\nkwargs: {how: unmade}")
    cause = r"the simulator frail raised OSError in line 19: the licence server is busy"
    assert re.search(
        f"note .*{cause}; it was made again", declared.of("display_data")[0]["data"]["text/plain"]
    )
    learn(frail, "%%learn unmade as unmade\nepisodes: 120")
    reason, words = stop_of(kernel, "unmade")
    assert reason in {"budget", "exhausted"}
    assert re.search(rf"\d+ of \d+ episodes lost: {cause}", words)
    seeds = [
        seed for event in events(kernel.runs / "unmade") for seed in event.get("played", {}).get("seeds", ())
    ]
    assert seeds


def test_no_policy_gets_a_blind_observation_and_the_declaration_says_so(client: Client) -> None:
    blind = FRAIL.replace("frail", "blind").replace('how="none", rate=0.0', 'how="blind", rate=0.01')
    declared = learn(client, blind).of("display_data")[0]["data"]["text/plain"]
    assert (
        "step gave nan at [0] as observation, its observation_space says numbers from -10 to 10" in declared
    )
    assert "an episode that comes there is lost, and one of another seed takes its place" in declared
    cell = "%%policy wary for blind\ndef act(o):\n    assert o[0] == o[0]\n    return 0"
    scored = learn(client, cell)
    text = scored.of("display_data")[0]["data"]["text/plain"]
    assert re.search(
        r"\d+ of \d+ episodes lost: step gave nan in an observation \(seed \d+, step \d+\)", text
    )


def test_what_a_simulator_prints_stands_in_the_notebook_once_marked_and_bounded(
    kernel: RunningKernel, client: Client
) -> None:
    chatty = (
        FRAIL.replace("frail", "chatty")
        .replace("self.n += 1", 'self.n += 1; print("step", end=" "); print(self.n)')
        .replace("self.x, self.v, self.n", "print('begin', seed, 200 * '-'); self.x, self.v, self.n")
    )
    declared = learn(client, chatty)
    assert f"The environment printed:\nbegin 0 {200 * '-'}\nstep 1\nstep 2\n" in declared.text()
    seen = learn(client, "%%learn chatty as chatty\nepisodes: 40")
    assert seen.text().count("The environment printed:") == 1
    assert "What it prints beyond 2000 characters is not shown." in seen.text()
    assert "The environment printed “step " in seen.text()
    assert len(seen.text()) < 3000
    # What the check prints has been shown.
    learn(client, "%%environment quiet\nid: chatty\nobservation: [x, v]")
    for code in ("%replay chatty", "%%learn quiet as quiet\nwall: 1ms"):
        assert "begin 0" not in client.run(code).text()


def test_what_is_no_output_of_an_environment_is_a_note_of_its_declaration(
    kernel: RunningKernel, client: Client
) -> None:
    old = learn(client, "%%environment old\nid: CartPole-v0")
    assert old.text() == ""
    assert "CartPole-v0 is an old version: its successor is CartPole-v1." in str(old.of("display_data"))
    # A cell that no declaration came before says it itself, once.
    for times in (1, 0):
        learned = learn(client, "%%policy rest for CartPole-v0\ndef act(observation):\n    return 0")
        assert learned.text().count("note: CartPole-v0 is an old version: its successor is") == times
    dies = FRAIL.replace("frail", "brittle").replace(
        "super().reset(seed=seed)", "super().reset(seed=seed); seed == 0 and os._exit(3)"
    )
    noted = str(learn(client, dies).of("display_data"))
    assert "the simulator brittle ended its process in reset, with exit status 3 (seed 0" in noted
    assert "an episode that ends so is lost" in noted
    # What is played with seed 0 in the search's job is played with another seed.
    learn(client, "%%learn brittle as brittle\nepisodes: 40")
    assert stop_of(kernel, "brittle")[0] in {"budget", "exhausted"}


def test_a_constructor_that_ends_its_process_is_noted_and_counted_wherever_it_does(
    kernel: RunningKernel, client: Client
) -> None:
    stillborn = FRAIL.replace("frail", "stillborn").replace(
        "self.how, self.rate = how, rate",
        "open('births', 'a').write('.'); os.path.getsize('births') in (2, 4) and os._exit(3); "
        "self.how, self.rate = how, rate",
    )
    cause = "ended its process while it was made, with exit status 3"
    assert f"the simulator stillborn {cause}" in str(learn(client, stillborn).of("display_data"))
    # The declaration and its second process have made it, one of them twice; the search is the fourth.
    Path(kernel.cwd, "births").write_text("...")
    learn(client, "%%learn stillborn as stillborn\nepisodes: 40\ntune: false\nsimplify: false")
    faults = [event["fault"] for event in lost_of(kernel, "stillborn")]
    assert faults == ["the process ended while it was made, with exit status 3"]


def test_the_last_line_of_its_output_names_why_a_simulator_ended_its_process(
    kernel: RunningKernel, frail: Client
) -> None:
    seen = frail.run("%%learn frail as gone\nkwargs: {how: die, rate: 1.0}\nepisodes: 40", timeout=60)
    _, words = error_of(seen)
    assert "the simulator frail ended its process in step, with exit status 139" in words
    assert 'the last line of its output was "the license server is gone"' in words


def test_a_hang_is_ended_by_the_declared_clock_and_costs_an_episode(
    kernel: RunningKernel, frail: Client
) -> None:
    cell = (
        "%%learn frail as hanging\nkwargs: {how: hang, rate: 0.0003}\nenvironment: {step: 1s}\nepisodes: 100"
    )
    learn(frail, cell)
    reason, words = stop_of(kernel, "hanging")
    assert reason in {"budget", "exhausted"}
    assert re.search(r"\d+ of \d+ episodes lost: no answer to step within 1 s \(seed \d+, step \d+\)", words)


def test_a_simulator_that_always_hangs_ends_the_run_with_its_name_and_place(
    kernel: RunningKernel, frail: Client
) -> None:
    cell = "%%learn frail as stuck\nkwargs: {how: hang, rate: 0.5}\nenvironment: {step: 300ms}\nepisodes: 60"
    seen = frail.run(cell, timeout=LEARNING_DEADLINE)
    _, words = error_of(seen)
    assert re.search(
        r"the simulator frail did not answer to step within 0\.3 s \(seed \d+, step \d+\)", words
    )
    assert "environment: {step:" in words


def test_wall_time_ends_a_run_whose_simulator_hangs_in_the_authors_probe(
    kernel: RunningKernel, frail: Client
) -> None:
    declared = frail.run("%%learn frail as walled\nkwargs: {how: wait, rate: 1.0}\nwall: 6s", timeout=60)
    reason, words = stop_of(kernel, "walled")
    assert (reason, "6 seconds have passed" in words) == ("budget", True)
    assert declared.content["status"] == "error"
    frail.run("%%learn frail as tired\nkwargs: {how: tire}\nwall: 5s", timeout=60)
    _, words = stop_of(kernel, "tired")
    assert re.search(
        r"^5 seconds have passed; the environment was in step \d+ of seed \d+ for [\d.]+ s", words
    ), words


def test_wall_time_is_of_the_whole_cell_and_an_environment_is_made_once_a_process(
    kernel: RunningKernel, frail: Client
) -> None:
    seen = frail.run("%%learn frail as unbuilt\nkwargs: {build: 60.0}\nwall: 6s", timeout=60)
    _, words = error_of(seen)
    assert words.startswith(
        "6 seconds have passed while frail was looked at, before unbuilt could begin; it was being made for "
    )
    assert "Raise `wall:`, or declare it with the same keys in an %%environment cell" in words
    made = Path(kernel.cwd, "made")
    made.unlink()
    learn(frail, "%%learn frail as built\nkwargs: {build: 1.2}\nepisodes: 40\ntune: false\nsimplify: false")
    # By the declaration and its second process, by the search, and by two workers at most.
    assert len(made.read_text()) <= 5


UNLUCKY = """

def lacks_licence(seed):
    if not os.path.isdir("lost"):
        return seed % 13 == 5
    for name in os.listdir("lost"):
        try:
            os.unlink(f"lost/{name}")
            return True
        except FileNotFoundError:
            pass
    return False
"""
"""An audit draws its seeds at random: while there is a folder `lost`, each file in it costs an episode."""


def test_a_score_an_audit_and_a_comparison_say_what_was_lost(client: Client, kernel: RunningKernel) -> None:
    """An environment that fails on one seed in 13: the seeds 5 and 18 are among the 20 of a score."""
    unlucky = FRAIL.replace("frail", "unlucky").replace(
        "super().reset(seed=seed)", "super().reset(seed=seed); assert not lacks_licence(seed), 'no licence'"
    )
    learn(client, unlucky.rstrip() + UNLUCKY)
    scored = learn(client, "%%policy idle for unlucky\ndef act(observation):\n    return 0")
    text = scored.of("display_data")[0]["data"]["text/plain"]
    assert re.search(
        r"2 of 22 episodes lost: AssertionError in line 22: no licence \(seed \d+, in reset\)", text
    )
    lost = Path(kernel.cwd, "lost")
    lost.mkdir()
    for name in ("1", "2", "3"):
        (lost / name).touch()
    audited = learn(client, "%audit idle episodes=60")
    lost.rmdir()
    shown = audited.of("update_display_data")[-1]["data"]["text/plain"]
    assert "3 of 63 episodes lost" in shown
    assert "The last episode that was lost: AssertionError in line 22" in audited.text("stderr")
    compared = learn(
        client,
        "%%compare as unlucky\nenvironment: unlucky\npolicies: [idle]\nbaselines: [random]\nepisodes: 100",
    )
    tables = "\n".join(str(each["data"].get("text/plain")) for each in compared.of("update_display_data"))
    assert re.search(r"idle: \d+ of 1\d\d episodes lost", tables)
    assert re.search(r"random: \d+ of 1\d\d episodes lost", tables)
    check_that_replays_and_claims_play_the_seeds_that_were_played(client, kernel)


def check_that_replays_and_claims_play_the_seeds_that_were_played(
    client: Client, kernel: RunningKernel
) -> None:
    """No pair and no audit has a seed that is always lost: others took their places, for both sides."""
    learn(client, "%%learn unlucky as spared\nepisodes: 200\ntune: false\nsimplify: false")
    audited = learn(client, "%audit spared episodes=150")
    recorded = events(kernel.runs / "spared")
    pairs = [event["pairs"] for event in recorded if event["type"] == "challenger_compared"]
    audit = recorded[-1]
    played = [event["played"] for event in recorded if event.get("played")]
    seeds = [each["seeds"] for each in (*pairs, *played, audit)]
    assert not [seed for each in seeds for seed in each if seed % 13 == 5]
    if audit["against"]:
        assert audit["against"]["seeds"] == audit["seeds"]
        assert audit["against"]["difference"]["episodes"] == 150
    assert "episodes lost" in audited.of("update_display_data")[-1]["data"]["text/plain"]
    drawn = draw_audit_seeds(audit["policy"], audit["environment"], audit["nonce"], 150)
    replaced = next(new for new, old in zip(audit["seeds"], drawn, strict=True) if new != old)
    shown = learn(client, f"%replay spared seed={replaced}").of("display_data")[0]["data"]["text/plain"]
    assert "It is the recorded episode again" in shown
    learn(client, "%export spared")
    verified = verify_export(Path(kernel.cwd, "spared.py"), "--episodes", "5")
    assert "reproduced exactly" in verified.stdout, verified.stdout + verified.stderr
