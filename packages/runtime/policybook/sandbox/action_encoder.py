"""Writes the values that a policy returns as bytes, in the codec of the action space.

A value that the codec cannot write is a fault here. The worker, which trusts nothing of this, decides whether
a value lies in the space.
"""

# ruff: noqa: BLE001 - a policy may raise anything
from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from policybook.sandbox.codecs import (
    ArrayCodec,
    BoundedTextCodec,
    Codec,
    CodecMismatchError,
    DictCodec,
    PrimitiveCodec,
    SequenceCodec,
    pad,
)
from policybook.sandbox.faults import FaultError, shorten_repr

Encode = Callable[[Any], bytes]


def make_encoder(codec: Codec) -> Encode:
    """Returns a function that writes one action; it raises FaultError for what the codec cannot hold.

    Raises TypeError for a codec that no action space has.
    """
    match codec:
        case PrimitiveCodec():
            return _make_number_encoder(codec)
        case ArrayCodec():
            return _make_array_encoder(codec)
        case BoundedTextCodec():
            return _make_text_encoder(codec)
        case SequenceCodec():
            return _make_sequence_encoder(codec)
        case DictCodec():
            return _make_dict_encoder(codec)
    raise TypeError(f"no action is written by a {type(codec).__name__}")


def _make_number_encoder(codec: PrimitiveCodec) -> Encode:
    pack = codec.struct.pack
    index = operator.index

    def encode(value: Any) -> bytes:
        try:
            number = index(value)
        except Exception:
            raise _make_fault(value, "an integer") from None
        try:
            return bytes(pack(number))
        except Exception:
            # It is an integer beyond 64 bits, and so beyond every space; the worker says what is allowed.
            raise FaultError("invalid_action", f"`act` returned {shorten_repr(value)}") from None

    return encode


def _make_array_encoder(codec: ArrayCodec) -> Encode:
    wanted = f"an array of shape {codec.shape} and dtype {codec.dtype}"
    is_floating = codec.dtype.kind == "f"

    def encode(value: Any) -> bytes:
        try:
            array = np.asarray(value)
        except Exception:
            raise _make_fault(value, wanted) from None
        if array.shape != codec.shape:
            raise _make_fault(value, wanted, f" of shape {array.shape}")
        if array.dtype.kind not in ("biuf" if is_floating else "biu"):
            raise _make_fault(value, wanted, f" of dtype {array.dtype}")
        try:
            cast = array.astype(codec.dtype)
        except Exception:  # a policy may have turned warnings of NumPy or Python into errors
            raise _make_fault(value, wanted) from None
        if not is_floating and not np.array_equal(cast, array):
            raise _make_fault(value, wanted)
        return cast.tobytes()

    return encode


def _make_text_encoder(codec: BoundedTextCodec) -> Encode:
    def encode(value: Any) -> bytes:
        if not isinstance(value, str):
            raise _make_fault(value, "a text (str)")
        # A subclass of str, such as NumPy's, may have methods of its own.
        text = str.__str__(value)
        try:
            return codec.pack(text)
        except CodecMismatchError:
            # It is longer or has other characters than every text of the space; the worker says which are
            # allowed.
            detail = f" of {len(text):,} characters" if len(text) > codec.most else ""
            raise FaultError(
                "invalid_action", f"`act` returned {shorten_repr(text[: codec.most + 1])}{detail}"
            ) from None

    return encode


def _make_sequence_encoder(codec: SequenceCodec) -> Encode:
    encoders = [make_encoder(part) for part in codec.parts]

    def encode(value: Any) -> bytes:
        if not isinstance(value, tuple | list) or len(value) != len(encoders):
            raise _make_fault(value, f"a tuple of {len(encoders)} items")
        return b"".join([pad(part(item)) for part, item in zip(encoders, value, strict=True)])

    return encode


def _make_dict_encoder(codec: DictCodec) -> Encode:
    encoders = {key: make_encoder(part) for key, part in codec.parts.items()}

    def encode(value: Any) -> bytes:
        if not isinstance(value, Mapping) or set(value) != set(encoders):
            raise _make_fault(value, f"a dict with the keys {', '.join(map(str, encoders))}")
        return b"".join([pad(part(value[key])) for key, part in encoders.items()])

    return encode


def _make_fault(value: Any, wanted: str, detail: str = "") -> FaultError:
    return FaultError(
        "invalid_action", f"`act` returned {shorten_repr(value)}{detail}, where {wanted} is needed"
    )
