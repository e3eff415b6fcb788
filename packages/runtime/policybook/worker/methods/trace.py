"""`trace`: plays an episode and returns for each step the lines that ran, variables, and a picture."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from policybook.protocol.messages import EnvironmentSpecJson, TracedStepJson, TraceParams, TraceResult
from policybook.rollout.blocks import Limits
from policybook.rollout.closing import close_in_time
from policybook.rollout.environment_fault import format_step
from policybook.rollout.environment_pool import EnvironmentPool, make
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.traced_episode import TracedStep, trace_episode
from policybook.source.document import normalise_text
from policybook.worker.job import Job

TRACED_STEP_FACTOR = 50
"""A step may take so many times longer when every line of it is traced."""

MAX_PICTURE_PIXELS = 240
"""The width and height of a picture at most."""

MAX_STRIP_PICTURES = 24
PICTURES_A_ROW = 6
STRIP_PIXELS = 960
CAPTION_PIXELS = 14
GAP_PIXELS = 4
"""A filmstrip's measures: most pictures, those in a row, its width, a caption's height, gaps."""


def run(params: TraceParams, job: Job) -> TraceResult:
    """Returns the episode, which is played as for a score, but with more time for each step."""
    pool = EnvironmentPool(
        _request_pictures(params["environment"]) if params["pictures"] else params["environment"]
    )
    limits = Limits.from_json(params["limits"])
    source = normalise_text(params["source"])
    policy = job.start_policy(replace(limits, step_ms=TRACED_STEP_FACTOR * limits.step_ms))
    try:
        episode = trace_episode(pool, policy, source, params["seed"], params["pictures"])
    finally:
        policy.close()
        pool.close()
    failure = None
    if episode.fault is not None:
        seed, step = (params["seed"], len(episode.steps)) if episode.has_begun else (None, None)
        failure = explain_fault(episode.fault, pool.actions.allowed, limits, seed, step)
    return {
        "return": episode.total,
        "terminated": episode.terminated,
        "truncated": episode.truncated,
        "actionHash": episode.action_hash,
        "trajectoryHashes": episode.trajectory_hashes.to_json(),
        "steps": [_write_step(step) for step in episode.steps],
        "filmstrip": _draw_filmstrip(episode.steps),
        "failure": None if failure is None else failure.to_json(),
    }


def _request_pictures(spec: EnvironmentSpecJson) -> EnvironmentSpecJson:
    """Returns the specification with pictures, where the environment draws them."""
    env = make(spec)
    modes = env.metadata.get("render_modes") or []
    close_in_time(env)
    if "rgb_array" not in modes:
        return spec
    return {**spec, "kwargs": {**(spec["kwargs"] or {}), "render_mode": "rgb_array"}}


def _write_step(step: TracedStep) -> TracedStepJson:
    return {
        "lines": [list(pair) for pair in step.lines],
        "variables": step.variables,
        "observation": step.observation,
        "action": step.action,
        "reward": step.reward,
        "png": None if step.picture is None else _encode_picture(step.picture),
    }


def _draw_filmstrip(steps: list[TracedStep]) -> str | None:
    """Returns small pictures in rows, each with the number of its step, as a PNG in base 64.

    It returns None where there are none, or too many.
    """
    shown = [(number, step.picture) for number, step in enumerate(steps) if step.picture is not None]
    if not 0 < len(shown) <= MAX_STRIP_PICTURES:
        return None
    small = [_shrink(picture, STRIP_PIXELS // PICTURES_A_ROW - GAP_PIXELS) for _, picture in shown]
    width = max(image.width for image in small) + GAP_PIXELS
    height = max(image.height for image in small) + GAP_PIXELS
    rows = -(-len(small) // PICTURES_A_ROW)
    strip = Image.new(
        "RGB", (min(len(small), PICTURES_A_ROW) * width, rows * (height + CAPTION_PIXELS)), "white"
    )
    for place, ((number, _), image) in enumerate(zip(shown, small, strict=True)):
        left, top = place % PICTURES_A_ROW * width, place // PICTURES_A_ROW * (height + CAPTION_PIXELS)
        strip.paste(image, (left, top + CAPTION_PIXELS))
        ImageDraw.Draw(strip).text((left + 4, top + 2), format_step(number), fill="#444444")
    return _encode(strip)


def _shrink(picture: NDArray[np.uint8], widest: int) -> Image.Image:
    image = Image.fromarray(picture)
    image.thumbnail((widest, widest))
    return image


def _encode_picture(picture: NDArray[np.uint8]) -> str:
    return _encode(_shrink(picture, MAX_PICTURE_PIXELS))


def _encode(image: Image.Image) -> str:
    target = io.BytesIO()
    image.save(target, "png")
    return base64.b64encode(target.getvalue()).decode()
