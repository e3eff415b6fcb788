"""Rows of episodes with what `episodes/HASH.jsonl` keeps of each: its ending, and what happened along it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from policybook.reading.event_record import RecordedEvent
from policybook.reading.tables import Row, list_episodes

HASH_CHARACTERS = 16
"""The characters of a policy's hash that name its file."""

REWARD_COLUMNS = tuple(f"reward_{number}" for number in range(1, 11))
"""The reward in each tenth of an episode."""
UNKNOWN_REWARDS = (None,) * len(REWARD_COLUMNS)


def list_kept_episodes(folder: Path, record: Iterable[RecordedEvent]) -> list[Row]:
    """Lists one row an episode that was played for a score, with what is kept of it.

    A row has no value for what is not kept: of an episode in which the policy failed, and of all that earlier
    versions played.
    """
    return [
        row
        | {name: kept.get(name) for name in ("steps", "ending")}
        | {"flags": None if course is None else ", ".join(course["flags"])}
        | dict(
            zip(REWARD_COLUMNS, UNKNOWN_REWARDS if course is None else course["rewardByTenth"], strict=True)
        )
        for row, kept, course in _join_kept(folder, record)
    ]


def list_terms(folder: Path, record: Iterable[RecordedEvent]) -> list[Row]:
    """Lists one row an episode and term: the sum of a number that `info` had in every step."""
    return [
        {**{name: row[name] for name in ("candidate", "purpose", "seed")}, "term": term, "sum": total}
        for row, _, course in _join_kept(folder, record)
        if course is not None
        for term, total in course["terms"].items()
    ]


def _join_kept(
    folder: Path, record: Iterable[RecordedEvent]
) -> Iterator[tuple[Row, Mapping[str, Any], Mapping[str, Any] | None]]:
    """Yields each episode's row with what is kept of it, and with what happened along it."""
    entries = list(record)
    hashes = {
        entry.event["candidate"]: entry.event["hash"]
        for entry in entries
        if entry.event["type"] == "candidate_proposed"
    }
    kept: dict[int, dict[int, Mapping[str, Any]]] = {}
    for row in list_episodes(entries):
        candidate = row["candidate"]
        if candidate not in kept:
            kept[candidate] = _read_kept(folder, hashes[candidate])
        episode = kept[candidate].get(row["seed"], {})
        yield row, episode, episode.get("course")


def _read_kept(folder: Path, policy_hash: str) -> dict[int, Mapping[str, Any]]:
    """Reads what is kept of a policy's episodes, by their seeds, without a line that a kill has cut short."""
    path = folder / "episodes" / f"{policy_hash[:HASH_CHARACTERS]}.jsonl"
    kept: dict[int, Mapping[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else ():
        try:
            episode = json.loads(line)
            kept[episode["seed"]] = episode
        except (ValueError, LookupError, TypeError):
            continue
    return kept
