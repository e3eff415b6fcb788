"""Takes out of a text what makes no difference, and says what recorded episodes have not exercised.

A part that, by the text alone, makes no difference is always taken out. A part that merely no recorded
episode contradicts is taken out only where the user has declared the environments that the policy is for;
otherwise it stays and is marked.
"""

from __future__ import annotations

from typing import NamedTuple

from policybook.source.document import Document, normalise_text
from policybook.source.simplification.constants import shorten_all
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import find_edits, has_few_nodes, leaves_section
from policybook.source.simplification.proven_edits import find_proven_edits
from policybook.source.simplification.reach_markers import TextPart
from policybook.source.simplification.replay import Replay
from policybook.source.simplification.unexercised import find_unexercised, touches

# A text of more syntax nodes is a table, which shorter literals do not make readable.
MAX_NODES = 20_000
# Above this share a variant is likely to play alike.
ALIKE_SHARE = 0.9
# What cuts more than this part of the tree is another policy.
MAX_CUT_SHARE = 0.5


class Simplified(NamedTuple):
    """The smallest text that was found to take the same actions, and the edits that led to it, in words.

    `unexercised` has the parts of this text that no episode contradicts, by its lines. `variants` are smaller
    texts that take another action somewhere, which have to be tested. `is_cut_short` says that the bound on
    replays ended the search.
    """

    source: str
    edits: list[str]
    unexercised: list[TextPart]
    variants: list[Edit]
    is_cut_short: bool


def simplify(
    source: str, replay: Replay, *, takes_unexercised: bool = False, most_variants: int = 0
) -> Simplified:
    """Simplifies a text as far as the replay's bound allows.

    With `takes_unexercised` it also takes, the largest first, edits that change no action on the recorded
    episodes. It returns at most so many variants, which do change some.
    """
    original = normalise_text(source)
    if Document(original).node_count > MAX_NODES:
        return Simplified(original, [], [], [], is_cut_short=False)
    current, taken = _take_proven(original)
    # A policy whose actions differ from one replay to the next is left as it is.
    if taken and not replay.acts_alike(current):
        return Simplified(original, [], [], [], is_cut_short=False)
    if takes_unexercised:
        current, more = _take_alike(current, replay)
        taken += more
    document = Document(current)
    unexercised = find_unexercised(document, replay)
    variants = _choose_variants(document, replay, unexercised, most_variants) if most_variants > 0 else []
    return Simplified(current, taken, unexercised, variants, is_cut_short=replay.was_refused)


def _take_proven(source: str) -> tuple[str, list[str]]:
    taken: list[str] = []
    while True:
        document = Document(source)
        found = find_proven_edits(document) if has_few_nodes(document) else iter(())
        edit = next((each for each in found if leaves_section(document, each)), None)
        if edit is None:
            return source, taken
        source = edit.source
        taken.append(edit.label)


def _take_alike(source: str, replay: Replay) -> tuple[str, list[str]]:
    """Takes edits that change no action, and then what they leave unused."""
    taken: list[str] = []
    known: dict[str, bool] = {}
    has_progressed = True
    while has_progressed:
        has_progressed = False
        refused: set[str] = set()
        pending = find_edits(source)
        while pending:
            edit = pending.pop(0)
            if edit.source not in known:
                if not replay.may_play():
                    return source, taken
                known[edit.source] = replay.acts_alike(edit.source)
            if not known[edit.source]:
                refused.add(edit.label)
                continue
            source, has_progressed = edit.source, True
            taken.append(edit.label)
            source, proven = _take_proven(source)
            taken += proven
            pending = [other for other in find_edits(source) if other.label not in refused]
    return source, taken


def _choose_variants(
    document: Document, replay: Replay, unexercised: list[TextPart], most: int
) -> list[Edit]:
    """Returns edits that change some action: first those that act alike most of the time, the largest first.

    What no episode contradicts stays: a test on more episodes would seldom contradict it either.
    """
    most_cut = MAX_CUT_SHARE * document.node_count
    kept_lines = {line for part in unexercised for line in range(part.opening, part.last + 1)}
    shorter = shorten_all(document, kept_lines)
    chosen = [] if shorter is None else [shorter]
    others: list[Edit] = []
    for edit in find_edits(document.text):
        if len(chosen) >= most or not replay.may_play():
            break
        if not 0 <= edit.cut <= most_cut or touches(edit, unexercised):
            continue
        share = replay.measure_share(edit.source)
        if ALIKE_SHARE <= share < 1:
            chosen.append(edit)
        elif share < ALIKE_SHARE:
            others.append(edit)
    return [*chosen, *others][:most]
