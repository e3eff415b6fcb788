"""One run, read from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from policybook.reading import frames, tables
from policybook.reading.declared_folder import DeclaredFolder
from policybook.reading.policy import Policy
from policybook.reading.run_folders import RECORD, REPEATS
from policybook.score_format import format_mean, format_score

if TYPE_CHECKING:
    import pandas as pd


class Run(DeclaredFolder):
    """A run as its folder has it now: every property reads it again, so that a running one can be watched."""

    kind = "run"
    record_name = RECORD

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if (path.parent / REPEATS).exists():
            self.name = f"{path.parent.name}/{path.name}"

    @property
    def replicates(self) -> list[Run]:
        """Returns the independent replicates: of a run that was not repeated, itself."""
        return [self]

    @property
    def history(self) -> pd.DataFrame:
        """Returns one row a measurement, oldest first.

        What had been spent by then: `episodes`, `steps`, `model_steps`, `lost_episodes`, `calls`,
        `tokens_in`, `tokens_out`, those of them that were cached (`tokens_cached`) and of reasoning
        (`tokens_reasoning`), `unpriced_calls`, `money` (no value where calls have no known price),
        `wall_seconds`. The head after it, which is the best estimate:
        `head`, and its mean as it was estimated then, or measured last: `head_mean`. The champion after it,
        whose gain was shown: `champion`, its latest `champion_mean` with `champion_low` and
        `champion_high`, `champion_lines`. Who was measured: `challenger`, `label`, `kind` of gain, `mean`,
        size (`lines`, `branches`, `nodes`, `constants`). How: `test` (first, gain, noninferiority,
        identical; measurement where the head was played on fresh seeds alone; none where another candidate
        became head), `against` whom, `verdict`, `difference` (challenger minus that one) with
        `difference_low` and `difference_high` over `pairs`, and whether it was `accepted` as champion.
        """
        return self._make_frame(frames.HISTORY)

    @property
    def candidates(self) -> pd.DataFrame:
        """Returns one row a candidate, its number the index.

        The columns say where it came from (`generation`, `parent`, `kind`,
        `label`, `idea`), its text (`policy`, `hash`, size), its latest `verdict` and score, or why it failed,
        and what decided: the paired `difference` with its interval, `against` whom (for one that was dropped,
        the race's leader). `refused_on` lists the golden seeds that it lost. `slowest_step_ms` is CPU time,
        given where it came near the limit.
        """
        return self._make_frame(frames.CANDIDATES)

    @property
    def calls(self) -> pd.DataFrame:
        """Returns one row a model call.

        Its request and raw response are in `calls/` under the run's folder.
        """
        return self._make_frame(frames.CALLS)

    @property
    def audits(self) -> pd.DataFrame:
        """Returns one row an audit, its number the index.

        The columns are candidate, nonce, mean, low, high, episodes, and what the run had measured before:
        `believed`; where it had measured nothing, `training_mean` is of the episodes by which the policy was
        chosen, which flatter it.
        """
        return self._make_frame(frames.AUDITS)

    @property
    def alarms(self) -> pd.DataFrame:
        """Returns one row a reason to doubt a score.

        Its columns: `candidate`, `code` (zero_variance, knife_edge, seeds_memorised,
        proxy_rank, lines_readded, size_without_score, outside_bounds,
        unrepeatable), `message`.
        """
        return self._make_frame(frames.ALARMS)

    @property
    def unexercised(self) -> pd.DataFrame:
        """Returns one row a part of a candidate's text that the simplifier's episodes have not exercised.

        Its columns: `candidate`, `kind` (never_reached; always_true, a condition; no_effect, a part without
        which it acts alike), `first_line` and `last_line`, and over how many `episodes`. The text keeps these
        parts, which may be there for rare situations. Candidates that were not simplified have no row.
        """
        return self._make_frame(frames.UNEXERCISED)

    @property
    def episodes(self) -> pd.DataFrame:
        """Returns one row an episode that was played for a score.

        Its columns: candidate, purpose (training, first, golden, measurement, selection, audit), seed,
        return. How it ended: `steps`, `ending` (terminated, truncated), `flags` (the keys that were true in
        the last step's `info`, as in "crashed, late"). `reward_1` to `reward_10` are the reward in each tenth
        of it. Episodes in which the policy failed, and those of runs of earlier versions, have nothing but
        their return.
        """
        return self._make_frame(frames.EPISODES)

    @property
    def terms(self) -> pd.DataFrame:
        """Returns one row an episode and term: candidate, purpose, seed, term, sum.

        A term is a number that the environment had in every step's `info`, as `reward_ctrl` of MuJoCo.
        """
        return self._make_frame(frames.TERMS)

    @property
    def usage(self) -> dict[str, Any]:
        """Returns all that the run has used, its audits left out, which are no part of it.

        Its keys: `episodes`, `steps`, `model_steps`, `lost_episodes`, `calls`, `tokens_in`,
        `tokens_out`, those of them that were cached (`tokens_cached`) and of reasoning (`tokens_reasoning`),
        `unpriced_calls`, `money` (None where calls have no known price), and by the clock `cpu_seconds`, the
        author's included, and `wall_seconds`.
        """
        record = list(self._read_record())
        return {**tables.add_usage(record), **tables.read_clocks(record)}

    @property
    def best(self) -> Policy:
        """Returns the head, which the run hands over: the best estimate, or what the user has accepted.

        It need not have been shown to be better than the champion.
        Raises LookupError while there is none, else what `Policy` raises.
        """
        head = tables.find_head(self._read_record())
        if head is None:
            raise LookupError(f"the run {self.name} has no policy yet")
        return self.policy(head)

    @property
    def accepted(self) -> int | None:
        """Returns the number of the candidate that the user has accepted as the result; None for none."""
        return tables.find_accepted(self._read_record())

    @property
    def champion(self) -> Policy:
        """Returns the best policy whose gain was shown.

        Raises LookupError while there is none, else what `Policy` raises.
        """
        champions = tables.list_champions(self._read_record())
        if not champions:
            raise LookupError(f"the run {self.name} has no champion yet")
        return self.policy(champions[-1])

    @property
    def stopped(self) -> str | None:
        """Returns why the run ended, for people; None while it runs or where it was interrupted or paused.

        Of a run whose record is broken before its end, it is what is wrong with the record.
        """
        events = [event for event in self.events if event["type"] != "audited"]
        last = events[-1] if events else {}
        ended = last.get("type") == "run_stopped" and last["reason"] not in ("interrupted", "paused")
        return str(last["message"]) if ended else self._explain_broken_record()

    def policy(self, candidate: int | str) -> Policy:
        """Returns a policy as a reference names it: `run.policy(7)` is `RUN@7`.

        `run.policy("best")` is `RUN@best`, the head, and `run.policy("champion")` is `RUN@champion`.
        Raises LookupError for what no candidate is called, else what `Policy` raises.
        """
        if candidate == "best":
            return self.best
        if candidate == "champion":
            return self.champion
        proposed = {
            entry.event["candidate"]: entry.event
            for entry in self._read_record()
            if entry.event["type"] == "candidate_proposed"
        }
        if candidate not in proposed:
            known = f'from 1 to {max(proposed)}, "best" and "champion"' if proposed else "none yet"
            raise LookupError(f"the run {self.name} has no candidate {candidate!r}; there are {known}")
        event = proposed[candidate]
        return Policy(self.path / "policies" / event["policy"], event["hash"], event["candidate"])

    def _summarise(self) -> str:
        record = self._read_record()
        head = tables.find_head(record)
        if head is None:
            return ": no policy yet"
        rows = {row["candidate"]: row for row in tables.list_candidates(record)}
        episodes = tables.add_usage(record)["episodes"]
        champion = next(reversed(tables.list_champions(record)), None)
        shown = (
            "" if champion in (None, head) else f" (champion @{champion}, {_describe_score(rows[champion])})"
        )
        accepted = "accepted by you, " if head == tables.find_accepted(record) else ""
        return (
            f": best {self.name}@{head}, {accepted}{_describe_score(rows[head])}{shown}, {episodes} episodes"
        )

    def _make_frame(self, table: frames.Table) -> pd.DataFrame:
        return frames.make_frame(table.list_rows(self.path, self._read_record()), table.columns, table.index)


def _describe_score(candidate: tables.Row) -> str:
    """Returns a candidate's score; of one that was not measured, the mean by which it was chosen."""
    if candidate["mean"] is not None:
        return format_score(candidate["mean"], candidate["low"], candidate["high"])
    if candidate["training_mean"] is not None:
        return f"{format_mean(candidate['training_mean'])} while choosing"
    return "not measured"
