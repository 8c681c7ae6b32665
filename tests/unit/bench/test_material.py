from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from modiste.bench import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.material import Material, find_source, pack_pictures, pack_source
from modiste.errors import UsageError


def write_set(folder: Path, count: int) -> Path:
    with zipfile.ZipFile(folder / SMALL_PICTURES, "w") as archive:
        archive.writestr("styles.csv", "id\n")
        for number in range(count):
            file = io.BytesIO()
            Image.new("RGB", (60, 80 if number else 70), (number * 20, 0, 0)).save(file, "JPEG")
            archive.writestr(f"images/{number}.jpg", file.getvalue())
    return folder / SMALL_PICTURES


def read_files(archive: Path) -> list[bytes]:
    with zipfile.ZipFile(archive) as file:
        return [file.read(name) for name in file.namelist()]


def test_drawn_pictures_are_the_size_of_the_real_ones(material: Material) -> None:
    files = read_files(material.archive)
    assert (material.pictures, material.sizes) == (70, "60x80 (100.0%)")
    assert len(set(files)) == 70
    assert Image.open(io.BytesIO(files[3])).size == (60, 80)


def test_real_pictures_are_taken_at_equal_distances(tmp_path: Path) -> None:
    source = write_set(tmp_path, 10)
    setting = Setting(data=tmp_path)
    assert find_source(setting) == source
    packed = pack_pictures(setting, tmp_path / "some.zip", 5)
    originals = read_files(source)[1:]
    assert read_files(packed.archive) == originals[::2]
    assert packed.data == f"5 of the 10 pictures of {SMALL_PICTURES}"
    assert packed.sizes == "60x80 (80.0%), 60x70 (20.0%)"
    assert read_files(pack_pictures(setting, tmp_path / "all.zip", 50).archive) == originals


def test_damaged_pictures_are_cut_short(tmp_path: Path) -> None:
    sound = read_files(pack_pictures(Setting(), tmp_path / "sound.zip", 5).archive)
    files = read_files(pack_pictures(Setting(data=tmp_path), tmp_path / "cut.zip", 5, damaged_every=4).archive)
    assert [len(file) < len(other) for file, other in zip(files, sound, strict=True)] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_pictures_that_can_not_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    source = tmp_path / "shop"
    (source / "folder.jpg").mkdir(parents=True)
    (source / "text.jpg").write_text("hello")
    with pytest.raises(UsageError, match=r"no picture in .*shop that can be read"):
        pack_source(source, tmp_path / "none.zip", 9)
    Image.new("RGB", (7, 5)).save(source / "sound.png")
    packed = pack_source(source, tmp_path / "some.zip", 9)
    assert (packed.pictures, packed.sizes) == (1, "7x5 (100.0%)")
    assert packed.data == "3 of the 3 pictures of shop; 2 of them left out, as they can't be read"
