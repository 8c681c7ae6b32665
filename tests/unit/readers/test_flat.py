"""Pictures without labels."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from modiste.errors import SourceError
from modiste.imaging import PictureSource
from modiste.readers import ReaderOptions, read_source

Layout = Callable[[Mapping[str, str | bytes]], Path]


def test_a_flat_folder_gives_stems(layout: Layout) -> None:
    manifest = read_source(layout({"10.jpg": b"x", "2.PNG": b"y", "notes.txt": b""}))
    assert manifest.items["source"][0] == "flat"
    assert [name.rpartition("/")[2] for name in manifest.items["item_id"]] == ["2", "10"]
    assert len(manifest.taxonomy) == 0
    with PictureSource() as source:
        assert source.read(manifest.items["image"][0]) == b"y"


def test_clashing_stems_keep_their_suffix(folder: Layout) -> None:
    manifest = read_source(folder({"a.jpg": b"", "a.png": b"", "b.jpg": b""}))
    assert manifest.items["item_id"].to_list() == ["a.jpg", "a.png", "b"]


def test_one_picture(folder: Layout) -> None:
    manifest = read_source(folder({"one.jpg": b""}) / "one.jpg")
    assert manifest.items["item_id"].to_list() == ["one"]


def test_the_current_folder(folder: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder({"one.jpg": b"", "deep/two.jpg": b""}))
    assert read_source(".").items["item_id"].to_list() == ["deep/two", "one"]


def test_products_by_pattern(folder: Layout) -> None:
    root = folder({"7_front.jpg": b"", "7_back.jpg": b"", "odd.jpg": b""})
    manifest = read_source(root, options=ReaderOptions(product_pattern="^([0-9]+)_"))
    assert dict(manifest.items.select("item_id", "product_id").iter_rows()) == {
        "7_back": "7",
        "7_front": "7",
        "odd": "odd",
    }


def test_what_is_no_readable_picture_is_an_item_too(folder: Layout) -> None:
    root = folder({"a.jpg": b"", "folder.jpg/b.jpg": b"", "broken.zip": b"PK"})
    assert set(read_source(root, reader="flat").items["item_id"]) == {"a", "broken", "folder", "folder.jpg/b"}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are Unicode")
def test_names_that_are_no_unicode(folder: Layout) -> None:
    root = folder({"a.jpg": b""})
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9\n.jpg")).write_bytes(b"z")
    manifest = read_source(root)
    assert manifest.items["item_id"].to_list() == ["a", "caf%E9\n"]
    with PictureSource() as source:
        assert source.read(manifest.items["image"][1]) == b"z"


def test_no_picture_is_refused(folder: Layout) -> None:
    root = folder({"notes.md": b""})
    with pytest.raises(SourceError, match="holds no picture; expected a file whose name ends like"):
        read_source(root, reader="flat")
    with pytest.raises(SourceError, match="no reader understands"):
        read_source(root)
