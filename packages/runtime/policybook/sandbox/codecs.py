"""How values cross between worker and policy: a codec fixes type, dtype and shape, and only bytes travel.

Observations are packed by the codec of the environment's own value, so that the policy receives exactly what
Gymnasium gave: a Python int stays one, a float32 array stays one. Nothing is ever unpickled.

Rows of a plain array or number lie side by side. Inside tuples and dicts every leaf is padded to 16 bytes,
which keeps each array aligned. Where rows differ in type or shape, each carries a description of its own.
"""

# ruff: noqa: D102 - the contract of each method stands at `Codec`
from __future__ import annotations

import json
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from policybook.sandbox.messages import (
    ArrayDescription,
    BoundedTextDescription,
    CodecDescription,
    DictDescription,
    LeafDescription,
    ListDescription,
    PrimitiveName,
    ScalarDescription,
    TupleDescription,
)

ALIGNMENT = 16
"""Bytes to whose multiples leaves are padded."""

_LENGTH = struct.Struct("<I")
_PRIMITIVES: dict[PrimitiveName, tuple[str, type]] = {
    "int": ("q", int),
    "float": ("d", float),
    "bool": ("?", bool),
}
_PRIMITIVE_NAMES = {kind: name for name, (_, kind) in _PRIMITIVES.items()}
_DESCRIPTIONS_KEPT = 256
_MIN_CONCATENATED_ROWS = 5

MAX_TEXT_CHARACTERS = 1 << 18
"""A longer text of an environment is handed to no policy: 64 of them are a tenth of a process's memory."""


class CodecMismatchError(Exception):
    """A value is not of the type, dtype or shape of the codec that was to pack it."""


class TextTooLongError(Exception):
    """A text has more than MAX_TEXT_CHARACTERS; the message is for people."""


def pad(data: bytes) -> bytes:
    """Returns the data, filled up to a multiple of the alignment."""
    return data + bytes(-len(data) % ALIGNMENT)


class Codec(ABC):
    """Writes values of one type and shape as bytes; `size` is how many, 0 where that `varies`."""

    size = 0
    varies = False

    @abstractmethod
    def pack(self, value: Any) -> bytes:
        """Returns a value's bytes; raises CodecMismatchError where its type, dtype or shape is another."""

    @abstractmethod
    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        """Returns the value at an offset and the offset behind it; arrays are read-only."""

    @abstractmethod
    def describe(self) -> CodecDescription:
        """Returns the codec as JSON, which `restore_codec` takes."""

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        """Returns the bytes of a batch of values; raises CodecMismatchError as `pack` does."""
        return b"".join([self.pack(value) for value in values])

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        """Returns a batch of values."""
        rows = []
        for _ in range(count):
            value, offset = self.unpack(buffer, offset)
            rows.append(value)
        return rows


class ArrayCodec(Codec):
    """Writes a NumPy array."""

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self.dtype = dtype
        self.shape = shape
        self.count = int(np.prod(shape, dtype=np.int64))
        self.size = self.count * dtype.itemsize
        self.batches: dict[int, Any] = {}

    def pack(self, value: Any) -> bytes:
        if type(value) is not np.ndarray or value.dtype != self.dtype or value.shape != self.shape:
            raise CodecMismatchError
        return value.tobytes()

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        # One concatenation checks dtype and shape of many rows at a third of the price of row by row.
        if (
            len(self.shape) != 1
            or len(values) < _MIN_CONCATENATED_ROWS
            or set(map(type, values)) != {np.ndarray}
        ):
            return super().pack_rows(values)
        if set(map(len, values)) != {self.count}:
            raise CodecMismatchError
        batch = self.batches.get(len(values))
        if batch is None:
            batch = self.batches[len(values)] = np.empty(len(values) * self.count, self.dtype)
        try:
            np.concatenate(values, out=batch, casting="no")
        except (TypeError, ValueError):
            raise CodecMismatchError from None
        return batch.tobytes()

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        value = np.frombuffer(buffer, self.dtype, self.count, offset).reshape(self.shape)
        return value, offset + self.size

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        flat = np.frombuffer(buffer, self.dtype, count * self.count, offset)
        batch = flat.reshape((count, *self.shape))
        return [batch[row, ...] for row in range(count)] if self.shape == () else list(batch)

    def describe(self) -> ArrayDescription:
        return {"kind": "array", "dtype": self.dtype.str, "shape": list(self.shape)}


