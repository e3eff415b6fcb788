"""Environments that a notebook registers itself: what is played is what the notebook shows now."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import error_of, events, is_run_update, kernel_of_notebook, learn, text_of, verify_export

kernel = kernel_of_notebook("own.ipynb")


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    return kernel.client()


ROOM = """
import gymnasium as gym
import numpy as np
{imports}

class Room(gym.Env):
    observation_space = gym.spaces.Box(-20, 60, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, wanted=21.0):
        self.wanted = {wanted}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t, self.out = 15.0, float(self.np_random.uniform(0, 10))
        return np.array([self.t, self.out], np.float32), {{}}

    def step(self, action):
        self.t += 1.5 * int(action) - 0.1 * (self.t - self.out)
        return np.array([self.t, self.out], np.float32), -abs(self.t - self.wanted), False, False, {{}}

"""

HEAT = "def act(observation):\n    return int(observation[0] < 21)\n"


def room(imports: str = "", wanted: str = "wanted") -> str:
    return ROOM.format(imports=imports, wanted=wanted)


def score(client: Client, name: str, environment: str) -> str:
    """What a %%policy cell says of the thermostat's score."""
    said = text_of(learn(client, f"%%policy {name} for {environment}\n{HEAT}"))
    return said.splitlines()[1].partition(": ")[2]


def test_a_class_of_a_cell_is_told_from_an_id_that_nothing_has_registered(client: Client) -> None:
    learn(client, room() + 'gym.register("Thermostat-v0", entry_point=Room, max_episode_steps=50)')
    for cell in ("%%learn Thermostat-v0 as t\nepisodes: 60", "%%environment t\nid: Thermostat-v0"):
        name, message = error_of(client.run(cell))
        assert name == "EnvironmentError"
        assert "Thermostat-v0 is registered in this notebook's Python as Room" in message
        assert "other processes" in message
        assert "%%simulator NAME" in message


def test_a_simulator_gets_what_its_constructor_needs_from_another_cell(client: Client) -> None:
    source = room().replace("wanted=21.0", "wanted").replace("False, False, {}", "False, self.t > 90, {}")
    kept = text_of(learn(client, f"%%simulator hall\n{source}"))
    cell = re.search(r"(?m)^%%environment my_hall\nid: hall\nkwargs: \{wanted: VALUE\}$", kept)
    assert cell is not None, kept
    for without in ("%%learn hall as h\nepisodes: 9", "%%environment cold\nid: hall"):
        name, message = error_of(client.run(without))
        assert name == "SimulatorError"
        assert "no default for `wanted`: give it by `kwargs: {wanted: VALUE}`" in message
    assert "Discrete(2)" in text_of(learn(client, cell[0].replace("VALUE", "30.0")))
    left = source.replace("self.wanted = wanted", "import sys; sys.exit('no key for the hall')")
    learn(client, f"%%simulator hall\n{left}")
    name, message = error_of(client.run(cell[0].replace("VALUE", "30.0")))
    assert name == "SimulatorError"
    assert message.endswith(": no key for the hall")


def test_arguments_that_cannot_be_handed_over_are_named(client: Client) -> None:
    learn(
        client,
        "import pandas, gymnasium\n"
        "gymnasium.register('Priced-v0', entry_point='prices:Prices', kwargs={'table': pandas.DataFrame()})",
    )
    name, message = error_of(client.run("%%environment priced\nid: Priced-v0"))
    assert name == "EnvironmentError"
    assert "a DataFrame in the argument table" in message
    assert "read the rest from a file" in message
    learn(
        client,
        "class Warm(gymnasium.Wrapper, gymnasium.utils.RecordConstructorArgs):\n"
        "    def __init__(self, env):\n"
        "        gymnasium.utils.RecordConstructorArgs.__init__(self)\n"
        "        super().__init__(env)\n\n"
        "entry = 'gymnasium.envs.classic_control:CartPoleEnv'\n"
        "gymnasium.register('Given-v0', entry_point=entry, kwargs={'wrappers': [Warm]})\n"
        "gymnasium.register('Worn-v0', entry_point=entry, additional_wrappers=(Warm.wrapper_spec(),))",
    )
    _, message = error_of(client.run("%%environment given\nid: Given-v0"))
    assert "with the class Warm in the argument wrappers" in message
    assert "import a class or function from a module by a name" in message
    _, message = error_of(client.run("%%environment worn\nid: Worn-v0"))
    assert "with the wrapper Warm, which the processes that play episodes cannot make" in message


