from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.imaging.members import Member
from modiste.imaging.storage import Stretch, unpack
from modiste.imaging.zip_directory import find_content, read_zip_directory


def stretch_of(data: bytes) -> Stretch:
    return unpack([data], 10**9)


def read(data: bytes, max_members: int = 1000) -> list[Member]:
    return list(read_zip_directory(stretch_of(data), max_members))


def pack(*names: str, comment: bytes = b"", **options: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        archive.comment = comment
        for name in names:
            archive.writestr(name, name * 3)
    return file.getvalue()


def list_naively(data: bytes, start: int, shift: int) -> list[tuple[object, ...]]:
    """Walk through a directory entry by entry; ValueError where one is damaged."""
    members = []
    while start < len(data):
        if data[start : start + 4] != b"PK\x01\x02" or len(data) - start < 46:
            raise ValueError
        fields = struct.unpack("<4s6H3L5H2L", data[start : start + 46])
        flags, method, checksum, packed, size, position = (*fields[3:5], *fields[7:10], fields[16])
        name_end = start + 46 + fields[10]
        extra, end = data[name_end : name_end + fields[11]], name_end + fields[11] + fields[12]
        if end > len(data):
            raise ValueError
        large = []
        while len(extra) >= 4:
            kind, length = struct.unpack("<2H", extra[:4])
            if kind == 1:
                block = extra[4 : 4 + length]
                large = [int.from_bytes(block[at : at + 8], "little") for at in range(0, len(block) - 7, 8)]
                break
            extra = extra[4 + length :]
        size, packed, position = (
            large.pop(0) if number == 0xFFFFFFFF and large else number for number in (size, packed, position)
        )
        name = data[start + 46 : name_end]
        try:
            text = name.decode("utf-8")
        except UnicodeDecodeError:
            text = name.decode("utf-8", "surrogateescape") if flags & 0x800 else name.decode("cp437")
        if not text.endswith("/"):
            members.append((text, position + shift, packed, size, checksum, method))
        start = end
    return members


names_of = st.text("aZ/.:%ü\U0001f457\n ", min_size=1, max_size=9) | st.just("PK\x01\x02")
numbers = st.integers(0, 2**32 - 1) | st.just(2**32 - 1)
extras = st.lists(st.tuples(st.sampled_from([1, 1, 7]), st.binary(max_size=30)), max_size=2).map(
    lambda parts: b"".join(struct.pack("<2H", kind, len(data)) + data for kind, data in parts)
)
shorts = st.integers(0, 0xFFFF)


@st.composite
def entries(draw: st.DrawFn) -> bytes:
    name = draw(names_of.map(str.encode) | st.binary(min_size=1, max_size=9))
    extra, comment = draw(extras | st.binary(max_size=9)), draw(st.binary(max_size=5))
    lengths = len(name), len(extra), len(comment)
    method = draw(st.sampled_from([0, 8, 12]))
    large = draw(numbers), draw(numbers), draw(numbers)
    head = struct.pack("<4s6H3L3H", b"PK\x01\x02", 0, 0, draw(shorts), method, 0, 0, *large, *lengths)
    return head + struct.pack("<2HLL", 0, 0, 0, draw(numbers)) + name + extra + comment


def with_end(directory: bytes, prefix: bytes = b"") -> bytes:
    return prefix + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), 0, 0)


@given(st.lists(entries(), max_size=8), st.binary(max_size=20))
def test_any_directory_is_read_as_a_walk_from_entry_to_entry_reads_it(parts: list[bytes], prefix: bytes) -> None:
    directory = b"".join(parts)
    members = read(with_end(directory, prefix))
    assert [tuple(member)[:6] for member in members] == list_naively(directory, 0, len(prefix))
    for member in members:
        assert (member.refusal is not None) >= (member.method == 12)


@given(st.lists(entries(), min_size=1, max_size=4), st.data())
def test_any_damage_is_seen_where_a_walk_sees_it(parts: list[bytes], data: st.DataObject) -> None:
    damaged = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    directory = bytes(damaged)[: data.draw(st.integers(0, len(damaged)))]
    try:
        expected = list_naively(directory, 0, 0)
    except ValueError:
        with pytest.raises(SourceError, match="its directory is damaged"):
            read(with_end(directory))
    else:
        assert [tuple(member)[:6] for member in read(with_end(directory))] == expected


def test_a_long_directory_has_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{number}{'ü' * (number % 3)}.jpg" for number in range(100)]
    data = pack(*names)
    whole = read(data)
    monkeypatch.setattr("modiste.imaging.zip_directory._CHUNK", 7)
    assert read(data) == whole
    assert [member.name for member in whole] == names == zipfile.ZipFile(io.BytesIO(data)).namelist()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"hello", b"PK\x05\x06" + bytes(40)])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\n" * 50])
