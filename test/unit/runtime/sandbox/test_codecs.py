"""Values come out of the frame codec as they went in: value, type, dtype, shape."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from policybook.sandbox.codecs import (
    MAX_TEXT_CHARACTERS,
    CodecMismatchError,
    DynamicCodec,
    TextTooLongError,
    infer_codec,
    restore_codec,
)

VALUES: list[Any] = [
    np.array([1.5, -2.0], np.float32),
    np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
    np.array(3.0),
    np.zeros((0, 2)),
    np.float32(0.1),
    np.int64(-4),
    np.bool_(True),
    7,
    -0.25,
    True,
    "ünïcode",
    None,
    (1, np.int64(2), (0.5, "x")),
    [True, [0, 2.5], np.array([1.0]), []],
    np.datetime64("2026-11-30T12:00:00", "s"),
    np.bytes_(b"abc"),
    ({}, (), None, np.zeros(0), 1.5),
    {"image": np.ones((3, 3), np.uint8), "direction": 2, "mission": "go to the green door"},
    OrderedDict(b=np.array([1.0]), a=(np.array([2], np.int8),)),
]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("count", [1, 5])
def test_a_batch_comes_out_as_it_went_in(value: Any, count: int) -> None:
    codec = infer_codec(value)
    data = codec.pack_rows([value] * count)
    rows = restore_codec(codec.describe()).unpack_rows(bytes(16) + data, 16, count)
    assert len(rows) == count
    assert all(same(value, row) for row in rows)
    if codec.size:
        assert len(data) == codec.size * count


def test_rows_of_many_layouts_share_a_batch() -> None:
    codec = DynamicCodec()
    values = [value for value in VALUES for _ in range(2)]
    data = codec.pack_rows(values)
    rows = restore_codec(codec.describe()).unpack_rows(bytes(16) + data, 16, len(values))
    assert len(rows) == len(values)
    assert all(map(same, values, rows))
    arrays = [row for row in rows if isinstance(row, np.ndarray)]
    assert all(array.flags.aligned and not array.flags.writeable for array in arrays)
    with pytest.raises(CodecMismatchError):
        codec.pack(object())


def test_arrays_arrive_read_only_and_aligned() -> None:
    value = ("odd", np.array([1.0, 2.0]))
    codec = infer_codec(value)
    _, array = codec.unpack_rows(codec.pack_rows([value]), 0, 1)[0]
    assert array.flags.aligned
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(2, np.float32), np.zeros(2, np.float64)),
        (np.zeros(2), np.zeros(3)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.zeros(2), [0.0, 0.0]),
        (np.int64(1), 1),
        (np.bytes_(b"a"), np.bytes_(b"ab")),
        (np.datetime64(1, "s"), np.datetime64(1, "D")),
        (1, True),
        (1, 1.0),
        ((1, 2), (1, 2, 3)),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_a_value_of_another_layout_is_refused(first: Any, second: Any) -> None:
    with pytest.raises(CodecMismatchError):
        infer_codec(first).pack_rows([first, second])


def test_lengths_that_only_add_up_are_refused() -> None:
    codec = infer_codec(np.zeros(2))
    with pytest.raises(CodecMismatchError):
        codec.pack_rows([np.zeros(1), np.zeros(3)])


def test_texts_of_numpy_arrive_as_those_of_python_whatever_their_lengths() -> None:
    class Word(str):
        __slots__ = ()

    values = [np.str_("a"), "bcd\0", np.str_("\0"), Word("é"), np.str_("")]
    codec = infer_codec(values[0])
    rows = codec.unpack_rows(codec.pack_rows(values), 0, len(values))
    assert rows == ["a", "bcd\0", "\0", "é", ""]
    assert {type(row) for row in rows} == {str}


def test_a_text_of_any_length_crosses_up_to_a_limit_that_is_said() -> None:
    codec = infer_codec({"said": ""})
    [row] = codec.unpack_rows(codec.pack_rows([{"said": "ü" * MAX_TEXT_CHARACTERS}]), 0, 1)
    assert row["said"] == "ü" * MAX_TEXT_CHARACTERS
    for each in (codec, DynamicCodec()):
        with pytest.raises(TextTooLongError, match=r"a text of 262,145 characters, .* at most 262,144;"):
            each.pack_rows([{"said": "u" * (MAX_TEXT_CHARACTERS + 1)}])


@pytest.mark.parametrize("value", [object(), np.array([None]), {1: 2}, (1, object()), [{1}]])
def test_what_cannot_cross_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be handed to a policy"):
        infer_codec(value)
