"""How values cross between worker and policy: a layout fixes type, dtype and shape; only bytes travel.

Observations are packed by the layout inferred from the environment's own value, so that the policy receives
exactly what Gymnasium gave: a Python int stays one, a float32 array stays one. Nothing is ever unpickled.

Rows of a plain array or number lie side by side. Inside tuples and dicts every leaf is padded to 16 bytes,
which keeps each array aligned. Where rows differ in type or shape, each carries a description of its own.
"""

# ruff: noqa: D102 - the contract of each method stands at `Layout`
from __future__ import annotations

import json
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

ALIGNMENT = 16
_LENGTH = struct.Struct("<I")
_PLAIN = {"int": ("q", int), "float": ("d", float), "bool": ("?", bool)}
_DESCRIPTIONS_KEPT = 256
_MANY = 5


class LayoutMismatchError(Exception):
    """A value is not of the layout it was to be packed by."""


def padded(data: bytes) -> bytes:
    """The bytes, filled up to the alignment."""
    return data + bytes(-len(data) % ALIGNMENT)


class Layout(ABC):
    """One value's shape in bytes; `size` is zero where it varies."""

    size = 0

    @abstractmethod
    def pack(self, value: Any) -> bytes:
        """The value's bytes; LayoutMismatchError if its type, dtype or shape is another."""

    @abstractmethod
    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        """The value at an offset, arrays read-only, and the offset behind it."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """As JSON, for `restore`."""

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        """A batch's bytes."""
        return b"".join([self.pack(value) for value in values])

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        """A batch's values."""
        rows = []
        for _ in range(count):
            value, offset = self.unpack(buffer, offset)
            rows.append(value)
        return rows


class Array(Layout):
    """A NumPy array."""

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self.dtype = dtype
        self.shape = shape
        self.count = int(np.prod(shape, dtype=np.int64))
        self.size = self.count * dtype.itemsize
        self.batches: dict[int, Any] = {}

    def pack(self, value: Any) -> bytes:
        if type(value) is not np.ndarray or value.dtype != self.dtype or value.shape != self.shape:
            raise LayoutMismatchError
        return value.tobytes()

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        # One concatenation checks dtype and shape of many rows at a third of the price of row by row.
        if len(self.shape) != 1 or len(values) < _MANY or set(map(type, values)) != {np.ndarray}:
            return super().pack_rows(values)
        if set(map(len, values)) != {self.count}:
            raise LayoutMismatchError
        batch = self.batches.get(len(values))
        if batch is None:
            batch = self.batches[len(values)] = np.empty(len(values) * self.count, self.dtype)
        try:
            np.concatenate(values, out=batch, casting="no")
        except (TypeError, ValueError):
            raise LayoutMismatchError from None
        return batch.tobytes()

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        value = np.frombuffer(buffer, self.dtype, self.count, offset).reshape(self.shape)
        return value, offset + self.size

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        flat = np.frombuffer(buffer, self.dtype, count * self.count, offset)
        batch = flat.reshape((count, *self.shape))
        return [batch[row, ...] for row in range(count)] if self.shape == () else list(batch)

    def describe(self) -> dict[str, Any]:
        return {"kind": "array", "dtype": self.dtype.str, "shape": list(self.shape)}


