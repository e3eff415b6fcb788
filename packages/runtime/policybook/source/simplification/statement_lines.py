"""Cutting whole statements out of a text so that what is left still looks written by hand."""

from __future__ import annotations

import ast
import re

from policybook.source.document import Document, Span


class StatementLines:
    """The lines of a document, counted from 1."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def find_lines(self, first: int, last: int) -> Span:
        """Returns the span of whole lines, the line ends included."""
        document = self._document
        end = document.find_line_start(last + 1) if last < len(document.lines) else len(document.text)
        return Span(document.find_line_start(first), end)

    def find_removal(self, first: ast.stmt, last: ast.stmt) -> Span | None:
        """Finds the lines of some consecutive statements.

        The comment that is only theirs belongs to them, and so do the blank lines that would be too many.
        None where they share a line with something else.
        """
        decorators: list[ast.expr] = getattr(first, "decorator_list", [])
        start = min([first.lineno, *(decorator.lineno for decorator in decorators)])
        end = last.end_lineno or last.lineno
        if not self._is_alone(first, last):
            return None
        if self._is_paragraph_end(end + 1, first.col_offset):
            while self._is_comment(start - 1, first.col_offset):
                start -= 1
        while self._is_blank(start - 1) and self._is_blank(end + 1) and end + 1 < len(self._document.lines):
            end += 1
        return self.find_lines(start, end)

    def find_keyword_line(self, statement: ast.If) -> int | None:
        """Returns the line of an `if`'s `else` or `elif`, or None where it has none of its own."""
        document = self._document
        for line in range((statement.body[-1].end_lineno or 0) + 1, statement.orelse[0].lineno + 1):
            text = document.lines[line - 1]
            word = re.match(r"(\s*)(else|elif)\b", text)
            if word and len(word.group(1)) == self._measure_indent(statement.lineno):
                return line
        return None

    def unwrap(self, statement: ast.If, body: list[ast.stmt]) -> list[tuple[Span, str]] | None:
        """Puts one arm of an `if` in its place."""
        text = self._write_arm(statement, body, self._measure_indent(statement.lineno))
        if text is None or not self._is_alone(statement, statement):
            return None
        return [(self.find_lines(statement.lineno, statement.end_lineno or statement.lineno), text)]

    def make_else(self, statement: ast.If) -> list[tuple[Span, str]] | None:
        """Turns an `elif` into the `else`, and drops the arms behind it."""
        indent = self._measure_indent(statement.lineno)
        text = self._write_arm(statement, statement.body, self._measure_indent(statement.body[0].lineno))
        if text is None:
            return None
        whole = self.find_lines(statement.lineno, statement.end_lineno or statement.lineno)
        return [(whole, " " * indent + "else:\n" + text)]

    def _write_arm(self, statement: ast.If, body: list[ast.stmt], indent: int) -> str | None:
        """Returns an arm's text at an indentation, or None where lines cannot be moved freely."""
        document = self._document
        first, last = body[0], body[-1]
        start, end = first.lineno, last.end_lineno or last.lineno
        if any(_has_multi_line_string(part) for part in body) or not self._is_alone(first, last):
            return None
        # A comment between the header and the first statement belongs to the arm.
        while start - 1 > statement.lineno and self._is_comment(start - 1, first.col_offset):
            start -= 1
        by = self._measure_indent(first.lineno) - indent
        moved = [
            line[by:] if line[:by].isspace() or by == 0 else line for line in document.lines[start - 1 : end]
        ]
        return "\n".join(moved) + "\n"

    def _is_alone(self, first: ast.stmt, last: ast.stmt) -> bool:
        """Returns whether nothing but a comment shares the statements' first and last lines."""
        document = self._document
        before = document.text[document.find_line_start(first.lineno) : document.find_span(first).start]
        behind = document.text[document.find_span(last).end :].split("\n", 1)[0].strip()
        return not before.strip() and (not behind or behind.startswith("#"))

    def _is_paragraph_end(self, line: int, column: int) -> bool:
        """Returns whether a line begins something new: it is blank, a comment, or less indented."""
        if line > len(self._document.lines) or self._is_blank(line):
            return True
        return self._measure_indent(line) < column or self._document.lines[line - 1].lstrip().startswith("#")

    def _is_comment(self, line: int, column: int) -> bool:
        if line < 1:
            return False
        text = self._document.lines[line - 1]
        return text.lstrip().startswith("#") and self._measure_indent(line) == column

    def _is_blank(self, line: int) -> bool:
        return 1 <= line <= len(self._document.lines) and not self._document.lines[line - 1].strip()

    def _measure_indent(self, line: int) -> int:
        text = self._document.lines[line - 1]
        return len(text) - len(text.lstrip())


def _has_multi_line_string(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno
        for node in ast.walk(statement)
    )
