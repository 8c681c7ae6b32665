"""Files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from modiste.errors import UsageError

__all__ = ["check_writable", "write_whole"]


def check_writable(path: Path) -> None:
    """Raise UsageError if a file can't be written there: before the long work, not after it."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file, such as {path / 'out.html'}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.absolute().parent} to write {path.name} into; make it first")


def write_whole(path: Path, text: str) -> Path:
    """Write a text under a temporary name, move it to its place, and return its path."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return path
