"""Collects what happens along an episode from its rewards and from what the environment says in `info`.

It sees every step that is played for a score, so that it looks at a step's `info` once and keeps sums only.
What an environment calls things is text that it has chosen: names are cut and cleaned, and stay data.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from policybook.rollout.episode_course import EpisodeCourse

TENTHS = 10
MAX_NAMES = 12
"""The most flags, and the most terms, of an episode."""
MAX_FOLLOWED_TERMS = 24
"""The most terms that are added up: which of them change is known at the end."""
MAX_NAME_CHARACTERS = 40
STEPS_AT_A_TIME = 64
"""Adding up as many steps at once takes a third of the time that it takes step by step."""

NOT_A_FLAG = "TimeLimit.truncated"
"""Gymnasium's earlier word for a truncation, which the episode's ending says."""

REWARD_NAME = re.compile("rew|cost|penalt|bonus", re.IGNORECASE)
"""Parts of names of what a reward is made of."""
SUCCESS_NAMES = frozenset({"is_success", "success"})
"""Keys that some environments have as 1.0 for true."""
_UNUSUAL_CHARACTERS = re.compile(r"[^\w./ -]")


class InfoTerm:
    """A number that `info` has had in every step so far; `key` is that in the flattened `info`."""

    __slots__ = ("first", "key", "must_change", "name", "total")

    def __init__(self, key: Any, name: str, first: Any, *, must_change: bool) -> None:
        self.key = key
        self.name = name
        self.first = first
        self.must_change = must_change
        """Whether it is kept only if it changes, and has not changed yet."""
        self.total = 0.0

    def add(self, values: Sequence[Any]) -> bool:
        """Adds values of following steps; returns whether all of them were numbers."""
        try:
            self.total += math.fsum(values)
            if self.must_change:
                self.must_change = values.count(self.first) == len(values)
        except Exception:  # noqa: BLE001 - environments have numbers of any kind
            return False
        return True


class CourseCollector:
    """Collects the terms of one episode, step by step, and adds them up some steps at a time.

    A term is a number that `info`, or a dictionary in it with a name like "rewards", has in every step.
    Those named as rewards or costs are kept, and others that change along the episode.
    """

    __slots__ = ("_flags", "_groups", "_read", "_rows", "_steps", "_terms")

    def __init__(self) -> None:
        self._steps = 0
        """The steps whose `info` was added."""
        self._groups: tuple[str, ...] = ()
        """The keys of dictionaries of terms."""
        self._terms: list[InfoTerm] = []
        self._read: Callable[[Any], tuple[Any, ...]] | None = None
        """Reads the values of all terms; None where there are no terms."""
        self._rows: list[tuple[Any, ...]] = []
        """What was read in steps that are not added up yet."""
        self._flags: tuple[str, ...] = ()

    def add(self, info: Any) -> None:
        """Adds a step. Where all episodes side by side have an empty `info`, it need not be called."""
        self._steps += 1
        if self._steps == 1:
            self._choose_terms(info)
        if self._read is None:
            return
        try:
            self._rows.append(self._read(self._flatten(info) if self._groups else info))
        except Exception:  # noqa: BLE001 - environments put anything into `info`
            self._drop_missing(info)
        if len(self._rows) >= STEPS_AT_A_TIME:
            self._add_up()

    def end(self, info: Any) -> None:
        """Takes the last step's `info` once more, for what it says of the ending."""
        self._flags = list_flags(info)

    def make_course(self, rewards: Sequence[float]) -> EpisodeCourse:
        """Returns what happened along the episode, which had these rewards."""
        self._add_up()
        terms: dict[str, float] = {}
        # A step that was not added had no term.
        if self._steps == len(rewards):
            for term in self._terms:
                if not term.must_change and math.isfinite(term.total) and len(terms) < MAX_NAMES:
                    terms.setdefault(term.name, _shorten(term.total))
        return EpisodeCourse(split_by_tenth(rewards), self._flags, dict(sorted(terms.items())))

    def _choose_terms(self, info: Any) -> None:
        if not isinstance(info, Mapping) or not info:
            return
        self._groups = tuple(
            key
            for key, value in info.items()
            if isinstance(key, str) and isinstance(value, Mapping) and REWARD_NAME.search(key)
        )
        found = [
            (not REWARD_NAME.search(_write_key(key)), _write_key(key), key, value)
            for key, value in self._flatten(info).items()
            if _is_number(value)
        ]
        chosen = sorted(found, key=lambda each: each[:2])[:MAX_FOLLOWED_TERMS]
        self._follow(
            [
                InfoTerm(key, clean_name(name), value, must_change=must_change)
                for must_change, name, key, value in chosen
            ]
        )

    def _follow(self, terms: list[InfoTerm]) -> None:
        self._terms = terms
        # The first key stands twice: of one key, `itemgetter` would give the value itself.
        self._read = itemgetter(*(term.key for term in terms), terms[0].key) if terms else None

    def _flatten(self, info: Any) -> dict[Any, Any]:
        """Returns `info` with the terms of its groups, whose keys are pairs."""
        flat = {key: value for key, value in info.items() if isinstance(key, str)}
        for group in self._groups:
            inner = info.get(group)
            if isinstance(inner, Mapping):
                flat |= {(group, key): value for key, value in inner.items() if isinstance(key, str)}
        return flat

    def _drop_missing(self, info: Any) -> None:
        """Leaves out the terms that a step has not, and reads the others of it."""
        self._add_up()
        flat = self._flatten(info) if isinstance(info, Mapping) else {}
        self._follow([term for term in self._terms if term.key in flat])
        if self._read is not None:
            self._rows.append(self._read(flat))

    def _add_up(self) -> None:
        """Adds what was read to the terms, and leaves out those that were no numbers."""
        columns = list(zip(*self._rows, strict=True))
        self._rows.clear()
        kept = [term for term, values in zip(self._terms, columns, strict=False) if term.add(values)]
        if columns and len(kept) < len(self._terms):
            self._follow(kept)


