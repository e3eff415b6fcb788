"""Events to rows: what a run spent, who reigned, how every candidate fared."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from policybook.reading.record import Recorded

Row = dict[str, Any]

_METER = {
    "episodes": "episodes",
    "steps": "env_steps",
    "modelSteps": "model_steps",
    "calls": "calls",
    "tokensIn": "tokens_in",
    "tokensOut": "tokens_out",
    "money": "money",
}


def history(record: Iterable[Recorded]) -> list[Row]:
    """One row whenever a candidate was measured or took the title: what had been spent by then, the mean with
    its interval at which the champion took it, and the candidate with its verdict and size.
    """
    rows: list[Row] = []
    proposed: dict[int, Row] = {}
    champion: Row = {"champion": None, "champion_mean": None, "low": None, "high": None}
    for entry, spent in _metered(record):
        event = entry.event
        if event["type"] == "candidate_proposed":
            proposed[event["candidate"]] = event
        elif event["type"] == "challenger_compared":
            candidate = proposed[event["challenger"]]
            rows.append({**spent, **champion, **_named(candidate), "verdict": event["verdict"]})
            rows[-1] |= {"mean": event["challengerScore"]["mean"], "elapsed": entry.meta.get("elapsed")}
        elif event["type"] == "champion_changed":
            score = event["score"]
            champion = {"champion": event["candidate"], "champion_mean": score["mean"]}
            champion |= {"low": score["low"], "high": score["high"]}
            # A comparison that was won and the accession that follows are one row.
            if rows and rows[-1]["candidate"] == event["candidate"]:
                rows[-1] |= {**spent, **champion}
            else:
                verdict = "first" if event["previous"] is None else "equivalent"
                rows.append({**spent, **champion, **_named(proposed[event["candidate"]]), "verdict": verdict})
                rows[-1] |= {"mean": score["mean"], "elapsed": entry.meta.get("elapsed")}
    return rows


def candidates(record: Iterable[Recorded]) -> list[Row]:
    """One row a candidate: where it came from, its latest verdict and score, its training mean."""
    rows: dict[int, Row] = {}
    training: dict[int, dict[int, float]] = {}
    for entry, spent in _metered(record):
        event = entry.event
        kind = event["type"]
        if kind == "candidate_proposed":
            row = {**_named(event), "generation": event["generation"], "parent": event["parent"]}
            row |= {"idea": event["idea"], "policy": event["policy"], "hash": event["hash"]}
            row |= dict.fromkeys(("verdict", "mean", "low", "high", "measured_episodes", "training_mean"))
            rows[event["candidate"]] = row | {"failure": None, "episodes": spent["episodes"]}
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
                "verdict": "dropped" if event["dropped"] else None,
                "episodes": spent["episodes"],
            }
        elif kind == "challenger_compared":
            rows[event["challenger"]] |= {**_score(event["challengerScore"]), "verdict": event["verdict"]}
            rows[event["challenger"]]["episodes"] = spent["episodes"]
            rows[event["champion"]] |= _score(event["championScore"])
        elif kind == "champion_changed":
            row = rows[event["candidate"]]
            row |= {**_score(event["score"]), "episodes": spent["episodes"]}
            row["verdict"] = row["verdict"] or ("first" if event["previous"] is None else "equivalent")
    return list(rows.values())


def calls(record: Iterable[Recorded]) -> list[Row]:
    """One row a model call, answered or failed."""
    rows = []
    for entry in record:
        event = entry.event
        if event["type"] in ("author_answered", "author_failed") and event.get("call"):
            row: Row = {"call": event["call"], "generation": event["generation"], "author": event["author"]}
            row |= {"proposals": event.get("proposals", 0), "code": event.get("code")}
            row |= {
                name: event["cost"].get(key, 0)
                for key, name in _METER.items()
                if key not in ("steps", "modelSteps")
            }
            rows.append(row | {"message": event.get("message"), "at": entry.meta.get("at")})
    return rows


def audits(record: Iterable[Recorded]) -> list[Row]:
    """One row an audit: what fresh seeds gave, what had been believed, the gain on the first candidate."""
    rows = []
    for entry in record:
        event = entry.event
        if event["type"] == "audited":
            score, believed, against = event["score"], event["believed"] or {}, event["against"] or {}
            row: Row = {"audit": event["number"], "candidate": event["candidate"], "nonce": event["nonce"]}
            row |= {name: score[name] for name in ("mean", "low", "high", "episodes")}
            row |= {"believed": believed.get("mean"), "against": against.get("candidate")}
            row["difference"] = against["difference"]["mean"] if against else None
            rows.append(row | {"at": entry.meta.get("at")})
    return rows


def championships(record: Iterable[Recorded]) -> list[int]:
    """The candidates that took the title, in order; the last one reigns."""
    return [entry.event["candidate"] for entry in record if entry.event["type"] == "champion_changed"]


def _metered(record: Iterable[Recorded]) -> Iterator[tuple[Recorded, Row]]:
    """Each event with all that had been spent after it."""
    spent: Row = dict.fromkeys(_METER.values(), 0)
    for entry in record:
        for key, amount in entry.event.get("cost", {}).items():
            spent[_METER[key]] += amount
        yield entry, dict(spent)


def _named(event: Row) -> Row:
    size = event["size"]
    return {"candidate": event["candidate"], "label": event["label"], "kind": event["kind"], **size}


def _score(score: Row) -> Row:
    return {
        "mean": score["mean"],
        "low": score["low"],
        "high": score["high"],
        "measured_episodes": score["episodes"],
    }
