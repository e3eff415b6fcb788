"""Which parts of a policy no recorded episode has exercised; they are marked, and stay in the text."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from policybook.source.document import Document
from policybook.source.inlining import find_section
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import has_few_nodes, leaves_section
from policybook.source.simplification.expressions import find_expression_edits
from policybook.source.simplification.places import Places
from policybook.source.simplification.reach_markers import ReachMarkers, TextPart
from policybook.source.simplification.replay import Replay
from policybook.source.simplification.statements import find_dropping_edits, walk_function_bodies


def find_unexercised(document: Document, replay: Replay) -> list[TextPart]:
    """Returns the parts that recorded episodes do not contradict, in the order of their lines.

    Conditions and branches come from one replay with markers after another, terms and statements from a
    replay without each. Where the bound on replays ends that, what has been found so far is returned.
    """
    unreached = _find_unreached(document, replay)
    idle = _find_idle(document, replay, unreached)
    return _merge([*unreached, *idle])


def touches(edit: Edit, parts: Sequence[TextPart]) -> bool:
    """Returns whether an edit changes lines of any of these parts."""
    return any(edit.first <= part.last and part.opening <= edit.last for part in parts)


def _find_unreached(document: Document, replay: Replay) -> list[TextPart]:
    markers = ReachMarkers(document)
    section = _find_section_lines(document)
    pending = {number for number, part in enumerate(markers.parts) if part.first not in section}
    if not pending or not has_few_nodes(document) or not markers.can_tell():
        return []
    while replay.may_play():
        exception = replay.find_exception(markers.write(pending))
        if exception is None:
            return [markers.parts[number] for number in sorted(pending)]
        reached = markers.read(exception)
        if reached not in pending:
            # Something else failed, as what needs more time than it has.
            return []
        pending.remove(reached)
        if not pending:
            return []
    return []


def _find_section_lines(document: Document) -> range:
    """Returns the lines that lay out a folder's files, which are no part of the policy."""
    added = find_section(document.text)
    if added is None:
        return range(0)
    start = document.text.index(added)
    return range(document.find_line(start), document.find_line(start + len(added) - 1) + 1)


def _find_idle(document: Document, replay: Replay, unreached: Sequence[TextPart]) -> list[TextPart]:
    """Returns terms and statements without which the policy acts alike, outside of what is not reached."""
    found: list[TextPart] = []
    hidden = [part for part in unreached if part.kind == "never_reached"]
    for edit in _list_idle_edits(document):
        if touches(edit, hidden) or touches(edit, found) or not leaves_section(document, edit):
            continue
        if not replay.may_play():
            break
        if replay.acts_alike(edit.source):
            found.append(TextPart("no_effect", edit.first, edit.last, edit.first))
    return found


def _list_idle_edits(document: Document) -> list[Edit]:
    if not has_few_nodes(document):
        return []
    statements = [
        edit
        for function, body in walk_function_bodies(document.tree)
        for edit in find_dropping_edits(document, function, body)
    ]
    # The markers have an answer for conditions.
    expressions = find_expression_edits(document, Places(document.tree), (ast.BinOp,))
    return [*statements, *expressions]


def _merge(parts: list[TextPart]) -> list[TextPart]:
    """Returns the parts without those that lie inside of another, and joins those that follow each other."""
    merged: list[TextPart] = []
    for part in sorted(set(parts), key=lambda each: (each.opening, -each.last, each.kind)):
        before = merged[-1] if merged else None
        if before is not None and part.last <= before.last and before.kind != "no_effect":
            continue
        if before is not None and before.kind == part.kind and part.first <= before.last + 1:
            merged[-1] = before._replace(last=max(before.last, part.last))
        else:
            merged.append(part)
    return merged