TYPED = """%%simulator typed
import gymnasium
import numpy as np


class Typed(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, given=None, more=None):
        print(f"given={given} more={more}", flush=True)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.n += 1
        return np.zeros(1, np.float32), float(action), False, self.n >= 5, {}
"""


def test_arguments_of_a_cell_reach_the_constructor_as_they_are_or_are_refused(
    client: Client, kernel: RunningKernel
) -> None:
    client.run("import numpy as np")
    for expression, said in (("np.arange(3.0)", "an array"), ('"{1: 2}"', "a dict with the key 1")):
        _, message = error_of(
            client.run(f"%%environment priced\nid: CartPole-v1\nkwargs:\n  a: !py {expression}")
        )
        assert f"{said} reaches the constructor as" in message
    said = learn(client, TYPED + "\n")
    assert said.content["status"] == "ok"
    cell = (
        '%%environment typed2\nid: typed\nkwargs:\n  given: {a: 1.0, b: 1, c: [2.0]}\n  more: !py "[3.0, 3]"'
    )
    assert "given={'a': 1.0, 'b': 1, 'c': [2.0]} more=[3.0, 3]" in learn(client, cell).text()
    learn(client, "%%learn typed2 as typed_run\nepisodes: 20\nauthor: search")
    learn(client, "%export typed_run typed.py")
    program = Path(kernel.cwd, "typed.py").read_text()
    assert "given={'a': 1.0, 'b': 1, 'c': [2.0]}, more=[3.0, 3]" in program


def test_a_registration_of_an_imported_module_is_carried_over(client: Client, kernel: RunningKernel) -> None:
    Path(kernel.cwd, "heating.py").write_text(
        room()
        + 'gym.register("Room-v0", entry_point="heating:Room", max_episode_steps=50, reward_threshold=-180)'
    )
    by_module = text_of(learn(client, "%%environment named\nid: heating:Room-v0\nkwargs: {wanted: 23}"))
    assert "solved at    -180" in by_module
    assert "at most 50 steps" in by_module
    learn(client, "import heating")
    imported = text_of(learn(client, "%%environment room\nid: Room-v0\nkwargs: {wanted: 23}"))
    assert "solved at    -180" in imported
    assert "at most 50 steps" in imported
    assert score(client, "p", "named") == score(client, "p", "room") != score(client, "p", "Room-v0")


def test_registered_limits_arguments_and_wrappers_are_those_of_the_notebook(
    client: Client, kernel: RunningKernel
) -> None:
    Path(kernel.cwd, "rooms.py").write_text(room())
    learn(
        client,
        dedent("""
        import gymnasium as gym
        from gymnasium.envs.registration import WrapperSpec
        from rooms import Room
        double = WrapperSpec("Scaled", "scaling:Scaled", {"by": (2, 0)})
        gym.register("Room-v1", entry_point=Room, max_episode_steps=7, kwargs={"wanted": 15.0},
                     additional_wrappers=(double,))
        gym.register("CartPole-v1", entry_point="gymnasium.envs.classic_control:CartPoleEnv",
                     max_episode_steps=20)
        """),
    )
    Path(kernel.cwd, "scaling.py").write_text(
        dedent("""
        import gymnasium as gym

        class Scaled(gym.RewardWrapper, gym.utils.RecordConstructorArgs):
            def __init__(self, env, by):
                gym.utils.RecordConstructorArgs.__init__(self, by=by)
                gym.RewardWrapper.__init__(self, env)
                assert by == (2, 0)
                self.by = by[0]

            def reward(self, reward):
                return self.by * float(reward)
        """)
    )
    doubled = score(client, "p", "Room-v1")
    learn(client, 'gym.register("Room-v1", entry_point=Room, max_episode_steps=7, kwargs={"wanted": 15.0})')
    plain = score(client, "p", "Room-v1")
    assert float(doubled.split()[0]) == pytest.approx(2 * float(plain.split()[0]), abs=0.2)
    # An id of Gymnasium's that the notebook has registered otherwise is the notebook's.
    assert "at most 20 steps" in text_of(learn(client, "%%environment short\nid: CartPole-v1"))
    learn(
        client,
        'gym.register("CartPole-v1", entry_point="gymnasium.envs.classic_control:CartPoleEnv", '
        "max_episode_steps=500, reward_threshold=475.0, "
        'vector_entry_point="gymnasium.envs.classic_control:CartPoleVectorEnv")',
    )
    assert "solved at    475" in text_of(learn(client, "%%environment short\nid: CartPole-v1"))


