"""What a run with a language model takes beside the model's own time, from outside: one gap a call.

A local server answers at once and notes when each answer has ended and when the next request has come.
Between two answers in agent mode that play nothing lie reading, recording and the next prompt; between two
policies lie a trial episode and a race as well. The peer is a bare loop that posts a prompt of the same
length to the same server.
"""

import http.client
import json
import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from figures import Figure, report
from wire_client import BenchKernel, running

RUNS = 5
CALLS = 8
MOST_MS = 50.0


class Server(ThreadingHTTPServer):
    """Answers by a script, and keeps the seconds between the end of each answer and the next request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[dict[str, Any]] = []
        self.taken = 0
        self.ended: float | None = None
        self.gaps: list[float] = []
        self.longest = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self, answers: list[dict[str, Any]]) -> None:
        """Starts a script; the first request of it ends no gap."""
        self.answers, self.taken, self.ended = answers, 0, None


class Handler(BaseHTTPRequestHandler):
    """One streamed answer."""

    protocol_version = "HTTP/1.1"
    # What is written in two parts would else wait for 40 ms between them.
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        """Answers at once."""
        come = time.perf_counter()
        server = self.server
        if server.ended is not None:
            server.gaps.append(come - server.ended)
        length = int(self.headers["Content-Length"])
        server.longest = max(server.longest, length)
        self.rfile.read(length)
        answer = server.answers[min(server.taken, len(server.answers) - 1)]
        server.taken += 1
        chunks = [
            {"choices": [{"index": 0, "delta": answer, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}},
        ]
        lines = [f"data: {json.dumps({'id': 'bench', 'model': 'bench', **chunk})}\n\n" for chunk in chunks]
        body = "".join([*lines, "data: [DONE]\n\n"]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        server.ended = time.perf_counter()

    def log_message(self, *_: object) -> None:
        """Says nothing for each request."""


def policy(number: int, run: int) -> str:
    """A policy that acts like no other of its run, and whose episodes are short.

    Its text is that of no other run: the evaluator gives its recent results again.
    """
    return (
        f'"""Pushes to the left {number + 1} times of {number + 3}, in run {run}."""\n\ntaken = 0\n\n\n'
        "def act(observation):\n    global taken\n    taken += 1\n"
        f"    return int(taken % {number + 3} > {number})\n"
    )


def propose(number: int, run: int) -> dict[str, Any]:
    """An answer that is a policy."""
    return {"content": f"Label: push {number}\nIdea: Push in turns.\n\n```python\n{policy(number, run)}```\n"}


def use(tool: str, **arguments: Any) -> dict[str, Any]:
    """An answer that calls a tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {"tool_calls": [{"index": 0, "id": f"call_{tool}", "type": "function", "function": function}]}


def learn(kernel: BenchKernel, name: str, author: str) -> None:
    """Runs a cell that may end without a policy."""
    cell = f"%%learn CartPole-v1 as {name}\nauthor: {{{author}}}\nepisodes: 400\ncalls: {CALLS}\ntune: false"
    for _ in kernel.published(kernel.execute(cell)):
        pass
    kernel.reply()


def measure_bare(server: Server, length: int) -> list[float]:
    """The gaps of a loop that does nothing but post."""
    server.begin([propose(0, 0)])
    before = len(server.gaps)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    body = json.dumps({"messages": [{"role": "user", "content": "x" * length}]})
    for _ in range(RUNS * CALLS):
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    connection.close()
    return server.gaps[before:]


def main() -> None:
    """Measures both modes and the peer in one run."""
    server = Server()
    address = f"kind: openai, model: bench, base_url: 'http://127.0.0.1:{server.server_port}/v1'"
    modes = {
        "a call of a tool that plays nothing": (
            f"{address}, mode: agent",
            lambda run: [
                *(use("note", text=f"Note {number}.") for number in range(CALLS - 1)),
                use("submit", policy=policy(1, run), label="push", idea="Push."),
            ],
        ),
        "a policy, tried and raced": (
            address,
            lambda run: [propose(number, run) for number in range(CALLS)],
        ),
    }
    gaps: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        running("policybook.launcher", Path(place) / "model") as kernel,
    ):
        for number, (name, (author, answers)) in enumerate(modes.items()):
            before = len(server.gaps)
            for run in range(RUNS):
                server.begin(answers(run))
                learn(kernel, f"bench{number}{run}", author)
            gaps[name] = server.gaps[before:]
    bare = 1000 * statistics.median(measure_bare(server, server.longest))
    server.shutdown()
    figures = []
    for name, seconds in gaps.items():
        ours = 1000 * statistics.median(seconds)
        goal = f"ours - peer <= {MOST_MS:g}"
        figures.append(
            Figure(f"{name} ({len(seconds)})", "ms", ours, bare, ours / bare, goal, ours - bare <= MOST_MS)
        )
        slow = 1000 * statistics.quantiles(seconds, n=10)[-1]
        figures.append(Figure("  the slowest tenth, from", "ms", slow))
    report("model", figures)


if __name__ == "__main__":
    main()
