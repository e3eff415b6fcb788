"""All single edits of a policy's text."""

from __future__ import annotations

import ast

from policybook.source.document import Document
from policybook.source.inlining import find_section
from policybook.source.simplification.constants import find_digit_edits
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.expressions import find_expression_edits
from policybook.source.simplification.places import Places
from policybook.source.simplification.statements import find_statement_edits

# Every edit is compiled; a program of more code than some 200 lines is not simplified edit by edit.
MAX_CODE_NODES = 1500


def find_edits(source: str) -> list[Edit]:
    """Returns the edits that leave a policy able to run, largest cut first; no two give one text.

    It returns none for a text that `has_few_nodes` denies.
    """
    document = Document(source)
    if not has_few_nodes(document):
        return []
    places = Places(document.tree)
    found = [
        *find_statement_edits(document),
        *find_expression_edits(document, places),
        *find_digit_edits(document, places),
    ]
    found = [edit for edit in found if leaves_section(document, edit)]
    # Of equal texts the first found has the better words; sorting keeps the order of equals.
    distinct: dict[str, Edit] = {}
    for edit in found:
        distinct.setdefault(edit.source, edit)
    return sorted(distinct.values(), key=lambda edit: (-edit.cut, len(edit.source)))


def has_few_nodes(document: Document) -> bool:
    """Returns whether a text has at most `MAX_CODE_NODES` syntax nodes apart from its literals."""
    literals = sum(isinstance(node, ast.Constant) for node in ast.walk(document.tree))
    return document.node_count - literals <= MAX_CODE_NODES


def leaves_section(document: Document, edit: Edit) -> bool:
    """Returns whether an edit leaves alone what lays out a folder's files, which is no part of the policy."""
    added = find_section(document.text)
    return added is None or added in edit.source
