"""Whether a user's environment keeps to Gymnasium's interface, found out by a little play of the whole of it.

What would break a run is an error with its line when the environment is declared, not in the middle of a
run. What only differs from what the spaces say is a note: policies get what the environment gives.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import sysconfig
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from policybook.environments.action_masks import MaskError
from policybook.environments.legal_actions import LegalActions
from policybook.environments.levels import iterate_levels
from policybook.environments.returned_lines import ReturnedLines
from policybook.environments.simulators import Env, SimulatorError, make_filename, make_simulator_error
from policybook.environments.space_text import format_space

CHECKED_STEPS = 1000
CHECK_SECONDS = 1.0
MAX_NOTES = 4

RESET_PARTS = ("observation", "info")
STEP_PARTS = ("observation", "reward", "terminated", "truncated", "info")


class Subject(NamedTuple):
    """What is checked: its name in a sentence, the user's files, and what an exception out of it means."""

    name: str
    files: tuple[str, ...]
    explain: Callable[[Exception], SimulatorError]


def make_simulator_subject(name: str) -> Subject:
    """Returns a simulator as what is to be checked."""
    return Subject(f"the simulator {name}", (make_filename(name),), partial(make_simulator_error, name))


def find_subject(name: str, env: Env) -> Subject | None:
    """Returns what is to be checked of an environment of the user's modules, None for an installed one."""
    files = tuple(dict.fromkeys(_list_own_files(env)))
    return Subject(name, files, partial(_explain, name, files, env)) if files else None


def check_environment(
    subject: Subject,
    env: Env,
    mask: str,
    *,
    is_mask_declared: bool = False,
    is_mask_given: bool = False,
    seed: int = 0,
) -> list[str]:
    """Plays legal random actions for a moment; returns what people should know, in sentences.

    The environment is played with all its wrappers, in episodes of `seed`. `mask` is the key of the mask of
    legal actions, `is_mask_given` says whether policies get it. Raises SimulatorError for the first thing
    that is wrong.
    """
    for attribute in ("observation_space", "action_space"):
        if not isinstance(getattr(env, attribute, None), gymnasium.Space):
            raise SimulatorError(f"{subject.name} has no {attribute}, a gymnasium.spaces.Space", None)
    check = _Check(subject, LegalActions(env, mask, is_declared=is_mask_declared), seed)
    check.is_mask_given = is_mask_given
    try:
        check.play()
    except SimulatorError:
        raise
    except MaskError as error:
        raise check.make_error(f"the key {mask} of {subject.name} is no mask: {error}") from error
    except Exception as error:
        raise subject.explain(error) from error
    return check.list_notes()


def _list_own_files(env: Env) -> Iterator[str]:
    """Yields the files of an environment's classes, from outside in, that belong to no installed package."""
    installed = tuple(
        os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "purelib", "platlib")
    )
    for level in iterate_levels(env):
        with contextlib.suppress(TypeError, OSError):
            path = inspect.getsourcefile(type(level))
            if path is not None and not os.path.realpath(path).startswith(installed):
                yield path


def _explain(name: str, files: tuple[str, ...], env: Env, error: Exception) -> SimulatorError:
    """Returns what an exception out of an environment means, with the last line of the user's files."""
    places = [
        f" in {os.path.basename(frame.filename)}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename in files
    ]
    unread = re.search(r"reset\(\) got an unexpected keyword argument '(?:seed|options)'", str(error))
    code = getattr(env.unwrapped.reset, "__code__", None)
    if unread and not places and code is not None:
        place = f" in {os.path.basename(code.co_filename)}, line {code.co_firstlineno}"
        error = TypeError(f"{error}; Gymnasium's signature is reset(self, *, seed=None, options=None)")
        places.append(place)
    return SimulatorError(
        f"{name} raised {type(error).__name__}{places[-1] if places else ''}: {error}", None
    )


class Difference(NamedTuple):
    """How a value differs from what its space says: what it is and what the space wants.

    `is_form` says whether it is of another form, which would break a run, `is_endless` whether it is a number
    that the space cannot hold and no policy gets.
    """

    found: str
    wanted: str
    is_form: bool
    is_endless: bool = False


