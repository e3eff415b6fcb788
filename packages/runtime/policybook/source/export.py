"""A policy's text as a program that runs alone: PEP 723 header, provenance, `predict`, `__main__`.

Exporting an exported file again replaces what the first export added.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policybook.sandbox.analysis.randomness import draws_random
from policybook.source.dependencies import list_dependencies, normalise_name, pin_minor, require_python
from policybook.source.document import Document, splice_text
from policybook.source.environment_text import PlayedEnvironment
from policybook.source.inlining import inline_files, read_inlined_files, read_inlined_modules
from policybook.source.player import choose_verified_names, write_player
from policybook.verification.claim import MARKER, ProgramParts, write_claim_table

_HEADER = re.compile(r"(?m)^# /// script$\n(?P<content>(?:^#(?:| .*)$\n)+?)^# ///$\n?")
_PROVENANCE = "Provenance:"


@dataclass(frozen=True)
class ExportOptions:
    """What goes into an exported program next to the policy's own text."""

    environment: Mapping[str, Any]
    """Where the program plays, shaped as `environmentSpec`."""

    provenance: Sequence[str]
    """Where the policy is from: lines for the program's docstring."""

    versions: Mapping[str, str]
    """The versions of Python ("python") and of the packages with which the policy was measured."""

    claim: Mapping[str, Any] | None = None
    """What `policybook verify` holds the program to, shaped as `exportClaim`."""

    files: Mapping[str, bytes] | None = None
    """The files that the policy may read, by name; they are written into the program."""

    played: PlayedEnvironment = PlayedEnvironment()  # noqa: RUF009 - it is frozen
    """What is known of the environment."""


def export_program(source: str, options: ExportOptions) -> str:
    """Returns a policy's text as a program that runs alone; it depends on nothing but the arguments.

    The policy's own code stays as it is, a `__main__` of its own included. The function raises
    PolicyTextError for a text that is no policy.
    """
    environment, versions, claim = options.environment, options.versions, options.claim
    source = inline_files(source, options.files) if options.files else source
    text, declared = _remove_header(_remove_player(Document(source).text))
    document = Document(text)
    policy = _add_provenance(document, options.provenance).strip("\n") + "\n"
    shebang = re.match(r"(?:#!.*\n)?", policy)[0]  # type: ignore[index] # it matches nothing at least
    policy = policy[len(shebang) :]
    texts = read_inlined_modules(text)
    is_random = any(map(draws_random, [document.text, *texts]))
    added = ""
    if not _has_main(document.tree):
        added = write_player(document.tree, environment, options.played, is_random=is_random)
    table = ""
    if claim is not None and added:
        names = choose_verified_names(document.tree)
        table = write_claim_table(
            claim, versions, ProgramParts(policy, added, names, environment, options.played.seen_files)
        )
    modules = [ast.parse(module) for module in texts]
    own = {name.partition("/")[0].removesuffix(".py") for name in read_inlined_files(text)}
    own |= set(options.played.modules)
    wanted = list_dependencies([document.tree, *modules], environment, versions, declared, own)
    known = {normalise_name(requirement) for requirement in wanted}
    wanted += [
        f"{name}{pin_minor(version)}"
        for name, version in options.played.packages.items()
        if normalise_name(name) not in known
    ]
    header = _write_header(wanted, require_python(versions), table)
    return shebang + header + policy + (f"\n\n{MARKER}\n\n{added}" if added else "")


def _write_header(wanted: Sequence[str], python: str, table: str) -> str:
    listed = ", ".join(f'"{requirement}"' for requirement in wanted)
    content = f'requires-python = "{python}"\ndependencies = [{listed}]\n{table}'
    lines = "".join(f"# {line}\n" if line else "#\n" for line in content.splitlines())
    return f"# /// script\n{lines}# ///\n"


def _remove_player(text: str) -> str:
    lines = text.split("\n")
    return text if MARKER not in lines else "\n".join(lines[: lines.index(MARKER)]).rstrip("\n") + "\n"


def _remove_header(text: str) -> tuple[str, list[str]]:
    """Returns the text without a PEP 723 block, and the dependencies that the block declares."""
    match = _HEADER.search(text)
    if match is None:
        return text, []
    content = "".join(
        line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines(True)
    )
    try:
        declared = [str(requirement) for requirement in tomllib.loads(content).get("dependencies", [])]
    except tomllib.TOMLDecodeError:
        declared = []
    return text[: match.start()] + text[match.end() :], declared


def _add_provenance(document: Document, provenance: Sequence[str]) -> str:
    """Returns the policy's text with provenance behind the words of its own docstring."""
    own = inspect.cleandoc(ast.get_docstring(document.tree, clean=False) or "")
    own = re.split(rf"(?m)^{_PROVENANCE}$", own, maxsplit=1)[0].rstrip()
    if not own and not provenance:
        return document.text
    lines = [f"{_PROVENANCE}", *(f"  {line}" for line in provenance)] if provenance else []
    words = "\n".join([*([own] if own else []), *([""] if own and lines else []), *lines])
    escaped = words.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    literal = f'"""{escaped}\n"""' if lines or own.endswith('"') else f'"""{escaped}"""'
    first = document.tree.body[0]
    if ast.get_docstring(document.tree, clean=False) is not None:
        return splice_text(document.text, [(document.find_span(first), literal)])
    # Comments at the top stay there, before the docstring, unless they belong to the first statement.
    start = document.find_line_start(_find_first_line(document, first))
    return document.text[:start] + literal + "\n\n" + document.text[start:].lstrip("\n")


def _find_first_line(document: Document, first: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    line = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    while (
        line > 1
        and document.lines[line - 2].startswith("#")
        and not document.lines[line - 2].startswith("#!")
    ):
        line -= 1
    return line


def _has_main(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Compare)
        and {"__name__", "'__main__'"}
        <= {ast.unparse(part) for part in [statement.test.left, *statement.test.comparators]}
        for statement in tree.body
    )