def test_an_edited_module_is_played_as_it_is_now(client: Client, kernel: RunningKernel) -> None:
    module = Path(kernel.cwd, "plant.py")
    registered = 'gym.register("Plant-v0", entry_point="plant:Room", max_episode_steps=20)'
    module.write_text(room() + registered)
    learn(client, "%%environment works\nid: plant:Plant-v0\nobservation: [inside, outside]")
    before = score(client, "p", "works")
    first = learn(client, "%%learn works as w\nepisodes: 60")
    assert "w has finished" in text_of(learn(client, "%%learn works as w\nepisodes: 60"))
    learn(client, "%%simulator plant2\nfrom plant import Room\n\n\nclass Plant2(Room):\n    pass")
    imported = score(client, "p", "plant2")

    module.write_text(room(wanted="wanted + 20") + registered)
    assert score(client, "p", "works") != before
    assert score(client, "p", "plant2") != imported
    name, message = error_of(client.run("%audit w episodes=10"))
    assert name == "RunError"
    assert "plant.py" in message
    replayed = text_of(learn(client, "%replay w"))
    assert "The environment's code has changed since the run (plant.py)" in replayed
    again = learn(client, "%%learn works as w\nepisodes: 60")
    assert "the earlier run is now w~1" in text_of(again)
    assert "because the environment's code changed (plant.py)" in text_of(again)
    old, new = (events(kernel.runs / name)[0] for name in ("w~1", "w"))
    assert old["facts"]["files"].keys() == new["facts"]["files"].keys() == {"plant.py"}
    assert old["facts"]["files"] != new["facts"]["files"]

    # What is put back is what it was.
    module.write_text(room() + registered)
    assert score(client, "p", "works") == before
    assert first.content["status"] == "ok"

    # A run in the background says it to those who come back to it.
    learn(client, "%%learn works as long\nepisodes: 1000000\nbackground: true")
    module.write_text(room(wanted="wanted + 1") + registered)
    assert "files of the environment were written while long was learning" in text_of(
        learn(client, "%stop long")
    )


def test_a_class_of_a_module_that_a_cell_has_patched_is_said_once(
    client: Client, kernel: RunningKernel
) -> None:
    Path(kernel.cwd, "stove.py").write_text(room())
    registered = 'gymnasium.register("Stove-v0", entry_point="stove:Room", max_episode_steps=20)'
    patch = "stove.Room.step = lambda self, action: (0, 0.0, True, False, {})"
    learn(client, f"import gymnasium, stove\n{registered}\n{patch}")
    cell = "%%environment stove\nid: Stove-v0"
    first = text_of(learn(client, cell))
    assert "A cell of this notebook has put stove.Room.step in place of the module's own." in first
    assert "with the module's own code: write the change into the module's file" in first
    assert "has put" not in text_of(learn(client, cell))
    _, message = error_of(client.run("%%environment stove\nid: stove:Stove-v0"))
    assert "a cell of this notebook has registered Stove-v0: write Stove-v0" in message
    Path(kernel.cwd, "broken_stove.py").write_text("import gymnasium\n\nthis\n")
    _, message = error_of(client.run("%%environment stove\nid: broken_stove:Stove-v0"))
    Path(kernel.cwd, "old_stove.py").write_text(
        room().replace("*, seed=None, options=None", "").replace("seed=seed", "")
        + 'gym.register("OldStove-v0", entry_point="old_stove:Room", max_episode_steps=20)'
    )
    _, old = error_of(client.run("%%environment stove\nid: old_stove:OldStove-v0"))
    assert "TypeError in old_stove.py, line 13: Room.reset() got an unexpected keyword" in old
    assert "reset(self, *, seed=None, options=None)" in old
    assert "NameError in broken_stove.py, line 3: name 'this' is not defined" in message


KETTLES = """%%simulator kettles
import gymnasium
from kettle import Room


class Kettles(Room):
    def __init__(self):
        super().__init__()
        MAKE
"""


