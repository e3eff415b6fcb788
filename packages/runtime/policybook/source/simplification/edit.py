"""One edit of a policy's text, checked as far as the text alone allows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from policybook.source.document import Document, Span, count_nodes, parse_or_none, splice_text
from policybook.source.simplification.soundness import is_sound


@dataclass(frozen=True)
class Edit:
    """An edit of a policy's text.

    It has a label in words for people, the whole text after it, and how many syntax nodes it takes away.
    `first` and `last` are the lines of the text before it, counted from 1, that it changes.
    """

    label: str
    source: str
    cut: int
    first: int
    last: int


def attempt(document: Document, label: str, replacements: list[tuple[Span, str]]) -> Iterator[Edit]:
    """Yields the edit; nothing where its text does not compile, says the same or could not run."""
    yield from _check_edit(
        document, label, splice_text(document.text, replacements), [span for span, _ in replacements]
    )


def attempt_expression(document: Document, label: str, span: Span, new: str) -> Iterator[Edit]:
    """Replaces one expression, and drops the parentheses that are then around it for nothing."""
    text = splice_text(document.text, [(span, new)])
    tree = parse_or_none(text)
    if tree is None:
        return
    wanted = ast.dump(tree)
    place = Span(span.start, span.start + len(new))
    while (inner := _unwrap(text, place)) is not None:
        smaller, place = inner
        changed = parse_or_none(smaller)
        if changed is None or ast.dump(changed) != wanted:
            break
        text = smaller
    yield from _check_edit(document, label, text, [span])


def _check_edit(document: Document, label: str, text: str, spans: list[Span]) -> Iterator[Edit]:
    tree = parse_or_none(text)
    if tree is None or ast.dump(tree) == document.dump or not is_sound(document.tree, tree):
        return
    # A span of whole lines ends behind the last line's end, which is no line more.
    first = min(document.find_line(span.start) for span in spans)
    last = max(document.find_line(max(span.start, span.end - 1)) for span in spans)
    yield Edit(label, text, document.node_count - count_nodes(tree), first, last)


def _unwrap(text: str, place: Span) -> tuple[str, Span] | None:
    """Returns the text without one pair of parentheses at the ends of a place or around it."""
    if text[place.start : place.start + 1] == "(" and text[place.end - 1 : place.end] == ")":
        inner = text[place.start + 1 : place.end - 1].strip()
        return splice_text(text, [(place, inner)]), Span(place.start, place.start + len(inner))
    left, right = place.start, place.end
    while left > 0 and text[left - 1] in " \n":
        left -= 1
    while right < len(text) and text[right] in " \n":
        right += 1
    if text[left - 1 : left] != "(" or text[right : right + 1] != ")":
        return None
    around = Span(left - 1, right + 1)
    inner = text[place.start : place.end]
    return splice_text(text, [(around, inner)]), Span(around.start, around.start + len(inner))
