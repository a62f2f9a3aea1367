"""The kernel is read in one sitting: at most 1,500 lines of code, imports and docstrings not counted."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

_MOST = 1_500
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _code_lines(source: str) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(lines)


def test_the_kernel_can_be_read_in_one_sitting() -> None:
    kernel = Path(__file__).parents[2] / "kernel"
    sizes = {path.name: _code_lines(path.read_text(encoding="utf-8")) for path in kernel.glob("*.py")}
    assert sum(sizes.values()) <= _MOST, sizes


def test_a_line_of_code_is_counted_once_and_a_docstring_is_not() -> None:
    assert (
        _code_lines('"""Text.\n\nMore.\n"""\nimport os\n\n\ndef f() -> int:\n    """One."""\n    # why\n    return 1\n')
        == 2
    )