class ScalarCodec(Codec):
    """Writes a NumPy scalar, such as np.int64."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.size = dtype.itemsize
        # Bytes differ in length and dates in their unit, where the type is the same.
        self.has_one_form = dtype.kind in "biufc"

    def pack(self, value: Any) -> bytes:
        if type(value) is not self.dtype.type or not (self.has_one_form or value.dtype == self.dtype):
            raise CodecMismatchError
        return bytes(value.tobytes())

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        return np.frombuffer(buffer, self.dtype, 1, offset)[0], offset + self.size

    def describe(self) -> ScalarDescription:
        return {"kind": "scalar", "dtype": self.dtype.str}


class PrimitiveCodec(Codec):
    """Writes a Python int, float or bool."""

    def __init__(self, name: PrimitiveName) -> None:
        self.name = name
        code, self.type = _PRIMITIVES[name]
        self.code = code
        self.struct = struct.Struct(f"<{code}")
        self.size = self.struct.size

    def pack(self, value: Any) -> bytes:
        if type(value) is not self.type:
            raise CodecMismatchError
        try:
            return self.struct.pack(value)
        except struct.error:
            raise CodecMismatchError from None

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        return self.struct.unpack_from(buffer, offset)[0], offset + self.size

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        if set(map(type, values)) != {self.type}:
            return super().pack_rows(values)
        try:
            return struct.pack(f"<{len(values)}{self.code}", *values)
        except struct.error:
            raise CodecMismatchError from None

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        return struct.unpack_from(f"<{count}{self.code}", buffer, offset)

    def describe(self) -> LeafDescription:
        return {"kind": self.name}


class TextCodec(Codec):
    """Writes a string; its size varies, as that of no other leaf does."""

    varies = True

    def pack(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise CodecMismatchError
        # A text of NumPy's, as its `choice` returns it, is one of Python's for a policy.
        value = str.__str__(value)
        if len(value) > MAX_TEXT_CHARACTERS:
            message = (
                f"it has a text of {len(value):,} characters, and a policy is given at most "
                f"{MAX_TEXT_CHARACTERS:,}; let the environment shorten it, or give it as numbers in an array"
            )
            raise TextTooLongError(message)
        data = value.encode("utf-8", "surrogatepass")
        return pad(_LENGTH.pack(len(data)) + data)

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        (length,) = _LENGTH.unpack_from(buffer, offset)
        start = offset + _LENGTH.size
        text = buffer[start : start + length].decode("utf-8", "surrogatepass")
        size = _LENGTH.size + length
        return text, offset + size + (-size % ALIGNMENT)

    def describe(self) -> LeafDescription:
        return {"kind": "text"}


class BoundedTextCodec(Codec):
    """Writes a string of at most `most` characters in bytes of which there are always as many.

    They are its length and then the number of each character in `width` bytes: 1 for characters up to
    U+00FF, else 4.
    """

    def __init__(self, most: int, width: int) -> None:
        self.most = most
        self.width = width
        self.encoding = "latin-1" if width == 1 else "utf-32-le"
        self.size = _LENGTH.size + most * width

    def pack(self, value: Any) -> bytes:
        if type(value) is not str or len(value) > self.most:
            raise CodecMismatchError
        try:
            data = value.encode(self.encoding, "strict" if self.width == 1 else "surrogatepass")
        except UnicodeEncodeError:
            raise CodecMismatchError from None
        return (_LENGTH.pack(len(value)) + data).ljust(self.size, b"\0")

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        """Returns the text and the offset behind it; raises CodecMismatchError for bytes that hold none."""
        (length,) = _LENGTH.unpack_from(buffer, offset)
        if length > self.most:
            raise CodecMismatchError
        start = offset + _LENGTH.size
        try:
            text = buffer[start : start + length * self.width].decode(self.encoding, "surrogatepass")
        except UnicodeDecodeError:
            raise CodecMismatchError from None
        return text, offset + self.size

    def describe(self) -> BoundedTextDescription:
        return {"kind": "bounded_text", "most": self.most, "width": self.width}


class SequenceCodec(Codec):
    """Writes a tuple of values that have codecs of their own."""

    def __init__(self, parts: Sequence[Codec]) -> None:
        self.parts = tuple(parts)
        self.varies = any(part.varies for part in self.parts)
        if not self.varies:
            self.size = sum(part.size + -part.size % ALIGNMENT for part in self.parts)

    def pack(self, value: Any) -> bytes:
        if type(value) is not tuple or len(value) != len(self.parts):
            raise CodecMismatchError
        return b"".join([pad(part.pack(item)) for part, item in zip(self.parts, value, strict=True)])

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        items = []
        for part in self.parts:
            item, offset = part.unpack(buffer, offset)
            offset += -offset % ALIGNMENT
            items.append(item)
        return tuple(items), offset

    def describe(self) -> TupleDescription:
        return {"kind": "tuple", "parts": [part.describe() for part in self.parts]}


class ListCodec(Codec):
    """Writes a list of values that have codecs of their own."""

    def __init__(self, parts: Sequence[Codec]) -> None:
        self.items = SequenceCodec(parts)
        self.size, self.varies = self.items.size, self.items.varies

    def pack(self, value: Any) -> bytes:
        if type(value) is not list:
            raise CodecMismatchError
        return self.items.pack(tuple(value))

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        values, offset = self.items.unpack(buffer, offset)
        return list(values), offset

    def describe(self) -> ListDescription:
        return {"kind": "list", "parts": [part.describe() for part in self.items.parts]}


class DictCodec(Codec):
    """Writes a dict of values that have codecs of their own, in the order of its keys."""

    def __init__(self, parts: dict[str, Codec]) -> None:
        self.parts = parts
        self.items = SequenceCodec(tuple(parts.values()))
        self.size, self.varies = self.items.size, self.items.varies

    def pack(self, value: Any) -> bytes:
        if not isinstance(value, dict) or list(value) != list(self.parts):
            raise CodecMismatchError
        return self.items.pack(tuple(value.values()))

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        values, offset = self.items.unpack(buffer, offset)
        return dict(zip(self.parts, values, strict=True)), offset

    def describe(self) -> DictDescription:
        return {"kind": "dict", "parts": [(key, part.describe()) for key, part in self.parts.items()]}


class NoneCodec(Codec):
    """Writes None, in no bytes."""

    def pack(self, value: Any) -> bytes:
        if value is not None:
            raise CodecMismatchError
        return b""

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:  # noqa: ARG002 - as every codec
        return None, offset

    def describe(self) -> LeafDescription:
        return {"kind": "none"}


class DynamicCodec(Codec):
    """Writes any value that has a codec; each row says which."""

    varies = True

    def __init__(self) -> None:
        self.restored: dict[bytes, Codec] = {}
        self._use(NoneCodec())

    def pack(self, value: Any) -> bytes:
        try:
            data = self.latest.pack(value)
        except CodecMismatchError:
            try:
                self._use(infer_codec(value))
            except TypeError:
                raise CodecMismatchError from None
            data = self.latest.pack(value)
        return self.opening + pad(data)

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        (length,) = _LENGTH.unpack_from(buffer, offset)
        start = offset + _LENGTH.size
        description = buffer[start : start + length]
        codec = self.restored.get(description)
        if codec is None:
            if len(self.restored) >= _DESCRIPTIONS_KEPT:
                self.restored.clear()
            codec = self.restored[description] = restore_codec(json.loads(description))
        value, offset = codec.unpack(buffer, start + length + -(_LENGTH.size + length) % ALIGNMENT)
        return value, offset + -offset % ALIGNMENT

    def describe(self) -> LeafDescription:
        return {"kind": "dynamic"}

    def _use(self, codec: Codec) -> None:
        self.latest = codec
        description = json.dumps(codec.describe()).encode()
        self.opening = pad(_LENGTH.pack(len(description)) + description)


def infer_codec(value: Any) -> Codec:
    """Returns the codec of a value; raises TypeError for a type whose values cannot cross."""
    if type(value) is np.ndarray and not value.dtype.hasobject:
        return ArrayCodec(value.dtype, value.shape)
    if isinstance(value, str):
        return TextCodec()
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return ScalarCodec(value.dtype)
    if type(value) in _PRIMITIVE_NAMES:
        return PrimitiveCodec(_PRIMITIVE_NAMES[type(value)])
    if value is None:
        return NoneCodec()
    if type(value) is tuple:
        return SequenceCodec([infer_codec(item) for item in value])
    if type(value) is list:
        return ListCodec([infer_codec(item) for item in value])
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return DictCodec({key: infer_codec(item) for key, item in value.items()})
    message = f"a value of type {type(value).__name__} cannot be handed to a policy"
    raise TypeError(message)


def restore_codec(description: CodecDescription) -> Codec:
    """Returns the codec that `describe` described."""
    if description["kind"] == "array":
        return ArrayCodec(np.dtype(description["dtype"]), tuple(description["shape"]))
    if description["kind"] == "scalar":
        return ScalarCodec(np.dtype(description["dtype"]))
    if description["kind"] == "bounded_text":
        return BoundedTextCodec(description["most"], description["width"])
    if description["kind"] == "tuple":
        return SequenceCodec([restore_codec(part) for part in description["parts"]])
    if description["kind"] == "list":
        return ListCodec([restore_codec(part) for part in description["parts"]])
    if description["kind"] == "dict":
        return DictCodec({key: restore_codec(part) for key, part in description["parts"]})
    return _restore_leaf(description["kind"])


def _restore_leaf(kind: Literal["int", "float", "bool", "text", "none", "dynamic"]) -> Codec:
    match kind:
        case "text":
            return TextCodec()
        case "none":
            return NoneCodec()
        case "dynamic":
            return DynamicCodec()
        case _:
            return PrimitiveCodec(kind)
