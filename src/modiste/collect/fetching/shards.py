"""Archives that grow picture by picture, and can be taken up again after the process was killed at any moment.

Both kinds are written front to back, uncompressed, so that whatever stands before the last noted position is whole. A
zip gets its directory and a tar its end when the shard is finished.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Literal, NamedTuple, Protocol, get_args

from modiste.errors import UsageError

__all__ = ["Member", "ShardFormat", "ShardWriter", "open_shard"]

ShardFormat = Literal["zip", "tar"]
_BLOCK = 512
_MOMENT = (2000, 1, 1, 0, 0, 0)  # the same each time
_RIGHTS = 0o644


class Member(NamedTuple):
    """A file in an unfinished shard.

    Args:
        name: Its name.
        end: Where it ends, in bytes from the shard's beginning: the next one begins there.
        length: Of its content, in bytes.
        checksum: CRC-32 of its content.
    """

    name: str
    end: int
    length: int
    checksum: int


class ShardWriter(Protocol):
    """An unfinished archive."""

    @property
    def size(self) -> int:
        """Bytes so far."""

    def add(self, name: str, data: bytes) -> Member:
        """Append a file; when this returns, the operating system has all of it."""

    def finish(self, target: Path) -> None:
        """Write what the archive ends in, make sure that it is on the disk, and move it to its place."""

    def close(self) -> None:
        """Leave it unfinished."""


def open_shard(path: Path, format: ShardFormat, members: Sequence[Member]) -> ShardWriter:
    """Begin a shard, or take up an unfinished one; what stands behind its last member is cut off.

    Args:
        path: The unfinished file; made if it is not there.
        format: ``"zip"`` or ``"tar"``.
        members: What is in it.

    Raises:
        UsageError: There is no such format.
    """
    if format not in get_args(ShardFormat):
        raise UsageError(f"there is no shard format {format!r}; expected {' or '.join(get_args(ShardFormat))}")
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), _RIGHTS), "r+b", buffering=0)
    file.truncate(members[-1].end if members else 0)
    file.seek(0, os.SEEK_END)
    return _ZipShard(file, path, members) if format == "zip" else _TarShard(file, path)


class _Shard:
    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self.size = file.tell()

    def close(self) -> None:
        self._file.close()

    def finish(self, target: Path) -> None:
        self._write_end()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(target)

    def _write_end(self) -> None:
        raise NotImplementedError

    def _append(self, name: str, header: bytes, data: bytes, *, checksum: int, padding: int = 0) -> Member:
        written = memoryview(header + data + bytes(padding))
        while written:  # a disk that is nearly full takes a part
            written = written[self._file.write(written) :]
        self.size += len(header) + len(data) + padding
        return Member(name, self.size, len(data), checksum)


class _TarShard(_Shard):
    def add(self, name: str, data: bytes) -> Member:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        header = info.tobuf(tarfile.USTAR_FORMAT)
        return self._append(name, header, data, checksum=zlib.crc32(data), padding=-len(data) % _BLOCK)

    def _write_end(self) -> None:
        self._file.write(bytes(2 * _BLOCK))


class _ZipShard(_Shard):
    def __init__(self, file: IO[bytes], path: Path, members: Sequence[Member]) -> None:
        super().__init__(file, path)
        self._directory: list[zipfile.ZipInfo] = []
        start = 0
        for member in members:
            self._list(member, start)
            start = member.end

    def add(self, name: str, data: bytes) -> Member:
        start = self.size
        info = _describe(Member(name, 0, len(data), zlib.crc32(data)))
        member = self._append(name, info.FileHeader(zip64=False), data, checksum=info.CRC)
        self._list(member, start)
        return member

    def _list(self, member: Member, start: int) -> None:
        info = _describe(member)
        info.header_offset = start
        self._directory.append(info)

    def _write_end(self) -> None:
        # Opened behind the last member, it writes nothing but the directory there.
        with zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED) as archive:
            archive.filelist.extend(self._directory)


def _describe(member: Member) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member.name, _MOMENT)
    info.compress_type = zipfile.ZIP_STORED
    info.file_size = info.compress_size = member.length
    info.CRC = member.checksum
    info.external_attr = _RIGHTS << 16
    info.create_system = 3  # the same on every system
    return info
