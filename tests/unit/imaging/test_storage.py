from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from modiste.errors import SourceError
from modiste.imaging import storage
from modiste.imaging.storage import Stretch, StretchFile, open_stretch, read_regular_file, unpack

CONTENT = bytes(range(100))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def test_a_stretch_reads_within_its_bounds(path: Path) -> None:
    part = open_stretch(path).part(10, 20)
    assert part.length == 20
    assert part.read_at(0, 5) == CONTENT[10:15]
    assert part.read_at(15, 50) == CONTENT[25:30]
    assert part.read_at(20, 1) == b""
    assert part.part(15, 50).length == 5
    assert part.part(30, 5).length == 0


def test_without_pread_it_reads_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pread")
    assert open_stretch(path).part(10, 20).read_at(3, 4) == CONTENT[13:17]


def test_reads_that_come_in_pieces_are_joined(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pread
    monkeypatch.setattr(os, "pread", lambda number, count, position: whole(number, min(count, 7), position))
    assert open_stretch(path).read_at(0, 100) == CONTENT


def test_a_file_that_shrinks_gives_what_is_left(path: Path) -> None:
    stretch = open_stretch(path)
    os.truncate(path, 30)
    assert stretch.read_at(20, 50) == CONTENT[20:30]


def test_parts_keep_the_file_open_and_the_last_one_closes_it(path: Path) -> None:
    numbers = Path("/proc/self/fd")
    before = set(numbers.iterdir()) if numbers.exists() else None
    part: Stretch | None = open_stretch(path).part(0, 4)
    assert part.read_at(0, 4) == CONTENT[:4]
    part = None
    if before is not None:
        assert set(numbers.iterdir()) == before


def test_a_stretch_file_is_a_file(path: Path) -> None:
    file = StretchFile(open_stretch(path).part(10, 20))
    assert file.readable()
    assert file.seekable()
    assert file.read(3) == CONTENT[10:13]
    assert file.tell() == 3
    assert file.seek(-5, os.SEEK_END) == 15
    assert file.seek(1, os.SEEK_CUR) == 16
    assert file.read() == CONTENT[26:30]
    with pytest.raises(ValueError, match="before the beginning"):
        file.seek(-1)


def test_a_file_is_read_to_one_byte_beyond_the_limit(path: Path) -> None:
    assert read_regular_file(path, 100) == CONTENT
    assert read_regular_file(path, 99) == CONTENT
    assert read_regular_file(path, 10) == CONTENT[:11]


def test_a_file_that_grows_is_read_to_its_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = storage._open_regular
    monkeypatch.setattr(storage, "_open_regular", lambda path: (opened(path)[0], 5))
    assert read_regular_file(path, 1000) == CONTENT
    assert read_regular_file(path, 50) == CONTENT[:51]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_devices_and_sockets_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(OSError, match="it is a pipe, not a file"):
        read_regular_file(tmp_path / "pipe.jpg", 10)
    with pytest.raises(OSError, match="it is a device, not a file"):
        open_stretch(Path("/dev/zero"))
    with pytest.raises(OSError, match="it is a folder, not a file"):
        read_regular_file(tmp_path, 10)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.jpg"))
        with pytest.raises(OSError):  # the system refuses to open it
            read_regular_file(tmp_path / "socket.jpg", 10)


def test_unpacking_stops_at_the_limit() -> None:
    assert unpack([b"ab", b"cd"], 4).read_at(1, 10) == b"bcd"
    taken = []

    def chunks():
        for _ in range(100):
            taken.append(1)
            yield b"ab"

    with pytest.raises(SourceError, match="more than 5 bytes; unpack it yourself"):
        unpack(chunks(), 5)
    assert len(taken) == 3