def has_any(infos: Iterable[Any]) -> bool:
    """Returns whether one of the steps has something in its `info`."""
    try:
        return any(infos)
    except Exception:  # noqa: BLE001 - environments return anything in its place
        return True


def list_flags(info: Any) -> tuple[str, ...]:
    """Returns the cleaned keys that are true in a step's `info`, in the order of their letters."""
    if not isinstance(info, Mapping):
        return ()
    names = {
        clean_name(key)
        for key, value in info.items()
        if isinstance(key, str) and key != NOT_A_FLAG and _is_true(key, value)
    }
    return tuple(sorted(names)[:MAX_NAMES])


def split_by_tenth(rewards: Sequence[float]) -> tuple[float, ...]:
    """Returns the reward in each tenth of an episode.

    A step that lies in two tenths counts in each with its share of the step, so that an episode of one step
    has a tenth of its reward in each, and the ten add up to the return.
    """
    steps = len(rewards)
    ends = [divmod(number * steps, TENTHS) for number in range(TENTHS + 1)]
    tenths = []
    for (first, before), (last, after) in itertools.pairwise(ends):
        total = sum(rewards[first:last])
        if before:
            total -= rewards[first] * before / TENTHS
        if after:
            total += rewards[last] * after / TENTHS
        tenths.append(_shorten(total))
    return tuple(tenths)


def clean_name(name: str) -> str:
    """Returns a name of the environment's without line ends and marks, cut to `MAX_NAME_CHARACTERS`."""
    return _UNUSUAL_CHARACTERS.sub("_", name[:MAX_NAME_CHARACTERS])


def _write_key(key: Any) -> str:
    """Returns a term's key as one name: "rewards/heat" for one of a group."""
    return key if isinstance(key, str) else "/".join(key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _is_true(key: str, value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return key in SUCCESS_NAMES and _is_number(value) and value == 1


def _shorten(value: float) -> float:
    """Returns a number with six digits; no sum of finite rewards is infinite but one that no float holds."""
    return float(f"{value:.6g}") if math.isfinite(value) else math.copysign(1.79769e308, value)
