"""Our reading of archives against Python's zipfile and tarfile."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.imaging import PictureSource, list_members, split_reference

# The folder that macOS packs beside every file is skipped on purpose, and hypothesis finds its name in our source.
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\."), min_size=1, max_size=20
).filter(lambda name: name != "__MACOSX")
# A comment with the mark of a zip's end in it ends the zip anew: zipfile refuses such. The mark is in our source, too.
comments = st.binary(max_size=50).filter(lambda comment: b"PK\x05\x06" not in comment)
trees = st.dictionaries(names, st.tuples(st.binary(max_size=2000), st.booleans()), max_size=8)


def read_all(path: Path) -> dict[str, bytes]:
    with PictureSource() as source:
        found = {split_reference(reference)[1][-1]: source.read(reference) for reference, _ in list_members(path)}
    assert {name: len(data) for name, data in found.items()} == {
        split_reference(reference)[1][-1]: size for reference, size in list_members(path)
    }
    return found


@settings(max_examples=60, deadline=None)
@given(trees, st.binary(max_size=50), comments)
def test_zips_are_read_as_zipfile_reads_them(
    tree: dict[str, tuple[bytes, bool]], prefix: bytes, comment: bytes
) -> None:
    file = io.BytesIO(prefix)
    file.seek(len(prefix))
    with zipfile.ZipFile(file, "a" if prefix else "w") as archive:
        archive.comment = comment
        for name, (data, deflate) in tree.items():
            archive.writestr(name, data, zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(file.getvalue())
        with zipfile.ZipFile(path) as archive:
            expected = {info.filename: archive.read(info) for info in archive.infolist()}
        assert read_all(path) == expected == {name: data for name, (data, _) in tree.items()}


@settings(max_examples=30, deadline=None)
@given(trees, st.sampled_from(["", "gz", "xz"]), st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_tars_are_read_as_tarfile_reads_them(tree: dict[str, tuple[bytes, bool]], packing: str, form: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.tar{'.' if packing else ''}{packing}"
        with tarfile.open(path, f"w:{packing}", format=form) as archive:  # type: ignore[call-overload]
            for name, (data, _) in tree.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        assert read_all(path) == {name: data for name, (data, _) in tree.items()}


@pytest.mark.data
def test_the_real_zip_is_read_as_zipfile_reads_it(shared_data: Path) -> None:
    path = shared_data / "fashion-product-images-small.zip"
    members = dict(list_members(path))
    with zipfile.ZipFile(path) as archive, PictureSource() as source:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        assert members == {f"{path}::{info.filename}": info.file_size for info in infos}
        for info in infos[::401]:
            assert source.read(f"{path}::{info.filename}") == archive.read(info)
