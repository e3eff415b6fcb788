"""`policybook verify FILE`: plays an exported program's claim again, then seeds drawn after the export."""

from __future__ import annotations

import platform
import secrets
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from policybook.doctor.installation import find_version
from policybook.environments.user_files import hash_file
from policybook.rollout.environment_fault import MAX_FAULTS_IN_A_ROW
from policybook.rollout.lost_episodes import LostEpisodes, derive_next_seed
from policybook.score_format import format_score
from policybook.verification.audit_seeds import draw_audit_seeds
from policybook.verification.betting import compute_interval, compute_mean
from policybook.verification.claim import Claim, ClaimError, read_claim
from policybook.verification.program_episodes import (
    BrokenProgramError,
    MissingModuleError,
    ProgramEpisodes,
)

REPRODUCED, DIFFERENT, UNVERIFIABLE = 0, 1, 2

MAX_FOLLOWERS = 4 * MAX_FAULTS_IN_A_ROW
"""An episode may be lost so often in one place: an audit plays one again up to three times, for its pair."""

MAX_PROGRAM_BYTES = 16 << 20
"""A policy of 1 MB at most, with 1 MB of data at most in a text that is longer than they are."""


def verify_program(file: str, episodes: int | None = None) -> int:
    """Prints claim, repetition and fresh seeds, and returns the exit code.

    It is 0 where the claim was reproduced exactly, or within the intervals where the environment does not
    repeat; 1 where not; 2 where nothing can be verified.

    The program runs as trusted code: read it first. `episodes`: how many fresh seeds; by default, as claimed.
    """
    path = Path(file)
    try:
        if path.exists() and not path.is_file():
            return _refuse(file, "it is no regular file")
        if path.stat().st_size > MAX_PROGRAM_BYTES:
            return _refuse(
                file, f"it is larger than what %export writes, {MAX_PROGRAM_BYTES >> 20} MB at most"
            )
        claim = read_claim(path.read_text(encoding="utf-8"))
    except OSError as error:
        return _refuse(file, f"it cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _refuse(file, "it is no text in UTF-8")
    except ClaimError as error:
        return _refuse(file, str(error))
    _say(f"{file}: {claim.policy} in {claim.environment}, policy {claim.policy_hash[:12]}")
    shown = format_score(claim.mean, claim.low, claim.high)
    _say(f"claimed     {shown} over {claim.episodes:,} episodes, audit {claim.audit}, nonce {claim.nonce}")
    if claim.replaced:
        _say(
            f"            {len(claim.replaced)} of them took the places of seeds where the environment failed"
        )
    changed = list_changed_files(path, claim)
    if changed:
        _say(
            f"the environment's code is another than in the audit ({', '.join(changed)}): the claim is about "
            "the code as it was"
        )
    nonce = secrets.token_hex(16)
    try:
        again, lost = _play(path, claim, _draw_claimed_seeds(claim))
        verdict = judge_repetition(again, lost, claim)
        _say(f"same seeds  {_format_returns(again, claim)}{_format_lost(lost, again)}: {verdict.words}")
        fresh, lost = _play(path, claim, _draw_seeds(claim, nonce, episodes or claim.episodes))
        _say(
            f"new seeds   {_format_returns(fresh, claim)} over {len(fresh):,} episodes, nonce {nonce}"
            f"{_format_lost(lost, fresh)}"
        )
    except ClaimError as error:
        return _refuse(file, str(error))
    except MissingModuleError as error:
        return _refuse(file, explain_missing(path, claim, error))
    except BrokenProgramError as error:
        return _refuse(file, f"it cannot be played: {error}")
    if not verdict.is_exact:
        _say(_explain_difference(claim, changed, is_lost=verdict.is_lost))
    return REPRODUCED if verdict.is_reproduced else DIFFERENT


def _draw_seeds(claim: Claim, nonce: str, episodes: int) -> list[int]:
    return draw_audit_seeds(claim.policy_hash, claim.environment_hash, nonce, episodes)


def _draw_claimed_seeds(claim: Claim) -> list[int]:
    """Returns the seeds that the claim is about.

    Raises ClaimError where one that took another's place does not follow from it, as a chosen one would not.
    """
    seeds = _draw_seeds(claim, claim.nonce, claim.episodes)
    for position, replacement in claim.replaced.items():
        if position >= len(seeds) or replacement not in _list_followers(seeds[position]):
            raise ClaimError(f"the seed {replacement} of episode {position} does not follow from the nonce")
        seeds[position] = replacement
    return seeds


def _list_followers(seed: int) -> list[int]:
    """Lists the seeds that may take a seed's place, one after the other."""
    followers = [seed]
    while len(followers) <= MAX_FOLLOWERS:
        followers.append(derive_next_seed(followers[-1]))
    return followers


class Verdict(NamedTuple):
    """What the repetition of an audit came to, in `words`."""

    words: str
    is_reproduced: bool
    is_exact: bool
    is_lost: bool
    """Whether it is not exact because the environment failed on other seeds than it had failed on before."""


def judge_repetition(returns: Sequence[float], lost: LostEpisodes | None, claim: Claim) -> Verdict:
    """Returns whether the returns of the claimed seeds are those of the claim.

    Within the intervals is enough where the environment is known not to repeat, or has failed in an episode
    that was claimed.
    """
    if compute_mean(returns) == claim.mean:
        return Verdict("reproduced exactly", True, True, False)
    is_lost = lost is not None
    if not is_lost and claim.unrepeatable is None:
        return Verdict("not reproduced", False, False, False)
    low, high = compute_interval(returns, *claim.returns, claim.confidence)
    if low <= claim.high and high >= claim.low:
        return Verdict("reproduced within the intervals", True, False, is_lost)
    return Verdict("not reproduced: the intervals do not meet", False, False, is_lost)


def list_changed_files(program: Path, claim: Claim) -> list[str]:
    """Returns the user's files of the environment that differ from what was audited, as they lie now."""
    found = {name: program.parent / name for name in claim.files}
    return [
        name for name, path in found.items() if path.is_file() and hash_file(str(path)) != claim.files[name]
    ]


def explain_missing(program: Path, claim: Claim, error: MissingModuleError) -> str:
    """Returns what is missing, a module of the user's or a package, and what to do."""
    name = (error.module or "").partition(".")[0]
    lacking = [file for file in claim.files if not (program.parent / file).is_file()]
    own = [file for file in lacking if name in Path(file).with_suffix("").parts]
    if name and own:
        places = ", ".join(dict.fromkeys(str((program.parent / file).resolve()) for file in lacking))
        return (
            f"the module {name} is missing, which is no package but a file of the environment's author. Seen "
            f"from this program, what it needs lay at {places}: put it there"
        )
    line = shlex.join(["pip", "install", *claim.dependencies])
    return f"a package is missing ({error}): {line}"


def _play(path: Path, claim: Claim, seeds: Sequence[int]) -> tuple[list[float], LostEpisodes | None]:
    """Returns the returns, and the episodes that were lost to faults of the environment."""
    episodes = ProgramEpisodes(path, claim)
    return list(_show_progress(episodes.play(seeds), len(seeds))), episodes.lost


def _format_lost(lost: LostEpisodes | None, returns: Sequence[float]) -> str:
    """Returns, behind a score, how many episodes were lost; empty for none."""
    if lost is None:
        return ""
    return f" ({lost.number} of {lost.number + len(returns)} episodes lost: {lost.cause})"


def _show_progress(returns: Iterable[float], episodes: int) -> Iterable[float]:
    """Yields the same returns and shows a line of progress on a terminal."""
    for number, value in enumerate(returns, 1):
        if sys.stderr.isatty():
            sys.stderr.write(
                f"\r\x1b[2K{number:,} of {episodes:,} episodes" if number < episodes else "\r\x1b[2K"
            )
        yield value


def _explain_difference(claim: Claim, changed: Sequence[str], *, is_lost: bool) -> str:
    """Returns why the claim could not be reproduced, as far as that is known."""
    if claim.unrepeatable is not None:
        return (
            f"the environment does not repeat a seed ({claim.unrepeatable}), so that no claim about it can "
            "be reproduced exactly: the interval of the same seeds is compared with the claimed one"
        )
    if changed:
        return f"the environment's code has changed since the audit: {', '.join(changed)}"
    if is_lost:
        return (
            "the environment failed in episodes that it had played to their end, and others took their "
            "places: the interval of what was played is compared with the claimed one"
        )
    here = {name: _find_version(name) for name in claim.versions}
    differing = [
        f"{name} {here[name] or 'is not installed'}, claimed with {version}"
        for name, version in claim.versions.items()
        if here[name] != version
    ]
    if differing:
        return f"versions differ: {'; '.join(differing)}"
    return (
        "no version differs: policy or environment does not follow from the seed alone, or the claim is wrong"
    )


def _find_version(name: str) -> str | None:
    if name == "python":
        return platform.python_version()
    return find_version(name)


def _format_returns(returns: Sequence[float], claim: Claim) -> str:
    return format_score(
        compute_mean(returns),
        *compute_interval(returns, *claim.returns, claim.confidence),
    )


def _refuse(file: str, why: str) -> int:
    sys.stderr.write(f"policybook: {file}: {why}\n")
    return UNVERIFIABLE


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