def test_values_and_ids_that_only_the_notebook_has_are_said_with_what_to_do(
    client: Client, kernel: RunningKernel
) -> None:
    lines = "GAIN = 2.0\nSEEN = 0\n\n\n"
    Path(kernel.cwd, "kettle.py").write_text(lines + room(imports="", wanted="wanted * GAIN"))
    registered = 'gymnasium.register("Kettle-v0", entry_point="kettle:Room", max_episode_steps=20)'
    learn(client, f"import gymnasium, kettle\n{registered}\nkettle.GAIN = 3.0\nkettle.SEEN = 0")
    said = "kettle.GAIN is 3.0 in this notebook's Python and 2.0 in kettle.py. Episodes are played in other"
    first = text_of(learn(client, "%%environment kettle\nid: Kettle-v0"))
    assert first.count(said) == 1
    assert "let the constructor take it as an argument and give it in kwargs" in first
    assert said not in text_of(learn(client, "%%environment kettle\nid: Kettle-v0"))
    # It is said of a simulator that imports the module, too, and of no environment without it.
    learn(client, "kettle.GAIN = 4.0")
    assert "kettle.GAIN" not in text_of(learn(client, "%%environment pole\nid: CartPole-v1"))
    assert "kettle.GAIN is 4.0" in text_of(learn(client, KETTLES.replace("MAKE", "pass")))
    making = KETTLES.replace("MAKE", 'gymnasium.make("Kettle-v0")')
    _, message = error_of(client.run(making))
    assert "NameNotFound in line 9: Environment `Kettle` doesn't exist" in message
    assert "call gymnasium.register in the text that makes the other environment" in message
    learn(client, "kettle.GAIN = 2.0")


@pytest.mark.long
def test_a_file_that_the_constructor_reads_belongs_to_the_environment(
    client: Client, kernel: RunningKernel
) -> None:
    Path(kernel.cwd, "goal.csv").write_text("wanted\n15\n")
    Path(kernel.cwd, "read.py").write_text(
        room(wanted='float(np.loadtxt("goal.csv", skiprows=1))')
        + 'gym.register("Read-v0", entry_point="read:Room", max_episode_steps=20)'
    )
    low = score(client, "p", "read:Read-v0")
    Path(kernel.cwd, "goal.csv").write_text("wanted\n40\n")
    assert score(client, "p", "read:Read-v0") != low


def test_a_folder_that_a_cell_has_put_into_the_search_path_is_looked_in(
    client: Client, kernel: RunningKernel
) -> None:
    library = Path(kernel.cwd, "library")
    library.mkdir()
    (library / "boiler.py").write_text(
        room() + 'gym.register("Boiler-v0", entry_point="boiler:Room", max_episode_steps=20)'
    )
    name, message = error_of(client.run("%%environment boiler\nid: boiler:Boiler-v0"))
    assert name == "EnvironmentError"
    assert "there is no module boiler" in message
    learn(client, "import sys\nsys.path.insert(0, 'library')")
    seen = text_of(learn(client, "%%environment boiler\nid: boiler:Boiler-v0"))
    assert "at most 20 steps" in seen
    run = learn(client, "import policybook as pb\nprint(len(pb.learn('boiler', 'b', episodes=40).history))")
    assert run.content["status"] == "ok"
    spec = events(kernel.runs / "b")[0]["settings"]["environment"]
    assert spec["userCode"]["searchPath"][0] == "library"
    learn(client, "sys.path.remove('library')")


GUARDED = """%%simulator guarded
import gymnasium as gym
import numpy as np


class Guarded(gym.Env):
    observation_space = gym.spaces.Box(-1, 1, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.n, self.worth = 0, (options or {}).get("worth", -10.0 if seed == 17 else 1.0)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.n += 1
        return np.zeros(1, np.float32), float(action) * self.worth, False, self.n >= 5, {}
"""


