from __future__ import annotations

import io
import os
import random
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import PictureError, SourceError
from modiste.imaging import ArchiveLimits, PictureSource, find_pictures, join_reference, list_members, natural_key

NAMES = ["10.jpg", "2.JPG", "a/1.png", "a.jpg", "a/b/c.webp", "B/x.tiff", "b.heic", "é.avif", "notes.txt", "styles.csv"]


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
    return folder


def pack_zip(path: Path | io.BytesIO, *names: str, inner: dict[str, bytes] | None = None) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
        for name, data in (inner or {}).items():
            archive.writestr(name, data)


def zip_bytes(*names: str, inner: dict[str, bytes] | None = None) -> bytes:
    file = io.BytesIO()
    pack_zip(file, *names, inner=inner)
    return file.getvalue()


def found(path: Path, root: Path | None = None) -> list[str]:
    return [reference.removeprefix(str(root or path)).lstrip("/:") for reference in find_pictures(path)]


def test_folder_zip_and_tar_are_listed_alike(tmp_path: Path) -> None:
    folder = fill(tmp_path / "shop", *NAMES)
    pack_zip(tmp_path / "shop.zip", *reversed(NAMES))
    with tarfile.open(tmp_path / "shop.tar.gz", "w:gz") as tar:
        tar.add(folder, "")
    expected = ["2.JPG", "10.jpg", "a/1.png", "a/b/c.webp", "a.jpg", "B/x.tiff", "b.heic", "é.avif"]
    assert found(folder) == expected
    assert found(tmp_path / "shop.zip") == expected
    assert found(tmp_path / "shop.tar.gz") == expected


def test_everything_found_can_be_read(tmp_path: Path) -> None:
    folder = fill(tmp_path / "shop", *NAMES)
    pack_zip(folder / "more.zip", *NAMES, inner={"deep/inner.zip": zip_bytes(*NAMES)})
    with PictureSource() as source:
        for reference, size in list_members(folder):
            data = source.read(reference)
            assert len(data) == size
            assert reference.endswith(data.decode())
    assert len(list_members(folder)) == 3 * len(NAMES)
    assert len(list(find_pictures(folder))) == 3 * (len(NAMES) - 2)


def test_references_of_archives_within_archives(tmp_path: Path) -> None:
    pack_zip(
        tmp_path / "a.zip",
        "0.jpg",
        "z.jpg",
        inner={"m/in.zip": zip_bytes("1.jpg", inner={"x.zip": zip_bytes("2.jpg")})},
    )
    expected = ["0.jpg", "m/in.zip::1.jpg", "m/in.zip::x.zip::2.jpg", "z.jpg"]
    assert found(tmp_path / "a.zip") == expected
    assert list_members(tmp_path / "a.zip")[1] == (f"{tmp_path}/a.zip::m/in.zip::1.jpg", 5)


def test_hidden_files_and_litter_are_skipped(tmp_path: Path) -> None:
    names = [".x.jpg", ".git/x.jpg", "a/._x.jpg", "__MACOSX/x.jpg", "__MACOSX/a/x.jpg", "ok/x.jpg"]
    assert found(fill(tmp_path / "f", *names)) == ["ok/x.jpg"]
    pack_zip(tmp_path / "a.zip", *names, "../up/x.jpg", "./here.jpg")
    assert found(tmp_path / "a.zip") == ["../up/x.jpg", "here.jpg", "ok/x.jpg"]
    inside_hidden = fill(tmp_path / ".cache" / "shop", "x.jpg")
    assert found(inside_hidden) == ["x.jpg"], "what the user names is never hidden"


def test_one_file_is_found_whatever_its_name(tmp_path: Path) -> None:
    path = fill(tmp_path, "logo.svg") / "logo.svg"
    assert list(find_pictures(path)) == [str(path)]
    assert list_members(path) == [(str(path), 8)]


def test_nothing_there_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no file or folder '.*missing'"):
        list(find_pictures(tmp_path / "missing"))
    fill(tmp_path, "bad.zip")
    with pytest.raises(SourceError, match=r"can't read the archive .*bad\.zip"):
        list(find_pictures(tmp_path / "bad.zip"))


def read_reason(reference: str, limits: ArchiveLimits | None = None) -> str:
    with PictureSource(limits or ArchiveLimits()) as source, pytest.raises(PictureError) as error:
        source.read(reference)
    return str(error.value)


def test_what_should_hold_pictures_but_cant_be_read_is_one_reference_each(tmp_path: Path) -> None:
    folder = fill(tmp_path / "f", "bad.zip", "bad.tar.gz", "1.jpg")
    (folder / "folder.jpg").mkdir()
    fill(folder / "folder.jpg", "in.jpg")
    pack_zip(folder / "good.zip", "2.jpg", inner={"bad.zip": b"bad"})
    assert found(folder) == [
        "1.jpg",
        "bad.tar.gz",
        "bad.zip",
        "folder.jpg",
        "folder.jpg/in.jpg",
        "good.zip::2.jpg",
        "good.zip::bad.zip",
    ]
    assert "it is a folder" in read_reason(f"{folder}/folder.jpg")
    assert "no zip archive" in read_reason(f"{folder}/bad.zip")
    assert "no tar archive" in read_reason(f"{folder}/bad.tar.gz")
    assert "no zip archive" in read_reason(f"{folder}/good.zip::bad.zip")
    assert {reference for reference, _ in list_members(folder)} == {
        f"{folder}/{name}" for name in ("1.jpg", "folder.jpg/in.jpg", "good.zip::2.jpg")
    }


