"""A policy's text with its syntax tree, and the places of the tree's nodes in the text."""

from __future__ import annotations

import ast
import bisect
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

# A policy with a table of 1 MB is legitimate, as a folder's files in its text are.
MAX_BYTES = 2 << 20

# CPython 3.11 takes 10 GB for an import of 100,000 dotted names within that size.
MAX_DOTTED_PARTS = 100


class PolicyTextError(Exception):
    """A text that is no policy; `line` and `column` count from 1."""

    def __init__(
        self,
        code: Literal["syntax_error", "no_act"],
        message: str,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Span:
    """Characters of a text, from `start` up to `end`."""

    start: int
    end: int


class Document:
    """A text that compiles. Offsets are in characters, where `ast` counts UTF-8 bytes of a line."""

    def __init__(self, source: str) -> None:
        self.text = normalise_text(source)
        self.tree = _parse(self.text)
        self.lines = self.text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    @cached_property
    def dump(self) -> str:
        """Returns the tree as text, to compare others with."""
        return ast.dump(self.tree)

    @cached_property
    def node_count(self) -> int:
        """Returns how many nodes the tree has."""
        return count_nodes(self.tree)

    def find_offset(self, line: int, byte_column: int) -> int:
        """Returns the index of the character at a position as `ast` gives it."""
        text = self.lines[line - 1]
        column = byte_column if text.isascii() else len(text.encode()[:byte_column].decode())
        return self._starts[line - 1] + column

    def find_line_start(self, line: int) -> int:
        """Returns the index of a line's first character; lines count from 1, one past the last is the end."""
        return min(self._starts[line - 1], len(self.text))

    def find_line(self, offset: int) -> int:
        """Returns the line, counted from 1, on which the character at an index stands."""
        return bisect.bisect_right(self._starts, offset, hi=len(self.lines))

    def find_span(self, node: ast.expr | ast.stmt) -> Span:
        """Returns where a node stands, without parentheses around it."""
        return Span(
            self.find_offset(node.lineno, node.col_offset),
            self.find_offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def get_segment(self, node: ast.expr | ast.stmt) -> str:
        """Returns a node's own text."""
        span = self.find_span(node)
        return self.text[span.start : span.end]


def normalise_text(source: str) -> str:
    """Returns the text with LF line ends: what is hashed, stored and rewritten."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def splice_text(text: str, replacements: list[tuple[Span, str]]) -> str:
    """Returns the text with some disjoint spans replaced and every other character kept."""
    for span, new in sorted(replacements, key=lambda replacement: -replacement[0].start):
        text = text[: span.start] + new + text[span.end :]
    return text


def count_nodes(tree: ast.AST) -> int:
    """Returns how many nodes a tree has."""
    return sum(1 for _ in ast.walk(tree))


def parse_or_none(text: str) -> ast.Module | None:
    """Returns the tree of a text that is valid Python, else None."""
    try:
        return _parse(text)
    except PolicyTextError:
        return None


def _measure_longest_dotted_name(text: str) -> int:
    longest = length = 0
    for part in text.split("."):
        length = length + 1 if part.strip(" \t\f\n\\").isidentifier() else 0
        longest = max(longest, length)
    return longest


def _parse(text: str) -> ast.Module:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise PolicyTextError("syntax_error", "the text is not valid Unicode") from error
    if size > MAX_BYTES:
        raise PolicyTextError("syntax_error", f"the text has {size} bytes; at most {MAX_BYTES} are read")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PolicyTextError("syntax_error", "the text contains a NUL byte", line)
    if _measure_longest_dotted_name(text) > MAX_DOTTED_PARTS:
        raise PolicyTextError("syntax_error", f"a dotted name has more than {MAX_DOTTED_PARTS} parts")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            # Finds what the grammar alone does not, such as a `return` outside a function.
            compile(text, "<policy>", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise PolicyTextError("syntax_error", error.msg, error.lineno, error.offset) from error
    except (RecursionError, MemoryError) as error:
        raise PolicyTextError("syntax_error", "the text is nested too deeply") from error
    except (ValueError, OverflowError) as error:
        raise PolicyTextError("syntax_error", str(error)) from error
    return tree
