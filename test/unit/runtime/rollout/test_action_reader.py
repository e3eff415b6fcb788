"""Actions: the policy's side writes what it is given, the worker's side admits what lies in the space."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Sequence, Text, Tuple
from policybook.rollout.action_reader import InvalidActionError, choose_reader
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.failures import RequestFailedError
from policybook.sandbox.action_encoder import make_encoder
from policybook.sandbox.codecs import restore_codec
from policybook.sandbox.faults import FaultError
from stand_ins import LIMITS

BOX = Box(np.array([-1, 0], np.float32), np.array([1, np.inf], np.float32))
NESTED = Dict({"a": Tuple((Discrete(2), BOX)), "b": MultiDiscrete([2, 3])})

FLAGS = Box(np.zeros(2, bool), np.array([True, False]), dtype=np.bool_)

ADMITTED: list[tuple[Any, Any]] = [
    (Discrete(3), 2),
    (Discrete(3), np.int32(1)),
    (Discrete(3), True),
    (Discrete(3, start=-1), -1),
    (Discrete(2), np.array(1)),
    (Discrete(100_000), 99_999),
    (BOX, [0.5, 3]),
    (BOX, np.array([0.5, 3.0])),
    (BOX, (-1, 0)),
    (Box(0, 255, (2, 2), np.uint8), [[0, 255], [1, 2]]),
    (Box(-1, 1, ()), 0.25),
    (FLAGS, [True, 0]),
    (MultiDiscrete([2, 3], start=[0, 5]), [1, 7]),
    (MultiBinary(3), [1, 0, True]),
    (NESTED, {"b": [1, 2], "a": (1, [0, 0])}),
    (Dict({"none": Tuple(()), 1: Box(0, 1, (0,)), "b": Discrete(2)}), {"none": (), 1: [], "b": 1}),
    (Tuple(()), ()),
]

REFUSED: list[tuple[Any, Any]] = [
    (Discrete(3), 3),
    (Discrete(3), -1),
    (Discrete(100_000), 100_000),
    (Discrete(3), 1.0),
    (Discrete(3), [1]),
    (Discrete(3), None),
    (Discrete(3), 2**70),
    (BOX, [2, 0]),
    (BOX, [np.nan, 0]),
    (BOX, [0, np.inf]),
    (BOX, [0, 1e300]),
    (BOX, [0.0]),
    (BOX, 0.0),
    (BOX, ["a", "b"]),
    (BOX, [[0], [0, 1]]),
    (Box(0, 255, (1,), np.uint8), [256]),
    (Box(0, 255, (1,), np.uint8), [1.5]),
    (FLAGS, [0, True]),
    (FLAGS, [2, 0]),
    (MultiDiscrete([2, 3]), [1, 3]),
    (MultiBinary(3), [0, 1, 2]),
    (NESTED, {"a": (1, [0, 0])}),
    (Dict({1: Discrete(2), "b": Discrete(2)}), {"b": 1}),
    (NESTED, {"a": (2, [0, 0]), "b": [0, 0]}),
]


@pytest.mark.parametrize(("space", "value"), ADMITTED, ids=repr)
def test_an_action_in_the_space_arrives_as_the_space_samples_it(space: Any, value: Any) -> None:
    reader = choose_reader(space)
    data = make_encoder(reader.codec)(value)
    assert len(data) == reader.codec.size
    (action, again), written = reader.read(data * 2, 2)
    assert reader.pack(written) == data * 2
    assert action in space
    assert again in space
    assert type(action) is type(space.sample())
    assert np.asarray(action).dtype == np.asarray(space.sample()).dtype


@pytest.mark.parametrize(("space", "value"), REFUSED, ids=repr)
def test_an_action_outside_the_space_is_refused(space: Any, value: Any) -> None:
    reader = choose_reader(space)
    with pytest.raises((FaultError, InvalidActionError)) as refused:
        reader.read(make_encoder(reader.codec)(value), 1)
    error = refused.value
    text = error.text if isinstance(error, FaultError) else error.reason  # type: ignore[attr-defined]
    assert text.startswith("`act` returned")


def test_the_first_bad_row_is_named() -> None:
    reader = choose_reader(Discrete(2))
    with pytest.raises(InvalidActionError) as invalid:
        reader.read(b"".join(map(make_encoder(reader.codec), [0, 1, 5, 9])), 4)
    assert invalid.value.row == 2


@pytest.mark.parametrize("value", [2**63, 2**70, -(2**70)])
def test_an_integer_beyond_all_spaces_is_no_wrong_type(value: int) -> None:
    reader = choose_reader(Discrete(4))
    with pytest.raises(FaultError) as refused:
        make_encoder(reader.codec)(value)
    failure = explain_fault(json.loads(refused.value.pack()), reader.allowed, LIMITS, 7, 3)
    assert failure.message == f"`act` returned {value}. Allowed is an integer from 0 to 3 (Discrete(4))."


def test_the_range_of_several_integers_is_said() -> None:
    allowed = choose_reader(MultiDiscrete([2, 3], start=[0, 5])).allowed
    assert allowed.startswith("integers from [0 5] to [1 7] in an array of shape (2,)")


def test_a_space_that_policies_cannot_act_in_is_the_environments_affair() -> None:
    with pytest.raises(RequestFailedError, match=r"Sequence space: .* MultiBinary, Text, Tuple and Dict"):
        choose_reader(Sequence(Discrete(2)))


WORDS = Text(3, charset="ab{}'\\\"\n\0")
SIGNS = Text(2, min_length=0, charset="aé→😀\ud800")


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (WORDS, "a"),
        (WORDS, "\"'\n"),
        (WORDS, "\0\0\0"),
        (WORDS, np.str_("ab")),
        (SIGNS, ""),
        (SIGNS, "😀→"),
        (SIGNS, "é\ud800"),
        (Text(0, min_length=0, charset=""), ""),
        (Text(4096), "Z" * 4096),
        (Dict({"say": WORDS, "to": Tuple((SIGNS, Discrete(2)))}), {"say": "b", "to": ("→", 1)}),
    ],
    ids=repr,
)
def test_a_text_of_the_space_arrives_as_it_was_returned(space: Any, value: Any) -> None:
    reader = choose_reader(space)
    codec = restore_codec(reader.codec.describe())
    data = make_encoder(codec)(value)
    assert len(data) == reader.codec.size
    actions, written = reader.read(data * 2, 2)
    assert actions == [value] * 2
    assert reader.pack(written) == data * 2
    assert actions[0] in space
    assert type(actions[0]) is type(space.sample())


@pytest.mark.parametrize(
    ("space", "value", "said"),
    [
        (
            WORDS,
            "abba",
            "`act` returned 'abba' of 4 characters. Allowed is a text of 1 to 3 characters, each",
        ),
        (WORDS, "", "`act` returned ''. Allowed is a text of 1 to 3 characters, each one of "),
        (WORDS, "x", "`act` returned 'x'. Allowed is "),
        (WORDS, "→", "`act` returned '→'. Allowed is "),
        (WORDS, 1, "`act` returned 1, where a text (str) is needed. Allowed is "),
        (WORDS, None, "`act` returned None, where a text (str) is needed. Allowed is "),
        (WORDS, b"a", "`act` returned b'a', where a text (str) is needed. Allowed is "),
        (SIGNS, "x" * 10**6, "`act` returned 'xxx' of 1,000,000 characters. Allowed is a text of 0 to 2 "),
        (Text(2, min_length=2), "a", "Allowed is a text of 2 characters, each one of '0123456789ABC"),
        (
            Tuple((WORDS,)),
            ("x",),
            "`act` returned 'x' for part 0. Allowed is an element of Tuple(Text(1, 3, ",
        ),
    ],
    ids=repr,
)
def test_a_text_outside_the_space_is_the_policys_fault_in_words(space: Any, value: Any, said: str) -> None:
    reader = choose_reader(space)
    with pytest.raises((FaultError, InvalidActionError)) as refused:
        reader.read(make_encoder(reader.codec)(value), 1)
    error = refused.value
    reason = error.text if isinstance(error, FaultError) else error.reason  # type: ignore[attr-defined]
    fault = {"code": "invalid_action", "text": reason, "line": None, "column": None}
    message = explain_fault(fault, reader.allowed, LIMITS, 7, 3).message  # type: ignore[arg-type]
    assert said in message
    assert message.isprintable()
    assert len(message) < 500


@pytest.mark.parametrize("space", [SIGNS, Tuple((SIGNS,))], ids=repr)
@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff\xff", b"\3\0\0\0", b"\1\0\0\0\xff\xff\xff\xff", b"\1\0\0\0\0\0\x11\0"]
)
def test_bytes_that_are_no_text_are_an_invalid_action_of_their_row(space: Any, data: bytes) -> None:
    reader = choose_reader(space)
    good = make_encoder(reader.codec)(("a",) if isinstance(space, Tuple) else "a")
    with pytest.raises(InvalidActionError, match="no text") as invalid:
        reader.read(good + data.ljust(len(good), b"\0"), 2)
    assert invalid.value.row == 1


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (Text(4097), "up to 4,096 characters. Declare a shorter `max_length`"),
        (Dict({"say": Text(10**9)}), "policies cannot act in Text\\(1, 1000000000, charset="),
        (Text(2, charset=""), "it has no characters"),
    ],
)
def test_texts_that_are_too_long_or_impossible_are_refused_in_words(space: Any, said: str) -> None:
    with pytest.raises(RequestFailedError, match=said):
        choose_reader(space)
