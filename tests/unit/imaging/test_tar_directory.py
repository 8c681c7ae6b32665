from __future__ import annotations

import io
import random
import tarfile

import pytest

from modiste.errors import SourceError
from modiste.imaging.members import Member
from modiste.imaging.storage import unpack
from modiste.imaging.tar_directory import read_tar_directory


def read(data: bytes, max_members: int = 1000) -> list[Member]:
    return list(read_tar_directory(unpack([data], 10**9), max_members))


def pack(*infos: tarfile.TarInfo | str, form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=form) as archive:
        for entry in infos:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            content = info.name.encode("utf-8", "surrogateescape") if info.isreg() else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_members_lie_where_it_says(form: int) -> None:
    names = ["a.jpg", "../b.jpg", "/c.jpg", "d" * 300 + ".jpg", "ü\n.jpg", "\udce9.jpg"]
    data = pack(*names, form=form)
    members = read(data)
    assert [member.name for member in members] == names
    for member in members:
        content = data[member.position : member.position + member.packed]
        assert content.decode("utf-8", "surrogateescape") == member.name
        assert member.refusal is None


def test_folders_are_left_out_and_links_are_explained() -> None:
    data = pack(
        "a.jpg",
        link("folder", "", tarfile.DIRTYPE),
        link("hard.jpg", "a.jpg", tarfile.LNKTYPE),
        link("lost.jpg", "nowhere.jpg", tarfile.LNKTYPE),
        link("soft.jpg", "/etc/passwd", tarfile.SYMTYPE),
        link("pipe.jpg", "", tarfile.FIFOTYPE),
    )
    members = {member.name: member for member in read(data)}
    assert list(members) == ["a.jpg", "hard.jpg", "lost.jpg", "soft.jpg", "pipe.jpg"]
    assert members["hard.jpg"] == members["a.jpg"]._replace(name="hard.jpg")
    assert all("link, a device" in str(members[name].refusal) for name in ("lost.jpg", "soft.jpg", "pipe.jpg"))


def test_an_empty_archive_has_no_members() -> None:
    assert read(pack()) == []


def test_too_many_members_are_refused() -> None:
    data = pack("a.jpg", "b.jpg")
    assert len(read(data, max_members=2)) == 2
    with pytest.raises(SourceError, match="more than 1 members"):
        read(data, max_members=1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no tar archive"),
        (b"hello" * 500, "no tar archive"),
        (pack("a.jpg", "b.jpg")[:1500], "damaged or cut short"),
        (pack("a.jpg", "b.jpg")[:2048], "cut short: the blocks of zeros"),
        (pack("a.jpg", "b.jpg")[:1024] + b"x" * 512 + pack("b.jpg"), "damaged or cut short at byte 1,024"),
    ],
)
def test_damaged_archives_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(data)


def test_a_header_that_claims_to_be_huge_is_not_read_into_memory() -> None:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 3 << 30
    with pytest.raises(SourceError, match="a header of 3,221,225,472 bytes; at most 1,048,576"):
        read(header.tobuf() + bytes(4096))


def test_a_member_that_leads_backwards_is_refused() -> None:
    first, second = tarfile.TarInfo("a.jpg"), tarfile.TarInfo("b.jpg")
    second.size = -2048
    with pytest.raises(SourceError, match="damaged"):
        read(first.tobuf() + second.tobuf(tarfile.GNU_FORMAT) + bytes(4096))


def test_flipped_bits_are_read_or_refused() -> None:
    rng = random.Random(0)
    data = pack(*(f"{number}.jpg" for number in range(4)), "d" * 200)
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(rng.choice([1, 3, 9])):
            damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            assert len(read(bytes(damaged))) <= 5
        except SourceError as error:
            assert str(error)
