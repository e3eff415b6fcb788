"""The editor service inside declaration cells, as a front end asks for it, from the installed wheel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import INSTALLED_BUNDLE, learn

CURSOR = "|"


@pytest.fixture(scope="module")
def kernel(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKernel]:
    running = RunningKernel(specs, INSTALLED_BUNDLE, tmp_path_factory.mktemp("notebook"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(kernel: RunningKernel) -> Client:
    client = kernel.client()
    learn(client, "%%environment windy\nid: LunarLander-v3")
    learn(client, "%%policy idle for CartPole-v1\ndef act(observation):\n    return 0")
    learn(client, "%%learn CartPole-v1 as first\nepisodes: 200\nseed: 0")
    learn(client, "remarkable = 1")
    return client


def complete(client: Client, marked: str) -> tuple[list[str], str]:
    """The matches at the mark, and what they would replace; offsets count code points."""
    at = marked.index(CURSOR)
    code = marked.replace(CURSOR, "", 1)
    content = client.ask("shell", "complete_request", {"code": code, "cursor_pos": at}).content
    assert content["status"] == "ok"
    return content["matches"], code[content["cursor_start"] : content["cursor_end"]]


def inspect(client: Client, marked: str) -> dict[str, Any]:
    at = marked.index(CURSOR)
    request = {"code": marked.replace(CURSOR, "", 1), "cursor_pos": at, "detail_level": 0}
    return client.ask("shell", "inspect_request", request).content


@pytest.mark.parametrize(
    ("marked", "expected", "replaced"),
    [
        ("%%env|", "%%environment", "%%env"),
        ("%%learn CartPole-v1\nepis|", "episodes: ", "epis"),
        ("%%learn CartPole-v1\nauthor: se|", "search", "se"),
        ("%%learn CartPole-v1\nauthor: {kind: op|}", "openai", "op"),
        ("%%learn CartPole-v1\nauthor:\n  ki|", "kind: ", "ki"),
        ("%%learn CartPo|", "CartPole-v1", "CartPo"),
        ("%%learn win|", "windy", "win"),
        ("# a comment\n# %%\n%%learn win|", "windy", "win"),
        ("%%time\n%%learn CartPole-v1\nepis|", "episodes: ", "epis"),
        ("# label: x\n\n%%policy p for CartPole-v1\nremark|", "remarkable", "remark"),
        ("    %%learn CartPole-v1\n    epis|", "episodes: ", "epis"),
        ("In [3]: %%learn win|\n   ...: episodes: 3", "windy", "win"),
        ("In [3]: %%learn CartPole-v1\n   ...: epis|", "episodes: ", "epis"),
        (">>> %diff fi|", "first", "fi"),
        (">>> %%policy p\n... remark|", "remarkable", "remark"),
        ("%%environment other\nid: LunarLander-|", "LunarLander-v3", "LunarLander-"),
        ("%%learn CartPole-v1\nstart: fi|", "first", "fi"),
        ("%diff fi|", "first", "fi"),
        ("%diff first id|", "idle", "id"),
        ("%diff first@b|", "first@best", "first@b"),
        ("%%learn CartPole-v1\nstart: first@|", "first@1", "first@"),
        ("%replay first se|", "seed=", "se"),
        ("%%learn CartPole-v1\n# 🎈🎈\nepis|", "episodes: ", "epis"),
    ],
)
def test_completion_in_declarations(client: Client, marked: str, expected: str, replaced: str) -> None:
    matches, range_ = complete(client, marked)
    assert expected in matches
    assert range_.startswith(replaced)


@pytest.mark.parametrize("header", ["%%policy mine for CartPole-v1", "%%simulator mine"])
def test_python_bodies_are_asked_of_the_workbench(client: Client, header: str) -> None:
    matches, replaced = complete(client, f"{header}\n'🎈'\nremark|\n")
    assert (matches, replaced) == (["remarkable"], "remark")
    inspected = inspect(client, f"{header}\n'🎈'\nlen|(x)")
    assert "Return the number of items" in inspected["data"]["text/plain"]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("%%le|arn CartPole-v1", "Learns a policy"),
        ("%%learn CartPole-v1\nepi|sodes: 3", "most episodes"),
        ("%%learn CartPo|le-v1", "a registered environment"),
        ("# %%\n%%learn CartPo|le-v1", "a registered environment"),
        ("In [3]: %%learn CartPole-v1\n   ...: epi|sodes: 3", "most episodes"),
        ("    %di|ff first", "what changed"),
        ("%di|ff first", "what changed"),
    ],
)
def test_inspection_in_declarations(client: Client, marked: str, expected: str) -> None:
    inspected = inspect(client, marked)
    assert inspected["found"]
    assert expected in inspected["data"]["text/plain"]


def test_inspection_of_nothing(client: Client) -> None:
    inspected = inspect(client, "%%learn CartPole-v1\nno_such|_key: 1")
    assert (inspected["status"], inspected["found"], inspected["data"]) == ("ok", False, {})


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("%runs", "complete"),
        ("%%learn CartPole-v1\nepisodes: 3\n", "complete"),
        ("%%learn CartPole-v1\nepisodes: 3", "incomplete"),
        ("%%learn CartPole-v1\nauthor:", "incomplete"),
        ("%%policy p\ndef act(o):", "incomplete"),
        (">>> %%learn CartPole-v1\n... episodes: 3", "incomplete"),
        ("%%policy p\ndef act(o):\n    return 1\n\n", "complete"),
        ("1", "complete"),
        ("for i in x:", "incomplete"),
        ("import = 7", "invalid"),
    ],
)
def test_completeness_in_both_languages(client: Client, code: str, status: str) -> None:
    assert client.ask("shell", "is_complete_request", {"code": code}).content["status"] == status