def test_a_policy_that_wins_on_average_and_loses_on_a_golden_seed_is_refused(
    client: Client, kernel: RunningKernel
) -> None:
    learn(client, GUARDED)
    learn(client, "%%policy careful for guarded\ndef act(observation):\n    return 0\n")
    cell = "%%learn guarded as {}\nstart: careful\nepisodes: 120\nsimplify: false\n{}"
    free = text_of(learn(client, cell.format("free", "")))
    assert not re.search(r"(head|champion) +free@1 start", free.split("free: ")[-1])
    held = text_of(learn(client, cell.format("held", "golden: [3, 17]")))
    shown = held.split("held: ")[-1]
    assert re.search(r"champion +held@1 start", shown)
    assert re.search(r"golden +2 cases, held by held@1; 1 candidate refused, the latest: @\d", shown)
    assert "loses golden seed 17: -50 after 0" in shown
    played = [event for event in events(kernel.runs / "held") if event["type"] == "golden_played"]
    assert [loss["seed"] for loss in played[1]["losses"]] == [17]
    read = learn(client, "import policybook as pb\nprint(set(pb.run('held').candidates.refused_on.dropna()))")
    assert "{'17'}" in read.text()
    situation = text_of(learn(client, cell.format("windy", "golden: [{seed: 3, options: {worth: -2}}]")))
    assert 'loses golden seed 3 with {"worth":-2}: -10 after 0' in situation
    # The seeds stand in the record, so that an episode can be looked at.
    assert "is the recorded episode" in text_of(
        learn(client, f"%replay held@{played[1]['candidate']} seed=17")
    )
    # As any other declaration, the run is shown again and not learned again.
    assert "held@1 start" in text_of(learn(client, cell.format("held", "golden: [3, 17]")))


DICE = """%%simulator dice
import gymnasium as gym
import numpy as np


class Dice(gym.Env):
    observation_space = gym.spaces.Box(-10, 10, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.x, self.v, self.n = np.random.uniform(-1, 1), 0.0, 0
        return np.array([self.x, self.v], np.float32), {}

    def step(self, action):
        self.n += 1
        self.v += 0.1 * (2 * action - 1) + np.random.normal(scale=0.05)
        self.x += 0.1 * self.v
        return np.array([self.x, self.v], np.float32), -abs(self.x), False, self.n >= 20, {}
"""

STILL = "the environment does not repeat a seed (the first observation was another when"


def test_an_environment_that_does_not_repeat_says_so_beside_every_number(
    client: Client, kernel: RunningKernel
) -> None:
    assert STILL in text_of(learn(client, DICE))
    policy = "%%policy {} for dice\ndef act(observation):\n    return int(observation[1] < 0)"
    means = [learn(client, policy.format(name)) for name in ("one", "two")]
    assert all(STILL in text_of(seen) for seen in means)
    assert text_of(means[0]).splitlines()[1] != text_of(means[1]).splitlines()[1], "each is played again"
    for name in ("d1", "d2"):
        learn(client, f"%%learn dice as {name}\nepisodes: 60\nseed: 1")
    promoted = [
        next(event for event in events(kernel.runs / name) if event["type"] == "champion_promoted")
        for name in ("d1", "d2")
    ]
    assert promoted[0]["score"] != promoted[1]["score"]
    name, message = error_of(client.run("%%learn dice as d3\nepisodes: 60\ngolden: [17]"))
    assert name == "DeclarationError"
    assert "line 3, column 9: golden cases are episodes that are played again" in message
    assert "does not repeat a seed" in message
    alarms = learn(client, "import policybook as pb\nprint(set(pb.run('d1').alarms['code']))")
    assert "unrepeatable" in alarms.text()
    assert "does not repeat a seed" in text_of(learn(client, "%attach d1"))
    assert "The environment does not repeat a seed: the first observation" in text_of(
        learn(client, "%replay d1")
    )
    assert STILL in text_of(learn(client, "%audit d1 episodes=20"))
    compared = text_of(
        learn(client, "%%compare as sides\npolicies: [one, two]\nenvironment: dice\nepisodes: 20")
    )
    assert STILL in compared
    assert "differences are not paired" in compared
    assert STILL in text_of(learn(client, "%export d1 dice.py"))
    program = Path(kernel.cwd, "dice.py")
    assert STILL in program.read_text()
    # The simulator is part of the program, and no part of the policy.
    learn(client, "%%compare as exported\nenvironment: dice\npolicies: [dice.py]\nepisodes: 20")
    learn(client, "%%learn dice as from_export\nstart: dice.py\nepisodes: 20")
    verified = verify_export(program)
    assert verified.returncode == 0, verified.stdout
    assert "reproduced within the intervals" in verified.stdout
    assert "does not repeat a seed" in verified.stdout


