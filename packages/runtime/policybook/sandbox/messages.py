"""The JSON that a worker and its policies' processes send each other, as types.

What comes from a process that has run a policy's text may be anything: the worker checks it before its use.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

PrimitiveName = Literal["int", "float", "bool"]


class LeafDescription(TypedDict):
    """A codec that nothing but its kind describes."""

    kind: Literal["int", "float", "bool", "text", "none", "dynamic"]


class ArrayDescription(TypedDict):
    """The codec of a NumPy array; `dtype` is NumPy's text for it."""

    kind: Literal["array"]
    dtype: str
    shape: list[int]


class ScalarDescription(TypedDict):
    """The codec of a NumPy scalar."""

    kind: Literal["scalar"]
    dtype: str


class BoundedTextDescription(TypedDict):
    """The codec of a text of at most so many characters, by the bytes that each takes."""

    kind: Literal["bounded_text"]
    most: int
    width: int


class TupleDescription(TypedDict):
    """The codec of a tuple, by the codecs of its items."""

    kind: Literal["tuple"]
    parts: list[CodecDescription]


class ListDescription(TypedDict):
    """The codec of a list, by the codecs of its items."""

    kind: Literal["list"]
    parts: list[CodecDescription]


class DictDescription(TypedDict):
    """The codec of a dict: its keys in their order, each with the codec of its value."""

    kind: Literal["dict"]
    parts: list[tuple[str, CodecDescription]]


CodecDescription: TypeAlias = (
    "LeafDescription | ArrayDescription | ScalarDescription | BoundedTextDescription | TupleDescription"
    " | ListDescription | DictDescription"
)
"""What `Codec.describe` returns and `restore_codec` takes."""


class PrepareRequest(TypedDict):
    """Asks a process to enter the sandbox, with a limit of its memory in units of 2**20 bytes."""

    memoryMb: float


class FormatRequest(TypedDict):
    """Announces how observations come: their codec, whether in shared memory, and with extra arguments."""

    codec: CodecDescription
    shared: bool
    extra_args: bool


class LoadRequest(TypedDict):
    """Texts to load, and for each whether it needs a process of its own, None where that is not known.

    `actions` is the codec of the action space, `spaces` the JSON that policies read, `observations` what a
    FORMAT frame would say, where it is known already.
    """

    sources: list[str]
    needs_own_process: list[bool | None]
    actions: CodecDescription
    spaces: str
    observations: FormatRequest | None


class FaultReport(TypedDict):
    """What a policy's process says of a fault, which may be anything."""

    code: object
    text: object
    line: object
    column: object


class StepTrace(TypedDict):
    """What a traced step did.

    `lines` has each line with how often it ran, in the order of their last runs; `variables` has their texts.
    """

    lines: list[tuple[int, int]]
    variables: dict[str, str]


class Greeting(TypedDict):
    """What a zygote sends first.

    `level` is that of the sandbox, `fault` what is wrong with the declared imports, None where nothing is.
    """

    level: int
    fault: str | None


class TrialReport(TypedDict):
    """An `IsolationTrial` as JSON."""

    level: int
    stopped: dict[str, str | None]
    broken: str | None


class Examination(TypedDict):
    """What came of attacks on every level, the highest first, and the level that holds."""

    level: int
    trials: list[TrialReport]
