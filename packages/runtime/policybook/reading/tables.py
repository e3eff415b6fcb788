"""Rows of tables from events: what a run used, its champions, and what became of every candidate."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from policybook.reading.event_record import RecordedEvent
from policybook.reading.usage_columns import MODEL_COLUMNS, USAGE_COLUMNS, hide_unknown_money, name_usage
from policybook.verification.audit_seeds import draw_audit_seeds

Row = dict[str, Any]

PURPOSES = {
    "candidate_raced": "training",
    "champion_promoted": "first",
    "golden_played": "golden",
    "head_measured": "measurement",
}
"""For what the episodes of one candidate alone were played, by the event that holds them."""

COMPARISON_TESTS = ("gain", "noninferiority")
"""The tests of comparisons, which are played between two candidates."""


def list_history(record: Iterable[RecordedEvent]) -> list[Row]:
    """Lists one row a measurement, in order.

    It says who challenged whom, what came of it, who is head and champion after it, and what had been used by
    then. A row without a test says that another candidate became head; a `measurement` has no opponent.
    A promotion that followed from a comparison is part of that comparison's row.
    """
    rows: list[Row] = []
    proposed: dict[int, Row] = {}
    leaders: Row = dict.fromkeys(
        ("head", "head_mean", "champion", "champion_mean", "champion_low", "champion_high", "champion_lines")
    )
    for entry, spent in _accumulate_usage(record):
        event = entry.event
        if event["type"] == "candidate_proposed":
            proposed[event["candidate"]] = event
            continue
        if event["type"] == "head_changed":
            leaders |= {"head": event["candidate"], "head_mean": event["estimate"]}
            row = _make_challenger_columns(proposed[event["candidate"]], {"mean": None})
            row |= {"test": None, "against": event["previous"], "verdict": None}
            row |= {"accepted": False, **_make_difference_columns(event.get("lead"))}
        elif event["type"] == "head_measured":
            score, measured = event["score"], event["candidate"]
            if measured == leaders["head"]:
                leaders |= {"head_mean": score["mean"]}
            if measured == leaders["champion"]:
                leaders |= _make_champion_columns(score)
            row = _make_challenger_columns(proposed[measured], score)
            row |= {"test": "measurement", "against": None, "verdict": None}
            row |= {"accepted": False, **_make_difference_columns(None)}
        elif event["type"] == "challenger_compared":
            if event["champion"] == leaders["champion"]:
                leaders |= _make_champion_columns(event["championScore"])
            row = _make_challenger_columns(proposed[event["challenger"]], event["challengerScore"])
            row |= {"test": event["test"], "against": event["champion"], "verdict": event["verdict"]}
            row |= {"accepted": False, **_make_difference_columns(event["difference"])}
        elif event["type"] == "champion_promoted":
            candidate = proposed[event["candidate"]]
            leaders |= {"champion": event["candidate"], **_make_champion_columns(event["score"])}
            leaders["champion_lines"] = candidate["size"]["lines"]
            if rows and rows[-1]["challenger"] == event["candidate"] and rows[-1]["test"] in COMPARISON_TESTS:
                rows[-1] |= {**spent, **leaders, "accepted": True}
                continue
            # The first champion has no other to beat; a text with the same actions needs no episodes.
            how = "first" if event["previous"] is None else "identical"
            row = _make_challenger_columns(candidate, event["score"])
            row |= {"test": how, "against": event["previous"]}
            row |= {"verdict": "first" if how == "first" else "equivalent"}
            row |= {"accepted": True, **_make_difference_columns(None)}
        else:
            continue
        rows.append({**spent, "wall_seconds": entry.meta.get("wallSeconds"), **leaders, **row})
    return rows


def list_candidates(record: Iterable[RecordedEvent]) -> list[Row]:
    """Lists one row a candidate.

    It says where the candidate came from, its latest verdict and score, the paired difference that
    decided about it, its training mean, the lowest isolation level at which it was measured, and the CPU
    time of its slowest step where that came near the limit.
    """
    rows: dict[int, Row] = {}
    training: dict[int, dict[int, float]] = {}
    for entry, spent in _accumulate_usage(record):
        event = entry.event
        kind = event["type"]
        if kind == "candidate_proposed":
            row = {
                **_make_candidate_columns(event),
                "generation": event["generation"],
                "parent": event["parent"],
            }
            row |= {"idea": event["idea"], "policy": event["policy"], "hash": event["hash"]}
            row |= dict.fromkeys(("verdict", "mean", "low", "high", "measured_episodes", "training_mean"))
            row |= {"against": None, **_make_difference_columns(None)}
            row |= {
                "failure": None,
                "refused_on": None,
                "episodes": spent["episodes"],
                "isolation_level": None,
                "slowest_step_ms": None,
            }
            rows[event["candidate"]] = row
        elif kind == "candidate_rejected":
            reason = event["reason"]
            said = (
                f"duplicate of {reason['of']}"
                if reason["code"] == "duplicate"
                else reason["failure"]["message"]
            )
            rows[event["candidate"]] |= {"verdict": "rejected", "failure": said}
        elif kind == "candidate_raced":
            seen = training.setdefault(event["candidate"], {})
            seen.update(zip(event["played"]["seeds"], event["played"]["returns"], strict=False))
            rows[event["candidate"]] |= {
                "training_mean": statistics.fmean(seen.values()) if seen else None,
                "episodes": spent["episodes"],
            }
            # A verdict by a comparison outlasts races.
            if rows[event["candidate"]]["verdict"] in (None, "dropped"):
                rows[event["candidate"]]["verdict"] = "dropped" if event["dropped"] else None
            if "behind" in event:
                behind = event["behind"]
                rows[event["candidate"]] |= {
                    "against": behind["leader"],
                    **_make_difference_columns(behind["difference"]),
                }
        elif kind == "golden_played":
            lost = ", ".join(str(loss["seed"]) for loss in event["losses"])
            rows[event["candidate"]]["refused_on"] = lost or None
        elif kind == "head_measured":
            rows[event["candidate"]] |= {
                **_make_score_columns(event["score"]),
                "episodes": spent["episodes"],
            }
        elif kind == "challenger_compared":
            rows[event["challenger"]] |= {
                **_make_score_columns(event["challengerScore"]),
                "verdict": event["verdict"],
            }
            rows[event["challenger"]] |= {
                "against": event["champion"],
                **_make_difference_columns(event["difference"]),
            }
            rows[event["champion"]] |= _make_score_columns(event["championScore"])
            for role in ("challenger", "champion"):
                rows[event[role]]["episodes"] = spent["episodes"]
        elif kind == "champion_promoted":
            row = rows[event["candidate"]]
            row |= {**_make_score_columns(event["score"]), "episodes": spent["episodes"]}
            row["verdict"] = row["verdict"] or ("first" if event["previous"] is None else "equivalent")
        if "isolationLevel" in entry.meta:
            for measured in {
                event[role] for role in ("candidate", "challenger", "champion") if event.get(role)
            }:
                level = rows[measured]["isolation_level"]
                rows[measured]["isolation_level"] = (
                    entry.meta["isolationLevel"]
                    if level is None
                    else min(level, entry.meta["isolationLevel"])
                )
        for candidate, milliseconds in entry.meta.get("slowestSteps", {}).items():
            row = rows[int(candidate)]
            row["slowest_step_ms"] = max(milliseconds, row["slowest_step_ms"] or 0.0)
    return list(rows.values())


def list_calls(record: Iterable[RecordedEvent]) -> list[Row]:
    """Returns one row a model call, answered or failed."""
    rows = []
    for entry in record:
        event = entry.event
        if event["type"] in ("author_answered", "author_failed") and event.get("call"):
            row: Row = {"call": event["call"], "generation": event["generation"], "author": event["author"]}
            row |= {"proposals": event.get("proposals", 0), "code": event.get("code")}
            row |= name_usage(event["usage"], MODEL_COLUMNS)
            rows.append(row | {"message": event.get("message"), "at": entry.meta.get("at")})
    return rows


def list_alarms(record: Iterable[RecordedEvent]) -> list[Row]:
    """Returns one row an alarm: whose score it concerns, its code and its sentence."""
    return [
        {name: entry.event[name] for name in ("candidate", "code", "message")} | {"at": entry.meta.get("at")}
        for entry in record
        if entry.event["type"] == "alarm_raised"
    ]


def list_unexercised(record: Iterable[RecordedEvent]) -> list[Row]:
    """Returns one row a part of a policy's text that the simplifier's episodes have not exercised.

    The lines are those of the text after its edits: of the candidate that took the simplified one's place.
    Where none did, no candidate has these lines, and there is no row.
    """
    rows: list[Row] = []
    edited: dict[int, Row] = {}
    for entry in record:
        event = entry.event
        if event["type"] == "simplifier_finished" and event["identicalEdits"]:
            edited[event["candidate"]] = event
        elif event["type"] == "simplifier_finished":
            rows += _make_unexercised_rows(event["candidate"], event)
        elif event["type"] == "head_changed" and event.get("actsAs") in edited:
            rows += _make_unexercised_rows(event["candidate"], edited.pop(event["actsAs"]))
    return rows


def list_audits(record: Iterable[RecordedEvent]) -> list[Row]:
    """Returns one row an audit.

    It has what fresh seeds gave and the gain on the first candidate. `believed` is what the run had measured;
    where it had measured nothing, `training_mean` is of the episodes by which the policy was chosen.
    """
    rows = []
    for entry in record:
        event = entry.event
        if event["type"] == "audited":
            score, believed, against = event["score"], event["believed"] or {}, event["against"] or {}
            row: Row = {"audit": event["number"], "candidate": event["candidate"], "nonce": event["nonce"]}
            row |= {name: score[name] for name in ("mean", "low", "high", "episodes")}
            row |= {"believed": believed.get("mean"), "against": against.get("candidate")}
            row["training_mean"] = event.get("whileChoosing", {}).get("mean")
            row["difference"] = against["difference"]["mean"] if against else None
            rows.append(row | {"isolation_level": event.get("isolationLevel"), "at": entry.meta.get("at")})
    return rows


def list_episodes(record: Iterable[RecordedEvent]) -> list[Row]:
    """Returns one row an episode that was played for a score, in the order of the record."""
    rows: list[Row] = []
    for entry in record:
        event = entry.event
        purpose = PURPOSES.get(event["type"])
        if purpose is not None and "played" in event:
            played = event["played"]
            rows += _make_episode_rows(event["candidate"], purpose, played["seeds"], played["returns"])
        elif event["type"] == "challenger_compared" and event.get("pairs"):
            pairs = event["pairs"]
            rows += _make_episode_rows(event["challenger"], "selection", pairs["seeds"], pairs["challenger"])
            rows += _make_episode_rows(event["champion"], "selection", pairs["seeds"], pairs["champion"])
        elif event["type"] == "audited":
            key = (event["policy"], event["environment"], event["nonce"])
            seeds = draw_audit_seeds(*key, len(event["returns"]))
            for candidate, side in ((event["candidate"], event), _get_other_side(event["against"])):
                played = side.get("seeds", seeds)
                rows += _make_episode_rows(candidate, "audit", played, side.get("returns", ()))
    return rows


def find_head(record: Iterable[RecordedEvent]) -> int | None:
    """Finds the head: the best estimate, which a run hands over; None while there is none.

    Runs of earlier versions have no head; their champion stands for it.
    """
    events = list(record)
    heads = [entry.event["candidate"] for entry in events if entry.event["type"] == "head_changed"]
    return next(reversed(heads or list_champions(events)), None)


def find_accepted(record: Iterable[RecordedEvent]) -> int | None:
    """Finds the candidate that the user has accepted as the result; None for none, or one taken back."""
    accepted: int | None = None
    for entry in record:
        event = entry.event
        said = event["message"] if event["type"] == "message_received" else {}
        if said.get("kind") == "accept":
            accepted = said["candidate"]
        has_failed = event["type"] == "candidate_rejected" and event["candidate"] == accepted
        if has_failed or (said.get("kind") == "reject" and said["candidate"] == accepted):
            accepted = None
    return accepted


def list_champions(record: Iterable[RecordedEvent]) -> list[int]:
    """Lists the candidates that were promoted to champion, in order; the last one is the champion."""
    return [entry.event["candidate"] for entry in record if entry.event["type"] == "champion_promoted"]


def add_usage(record: Iterable[RecordedEvent]) -> Row:
    """Returns all that the run has used so far, with races and what was cancelled.

    Audits are not part of the run and cost none of its budget; each row of them says what it played.
    """
    total: Row = dict.fromkeys(USAGE_COLUMNS.values(), 0)
    for _, spent_by_then in _accumulate_usage(record):
        total = spent_by_then
    return total


def read_clocks(record: Iterable[RecordedEvent]) -> Row:
    """Returns what the clocks had measured at the record's end: seconds of CPU and of wall time.

    Those of the author and the evaluator count alike; None where a record says nothing of them.
    """
    clocks: Row = {"cpu_seconds": None, "wall_seconds": None}
    for entry in record:
        if entry.event["type"] != "audited" and "cpuSeconds" in entry.meta:
            clocks = {"cpu_seconds": entry.meta["cpuSeconds"], "wall_seconds": entry.meta.get("wallSeconds")}
    return clocks


def _accumulate_usage(record: Iterable[RecordedEvent]) -> Iterator[tuple[RecordedEvent, Row]]:
    """Yields each event with all that had been used after it."""
    spent: Row = dict.fromkeys(USAGE_COLUMNS.values(), 0)
    for entry in record:
        is_audit = entry.event["type"] == "audited"
        for key, amount in entry.event.get("usage", {}).items():
            # A later version may count what this one has no column for.
            if key in USAGE_COLUMNS and not is_audit:
                spent[USAGE_COLUMNS[key]] += amount
        yield entry, hide_unknown_money(dict(spent))


def _get_other_side(against: Row | None) -> tuple[int, Row]:
    """Returns the candidate that an audit played next to the audited one, without episodes for none."""
    return (0, {}) if against is None else (against["candidate"], against)


def _make_episode_rows(
    candidate: int, purpose: str, seeds: Iterable[int], returns: Iterable[float]
) -> list[Row]:
    return [
        {"candidate": candidate, "purpose": purpose, "seed": seed, "return": total}
        for seed, total in zip(seeds, returns, strict=False)
    ]


def _make_champion_columns(score: Row) -> Row:
    return {
        "champion_mean": score["mean"],
        "champion_low": score["low"],
        "champion_high": score["high"],
    }


def _make_challenger_columns(candidate: Row, score: Row) -> Row:
    return {
        "challenger": candidate["candidate"],
        "label": candidate["label"],
        "kind": candidate["kind"],
        "mean": score["mean"],
        **_make_size_columns(candidate),
    }


def _make_unexercised_rows(candidate: int, simplified: Row) -> list[Row]:
    episodes = simplified["usage"].get("episodes", 0)
    return [
        {"candidate": candidate, "kind": part["kind"], "first_line": part["first"], "last_line": part["last"]}
        | {"episodes": episodes}
        for part in simplified.get("unexercised", ())
    ]


def _make_difference_columns(difference: Row | None) -> Row:
    """Returns the columns of challenger minus opponent; they are empty without an opponent.

    Each limit holds at the run's confidence.
    """
    score = difference or {}
    return {
        "difference": score.get("mean"),
        "difference_low": score.get("low"),
        "difference_high": score.get("high"),
        "pairs": score.get("episodes"),
    }


def _make_candidate_columns(event: Row) -> Row:
    named = {"candidate": event["candidate"], "label": event["label"], "kind": event["kind"]}
    return named | _make_size_columns(event)


def _make_size_columns(event: Row) -> Row:
    return {name: event["size"][name] for name in ("lines", "branches", "nodes", "constants")}


def _make_score_columns(score: Row) -> Row:
    return {
        "mean": score["mean"],
        "low": score["low"],
        "high": score["high"],
        "measured_episodes": score["episodes"],
    }
