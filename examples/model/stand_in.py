"""A stand-in for a language model: a local server that speaks as OpenAI-compatible servers do, by a script.

It shows the machinery without a key: everything goes over real HTTP, but what it answers was written down
before. Put the address of your own server in the place of its own, and leave this file out.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LEAN = '''"""Push the cart to the side that the pole leans to."""


def act(observation):
    x, v, lean, fall = observation
    return int(lean > 0)
'''
SLIP = '''"""Push where the pole leans and falls."""


def act(observation):
    x, v, lean, fall = observation
    return int(lean + 0.5 * fal > 0)
'''
FALL = SLIP.replace("fal >", "fall >")
BALANCE = '''"""Balance the pole, and bring the cart back to the middle."""

LEAN = 3.0  # tune: [0, 10]
FALL = 1.0  # tune: [0, 5]
PLACE = 0.1  # tune: [0, 2]
SPEED = 0.3  # tune: [0, 2]


def act(observation):
    x, v, lean, fall = observation
    return int(PLACE * x + SPEED * v + LEAN * lean + FALL * fall > 0)
'''


def write_answer(label, idea, policy):
    """One policy, in the form that every prompt asks for."""
    return {"content": f"Label: {label}\nIdea: {idea}\n\n```python\n{policy}```\n"}


def call_tool(name, **arguments):
    """A call of one tool, as a model in agent mode makes it."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"tool_calls": [{"index": 0, "id": f"call_{name}", "type": "function", "function": function}]}


# Where each answer is one policy. The second cannot be played, and is mended in the same conversation.
PROPOSE = [
    write_answer("push where it leans", "The lean says which way the pole will fall.", LEAN),
    write_answer("lean and fall", "The speed of the fall tells it earlier.", SLIP),
    write_answer("lean and fall", "The speed of the fall tells it earlier.", FALL),
    write_answer("balance in the middle", "The cart must not run out of the track.", BALANCE),
]
# What is answered when the model works with tools before it submits.
AGENT = [
    call_tool("probe", actions=[1, 1, 1, 0, 0, 0]),
    call_tool("evaluate", policy=LEAN, episodes=8),
    call_tool("evaluate", policy=FALL, episodes=8),
    call_tool("note", text="The speed of the fall matters more than the lean alone."),
    call_tool("submit", policy=FALL, label="lean and fall", idea="It reacts before the pole leans far."),
    call_tool("trace", candidate=1, rows=10),
    call_tool("submit", policy=BALANCE, label="balance in the middle", idea="The cart stays on the track."),
]


class _Handler(BaseHTTPRequestHandler):
    script = ()
    taken = 0

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        kind = type(self)
        answer = kind.script[min(kind.taken, len(kind.script) - 1)]
        kind.taken += 1
        reason = "tool_calls" if "tool_calls" in answer else "stop"
        usage = {"prompt_tokens": length // 4, "completion_tokens": 200, "total_tokens": length // 4 + 200}
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for choices, more in (
            ([{"index": 0, "delta": {"role": "assistant", **answer}, "finish_reason": None}], {}),
            ([{"index": 0, "delta": {}, "finish_reason": reason}], {}),
            ([], {"usage": usage}),
        ):
            chunk = {
                "id": "stand-in",
                "object": "chat.completion.chunk",
                "model": "stand-in",
                "choices": choices,
            }
            self.wfile.write(f"data: {json.dumps(chunk | more)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *arguments):
        """Says nothing for each request."""


def start(script, port):
    """Starts a server that answers by `script`, again and again by its end; `.shutdown()` stops it."""
    handler = type("Handler", (_Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