class Scalar(Layout):
    """A NumPy scalar, such as np.int64."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.size = dtype.itemsize

    def pack(self, value: Any) -> bytes:
        if type(value) is not self.dtype.type:
            raise LayoutMismatchError
        return bytes(value.tobytes())

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        return np.frombuffer(buffer, self.dtype, 1, offset)[0], offset + self.size

    def describe(self) -> dict[str, Any]:
        return {"kind": "scalar", "dtype": self.dtype.str}


class Plain(Layout):
    """A Python int, float or bool."""

    def __init__(self, name: str) -> None:
        self.name = name
        code, self.type = _PLAIN[name]
        self.code = code
        self.struct = struct.Struct(f"<{code}")
        self.size = self.struct.size

    def pack(self, value: Any) -> bytes:
        if type(value) is not self.type:
            raise LayoutMismatchError
        try:
            return self.struct.pack(value)
        except struct.error:
            raise LayoutMismatchError from None

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        return self.struct.unpack_from(buffer, offset)[0], offset + self.size

    def pack_rows(self, values: Sequence[Any]) -> bytes:
        if set(map(type, values)) != {self.type}:
            return super().pack_rows(values)
        try:
            return struct.pack(f"<{len(values)}{self.code}", *values)
        except struct.error:
            raise LayoutMismatchError from None

    def unpack_rows(self, buffer: bytes, offset: int, count: int) -> Sequence[Any]:
        return struct.unpack_from(f"<{count}{self.code}", buffer, offset)

    def describe(self) -> dict[str, Any]:
        return {"kind": self.name}


class Text(Layout):
    """A string; the only leaf whose size varies."""

    def pack(self, value: Any) -> bytes:
        if type(value) is not str:
            raise LayoutMismatchError
        data = value.encode("utf-8", "surrogatepass")
        return padded(_LENGTH.pack(len(data)) + data)

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        (length,) = _LENGTH.unpack_from(buffer, offset)
        start = offset + _LENGTH.size
        text = buffer[start : start + length].decode("utf-8", "surrogatepass")
        size = _LENGTH.size + length
        return text, offset + size + (-size % ALIGNMENT)

    def describe(self) -> dict[str, Any]:
        return {"kind": "text"}


class Items(Layout):
    """A tuple of values with layouts of their own."""

    def __init__(self, parts: Sequence[Layout]) -> None:
        self.parts = tuple(parts)
        if all(part.size for part in self.parts):
            self.size = sum(part.size + -part.size % ALIGNMENT for part in self.parts)

    def pack(self, value: Any) -> bytes:
        if type(value) is not tuple or len(value) != len(self.parts):
            raise LayoutMismatchError
        return b"".join([padded(part.pack(item)) for part, item in zip(self.parts, value, strict=True)])

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        items = []
        for part in self.parts:
            item, offset = part.unpack(buffer, offset)
            offset += -offset % ALIGNMENT
            items.append(item)
        return tuple(items), offset

    def describe(self) -> dict[str, Any]:
        return {"kind": "tuple", "parts": [part.describe() for part in self.parts]}


class Fields(Layout):
    """A dict of values with layouts of their own, in the order of its keys."""

    def __init__(self, parts: dict[str, Layout]) -> None:
        self.parts = parts
        self.items = Items(tuple(parts.values()))
        self.size = self.items.size

    def pack(self, value: Any) -> bytes:
        if not isinstance(value, dict) or list(value) != list(self.parts):
            raise LayoutMismatchError
        return self.items.pack(tuple(value.values()))

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        values, offset = self.items.unpack(buffer, offset)
        return dict(zip(self.parts, values, strict=True)), offset

    def describe(self) -> dict[str, Any]:
        return {"kind": "dict", "parts": [[key, part.describe()] for key, part in self.parts.items()]}


class Nothing(Layout):
    """None."""

    def pack(self, value: Any) -> bytes:
        if value is not None:
            raise LayoutMismatchError
        return b""

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:  # noqa: ARG002 - as every layout
        return None, offset

    def describe(self) -> dict[str, Any]:
        return {"kind": "nothing"}


class Loose(Layout):
    """Any value that has a layout: each row says which."""

    def __init__(self) -> None:
        self.restored: dict[bytes, Layout] = {}
        self._use(Nothing())

    def pack(self, value: Any) -> bytes:
        try:
            data = self.latest.pack(value)
        except LayoutMismatchError:
            try:
                self._use(infer(value))
            except TypeError:
                raise LayoutMismatchError from None
            data = self.latest.pack(value)
        return self.opening + padded(data)

    def unpack(self, buffer: bytes, offset: int) -> tuple[Any, int]:
        (length,) = _LENGTH.unpack_from(buffer, offset)
        start = offset + _LENGTH.size
        description = buffer[start : start + length]
        layout = self.restored.get(description)
        if layout is None:
            if len(self.restored) >= _DESCRIPTIONS_KEPT:
                self.restored.clear()
            layout = self.restored[description] = restore(json.loads(description))
        value, offset = layout.unpack(buffer, start + length + -(_LENGTH.size + length) % ALIGNMENT)
        return value, offset + -offset % ALIGNMENT

    def describe(self) -> dict[str, Any]:
        return {"kind": "loose"}

    def _use(self, layout: Layout) -> None:
        self.latest = layout
        description = json.dumps(layout.describe()).encode()
        self.opening = padded(_LENGTH.pack(len(description)) + description)


def infer(value: Any) -> Layout:
    """The layout of a value; TypeError if values of its type cannot cross."""
    if type(value) is np.ndarray and not value.dtype.hasobject:
        return Array(value.dtype, value.shape)
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return Scalar(value.dtype)
    if type(value) in (int, float, bool):
        return Plain(type(value).__name__)
    if type(value) is str:
        return Text()
    if value is None:
        return Nothing()
    if type(value) is tuple:
        return Items([infer(item) for item in value])
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return Fields({key: infer(item) for key, item in value.items()})
    message = f"a value of type {type(value).__name__} cannot be handed to a policy"
    raise TypeError(message)


def restore(description: dict[str, Any]) -> Layout:
    """The layout that `describe` described."""
    kind = description["kind"]
    if kind == "array":
        return Array(np.dtype(description["dtype"]), tuple(description["shape"]))
    if kind == "scalar":
        return Scalar(np.dtype(description["dtype"]))
    if kind in _WITHOUT_PARTS:
        return _WITHOUT_PARTS[kind]()
    if kind == "tuple":
        return Items([restore(part) for part in description["parts"]])
    if kind == "dict":
        return Fields({key: restore(part) for key, part in description["parts"]})
    return Plain(kind)


_WITHOUT_PARTS: dict[str, type[Layout]] = {"text": Text, "nothing": Nothing, "loose": Loose}
