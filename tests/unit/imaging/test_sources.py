from __future__ import annotations

import io
import os
import threading
import zipfile
from pathlib import Path

import pytest

from modiste.errors import PictureError, UsageError
from modiste.imaging import PictureSource, find_pictures
from modiste.imaging import sources as sources_module


def pack(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return file.getvalue()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "1.jpg").write_bytes(b"one")
    inner = pack(three_jpg=b"three")
    (tmp_path / "shop.zip").write_bytes(pack(two_jpg=b"two", inner_zip=inner))
    return tmp_path


def test_paths_members_and_inner_members_are_read(shop: Path) -> None:
    with PictureSource() as source:
        assert source.read(f"{shop}/1.jpg") == b"one"
        assert source.read(f"{shop}/shop.zip::two.jpg") == b"two"
        assert source.read(f"{shop}/shop.zip::inner.zip::three.jpg") == b"three"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("missing.jpg", "can't be read: No such file"),
        ("1.jpg/x", "can't be read: Not a directory"),
        ("nul\0.zip", "can't open .*embedded null"),
        ("nul\0.zip::1.jpg", "can't open .*embedded null"),
        ("nul\0.jpg", "can't be read: .*embedded null"),
        ("x" * 300, "can't be read: File name too long"),
        ("", "it is a folder"),
        ("missing.zip::1.jpg", "can't open .*missing.zip: No such file"),
        ("1.jpg::2.jpg", "can't read the archive .*1.jpg"),
        ("shop.zip", "it is an archive; expected a picture in it"),
        ("shop.zip::", "it is an archive; expected a picture in it"),
        ("shop.zip::inner.zip", "it is an archive; expected a picture in it"),
        ("shop.zip::three.jpg", "has no member 'three.jpg'; it has 2 others"),
        ("shop.zip::inner.zip::two.jpg", "has no member 'two.jpg'"),
        ("shop.zip::lost.zip::two.jpg", "has no member 'lost.zip'"),
        ("shop.zip::two.jpg::two.jpg", "can't read the archive .*two.jpg"),
        ("shop.zip::inner.zip::a.zip::b.zip::c.jpg", "opened 3 deep"),
        ("::", "can't be read|it is a folder"),
        ("::x", "can't be read|can't open|it is a folder"),
    ],
)
def test_whatever_is_not_there_is_a_picture_error(shop: Path, reference: str, says: str) -> None:
    with PictureSource() as source:
        with pytest.raises(PictureError, match=says):
            source.read(f"{shop}/{reference}")
        with pytest.raises(PictureError, match=says):
            list(source.read_lines(f"{shop}/{reference}"))


@pytest.mark.parametrize("data", [b"", b"\n", b"a\r\nb\n\nc", b"x" * 300_000 + b"\ny\n"])
def test_lines_are_those_of_the_whole(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    (tmp_path / "a.zip").write_bytes(pack(a_txt=data))
    with PictureSource() as source:
        for reference in (f"{tmp_path}/a.txt", f"{tmp_path}/a.zip::a.txt"):
            lines = list(source.read_lines(reference))
            assert b"".join(lines) == data
            assert all(line.endswith(b"\n") for line in lines[:-1]) and data.count(b"\n") in (
                len(lines),
                len(lines) - 1,
            )
    with pytest.raises(UsageError, match="closed"):
        list(source.read_lines(f"{tmp_path}/a.txt"))


def test_long_files_are_refused(shop: Path) -> None:
    with PictureSource() as source:
        for reference in ("1.jpg", "shop.zip::two.jpg"):
            assert len(source.read(f"{shop}/{reference}", max_bytes=3)) == 3
            assert list(source.read_lines(f"{shop}/{reference}", max_bytes=3)) == [source.read(f"{shop}/{reference}")]
            for read in (source.read, source.read_lines):
                with pytest.raises(PictureError, match="at most 2 are read"):
                    list(read(f"{shop}/{reference}", max_bytes=2))


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX rights")
def test_files_that_are_not_ours_to_read_are_picture_errors(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with PictureSource() as source:
        for reference in ("1.jpg", "shop.zip::two.jpg"):
            with pytest.raises(PictureError, match="Permission denied"):
                source.read(f"{shop}/{reference}")


def test_an_archive_is_opened_once(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    original = sources_module.open_archive
    monkeypatch.setattr(
        sources_module, "open_archive", lambda path, limits: opened.append(path) or original(path, limits)
    )
    with PictureSource() as source:
        threads = [
            threading.Thread(target=source.read, args=(f"{shop}/shop.zip::inner.zip::three.jpg",)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        source.read(f"{shop}/shop.zip::two.jpg")
    assert len(opened) == 1


def test_open_archives_are_bounded_and_reopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_module, "_MAX_OPEN", 3)
    for number in range(7):
        (tmp_path / f"{number}.zip").write_bytes(pack(a_jpg=str(number).encode()))
    references = list(find_pictures(tmp_path))
    with PictureSource() as source:
        for _ in range(2):
            assert [source.read(reference) for reference in references] == [b"%d" % number for number in range(7)]
            assert len(source._archives) == 3


def test_a_closed_source_refuses(shop: Path) -> None:
    source = PictureSource()
    source.read(f"{shop}/shop.zip::two.jpg")
    source.close()
    source.close()
    with pytest.raises(UsageError, match="closed"):
        source.read(f"{shop}/1.jpg")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files through /proc")
def test_nothing_stays_open(shop: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    with PictureSource() as source:
        for reference in find_pictures(shop):
            source.read(reference)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_a_path_as_it_stands_is_never_decoded(shop: Path) -> None:
    (shop / "50%25.zip").write_bytes((shop / "shop.zip").read_bytes())
    (shop / "folder.zip").mkdir()
    with PictureSource() as source:
        with pytest.raises(PictureError, match="it is an archive"):
            source.read(f"{shop}/50%25.zip")
        with pytest.raises(PictureError, match="it is a folder"):
            source.read(f"{shop}/folder.zip")