class _Check:
    """One environment's check under way."""

    def __init__(self, subject: Subject, env: LegalActions, seed: int) -> None:
        self.name = subject.name
        self.seed = seed
        self.env = env
        self.is_mask_given = False
        self.is_mask_shown = False
        """Whether there was a mask after a reset."""
        self.lines = ReturnedLines(subject.files, ("reset", "step"))
        self.notes: dict[str, str] = {}
        """By what they are about, so that each is said once."""

    def play(self) -> None:
        space = self.env.action_space
        space.seed(0)
        end = time.monotonic() + CHECK_SECONDS
        is_over = True
        with self.lines:
            for _ in range(CHECKED_STEPS):
                if is_over:
                    answer: Any = self.env.reset(seed=self.seed)
                    observation, info = self._unpack("reset", answer, RESET_PARTS)
                    self._check("reset", observation, info)
                    self.is_mask_shown |= self.env.mask is not None
                answer = self.env.step(space.sample())
                observation, reward, terminated, truncated, info = self._unpack("step", answer, STEP_PARTS)
                self._check("step", observation, info)
                self._check_reward(reward)
                is_over = self._read_flag("terminated", terminated) or self._read_flag("truncated", truncated)
                if time.monotonic() > end:
                    break

    @property
    def has_hidden_mask(self) -> bool:
        """Whether info has a mask that no policy gets: a usual one after a reset becomes an argument."""
        return (
            self.env.mask is not None
            and not self.is_mask_given
            and not self.is_mask_shown
            and not self._is_mask_observed
        )

    @property
    def _is_mask_observed(self) -> bool:
        observed = self.env.observation_space
        return isinstance(observed, gymnasium.spaces.Dict) and self.env.key in observed.spaces

    def list_notes(self) -> list[str]:
        """Returns the notes, and what the environment has refused."""
        notes = list(self.notes.values())[:MAX_NOTES]
        if self.env.refusals:
            notes.append(
                f"{self.name} refuses some actions by raising ({self.env.last_refusal}): a "
                "policy that takes one fails there. A mask in info, named by `mask:`, tells policies which "
                "are legal."
            )
        elif self.has_hidden_mask:
            notes.append(
                f"info has {self.env.key}, which all that plays for policybook obeys; "
                f"`info: [{self.env.key}]` in %%environment gives it to policies."
            )
        return notes

    def make_error(self, message: str) -> SimulatorError:
        """Returns an error at the line from which the last answer came."""
        return SimulatorError(f"{message}{self._format_line()}", self.lines.last)

    def _format_line(self) -> str:
        """Returns the line from which the last answer came, in brackets, with its file if it has one."""
        line, file = self.lines.last, self.lines.last_file
        if line is None:
            return ""
        return f" (line {line})" if file.startswith("<") else f" ({os.path.basename(file)}, line {line})"

    def _unpack(self, method: str, answer: Any, wanted: tuple[str, ...]) -> tuple[Any, ...]:
        if isinstance(answer, tuple) and len(answer) == len(wanted):
            return answer
        found = f"{len(answer)} values" if isinstance(answer, tuple) else f"one {type(answer).__name__}"
        raise self.make_error(
            f"{self.name}: {method} returns ({', '.join(wanted)}), this one returned {found}"
        )

    def _check(self, method: str, observation: Any, info: Any) -> None:
        if not isinstance(info, Mapping):
            raise self.make_error(f"{self.name}: {method} gave {info!r:.80} as info, which is a dict")
        for different in compare(self.env.observation_space, observation):
            said = (
                f"{self.name}: {method} gave {different.found} as observation, "
                f"its observation_space says {different.wanted}"
            )
            if different.is_form:
                raise self.make_error(said)
            end = (
                "an episode that comes there is lost, and one of another seed takes its place. A number can "
                "stand for a value that is missing, with a flag next to it"
                if different.is_endless
                else "policies get what it gives"
            )
            self.notes.setdefault(different.wanted, f"{said}{self._format_line()}; {end}.")

    def _check_reward(self, reward: Any) -> None:
        try:
            is_finite = bool(np.isfinite(np.asarray(reward, float)).all())
        except (TypeError, ValueError):
            is_finite = False
        if not is_finite:
            raise self.make_error(f"{self.name}: step gave {reward!r:.80} as reward, no finite number")
        if np.ndim(reward):
            raise self.make_error(
                f"{self.name}: step gave a reward of shape {np.shape(reward)}, which is to "
                "be one number, such as float(reward)"
            )

    def _read_flag(self, flag: str, value: Any) -> bool:
        if isinstance(value, bool | np.bool_ | int | np.integer):
            return bool(value)
        raise self.make_error(f"{self.name}: step gave {value!r:.80} as {flag}, which is True or False")


def compare(space: gymnasium.Space[Any], value: Any, where: str = "") -> Iterator[Difference]:
    """Yields how a value differs from what its space says; `where` names the part of the observation."""
    spaces = gymnasium.spaces
    if isinstance(space, spaces.Box):
        yield from _compare_box(space, value, where)
    elif isinstance(space, spaces.Dict) and isinstance(value, Mapping):
        if set(value) != set(space.spaces):
            yield Difference(f"the keys {_list(value)}{where}", f"the keys {_list(space.spaces)}", True)
            return
        for name, part in space.spaces.items():
            yield from compare(part, value[name], f"{where} in {name}")
    elif isinstance(space, spaces.Tuple) and isinstance(value, tuple) and len(value) == len(space.spaces):
        for number, part in enumerate(space.spaces):
            yield from compare(part, value[number], f"{where} in part {number}")
    elif not space.contains(value):
        yield Difference(f"{value!r:.80}{where}", format_space(space), True)


def _compare_box(space: gymnasium.spaces.Box, value: Any, where: str) -> Iterator[Difference]:
    is_number = space.shape == () and isinstance(value, int | float | np.generic)
    if not isinstance(value, np.ndarray) and not is_number:
        yield Difference(f"a {type(value).__name__}{where}", f"an array of shape {space.shape}", True)
        return
    array = np.asarray(value)
    if array.shape != space.shape:
        yield Difference(f"an array of shape {array.shape}{where}", f"an array of shape {space.shape}", True)
        return
    if array.dtype != space.dtype and not is_number:
        yield Difference(f"numbers of dtype {array.dtype}{where}", f"dtype {space.dtype}", False)
    if array.dtype.kind not in "biuf":
        yield Difference(f"values of dtype {array.dtype}{where}", "numbers", True)
        return
    outside = ~((array >= space.low) & (array <= space.high))
    endless = outside & ~np.isfinite(array)
    if outside.any():
        position = tuple(int(index) for index in np.argwhere(endless if endless.any() else outside)[0])
        place = f" at [{', '.join(map(str, position))}]" if position else ""
        low, high = space.low[position], space.high[position]
        yield Difference(
            f"{array[position]:g}{place}{where}",
            f"numbers from {low:g} to {high:g}{place}{where}",
            False,
            bool(endless.any()),
        )


def _list(names: Any) -> str:
    return ", ".join(sorted(map(str, names)))
