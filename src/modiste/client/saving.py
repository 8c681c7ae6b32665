"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from modiste.errors import UsageError

__all__ = ["FORMATS", "choose_format", "write_whole"]

FORMATS: Final = ("csv", "xlsx", "parquet", "jsonl")
"""The formats of tables that a server writes, by the endings of their names."""


def choose_format(path: Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        UsageError: It asks for none that a server writes.

    Example:
        >>> choose_format(Path("tags.XLSX"))
        'xlsx'
    """
    ending = path.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        known = ", ".join(f"{path.stem or 'table'}.{one}" for one in FORMATS)
        raise UsageError(f"{path} names no format by its ending; expected one of {known}")
    return ending


@contextmanager
def write_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing, which gets its name when all is written; after an error nothing is left.

    Raises:
        UsageError: There is no such folder, or nothing can be written there.
    """
    waiting = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with waiting.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror or error}; name another place") from error
    finally:
        waiting.unlink(missing_ok=True)
