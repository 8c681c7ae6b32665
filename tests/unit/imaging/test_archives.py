from __future__ import annotations

import gc
import io
import random
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from modiste.errors import PictureError, SourceError
from modiste.imaging import ArchiveLimits, archives, is_archive
from modiste.imaging.archives import Archive, open_archive

LIMITS = ArchiveLimits()
FILES = {"1.jpg": b"one" * 50, "sub/2.jpg": bytes(range(256)) * 20, "empty.jpg": b"", "ü::\n.jpg": b"odd"}
KINDS = ["stored.zip", "deflated.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tbz2", "a.tar.xz", "A.TXZ"]


def pack(name: str, files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    if name.endswith(".zip"):
        method = zipfile.ZIP_DEFLATED if "deflated" in name else zipfile.ZIP_STORED
        with zipfile.ZipFile(file, "w", method) as archive:
            for member, data in files.items():
                archive.writestr(member, data)
        return file.getvalue()
    mode: Any = {"gz": "w:gz", "xz": "w:xz", "z2": "w:bz2", "ar": "w:"}[name.lower()[-2:]]
    with tarfile.open(fileobj=file, mode=mode) as tar:
        for member, data in files.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read_all(archive: Archive) -> dict[str, bytes]:
    return {member.name: archive.read(member, 10**6) for member in archive.members.values()}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_gives_back_its_files(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, pack(name, FILES))
    assert is_archive(path)
    archive = open_archive(path, LIMITS)
    assert read_all(archive) == FILES
    assert (archive.unpacked > 0) == (name.lower().endswith(("z", "z2")))


@pytest.mark.parametrize("inner", ["stored.zip", "deflated.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize("outer", ["stored.zip", "deflated.zip", "a.tar", "a.tar.xz"])
def test_archives_within_archives(tmp_path: Path, outer: str, inner: str) -> None:
    path = write(tmp_path, outer, pack(outer, {inner: pack(inner, FILES)}))
    archive = open_archive(path, LIMITS)
    opened = archive.open_inner(archive.members[inner])
    assert read_all(opened) == FILES
    assert (opened.unpacked > 0) == (outer == "deflated.zip" or inner.endswith("gz"))


def test_a_name_makes_an_archive_and_a_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder.zip").mkdir()
    assert not is_archive(tmp_path / "folder.zip")
    assert not is_archive(tmp_path / "missing.zip")
    assert not is_archive(write(tmp_path, "a.jpg", b""))
    assert is_archive(str(write(tmp_path, "A.ZIP", b"")))


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    for name in KINDS:
        data = pack(name, FILES)
        path = write(tmp_path, name, data[: len(data) // 2])
        with pytest.raises(SourceError, match="can't read the archive .*" + name):
            open_archive(path, LIMITS)
    with pytest.raises(SourceError, match=r"can't open .*missing.zip: No such file"):
        open_archive(tmp_path / "missing.zip", LIMITS)


def test_names_that_point_elsewhere_are_only_names(tmp_path: Path) -> None:
    files = {"../../up.jpg": b"up", "/etc/abs.jpg": b"abs", "C:\\drive.jpg": b"drive"}
    for name in ("stored.zip", "a.tar"):
        archive = open_archive(write(tmp_path, name, pack(name, files)), LIMITS)
        assert read_all(archive) == files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "stored.zip"]


# Bombs and lies


def only(tmp_path: Path, data: bytes, name: str = "a.zip") -> tuple[Archive, Any]:
    archive = open_archive(write(tmp_path, name, data), LIMITS)
    return archive, next(iter(archive.members.values()))


def test_a_member_that_is_too_long_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, member = only(tmp_path, pack("deflated.zip", {"bomb.jpg": bytes(10**6)}))
    assert len(archive.read(member, 10**6)) == 10**6
    monkeypatch.setattr(Archive, "_read_packed", lambda *_: pytest.fail("was read"))
    with pytest.raises(PictureError, match="1,000,000 bytes long; at most 999,999"):
        archive.read(member, 999_999)


def lie(data: bytes, field: int, value: int, length: int = 4) -> bytes:
    start = data.index(b"PK\x01\x02") + field
    return data[:start] + value.to_bytes(length, "little") + data[start + length :]


def test_a_member_that_is_longer_than_it_says_is_read_no_further(tmp_path: Path) -> None:
    data = pack("deflated.zip", {"bomb.jpg": bytes(10**7)})
    archive, member = only(tmp_path, lie(data, 24, 20_000))
    with pytest.raises(PictureError, match="length or checksum differ"):
        archive.read(member, 10**6)


@pytest.mark.parametrize(
    ("kind", "field", "value", "says"),
    [
        ("stored.zip", 16, 1, "length or checksum differ"),
        ("deflated.zip", 16, 1, "length or checksum differ"),
        ("stored.zip", 24, 10, "longer packed than unpacked|length or checksum"),
        ("stored.zip", 20, 10, "length or checksum differ"),
        ("deflated.zip", 20, 10, "length or checksum differ"),
        ("deflated.zip", 20, 10**6, "longer packed than unpacked"),
        ("stored.zip", 42, 7, "no member begins where"),
        ("stored.zip", 42, 10**6, "no member begins where"),
    ],
)
def test_lies_of_the_directory_are_seen(tmp_path: Path, kind: str, field: int, value: int, says: str) -> None:
    data = pack(kind, {"1.jpg": random.Random(0).randbytes(2000)})
    archive, member = only(tmp_path, lie(data, field, value))
    with pytest.raises(PictureError, match=says):
        archive.read(member, 10**6)


def test_damaged_content_is_seen(tmp_path: Path) -> None:
    rng = random.Random(0)
    for kind in ("stored.zip", "deflated.zip"):
        data = bytearray(pack(kind, {"1.jpg": rng.randbytes(2000)}))
        for position in rng.sample(range(40, 1900), 20):
            damaged = data.copy()
            damaged[position] ^= 0x55
            archive, member = only(tmp_path, bytes(damaged))
            with pytest.raises(PictureError, match="the archive is damaged at this member"):
                archive.read(member, 10**6)


def test_an_encrypted_member_is_refused_alone(tmp_path: Path) -> None:
    data = pack("stored.zip", {"secret.jpg": b"1", "open.jpg": b"2"})
    archive = open_archive(write(tmp_path, "a.zip", lie(data, 8, 1, 2)), LIMITS)
    with pytest.raises(PictureError, match="encrypted; unpack the archive with its password"):
        archive.read(archive.members["secret.jpg"], 10)
    assert archive.read(archive.members["open.jpg"], 10) == b"2"


def test_an_inner_archive_is_refused_when_encrypted_damaged_or_cut(tmp_path: Path) -> None:
    inner = pack("stored.zip", FILES)
    data = pack("deflated.zip", {"inner.zip": inner})
    for field, value, length in ((8, 1, 2), (24, len(inner) + 1, 4), (42, 5, 4)):
        archive, member = only(tmp_path, lie(data, field, value, length))
        with pytest.raises(SourceError, match=r"encrypted|length differs|no member begins"):
            archive.open_inner(member)
    position = data.index(b"inner.zip") + 20
    archive, member = only(tmp_path, data[:position] + b"\xff" * 20 + data[position + 20 :])
    with pytest.raises(SourceError, match="damaged"):
        archive.open_inner(member)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.xz", "a.tar.bz2"])
def test_a_compressed_tar_unpacks_to_the_limit_only(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, pack(name, {"bomb.jpg": bytes(10**6)}))
    open_archive(path, ArchiveLimits(max_unpacked_bytes=2 * 10**6))
    with pytest.raises(SourceError, match="unpacks to more than 1,000,000 bytes; unpack it yourself"):
        open_archive(path, ArchiveLimits(max_unpacked_bytes=10**6))


def test_an_inner_archive_unpacks_to_the_limit_only(tmp_path: Path) -> None:
    data = pack("deflated.zip", {"inner.tar": pack("a.tar", {"bomb.jpg": bytes(10**6)})})
    archive = open_archive(write(tmp_path, "a.zip", data), ArchiveLimits(max_unpacked_bytes=10**6))
    with pytest.raises(SourceError, match="unpacks to more than 1,000,000 bytes"):
        archive.open_inner(archive.members["inner.tar"])


def test_threads_share_an_archive(tmp_path: Path) -> None:
    rng = random.Random(0)
    files = {f"{number}.jpg": rng.randbytes(rng.randrange(3000)) for number in range(300)}
    archive = open_archive(write(tmp_path, "a.zip", pack("deflated.zip", files)), LIMITS)
    results: list[dict[str, bytes]] = []
    threads = [threading.Thread(target=lambda: results.append(read_all(archive))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [files] * 4


def test_an_open_archive_is_shared_until_it_changes(tmp_path: Path) -> None:
    """A file of the same name that is another file, or was written again, is opened anew."""
    path = write(tmp_path, "a.zip", pack("a.zip", {"1.jpg": b"one"}))
    first = open_archive(path, LIMITS)
    assert open_archive(path, LIMITS) is first
    assert open_archive(path, ArchiveLimits(max_members=7)) is not first
    write(tmp_path, "b.zip", pack("b.zip", {"2.jpg": b"two"})).replace(path)
    second = open_archive(path, LIMITS)
    assert list(second.members) == ["2.jpg"]
    assert list(first.members) == ["1.jpg"]
    assert first.read(first.members["1.jpg"], 10) == b"one"


def test_an_archive_that_nobody_reads_is_closed(tmp_path: Path) -> None:
    archives._OPEN.clear()
    path = write(tmp_path, "a.zip", pack("a.zip", {"1.jpg": b"one"}))
    held = open_archive(path, LIMITS)
    assert len(archives._OPEN) == 1
    del held
    gc.collect()
    assert len(archives._OPEN) == 0
