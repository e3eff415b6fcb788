"""`jitter`: what a policy scores with all marked constants a little off, by one draw for each episode."""

from __future__ import annotations

import numpy as np

from policybook.protocol.messages import JitterParams, JitterResult
from policybook.tuner import ConstantSpace
from policybook.worker.job import Job
from policybook.worker.methods.policy_text import raise_as_request_failure


def run(params: JitterParams, job: Job) -> JitterResult:
    """Returns the return of each draw on its seed, None where the text failed.

    Raises syntax_error for a text that does not compile.
    """
    texts = raise_as_request_failure(
        lambda: _write_texts(params["source"], params["seed"], params["part"], len(params["seeds"]))
    )
    played = job.evaluate("pairs", texts, params["seeds"])
    return {
        "seeds": [
            each.episodes[0].seed if each.failure is None else each.failure.seed or seed
            for each, seed in zip(played, params["seeds"], strict=True)
        ],
        "returns": [each.episodes[0].total if each.failure is None else None for each in played],
        "usage": job.measure_usage(episodes=len(texts), steps=job.played_steps),
    }


def _write_texts(source: str, seed: int, part: float, count: int) -> list[str]:
    coordinates = ConstantSpace(source)
    written = coordinates.locate_text()
    draws = np.random.default_rng(seed).uniform(-part, part, (count, coordinates.dimensions))
    return [coordinates.write_text(written + draw) for draw in draws]
