"""A key of the system's keyring reaches the model's server, and nothing else: canaries over every sink."""

import json
from pathlib import Path

import psutil
from kernel_harness import ROOT, RunningKernel, poll, read_command, read_variables
from learning_kernel import INSTALLED_BUNDLE, error_of, learn
from model_server import Server, answer

KEY = "sk-canary-4e1f90aa7c3d"
OTHER = "sk-canary-of-the-environment-8b21"
GOOD = answer("lean", "def act(observation):\n    return int(observation[2] > 0)\n")


def written(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_a_key_of_the_keyring_stays_in_the_kernel(specs: Path, tmp_path: Path) -> None:
    kept = {"policybook KEYRING_KEY": KEY}
    keyring = tmp_path / "keyring.json"
    keyring.write_text(json.dumps(kept))
    refusal = {
        "status": 401,
        "error": {"message": f"Incorrect API key provided: {KEY}", "type": "invalid_request_error"},
    }
    # No test waits so long: the call is under way while the processes are looked at.
    slow = {**GOOD, "delay": 3_600_000}
    server = Server(tmp_path, [GOOD, slow, refusal])
    author = server.author().replace("CANARY_KEY", "KEYRING_KEY")
    notebook = tmp_path / "notebook"
    notebook.mkdir()
    log = tmp_path / "kernel.log"
    with log.open("w") as stream:
        kernel = RunningKernel(
            specs,
            INSTALLED_BUNDLE,
            notebook,
            streams=stream,
            JPY_SESSION_NAME="keys.ipynb",
            PYTHONPATH=str(ROOT / "test" / "fixtures" / "keyring"),
            KEYRING_FILE=str(keyring),
            OTHER_KEY=OTHER,
        )
        try:
            client = kernel.client()
            cell = f"%%learn CartPole-v1 as kept\n{author}\nepisodes: 400\ncalls: 3\nsimplify: false"
            running = client.execute(cell)
            poll(lambda: len(server.requests()) == 2, "the second call is under way")
            processes = [psutil.Process(kernel.pid), *psutil.Process(kernel.pid).children(recursive=True)]
            workbench = kernel.workbench().pid
            for process in processes:
                assert KEY not in " ".join(read_command(process))
                variables = json.dumps(read_variables(process))
                assert KEY not in variables
                # The user's Python has the user's environment; what plays policies has none of its keys.
                assert OTHER not in variables or process.pid in (kernel.pid, workbench)
            assert len(processes) > 3, "an evaluator and its workers were among them"
            client.send("control", "interrupt_request", {})
            seen = [client.collect(running)]

            refused = client.run(cell, timeout=120)
            assert "does not take the key in KEYRING_KEY" in error_of(refused)[1]
            seen += [refused, learn(client, "%export kept kept.py"), learn(client, "%attach kept")]
            seen += [client.run("import os; print(dict(os.environ)); import policybook as pb")]
            seen += [client.run("print(pb.run('kept').calls.to_string())")]
            missing = author.replace("KEYRING_KEY", "NO_SUCH_KEY")
            seen += [client.run(f"%%learn CartPole-v1 as none\n{missing}\nepisodes: 50")]
            assert "policybook key set NO_SUCH_KEY" in error_of(seen[-1])[1]
        finally:
            kernel.close()
            requests = server.requests()
            server.close()
    assert {request["headers"]["authorization"] for request in requests} == {f"Bearer {KEY}"}
    assert KEY not in "".join(request["body"] for request in requests)
    published = json.dumps([each.published for each in seen], default=str)
    assert [KEY in text for text in (published, written(notebook), log.read_text())] == [False] * 3
