"""What an exported program claims: the table `[tool.policybook]` of its PEP 723 header."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from policybook.protocol.messages import EnvironmentSpecJsonClocks

MARKER = "# What follows was added by policybook's export; the policy ends here."
"""The line of an exported program between the policy's own text and the code that plays it."""

_HEADER = re.compile(r"(?m)\A(?:#!.*\n)?# /// script$\n(?P<content>(?:^#(?:| .*)$\n)+?)^# ///$\n")


class ClaimError(Exception):
    """A file whose claim cannot be verified; the message says why, for people."""


@dataclass(frozen=True)
class Claim:
    """An audit's result, and what it takes to play it again; the fields of `exportClaim`."""

    policy: str
    environment: str
    policy_hash: str
    environment_hash: str
    nonce: str
    replaced: Mapping[int, int]
    """Position -> the seed that has taken the place of a drawn one, where the environment failed."""
    audit: int
    episodes: int
    mean: float
    low: float
    high: float
    confidence: float
    returns: tuple[float, float]
    versions: Mapping[str, str]
    dependencies: tuple[str, ...]
    play: str
    """Name of the function that plays one episode."""
    make: str | None = None
    """Name of the function that makes the environment; earlier exports have none."""
    fault: str | None = None
    """Name of the exception by which `play` says that the environment has failed."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The user's files of the environment, seen from the program -> SHA-256 when it was audited."""
    clocks: EnvironmentSpecJsonClocks = field(default_factory=EnvironmentSpecJsonClocks)
    """The most seconds of an operation of the environment, where they were declared."""
    mask: str | None = None
    """The declared key of the mask of legal actions."""
    unrepeatable: str | None = None
    """What differed when the environment was tried with one seed twice."""


class ProgramParts(NamedTuple):
    """A program's two parts, which are hashed, and its environment's specification.

    For the names `play`, `make` and `fault` of functions, and for `files`, see `Claim`.
    """

    policy: str
    player: str
    names: Mapping[str, str]
    environment: Mapping[str, Any]
    files: Mapping[str, str]


def write_claim_table(claim: Mapping[str, Any], versions: Mapping[str, str], parts: ProgramParts) -> str:
    """Returns the table's TOML."""
    policy, player, names, environment, files = parts
    replaced = [list(pair) for pair in claim.get("replaced", ())]
    fields = {
        "policy": claim["policy"],
        "environment": claim["environment"],
        "kwargs": json.dumps(claim["kwargs"], sort_keys=True),
        "policy-hash": claim["policyHash"],
        "environment-hash": claim["environmentHash"],
        **{name: claim[name] for name in ("nonce", "audit", "episodes", "mean", "low", "high", "confidence")},
        "returns": list(claim["returns"]),
        "text-hash": _hash(policy),
        "player-hash": _hash(player),
        **names,
        **({"files": [list(each) for each in files.items()]} if files else {}),
        **({"replaced": replaced} if replaced else {}),
        **({"clocks": json.dumps(environment["clocks"])} if environment.get("clocks") else {}),
        **({"mask": environment["mask"]} if "mask" in environment else {}),
        **({"unrepeatable": claim["unrepeatable"]} if "unrepeatable" in claim else {}),
    }
    lines = [f"{name} = {_write_toml(value)}" for name, value in fields.items()]
    listed = ", ".join(f"{_write_toml(name)} = {_write_toml(version)}" for name, version in versions.items())
    return "\n".join(["", "[tool.policybook]", *lines, f"versions = {{{listed}}}", ""])


def read_claim(text: str) -> Claim:
    """Returns a program's claim; raises ClaimError where there is none or the text was edited."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    header = _HEADER.match(text)
    if header is None:
        raise ClaimError("this is no program that %export wrote: it has no header")
    content = "".join(line[2:] for line in header["content"].splitlines(True))
    try:
        script = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"its header cannot be read: {error}") from error
    table = script.get("tool", {}).get("policybook")
    if table is None:
        raise ClaimError("it carries no audit: %audit its policy, then %export it again")
    policy, _, player = text[header.end() :].partition(f"\n\n{MARKER}\n")
    try:
        for part, recorded, name in (
            (policy, "text-hash", "policy"),
            (player, "player-hash", "code that plays it"),
        ):
            if _hash(part) != table[recorded]:
                raise ClaimError(f"the {name} was edited after the export, so the claim is another's")
        return _make_claim(table, script["dependencies"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimError(f"its header is not complete: {type(error).__name__}: {error}") from error


def _make_claim(table: Mapping[str, Any], dependencies: list[str]) -> Claim:
    low, high = table["returns"]
    return Claim(
        policy=str(table["policy"]),
        environment=str(table["environment"]),
        policy_hash=str(table["policy-hash"]),
        environment_hash=str(table["environment-hash"]),
        nonce=str(table["nonce"]),
        replaced={int(position): int(seed) for position, seed in table.get("replaced", ())},
        audit=int(table["audit"]),
        episodes=int(table["episodes"]),
        mean=float(table["mean"]),
        low=float(table["low"]),
        high=float(table["high"]),
        confidence=float(table["confidence"]),
        returns=(float(low), float(high)),
        versions={str(name): str(version) for name, version in table["versions"].items()},
        dependencies=tuple(dependencies),
        play=str(table["play"]),
        make=table.get("make"),
        fault=table.get("fault"),
        files={str(name): str(digest) for name, digest in table.get("files", ())},
        clocks=json.loads(table.get("clocks", "{}")),
        mask=table.get("mask"),
        unrepeatable=table.get("unrepeatable"),
    )


def _hash(part: str) -> str:
    return hashlib.sha256(part.strip("\n").encode()).hexdigest()


def _write_toml(value: str | float | list[Any]) -> str:
    """Returns a value as TOML, which equals JSON for strings, numbers and lists of these."""
    return json.dumps(value, ensure_ascii=False)
