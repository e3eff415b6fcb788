"""What a frame shows to a policy: observations of all episodes under way, and declared extra arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policybook.rollout.environment_pool import EnvironmentPool
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.finite_check import FiniteCheck
from policybook.rollout.policy_process import ObservationFormat, PolicyProcess
from policybook.sandbox.codecs import (
    Codec,
    CodecMismatchError,
    DynamicCodec,
    TextTooLongError,
    infer_codec,
)

BATCH_BYTES = 1 << 20
"""A frame's observations take at most so many bytes, so that they stay in the processor's caches."""


class FramePacker:
    """Packs batches of observations, and agrees on their codec with the policy's process."""

    def __init__(self, pool: EnvironmentPool) -> None:
        self.pool = pool
        self._extra_args_codec = DynamicCodec()
        self._finite_check: FiniteCheck | None = None

    def predict_format(self, width: int) -> ObservationFormat | None:
        """Returns the format in which the environment's observations came last, None where there is none."""
        codec = self.pool.last_codec
        return None if codec is None else self._format(codec, width)

    def pack_observations(self, policy: PolicyProcess, observations: Sequence[Any], width: int) -> bytes:
        """Returns a batch's bytes in the process's format; announces another format where they need one.

        Raises RequestFailedError where a value cannot cross.
        """
        try:
            return self._pack_rows(policy, observations, width)
        except TextTooLongError as error:
            message = f"the observation cannot be handed to a policy: {error}"
            raise RequestFailedError("environment_error", message) from None

    def _pack_rows(self, policy: PolicyProcess, observations: Sequence[Any], width: int) -> bytes:
        if policy.observation_format is not None:
            try:
                return policy.observation_format.codec.pack_rows(observations)
            except CodecMismatchError:
                pass
        try:
            candidates = (infer_codec(observations[0]), DynamicCodec())
        except TypeError as error:
            message = f"the observation cannot be handed to a policy: {error}"
            raise RequestFailedError("environment_error", message) from None
        for codec in candidates:
            try:
                data = codec.pack_rows(observations)
            except CodecMismatchError:
                continue
            policy.observe(self._format(codec, width))
            self.pool.last_codec = None if isinstance(codec, DynamicCodec) else codec
            return data
        message = "the observation cannot be handed to a policy: a part of it has a type that cannot cross"
        raise RequestFailedError("environment_error", message)

    def find_endless(self, policy: PolicyProcess, data: bytes, observations: Sequence[Any]) -> dict[int, str]:
        """Returns what is wrong with each row of a packed batch that is in no space for its numbers."""
        codec = None if policy.observation_format is None else policy.observation_format.codec
        if codec is None:
            return {}
        if self._finite_check is None or self._finite_check.codec is not codec:
            self._finite_check = FiniteCheck(self.pool.observation_space, codec)
        return self._finite_check.find(data, observations)

    def pack_extra_args(self, extra_args: Sequence[dict[str, Any]]) -> bytes:
        """Returns the bytes of the extra arguments, empty where none are declared.

        Raises RequestFailedError where a value cannot cross.
        """
        if not self.pool.has_extra_args:
            return b""
        try:
            return self._extra_args_codec.pack_rows(extra_args)
        except TextTooLongError as error:
            message = f"what `info:` declares cannot be handed to a policy: {error}"
            raise RequestFailedError("environment_error", message) from None
        except CodecMismatchError:
            types = ", ".join(f"{name} is a {type(value).__name__}" for name, value in extra_args[0].items())
            message = (
                f"what `info:` declares cannot be handed to a policy: {types}. Numbers, text, None and "
                "arrays can, and tuples, lists and dicts of them."
            )
            raise RequestFailedError("environment_error", message) from None

    def _format(self, codec: Codec, width: int) -> ObservationFormat:
        most = min(width, max(1, BATCH_BYTES // max(1, codec.size)))
        return ObservationFormat(codec, most, self.pool.has_extra_args)
