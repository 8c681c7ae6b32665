"""The hidden folder beside an unfinished output: what was asked, the list of pictures, and the parts done so far.

``.tags.csv.modiste/`` holds ``items.parquet``, ``plan.json`` (written last: without it nothing was begun) and, for
each part, ``part-00000.errors.parquet`` and ``part-00000.parquet`` (written last: without it the part is not done).
Every file appears whole, by a rename, so a kill at any moment loses at most the parts that were under way.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from modiste.batch.lock import FileLock
from modiste.errors import UsageError

__all__ = ["Workspace"]

_PLAN, _ITEMS, _LOCK = "plan.json", "items.parquet", "lock"


class Workspace:
    """The hidden folder of one output; a context manager that holds its lock.

    Args:
        output: The file that will be written in the end.
        others: Further files that will be written beside it.

    Raises:
        UsageError: Nothing can be written there, or another process is writing the same output.
    """

    def __init__(self, output: Path, others: tuple[Path, ...] = ()) -> None:
        self.output = output
        self.folder = output.with_name(f".{output.name}.modiste")
        self._others = others
        self._lock = FileLock(self.folder / _LOCK)

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            locked = self._lock.acquire()
        except OSError as error:
            raise UsageError(
                f"nothing can be written to {self.output.parent}: {error.strerror}; choose another place for the output"
            ) from error
        if not locked:
            raise UsageError(f"another modiste is writing {self.output} at this moment; wait for it, or stop it first")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self.folder / _PLAN).exists():
            self._lock.release()
            return
        # Removed under the lock, so that nobody else's new folder is; Windows removes no locked file.
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()
        if sys.platform == "win32":
            shutil.rmtree(self.folder, ignore_errors=True)

    def begin(
        self, request: Mapping[str, Any], list_items: Callable[[], pl.DataFrame], *, overwrite: bool
    ) -> pl.DataFrame:
        """Begin the work, or go on where it stopped.

        Args:
            request: What was asked, in JSON types: all that changes the output, each under the name of its option.
            list_items: Lists the pictures; called only when the work begins anew.
            overwrite: A finished output, or an unfinished one with another request, may be replaced.

        Returns:
            The list of pictures, as it was when the work began.

        Raises:
            UsageError: The output is finished, or was begun with another request, and ``overwrite`` is not given.
        """
        plan = self._read_plan()
        if plan is not None and self._may_resume(plan, request, overwrite):
            return pl.read_parquet(self.folder / _ITEMS)
        if plan is None and not overwrite:
            self._refuse_finished()
        items = list_items()
        self._empty()
        self.write_table(_ITEMS, items)
        text = json.dumps({"request": request, "overwrite": overwrite}, indent=1)
        self._write(_PLAN, lambda path: path.write_text(text, encoding="utf-8"))
        return items

    def is_done(self, part: int) -> bool:
        """Tell whether a part was written."""
        return (self.folder / _name_part(part)).exists()

    def write_part(self, part: int, rows: pl.DataFrame, errors: pl.DataFrame) -> None:
        """Write the rows and the errors of a part; it is done when this returns, and not before."""
        self.write_table(_name_part(part, errors=True), errors)
        self.write_table(_name_part(part), rows)

    def find_parts(self, count: int, *, errors: bool = False) -> list[Path]:
        """Return the files of the parts 0 to count - 1, in order."""
        return [self.folder / _name_part(part, errors=errors) for part in range(count)]

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        """Write a table into the folder, whole or not at all."""
        self._write(name, lambda path: table.write_parquet(path, compression="lz4"))

    def finish(self, finished: Iterator[tuple[Path, Path]]) -> None:
        """Move files to where they belong, then remove the folder's plan, so that the work counts as done.

        Args:
            finished: Pairs of a file in the folder and its place; the output itself last.
        """
        for source, target in finished:
            source.replace(target)
        (self.folder / _PLAN).unlink()

    def _read_plan(self) -> dict[str, Any] | None:
        try:
            plan: dict[str, Any] = json.loads((self.folder / _PLAN).read_text(encoding="utf-8"))
            return plan
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UsageError(f"{self.folder / _PLAN} is damaged: {error}; remove {self.folder}") from error

    def _may_resume(self, plan: Mapping[str, Any], request: Mapping[str, Any], overwrite: bool) -> bool:
        begun = plan["request"]
        # Compared as JSON: tuples and lists are the same there.
        asked = json.loads(json.dumps(request))
        changed = [name for name in {**begun, **asked} if begun.get(name) != asked.get(name)]
        if changed and not overwrite:
            lines = "".join(
                f"\n  {name}: it was {_show(begun, name)}, now it is {_show(asked, name)}" for name in changed
            )
            raise UsageError(
                f"{self.output} is unfinished and was begun differently:{lines}\n"
                "Type the command as it was to go on, or add --overwrite to begin anew"
            )
        # --overwrite begins anew, unless it is how the unfinished work was begun.
        return not changed and (plan["overwrite"] or not overwrite)

    def _refuse_finished(self) -> None:
        for path in (self.output, *self._others):
            if path.exists():
                how = "" if path == self.output else f" and would be written beside {self.output.name}"
                raise UsageError(f"{path} exists already{how}; choose another name, or add --overwrite to replace it")

    def _empty(self) -> None:
        (self.folder / _PLAN).unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        part = self.folder / f"{name}.new"
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(self.folder / name)


def _name_part(part: int, *, errors: bool = False) -> str:
    return f"part-{part:05}{'.errors' if errors else ''}.parquet"


def _show(request: Mapping[str, Any], name: str) -> str:
    return json.dumps(request.get(name), ensure_ascii=False)
