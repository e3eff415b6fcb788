"""One comparison, read from its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policybook.reading.declared_folder import DeclaredFolder
from policybook.reading.frames import COUNT, NUMBER, SIZE_COLUMNS, TEXT, Columns, make_frame, type_usage
from policybook.reading.policy import Policy
from policybook.reading.run_folders import COMPARISON
from policybook.reading.usage_columns import USAGE_COLUMNS, name_usage
from policybook.score_format import format_score

if TYPE_CHECKING:
    import pandas as pd

_CLOCK_COLUMNS = {
    "learningCpuSeconds": "cpu_seconds",
    "learningWallSeconds": "wall_seconds",
    "decisionUs": "decision_us",
    "coldStartMs": "cold_start_ms",
}

_INTERVAL: Columns = dict.fromkeys(("low", "high"), NUMBER)


def _type_estimate(name: str) -> Columns:
    return dict.fromkeys((name, f"{name}_low", f"{name}_high"), NUMBER)


_RESULT_COLUMNS: Columns = {
    "contestant": TEXT,
    "mean": NUMBER,
    **_INTERVAL,
    "policies": COUNT,
    **_type_estimate("iqm"),
    "failed": COUNT,
}
_DIFFERENCE_COLUMNS: Columns = {
    "first": TEXT,
    "second": TEXT,
    "difference": NUMBER,
    **_INTERVAL,
    "seeds": COUNT,
    **_type_estimate("wins"),
    **_type_estimate("improvement"),
}
_POLICY_COLUMNS: Columns = {
    "contestant": TEXT,
    "policy": COUNT,
    "reference": TEXT,
    "label": TEXT,
    "mean": NUMBER,
    **_INTERVAL,
    **type_usage(USAGE_COLUMNS.values()),
    **dict.fromkeys(_CLOCK_COLUMNS.values(), NUMBER),
    "bytes": COUNT,
    **SIZE_COLUMNS,
    "failure": TEXT,
}
_EPISODE_COLUMNS: Columns = {"contestant": TEXT, "policy": COUNT, "seed": COUNT, "return": NUMBER}
_PROFILE_COLUMNS: Columns = {"contestant": TEXT, "return": NUMBER, "above": NUMBER, **_INTERVAL}


class Comparison(DeclaredFolder):
    """A comparison as its folder has it now; a running one can be watched."""

    kind = "comparison"
    record_name = COMPARISON

    @property
    def stopped(self) -> str | None:
        """Returns why it ended, for people; None while it runs or where it was interrupted.

        Of a comparison whose record is broken before its end, it is what is wrong with the record.
        """
        events = self.events
        last = events[-1] if events else {}
        ended = last.get("type") == "comparison_stopped" and last["reason"] != "interrupted"
        return str(last["message"]) if ended else self._explain_broken_record()

    @property
    def results(self) -> pd.DataFrame:
        """Returns one row a contestant; its name is the index.

        `mean` return over common seeds with `low` and `high`, `policies` that stand for it, `iqm` of their
        means with `iqm_low` and `iqm_high`, `failed` episodes. Then what one of its policies cost to learn
        (`episodes`, `steps`, `model_steps`, `lost_episodes`, `calls`, `tokens_in`, `tokens_out`, those of
        them that were cached (`tokens_cached`) and of reasoning (`tokens_reasoning`), `unpriced_calls`,
        `money`, `cpu_seconds`, `wall_seconds`) and costs to run (`decision_us`, `cold_start_ms`, `bytes`,
        `lines`),
        means where there are several.
        """
        conclusion = self._require_conclusion()
        policies = self.policies.drop(columns=["reference", "label", "mean", "low", "high", "failure"])
        costs = policies.groupby(level="contestant", sort=False).mean()
        rows = [
            {
                "contestant": each["name"],
                **{name: each["score"][name] for name in ("mean", "low", "high")},
                "policies": each["replicates"],
                **_make_estimate_columns("iqm", each["iqm"]),
                "failed": each["failed"],
            }
            for each in conclusion["contestants"]
        ]
        return make_frame(rows, _RESULT_COLUMNS, "contestant").join(costs)

    @property
    def differences(self) -> pd.DataFrame:
        """Returns one row for each two contestants, `first` and `second`.

        `difference` of mean returns on the same seeds (first minus second) with `low` and `high`; `wins`, the
        probability that first returns more on a fresh seed; `improvement`, that one search of first gives a
        better policy than one of second (empty for single policies); each with its interval.
        """
        rows = [
            {
                "first": pair["first"],
                "second": pair["second"],
                "difference": pair["difference"]["mean"],
                "low": pair["difference"]["low"],
                "high": pair["difference"]["high"],
                "seeds": pair["difference"]["episodes"],
                **_make_estimate_columns("wins", pair["wins"]),
                **_make_estimate_columns("improvement", pair["improvement"]),
            }
            for pair in self._require_conclusion()["pairs"]
        ]
        return make_frame(rows, _DIFFERENCE_COLUMNS)

    @property
    def policies(self) -> pd.DataFrame:
        """Returns one row a policy; contestant and number are the index.

        The columns say where it is from, its score and what it cost.
        """
        scores = {
            (each["contestant"], each["replicate"]): each["score"]
            for each in (self._find_conclusion() or {"policies": []})["policies"]
        }
        failures = {
            (event["contestant"], event["replicate"]): event["failure"]["message"]
            for event in reversed(self.events)
            if event["type"] == "block_played" and "failure" in event
        }
        rows = []
        for entry in self._read_record():
            event = entry.event
            if event["type"] != "contestant_loaded":
                continue
            key = (event["contestant"], event["replicate"])
            score = scores.get(key, {})
            measured = entry.meta.get("measured", {})
            row = {"contestant": key[0], "policy": key[1]}
            row |= {"reference": event["reference"], "label": event["label"]}
            row |= {name: score.get(name) for name in ("mean", "low", "high")}
            row |= name_usage(event["usage"], USAGE_COLUMNS)
            row |= {name: measured.get(field) for field, name in _CLOCK_COLUMNS.items()}
            row |= {"bytes": event["bytes"], **event["size"], "failure": failures.get(key)}
            rows.append(row)
        return make_frame(rows, _POLICY_COLUMNS, ["contestant", "policy"])

    @property
    def episodes(self) -> pd.DataFrame:
        """Returns one row an episode: contestant, policy, seed, return (empty where it failed)."""
        seeds: list[int] = []
        rows = []
        for event in self.events:
            if event["type"] == "seeds_drawn":
                seeds = event["seeds"]
            elif event["type"] == "block_played":
                start = event["start"]
                played = event.get("seeds", seeds[start:])
                for seed, total in zip(played, event["returns"], strict=False):
                    row = {"contestant": event["contestant"], "policy": event["replicate"]}
                    rows.append(row | {"seed": seed, "return": total})
        return make_frame(rows, _EPISODE_COLUMNS)

    @property
    def profile(self) -> pd.DataFrame:
        """Returns the performance profile.

        Its columns: contestant, `return`, the share of episodes `above` it, `low`, `high`.
        """
        profile = self._require_conclusion()["profile"]
        rows = [
            {"contestant": each["name"], "return": threshold, "above": above, "low": low, "high": high}
            for each in profile["contestants"]
            for threshold, above, low, high in zip(
                profile["thresholds"], each["above"], each["low"], each["high"], strict=True
            )
        ]
        return make_frame(rows, _PROFILE_COLUMNS)

    def policy(self, contestant: str, number: int = 1) -> Policy:
        """Returns a policy that took part, by contestant and number in it; raises LookupError for another."""
        for event in self.events:
            if event["type"] == "contestant_loaded" and (event["contestant"], event["replicate"]) == (
                contestant,
                number,
            ):
                return Policy(self.path / "policies" / event["policy"], event["hash"])
        known = ", ".join(dict.fromkeys(each["name"] for each in self.settings["contestants"]))
        message = (
            f"the comparison {self.name} has no policy {number} of {contestant}; contestants are: {known}"
        )
        raise LookupError(message)

    def _summarise(self) -> str:
        conclusion = self._find_conclusion()
        if conclusion is None:
            return ": not concluded yet"
        names = ", ".join(
            f"{each['name']} {_describe_score(each, conclusion['episodes'])}"
            for each in conclusion["contestants"]
        )
        return f" over {conclusion['episodes']} seeds: {names}"

    def _require_conclusion(self) -> dict[str, Any]:
        conclusion = self._find_conclusion()
        if conclusion is None:
            reason = self.stopped or "it has not come to anything yet: run its cell again"
            raise LookupError(f"the comparison {self.name} has no results: {reason}")
        return conclusion

    def _find_conclusion(self) -> dict[str, Any] | None:
        """Returns the latest conclusion; a stopped comparison's is of the seeds played until then."""
        conclusions = [
            event["conclusion"]
            for event in self.events
            if event["type"] == "comparison_stopped" and event["conclusion"] is not None
        ]
        return conclusions[-1] if conclusions else None


def _describe_score(contestant: dict[str, Any], episodes: int) -> str:
    """Returns a contestant's mean with its interval; where no episode came to its end, that it failed."""
    if contestant["failed"] >= contestant["replicates"] * episodes:
        return "failed in every episode"
    score = contestant["score"]
    return format_score(score["mean"], score["low"], score["high"])


def _make_estimate_columns(name: str, estimate: dict[str, Any] | None) -> dict[str, Any]:
    known = estimate or {}
    return {name: known.get("value"), f"{name}_low": known.get("low"), f"{name}_high": known.get("high")}
