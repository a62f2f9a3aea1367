"""Finds every place in sources that writes rows beside the unit of work: statements built with SQLAlchemy, SQL in
strings however they are put together, and the kernel's own doors for raw rows. Reads syntax trees and runs nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_VERBS = frozenset({"insert", "update", "delete", "merge"})
_MODULES = frozenset({"sql", "dialects", "postgresql", "expression"})
# Methods that write beside `ctx.add`, `ctx.delete` and `ctx.flush`: the session's raw doors, and the ORM's own.
_DOORS = frozenset({"write_now", "at_end"})
_BULK = frozenset({"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"})
_ORM = frozenset({"add", "add_all", "delete", "merge"}) | _BULK
_NAME = r"(?:ONLY\s+)?(?P<{}>[\w.\"{{}}$%]+)"
_SQL = re.compile(
    r"\b(?:"
    + "|".join(
        (
            rf"INSERT\s+INTO\s+{_NAME.format('insert')}",
            rf"UPDATE\s+{_NAME.format('update')}(?:\s+(?:AS\s+)?\w+)?\s+SET\b",
            rf"DELETE\s+FROM\s+{_NAME.format('delete')}",
            rf"MERGE\s+INTO\s+{_NAME.format('merge')}",
            rf"TRUNCATE\s+(?:TABLE\s+)?{_NAME.format('truncate')}",
            rf"COPY\s+{_NAME.format('copy')}(?:\s*\([^)]*\))?\s+FROM\s+STDIN",
        )
    )
    + ")",
    re.IGNORECASE,
)
_HOLE = "{}"


@dataclass(frozen=True, order=True)
class Place:
    """`function` is dotted for methods; at a module's top level, the name that is assigned. `target`: the table, the
    class, or the expression that is written to."""

    file: str
    function: str
    verb: str
    target: str


def places(file: str, source: str) -> Iterator[Place]:
    """Every place in one file, in order; the same place once per target."""
    tree = ast.parse(source)
    finder = _Finder(file, *_imported(tree))
    finder.visit(tree)
    yield from dict.fromkeys(finder.found)


def _imported(tree: ast.Module) -> tuple[dict[str, str], frozenset[str]]:
    """Local name → verb for what comes from SQLAlchemy, and the local names of SQLAlchemy's modules."""
    verbs: dict[str, str] = {}
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            verbs.update({a.asname or a.name: a.name for a in node.names if a.name in _VERBS})
            modules.update(a.asname or a.name for a in node.names if a.name in _MODULES)
        elif isinstance(node, ast.Import):
            modules.update(a.asname or a.name.split(".")[0] for a in node.names if a.name.split(".")[0] == "sqlalchemy")
    return verbs, frozenset(modules)


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, verbs: dict[str, str], modules: frozenset[str]) -> None:
        self.found: list[Place] = []
        self._file, self._verbs, self._modules = file, verbs, modules
        self._path: list[str] = []
        self._documentation: set[int] = set()

    def _add(self, verb: str, target: str) -> None:
        self.found.append(Place(self._file, ".".join(self._path) or "<module>", verb, target))

    def _inside(self, name: str, node: ast.AST) -> None:
        self._path.append(name)
        self.generic_visit(node)
        self._path.pop()

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module) -> None:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            self._documentation.add(id(first.value))

    def visit_Module(self, node: ast.Module) -> None:
        self._defined(node)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._defined(node)
        self._inside(node.name, node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._defined(node)
        self._inside(node.name, node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._defined(node)
        self._inside(node.name, node)

    def visit_Assign(self, node: ast.Assign) -> None:
        name = node.targets[0]
        if not self._path and isinstance(name, ast.Name):
            self._inside(name.id, node)
        else:
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not self._path and isinstance(node.target, ast.Name):
            self._inside(node.target.id, node)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Name) and called.id in self._verbs:
            self._add(self._verbs[called.id], _written(node))
        elif isinstance(called, ast.Name) and called.id == "insertion":
            self._add("insert", _written(node))
        elif isinstance(called, ast.Attribute):
            self._method(node, called)
        self.generic_visit(node)

    def _method(self, node: ast.Call, called: ast.Attribute) -> None:
        root = called.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if called.attr in _VERBS and isinstance(root, ast.Name) and root.id in self._modules:
            self._add(called.attr, _written(node))
        elif called.attr in _VERBS and not node.args and not node.keywords:  # table.insert(), query.delete()
            self._add(called.attr, ast.unparse(called.value))
        elif called.attr in _DOORS:
            self._add(called.attr, _written(node))
        elif called.attr in _ORM and ast.unparse(called.value).endswith("orm"):
            self._add(f"orm.{called.attr}", _written(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str | bytes) and id(node) not in self._documentation:
            self._text(node.value if isinstance(node.value, str) else node.value.decode(errors="replace"))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._text(_joined(node) or "")
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        text = _joined(node)
        if text is None:
            self.generic_visit(node)
        else:
            self._text(text)

    def _text(self, text: str) -> None:
        for match in _SQL.finditer(text):
            verb, target = next((name, found) for name, found in match.groupdict().items() if found is not None)
            self._add(verb, target.replace('"', ""))


def _written(node: ast.Call) -> str:
    """The first argument: `Device` of `update(table(Device))`."""
    target = node.args[0] if node.args else None
    if isinstance(target, ast.Call) and isinstance(target.func, ast.Name) and target.func.id == "table" and target.args:
        target = target.args[0]
    return ast.unparse(target) if target is not None else ""


def _joined(node: ast.AST) -> str | None:
    """The text of a string that is put together, with `{}` for what is only known at run time; None: no string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_joined(part) or _HOLE for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _joined(node.left), _joined(node.right)
        return None if left is None and right is None else (left or _HOLE) + (right or _HOLE)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _joined(node.left)
    return None
