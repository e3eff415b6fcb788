"""The parts of a policy that it may be played without: rules, their conditions, and the terms of sums."""

from __future__ import annotations

import ast

from policybook.source.document import Document
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import has_few_nodes, leaves_section
from policybook.source.simplification.expressions import find_expression_edits
from policybook.source.simplification.places import Places
from policybook.source.simplification.statements import find_statement_edits


def find_parts(source: str) -> list[Edit] | None:
    """Returns edits that each take one part out, in the order of the text; no two give one text.

    It returns None for a text that `has_few_nodes` denies.
    """
    document = Document(source)
    if not has_few_nodes(document):
        return None
    found = [
        *find_statement_edits(document),
        *find_expression_edits(document, Places(document.tree), (ast.BinOp, ast.BoolOp, ast.IfExp)),
    ]
    distinct: dict[str, Edit] = {}
    for edit in found:
        if leaves_section(document, edit):
            distinct.setdefault(edit.source, edit)
    return sorted(distinct.values(), key=lambda edit: (edit.first, edit.last))
