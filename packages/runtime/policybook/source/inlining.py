"""A folder's files in one text: modules and data are laid out in memory, then comes its `policy.py` as it is.

The text runs alone, in a sandbox and anywhere. What was added stands between two marks behind the docstring;
its data are compressed, its modules stay readable.
"""

from __future__ import annotations

import ast
import base64
import inspect
import re
import textwrap
import zlib
from collections.abc import Mapping

from policybook.sandbox.memory_files import lay_out
from policybook.source.document import Document

ENTRY = "policy.py"
SECTION_BEGIN = "# Files of the policy's folder, inlined by policybook; the policy itself goes on below."
SECTION_END = "# The files end here."
LINE_WIDTH = 100

_SECTION = re.compile(rf"(?ms)^{re.escape(SECTION_BEGIN)}$\n.*?^{re.escape(SECTION_END)}$\n\n?")
_FILES = "_files"


def inline_files(source: str, files: Mapping[str, bytes]) -> str:
    """Returns the text with files written before it, next to those that it already holds."""
    files = {**read_inlined_files(source), **files}
    text = remove_files(source)
    if not files:
        return text
    place = _find_place(Document(text))
    return f"{text[:place]}{_write_section(files)}\n{text[place:]}"


def remove_files(source: str) -> str:
    """Returns the policy's own text."""
    return _SECTION.sub("", source, count=1)


def find_section(source: str) -> str | None:
    """Returns what was added to a text, or None where nothing was."""
    found = _SECTION.search(source)
    return found[0] if found else None


def read_inlined_files(source: str) -> dict[str, bytes]:
    """Returns the files in a text, by name; nothing of the text runs."""
    found = find_section(source)
    if found is None:
        return {}
    for statement in ast.parse(found).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict):
            pairs = zip(statement.value.keys, statement.value.values, strict=True)
            return {str(ast.literal_eval(key)): _read_file(value) for key, value in pairs if key is not None}
    return {}


def read_inlined_modules(source: str) -> list[str]:
    """Returns the texts of the modules among the files in a text."""
    return [data.decode() for name, data in read_inlined_files(source).items() if name.endswith(".py")]


def _write_section(files: Mapping[str, bytes]) -> str:
    entries = "".join(f"    {name!r}: {_write_file(files[name])},\n" for name in sorted(files))
    return (
        f"{SECTION_BEGIN}\n{inspect.getsource(lay_out)}\n\n"
        "def packed(text):\n"
        "    import base64\n"
        "    import zlib\n\n"
        '    return zlib.decompress(base64.b85decode("".join(text.split())))\n\n\n'
        f"{_FILES} = {{\n{entries}}}\n"
        f"lay_out({_FILES}, __file__)\n{SECTION_END}\n"
    )


def _write_file(data: bytes) -> str:
    """Returns a file as an expression: texts stay readable, where a literal can hold them as they are."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f'packed("""\n{_pack(data)}\n""")'
    is_plain = all(character.isprintable() or character in "\n\t" for character in text)
    if is_plain and "'''" not in text and not text.endswith(("\\", "'")):
        return f"r'''{text}'''.encode()"
    return f"{text!r}.encode()" if len(text) < LINE_WIDTH else f'packed("""\n{_pack(data)}\n""")'


def _pack(data: bytes) -> str:
    text = base64.b85encode(zlib.compress(data, 9)).decode()
    return "\n".join(textwrap.wrap(text, LINE_WIDTH, break_on_hyphens=False))


def _read_file(value: ast.expr) -> bytes:
    """Returns the content that `_write_file` wrote."""
    if not isinstance(value, ast.Call):
        raise ValueError("it is no file as inlining writes them")
    if isinstance(value.func, ast.Attribute):
        return str(ast.literal_eval(value.func.value)).encode()
    return zlib.decompress(base64.b85decode("".join(str(ast.literal_eval(value.args[0])).split())))


def _find_place(document: Document) -> int:
    """Returns the place behind the docstring and what must stand first, in front of everything else."""
    line = 1
    for statement in document.tree.body:
        is_docstring = statement is document.tree.body[0] and ast.get_docstring(document.tree) is not None
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not is_docstring and not is_future:
            break
        line = (statement.end_lineno or statement.lineno) + 1
    return document.find_line_start(line) if line > 1 else 0
