"""Damaged research sets: whatever happens to the bytes of a file, there is a clear error or a manifest that holds."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.readers import find_reader, read_source
from modiste.readers.source import Source
from tests.unit.readers.conftest import write_folder
from tests.unit.readers.research_sets import (
    LABEL_MAP,
    make_deepfashion,
    make_fashion_mnist,
    make_fine,
    make_imaterialist,
    make_inshop,
)

CSV = "imageId,labelId\ntrain_1.jpeg,95 66 137 70 20\ntrain_2.jpeg,36 66\n"
SETS: dict[str, tuple[str, Mapping[str, str | bytes]]] = {
    "deepfashion": ("deepfashion", make_deepfashion()),
    "fine": ("deepfashion", make_fine()),
    "inshop": ("deepfashion-inshop", make_inshop()),
    "imaterialist": ("imaterialist", make_imaterialist() | {"label_map.csv": LABEL_MAP}),
    "imaterialist csv": ("imaterialist", {"a.csv": CSV, "train_1.jpeg": b"x", "train_2.jpeg": b"x"}),
    "fashion-mnist": ("fashion-mnist", make_fashion_mnist()),
    "fashion-mnist, plain": ("fashion-mnist", make_fashion_mnist(packed=False)),
}
PIECES = [b"", b"\n", b" ", b"-1", b"0", b"99999999999", b"\xff", b"\xc3\xa9", b"\0", b"{", b"]", b'"', b",", b"nan"]


@st.composite
def mutations(draw: st.DrawFn) -> tuple[float, float, int, bytes]:
    piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6))
    return draw(st.floats(0, 1)), draw(st.floats(0, 1)), draw(st.integers(0, 40)), piece


def mutate(data: bytes, changes: list[tuple[float, float, int, bytes]]) -> bytes:
    for at, keep, cut, piece in changes:
        position = int(at * len(data))
        rest = data[position + cut :] if keep > 0.1 else b""
        data = data[:position] + piece + rest
    return data


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=60)
@given(data=st.data())
def test_damage_gives_an_error_or_a_manifest(name: str, data: st.DataObject) -> None:
    reader, files = SETS[name]
    names = sorted(file for file in files if not file.endswith((".jpg", ".jpeg")))
    victim = data.draw(st.sampled_from(names))
    changes = data.draw(st.lists(mutations(), min_size=1, max_size=4))
    content = files[victim]
    damaged = mutate(content.encode() if isinstance(content, str) else content, changes)
    with tempfile.TemporaryDirectory() as folder:
        root = write_folder(Path(folder), {**files, victim: damaged})
        try:
            manifest = read_source(root, reader=reader)
        except SourceError as error:
            assert str(error) and "Traceback" not in str(error)
        else:
            assert len(manifest) and manifest.items["source"].unique().to_list() == [reader]


@pytest.mark.parametrize("name", SETS)
def test_each_set_is_found_by_its_own_reader_alone(name: str, tmp_path: Path) -> None:
    reader, files = SETS[name]
    root = write_folder(tmp_path, files)
    assert read_source(root).items["source"].unique().to_list() == [reader]
    others = {"deepfashion", "deepfashion-inshop", "imaterialist", "fashion-mnist"} - {reader}
    from modiste.readers import ReaderOptions

    assert all(find_reader(other).find_obstacle(Source(root), ReaderOptions()) for other in others)
