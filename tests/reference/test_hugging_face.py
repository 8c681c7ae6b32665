"""Files that Hugging Face's own library wrote (datasets 5 with pyarrow), not ours: eight grey squares of 4 x 4 pixels.

Square ``i`` has the grey ``20 * i``, is called ``i.png`` and entitled ``T i``; squares 6 and 7 are the test part.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from modiste.imaging import ArchiveLimits, PictureSource
from modiste.imaging.picture_tables import open_picture_table
from modiste.readers import read_source
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden" / "hugging-face"


@pytest.mark.parametrize("layout", ["saved", "hub"])
def test_every_row_is_what_the_library_wrote(layout: str) -> None:
    manifest = read_source(GOLDEN / layout)
    items = manifest.items.sort("item_id")
    assert items["source"].unique().to_list() == ["huggingface"] and not len(manifest.problems)
    assert items["item_id"].to_list() == [str(at) for at in range(8)]
    assert items["title"].to_list() == [f"T {at}" for at in range(8)]
    assert items["split"].to_list() == ["train"] * 6 + ["test"] * 2
    assert items["label.kind"].to_list() == ["shoe", "bag"] * 4
    assert items["label.tags"].to_list() == [["red"], ["blue"]] * 4
    assert manifest.taxonomy["kind"].values == ("shoe", "bag", "hat")
    with PictureSource() as source:
        for at, reference in enumerate(items["image"]):
            pixels = np.asarray(Image.open(io.BytesIO(source.read(reference))))
            assert pixels.shape == (4, 4) and (pixels == 20 * at).all()


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*-of-*.*")), ids=lambda path: path.parent.name + path.suffix)
def test_pieces_and_metadata_are_found(path: object) -> None:
    table = open_picture_table(path, ArchiveLimits())  # type: ignore[arg-type]
    assert table.picture_columns == ("image",) and "huggingface" in table.metadata
    assert table.height in (2, 3, 6)
