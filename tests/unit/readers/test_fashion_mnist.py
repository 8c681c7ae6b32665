"""Fashion-MNIST: the published counts on the real files where they are installed, and a tiny set everywhere."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from modiste.errors import SourceError
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.readers.fashion_mnist import FASHION_MNIST_CLASSES, read_idx_labels
from tests.unit.readers.research_sets import make_fashion_mnist

Layout = Callable[[Mapping[str, str | bytes]], Path]
INSTALLED = Path("/usr/share/datasets/fashion-mnist")


def test_a_tiny_set(layout: Layout) -> None:
    manifest = read_source(layout(make_fashion_mnist()))
    assert manifest.items["source"].unique().to_list() == ["fashion-mnist"]
    assert manifest.items["item_id"].to_list()[::12] == ["train/00", "test/0"]
    assert manifest.items["split"].to_list() == ["train"] * 12 + ["test"] * 3
    assert manifest.taxonomy["category"].values == FASHION_MNIST_CLASSES
    assert manifest.labels("category").to_list()[9:12] == ["Ankle boot", "T-shirt/top", "Trouser"]
    assert manifest.rows == 15 and not len(manifest.problems)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_every_picture_is_exact(folder: Layout, packed: bool) -> None:
    files = make_fashion_mnist(packed=packed)
    manifest = read_source(folder(files))
    data = files["t10k-images-idx3-ubyte" + ".gz" * packed]
    raw = np.frombuffer(gzip.decompress(data) if packed else data, np.uint8, offset=16).reshape(-1, 28, 28)
    with PictureSource() as source:
        for reference, expected in zip(manifest.of_split("test").items["image"], raw, strict=True):
            assert np.array_equal(decode_picture(source.read(reference))[:, :, 0], expected)


def test_one_file_stands_for_its_part(folder: Layout) -> None:
    root = folder(make_fashion_mnist())
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        assert read_source(root / name).items["split"].unique().to_list() == ["test"]


def test_pictures_without_labels_are_listed(folder: Layout) -> None:
    files = make_fashion_mnist()
    del files["t10k-labels-idx1-ubyte.gz"]
    manifest = read_source(folder(files))
    assert len(manifest) == 12 and manifest.rows == 15
    assert manifest.problems.rows() == [("test: 3 pictures", "no file of labels beside them", "lost")]


def make_labels(labels: bytes, *, count: int | None = None) -> bytes:
    return struct.pack(">4BL", 0, 0, 8, 1, len(labels) if count is None else count) + labels


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t10k-labels-idx1-ubyte.gz", make_labels(b"\1\2"), "has 2 labels for 3 pictures"),
        ("t10k-labels-idx1-ubyte.gz", make_labels(b"\1\2\x0a"), "has the label 10; Fashion-MNIST has 0 to 9"),
        ("t10k-labels-idx1-ubyte.gz", make_labels(b"\1\2\3", count=9), "cut short: its header counts 9 labels, and 3"),
        ("t10k-labels-idx1-ubyte.gz", make_labels(b"\1\2\3", count=2), "too long"),
        ("t10k-labels-idx1-ubyte.gz", b"\0\0\x08\3" + bytes(9), "begins with 00 00 08 03; expected 00 00 08 01"),
        ("t10k-labels-idx1-ubyte.gz", b"", "begins with nothing"),
        ("t10k-labels-idx1-ubyte.gz", gzip.compress(make_labels(b"\1\2\3"), mtime=0)[:-9], "damaged or cut short"),
        ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b\x08\0oh", "damaged or cut short"),
        ("t10k-images-idx3-ubyte.gz", struct.pack(">4B3L", 0, 0, 8, 3, 3, 28, 28), "cut short: 3 pictures need 2,368"),
        ("t10k-images-idx3-ubyte.gz", b"\0\0\x0d\3" + bytes(90), "begins with 00 00 0d 03"),
    ],
)
def test_damage_is_one_clear_message(folder: Layout, name: str, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_source(folder(make_fashion_mnist() | {name: data}))


def test_digits_are_no_clothes(folder: Layout) -> None:
    count = 10_000
    pictures = struct.pack(">4B3L", 0, 0, 8, 3, count, 1, 1) + bytes(count)
    labels = (np.arange(count) % 10).astype(np.uint8)
    files = {"t10k-images-idx3-ubyte": pictures, "t10k-labels-idx1-ubyte": make_labels(labels.tobytes())}
    root = folder(files)
    assert len(read_source(root)) == count
    labels[0] = 1
    (root / "t10k-labels-idx1-ubyte").write_bytes(make_labels(labels.tobytes()))
    with pytest.raises(SourceError, match=r"not 1,000 of each class.*such as MNIST's digits"):
        read_source(root)


def test_naming_the_reader_says_what_is_missing(folder: Layout) -> None:
    with pytest.raises(SourceError, match="a pair train-images-idx3-ubyte and train-labels-idx1-ubyte"):
        read_source(folder({"a/1.jpg": b"x"}), reader="fashion-mnist")


@pytest.fixture(scope="module")
def installed() -> Path:
    if not INSTALLED.is_dir():
        pytest.skip("needs the real files: apt-get install dataset-fashion-mnist")
    return INSTALLED


@pytest.fixture(scope="module")
def real(installed: Path) -> Manifest:
    return read_source(installed)


def test_the_published_counts(real: Manifest) -> None:
    manifest = real
    counts = Counter(manifest.items.select("split", "label.category").iter_rows())
    assert counts == {
        (split, name): count for split, count in (("train", 6000), ("test", 1000)) for name in FASHION_MNIST_CLASSES
    }
    assert len(manifest) == manifest.rows == 70_000 and not len(manifest.problems)


def test_real_pictures_are_exact(installed: Path, real: Manifest) -> None:
    data = gzip.decompress((installed / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = read_idx_labels("labels", (installed / "t10k-labels-idx1-ubyte.gz").read_bytes())
    raw = np.frombuffer(data, np.uint8, offset=16).reshape(10_000, 28, 28)
    items = real.of_split("test").items
    with PictureSource() as source:
        for number in range(0, 10_000, 97):
            picture = decode_picture(source.read(items["image"][number]))
            assert np.array_equal(picture, np.repeat(raw[number][:, :, None], 3, axis=2))
            assert items["label.category"][number] == FASHION_MNIST_CLASSES[labels[number]]