def test_an_export_plays_an_environment_of_the_notebook_as_it_was_evaluated(
    client: Client, kernel: RunningKernel, tmp_path: Path
) -> None:
    plants = Path(kernel.cwd, "plants")
    plants.mkdir()
    # Its constructor knows no render_mode, and the second folder is found through sys.path only.
    (plants / "kiln.py").write_text(room())
    learn(
        client,
        "import sys\nsys.path.append('plants')\nimport gymnasium\nfrom kiln import Room\n"
        "gymnasium.register('Kiln-v0', entry_point=Room, max_episode_steps=20, kwargs={'wanted': 15.0})",
    )
    learn(client, "%%learn Kiln-v0 as kiln\nepisodes: 40\nkwargs: {wanted: 23.5}")
    learn(client, "%audit kiln episodes=20")
    learn(client, "%%learn Kiln-v0 as fired\nepisodes: 12\nkwargs: {wanted: 23.5}")
    Path(kernel.cwd, "out").mkdir()
    learn(client, "%export kiln out/kiln.py")
    program = Path(kernel.cwd, "out", "kiln.py")
    assert 'entry_point="kiln:Room"' in program.read_text()
    assert (
        '"kiln'
        not in program.read_text().partition("# ///\n")[0].partition("dependencies")[2].partition("]")[0]
    )

    verified = verify_export(program, "--episodes", "10")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "reproduced exactly" in verified.stdout
    command = [sys.executable, str(program), "--episodes", "2"]
    alone = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    # Without the module it says what it needs.
    moved = tmp_path / "moved.py"
    moved.write_text(program.read_text())
    missing = verify_export(moved)
    assert missing.returncode == 2
    assert (
        "the module kiln is missing, which is no package but a file of the environment's author"
        in missing.stderr
    )
    assert f"lay at {tmp_path.parent / 'plants' / 'kiln.py'}: put it there" in missing.stderr
    # Changed code is neither claimed nor verified as if it were the same.
    (plants / "kiln.py").write_text(room(wanted="wanted + 20"))
    changed = verify_export(program, "--episodes", "10")
    assert changed.returncode == 1
    assert "the environment's code has changed since the audit: ../plants/kiln.py" in changed.stdout
    said = text_of(learn(client, "%export kiln out/kiln.py"))
    assert "audit 1 was made before the environment's code changed (plants/kiln.py)" in said
    assert "out/kiln.py carries no claim" in said
    assert "[tool.policybook]" not in program.read_text()
    # So does one that was never audited, and each export says what its policy was to the run.
    assert re.search(r"It is the (champion|head) of the run", program.read_text())
    said = text_of(learn(client, "%export fired out/fired.py"))
    assert "the environment's code has changed since fired was learned (plants/kiln.py)" in said
    (plants / "kiln.py").write_text(room())
    assert "carries no claim" not in text_of(learn(client, "%export kiln out/kiln.py"))
    assert "[tool.policybook]" in program.read_text()
    learn(client, "sys.path.remove('plants')")


def test_the_working_folder_is_the_notebooks_and_late_changes_are_said(
    client: Client, kernel: RunningKernel
) -> None:
    data = Path(kernel.cwd, "data")
    data.mkdir()
    (data / "wanted.txt").write_text("15")
    Path(kernel.cwd, "oven.py").write_text(room(wanted="float(open('wanted.txt').read())"))
    registration = "gymnasium.register('Oven-v0', entry_point='oven:Room', max_episode_steps={})"
    learn(client, f"import os, gymnasium\nos.chdir('data')\n{registration.format(30)}")
    cell = "%%learn Oven-v0 as oven\nepisodes: 400\nseed: 2"
    running = client.execute(cell)
    client.wait_for(running, is_run_update)
    (data / "wanted.txt").write_text("16")
    seen = client.collect(running)
    # A process that begins after the change would play with another file than those before it.
    said = text_of(seen) if seen.content["status"] == "ok" else seen.content["evalue"]
    assert "files of the environment were written while oven was learning" in said or "wanted.txt" in said
    learn(client, registration.format(31))
    again = text_of(learn(client, "%%learn Oven-v0 as oven\nepisodes: 40\nseed: 2"))
    assert "(data/wanted.txt, its registration, max_episode_steps: 30 → 31)" in again
    learn(client, "os.chdir('..')")
