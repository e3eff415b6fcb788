"""What a cell declared, as a reply to the process that requested the cell; runs in the kernel's Python."""

from __future__ import annotations

import json

from policybook.notebook import declarations

DECLARED_TYPE = "application/x-policybook-declared"


class DeclarationsReply:
    """Displays as JSON: a repr would be cut."""

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        resolved = [dict(declaration.resolved) for declaration in declarations.list_latest()]
        return {DECLARED_TYPE: json.dumps(resolved)}


def reply_declarations() -> DeclarationsReply:
    """Returns the declarations of the cell that is being executed."""
    return DeclarationsReply()