def test_it_reads_what_zipfile_reads(method: int, comment: bytes, prefix: bytes) -> None:
    names = ["a.jpg", "b/ü.jpg", "../c.jpg", "leer/", "'\n"]
    data = prefix + pack(*names, comment=comment, compression=method)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        expected = [info for info in archive.infolist() if not info.is_dir()]
    for member, info in zip(read(data), expected, strict=True):
        assert member.name == info.filename
        assert (member.size, member.packed, member.checksum) == (info.file_size, info.compress_size, info.CRC)
        assert (member.position, member.method, member.refusal) == (info.header_offset, method, None)


def test_an_empty_archive_has_no_members() -> None:
    assert read(pack()) == []


def test_sizes_beyond_32_bits_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 2)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    data = pack("a.jpg", "b.jpg")
    assert b"PK\x06\x06" in data
    assert [(member.name, member.size) for member in read(data)] == [("a.jpg", 15), ("b.jpg", 15)]
    stretch = stretch_of(data)
    for member in read(data):
        assert find_content(stretch, member, slack=5)[1].startswith(member.name.encode())


def test_names_are_utf8_whether_they_say_so_or_not() -> None:
    data = pack("ü.jpg")
    unsaid = bytearray(data)
    for signature, position in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        unsaid[unsaid.index(signature) + position + 1] &= ~0x08
    assert read(bytes(unsaid))[0].name == "ü.jpg"
    assert read(bytes(unsaid).replace("ü".encode(), b"\x81."))[0].name == "ü..jpg", "code page 437"
    assert read(data.replace("ü".encode(), b"\x81."))[0].name == "\udc81..jpg", "kept as it is"


@pytest.mark.parametrize(("method", "name"), [(12, "bzip2"), (14, "LZMA"), (77, "method 77")])
def test_other_compressions_are_named(method: int, name: str) -> None:
    data = bytearray(pack("a.jpg"))
    data[data.index(b"PK\x01\x02") + 10] = method
    assert f"compressed by {name}" in str(read(bytes(data))[0].refusal)


def test_encryption_is_named() -> None:
    data = bytearray(pack("a.jpg"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in str(read(bytes(data))[0].refusal)


def test_too_many_members_are_refused() -> None:
    data = pack("a.jpg", "b.jpg", "c.jpg")
    assert len(read(data, max_members=3)) == 3
    with pytest.raises(SourceError, match="more than 2 members"):
        read(data, max_members=2)
    with pytest.raises(SourceError, match=r"directory is .* bytes long; at most 1 members"):
        read(pack(*(f"{number}.jpg" for number in range(20))), max_members=1)


def edit_end(change: Callable[[list[int]], None]) -> bytes:
    data = pack("a.jpg")
    fields = list(struct.unpack("<4s4H2LH", data[-22:]))
    change(fields)
    return data[:-22] + struct.pack("<4s4H2LH", *fields)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no zip archive"),
        (b"PK\x05\x06", "no zip archive"),
        (pack("a.jpg")[:-1], "no zip archive, or it is cut short"),
        (pack("a.jpg").replace(b"PK\x01\x02", b"PK\x01\x03"), "directory is damaged"),
        (edit_end(lambda fields: fields.__setitem__(5, 10**6)), "outside"),
        (edit_end(lambda fields: fields.__setitem__(6, 10**6)), "outside"),
        (edit_end(lambda fields: fields.__setitem__(5, fields[5] - 3)), "directory is damaged"),
        (pack("a.jpg").replace(b"a.jpgPK\x05", b"a.PK\x05"), "damaged"),
    ],
)
def test_damaged_directories_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(data)


def test_a_damaged_end_beyond_32_bits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    data = pack("a.jpg", "b.jpg")
    with pytest.raises(SourceError, match="end of its directory is damaged"):
        read(data.replace(b"PK\x06\x06", b"PK\x06\x05"))


def test_a_position_without_a_member_is_refused() -> None:
    data = pack("a.jpg")
    member = read(data)[0]
    for position in (3, 10**6):
        with pytest.raises(SourceError, match="no member begins where"):
            find_content(stretch_of(data), member._replace(position=position))


def test_flipped_bits_are_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(0)
    data = pack(*(f"{number}.jpg" for number in range(5)))
    start = data.index(b"PK\x01\x02")
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(rng.choice([1, 3, 9])):
            damaged[rng.randrange(start, len(data))] ^= 1 << rng.randrange(8)
        try:
            members = read(bytes(damaged))
        except SourceError:
            continue
        for member in members:
            assert isinstance(member.name, str)


def test_doubled_names_are_both_there() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [member.name for member in read(pack("a.jpg", "a.jpg"))] == ["a.jpg", "a.jpg"]
