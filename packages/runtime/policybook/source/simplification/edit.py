"""One edit of a policy's text, checked as far as the text alone allows."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from policybook.source.document import Document, Span, compiles, nodes, spliced
from policybook.source.simplification.soundness import sound


@dataclass(frozen=True)
class Edit:
    """What was done, in words for people; the whole text after it; by how many syntax nodes it is smaller."""

    label: str
    source: str
    cut: int


def attempt(document: Document, label: str, replacements: list[tuple[Span, str]]) -> Edit | None:
    """The edit, or None where its text does not compile, says the same or could not run."""
    return _checked(document, label, spliced(document.text, replacements))


def attempt_expression(document: Document, label: str, span: Span, new: str) -> Edit | None:
    """Replaces one expression, and drops the parentheses that are then around it for nothing."""
    text = spliced(document.text, [(span, new)])
    tree = compiles(text)
    if tree is None:
        return None
    wanted = ast.dump(tree)
    place = Span(span.start, span.start + len(new))
    while (inner := _unwrapped(text, place)) is not None:
        smaller, place = inner
        changed = compiles(smaller)
        if changed is None or ast.dump(changed) != wanted:
            break
        text = smaller
    return _checked(document, label, text)


def _checked(document: Document, label: str, text: str) -> Edit | None:
    tree = compiles(text)
    if tree is None or ast.dump(tree) == document.dump or not sound(document.tree, tree):
        return None
    return Edit(label, text, document.nodes - nodes(tree))


def _unwrapped(text: str, place: Span) -> tuple[str, Span] | None:
    """The text without one pair of parentheses at the ends of a place or around it."""
    if text[place.start : place.start + 1] == "(" and text[place.end - 1 : place.end] == ")":
        inner = text[place.start + 1 : place.end - 1].strip()
        return spliced(text, [(place, inner)]), Span(place.start, place.start + len(inner))
    left, right = place.start, place.end
    while left > 0 and text[left - 1] in " \n":
        left -= 1
    while right < len(text) and text[right] in " \n":
        right += 1
    if text[left - 1 : left] != "(" or text[right : right + 1] != ")":
        return None
    around = Span(left - 1, right + 1)
    inner = text[place.start : place.end]
    return spliced(text, [(around, inner)]), Span(around.start, around.start + len(inner))
