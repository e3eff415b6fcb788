"""Reads a policy's text as a syntax tree, in which rows of numbers stand as one number each."""

from __future__ import annotations

import ast
import re

_NUMBER = r"\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?"
_TABLE = re.compile(rf"(?<![\w.]){_NUMBER}(?:\s*,\s*[-+]?{_NUMBER}){{7,}}(?![\w.])")
"""Numbers in a row, of which there may be hundreds of thousands: they do not matter to any rule."""

_NO_LINE_END = re.compile(r"[^\r\n]+")


def parse_without_tables(source: str) -> ast.Module:
    """Returns the syntax tree of a text whose rows of numbers are shortened.

    Nothing but numbers, commas and blanks is left out, and every line stays a line of its own: else a comment
    that ends in numbers would swallow the line behind it. Raises what `ast.parse` raises of the whole text.
    """
    try:
        return ast.parse(_TABLE.sub(lambda table: "0" + _NO_LINE_END.sub("", table[0]), source))
    except SyntaxError:
        # A row of numbers can stand where one number cannot, as on several lines without brackets.
        return ast.parse(source)
