"""The house style, where a machine can hold it: short functions, one subject a module, no drawers for leftovers."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.conftest import REPOSITORY

SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "helper", "misc", "common"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def list_functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, Function)]


def count_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    lengths = {f"{path.name}:{item.name}": count_lines(item) for path in SOURCES for item in list_functions(path)}
    assert not {name: length for name, length in lengths.items() if length > 80}
    assert statistics.median(lengths.values()) <= 10


def test_modules_are_short_and_named_after_their_subject() -> None:
    assert not [path.name for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 500]
    assert not [path.name for path in SOURCES if path.stem in DRAWERS]


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
    ]
    assert not swallowed
