"""Uploads of any size, written to the disk as they come: one file is open at a time, and little is held."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final

from python_multipart.multipart import MultipartParser, parse_options_header

from modiste.serving.problems import ProblemError

__all__ = ["name_file", "receive_files", "settle_folder"]

_MOST_FILES: Final = 20_000
_MOST_HEADER: Final = 8_000
_LONGEST: Final = 120
_ODD: Final = re.compile(r"[^\w.\- ()]|:")


async def receive_files(content_type: str, chunks: AsyncIterator[bytes], folder: Path) -> list[str]:
    """Write the files of a form into a folder.

    Args:
        content_type: Of the request; it says where the parts begin.
        chunks: The body.
        folder: An empty folder.

    Returns:
        The names that the files got: the sender's own, without what could lead elsewhere.

    Raises:
        ProblemError: It is no form, or holds no file, or too many.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ProblemError("wrong-type", "an upload is multipart/form-data with a file called 'file'")
    form = _Form(folder)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except ValueError as error:  # the parser's own errors are ValueErrors
        raise ProblemError("bad-request", f"the form is damaged: {str(error)[:200]}") from error
    finally:
        form.close()
    if not form.complete:
        raise ProblemError("bad-request", "the form ends before its last boundary")
    if not form.names:
        raise ProblemError("invalid", "the form has no file called 'file'")
    return form.names


def name_file(sent: str, taken: set[str]) -> str:
    """Return a file name like the one that was sent: without folders, odd letters, or one that is taken.

    Example:
        >>> name_file("../../etc/pass:wd", set()), name_file("a.jpg", {"a.jpg"})
        ('pass_wd', '2-a.jpg')
    """
    last = sent.replace("\\", "/").rpartition("/")[2]
    stem, suffix = os.path.splitext(_ODD.sub("_", last).strip(" ."))  # noqa: PTH122  (a name, no file)
    name = f"{stem[: _LONGEST - len(suffix[:12])]}{suffix[:12]}" or "file"
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{number}-{name}"
    return free


def settle_folder(folder: Path) -> None:
    """Wait until the files of a folder are on the disk, and the folder knows them."""
    for path in (*folder.iterdir(), folder):
        if path.is_dir() and os.name == "nt":  # there, a folder can't be waited for
            continue
        place = os.open(path, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


class _Form:
    """The parts of a form, as the parser tells them."""

    def __init__(self, folder: Path) -> None:
        self.names: list[str] = []
        self.complete = False
        self._folder, self._taken = folder, set[str]()
        self._file: IO[bytes] | None = None
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> dict[str, object]:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._write,
            "on_part_end": self.close,
            "on_end": self._end,
        }

    def close(self) -> None:
        """End a file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header()

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header) + len(self._value) > _MOST_HEADER:
            raise ProblemError("bad-request", f"a header of the form has more than {_MOST_HEADER:,} bytes")

    def _end_header(self) -> None:
        if len(self._headers) < 20:
            self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        sent = options.get(b"filename")
        if sent is None or options.get(b"name") != b"file":
            return
        if len(self.names) >= _MOST_FILES:
            raise ProblemError("too-large", f"there are more than {_MOST_FILES:,} files", next="Send them as a zip.")
        name = name_file(sent.decode("utf-8", "replace"), self._taken)
        self._taken.add(name.casefold())
        self.names.append(name)
        self._file = (self._folder / name).open("xb")

    def _write(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])

    def _end(self) -> None:
        self.complete = True