def test_archives_are_opened_to_a_depth(tmp_path: Path) -> None:
    nested = zip_bytes("4.jpg")
    for depth in (3, 2, 1):
        nested = zip_bytes(f"{depth}.jpg", inner={"in.zip": nested})
    (tmp_path / "a.zip").write_bytes(nested)
    assert found(tmp_path / "a.zip") == ["1.jpg", "in.zip::2.jpg", "in.zip::in.zip::3.jpg", "in.zip::in.zip::in.zip"]
    assert "3 deep" in read_reason(list(find_pictures(tmp_path / "a.zip"))[-1])
    flat = ArchiveLimits(max_depth=1)
    assert list(find_pictures(tmp_path / "a.zip", limits=flat)) == [
        f"{tmp_path}/a.zip::1.jpg",
        f"{tmp_path}/a.zip::in.zip",
    ]
    assert "1 deep" in read_reason(f"{tmp_path}/a.zip::in.zip", flat)


def test_a_listing_unpacks_to_a_limit_altogether(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.zip", zip_bytes(f"{number}.jpg" + 1000 * "x" + ".jpg"))
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    references = list(find_pictures(tmp_path / "a.zip", limits=ArchiveLimits(max_unpacked_bytes=7000)))
    assert len(references) == 9
    assert [reference.endswith(".jpg") for reference in references] == [True] * 3 + [False] * 6


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX links")
def test_links_are_followed_once_and_never_in_circles(tmp_path: Path) -> None:
    folder = fill(tmp_path / "f", "a/1.jpg", "b/2.jpg")
    fill(tmp_path / "elsewhere", "3.jpg")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "a" / "top").symlink_to("/")
    (folder / "b" / "self").symlink_to("self")
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    (folder / "d").symlink_to(tmp_path / "elsewhere")
    (folder / "e").symlink_to(folder / "b")
    (folder / "broken.jpg").symlink_to("nowhere")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    assert found(folder) == ["a/1.jpg", "b/2.jpg", "broken.jpg", "c/3.jpg", "loop.jpg"]
    assert "No such file" in read_reason(f"{folder}/broken.jpg")
    assert "symbolic links" in read_reason(f"{folder}/loop.jpg")
    assert found(folder / "c") == ["3.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_special_files_never_hang(tmp_path: Path) -> None:
    for name in ("pipe.jpg", "pipe.zip"):
        os.mkfifo(tmp_path / name)
    assert found(tmp_path) == ["pipe.jpg", "pipe.zip"]
    assert "it is a pipe" in read_reason(f"{tmp_path}/pipe.jpg")
    assert "it is a pipe" in read_reason(f"{tmp_path}/pipe.zip")
    assert list(find_pictures(tmp_path / "pipe.jpg")) == [f"{tmp_path}/pipe.jpg"]


def test_a_folder_that_cant_be_listed_is_one_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "f", "1.jpg", "locked/2.jpg")
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith(("locked", "locked.zip")):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(folder) == ["1.jpg", "locked"]
    assert "it is a folder" in read_reason(f"{folder}/locked")
    with pytest.raises(SourceError, match="can't be listed"):
        list(find_pictures(folder / "locked"))


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(600):
        Path("d").mkdir()
        os.chdir("d")
    Path("x.jpg").write_bytes(b"")
    os.chdir(tmp_path)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        assert len(list(find_pictures(Path("d")))) == 1
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
@pytest.mark.parametrize(
    "name", [b"\xe9\xff.jpg", b"new\nline.jpg", b"a::b.jpg", b"::.jpg", "👗.jpg".encode(), b"50%3A%E9.jpg"]
)
def test_odd_names_on_disk(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"content")
    references = list(find_pictures(tmp_path))
    assert references == [join_reference(path)]
    references[0].encode()
    with PictureSource() as source:
        assert source.read(references[0]) == b"content"
    archive = tmp_path / (os.fsdecode(name) + ".zip")
    pack_zip(archive, "a::b.jpg", "50%3A.jpg")
    with PictureSource() as source:
        assert [source.read(reference) for reference in find_pictures(archive)] == [b"50%3A.jpg", b"a::b.jpg"]


def test_doubled_members_are_found_once_each(tmp_path: Path) -> None:
    data = zip_bytes("a.jpg", "b.jpg")
    (tmp_path / "a.zip").write_bytes(data[:-60].replace(b"b.jpg", b"a.jpg") + data[-60:].replace(b"b.jpg", b"a.jpg"))
    assert found(tmp_path / "a.zip") == ["a.jpg", "a#2.jpg"]


@given(st.lists(st.text("aB01./é", min_size=1, max_size=6)), st.randoms())
def test_natural_order_is_total(names: list[str], rng: random.Random) -> None:
    assert sorted(names, key=natural_key) == sorted(rng.sample(names, len(names)), key=natural_key)


def test_natural_order() -> None:
    ordered = ["1", "2", "10", "a/2", "a/10", "a1", "A10", "a.jpg", "b1" + "0" * 5000, "b" + "9" * 5001]
    shuffled = random.Random(0).sample(ordered, len(ordered))
    assert sorted(shuffled, key=natural_key) == ordered
