"""Whether a policy's text draws from generators that all episodes of a process would share."""

from __future__ import annotations

import ast
import functools

from policybook.sandbox.analysis.number_tables import parse_without_tables

MODULE = "random"


def draws_random(source: str) -> bool:
    """Says whether a text may draw from the generators of `random` or `numpy.random`.

    The rule reads the syntax tree: an import or an attribute of that name counts, a comment or a string that
    holds the word does not. Names that are made while the text runs, or imported by `*`, are not seen: such a
    text may reach beyond its episode and is played in a process of its own (`isolation_analysis`). A text
    that does not compile draws nothing; one that is too deeply nested to be read is taken to draw.
    """
    return MODULE in source and _mentions_generators(source)


# It is called for each episode; the cache keeps a few texts, and only those that hold the word.
@functools.lru_cache(maxsize=32)
def _mentions_generators(source: str) -> bool:
    try:
        tree = parse_without_tables(source)
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return any(_is_generator(node) for node in ast.walk(tree))


def _is_generator(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == MODULE
    if isinstance(node, ast.ImportFrom):
        return MODULE in (node.module or "").split(".") or any(alias.name == MODULE for alias in node.names)
    return isinstance(node, ast.Import) and any(MODULE in alias.name.split(".") for alias in node.names)
