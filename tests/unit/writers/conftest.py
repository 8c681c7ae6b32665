"""A set of drawn pictures that says something in every way a manifest can, and a way to write it and read it back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.taxonomy import Field, Taxonomy
from modiste.writers import WriterOptions, Written, write_dataset

PICTURES = 6
Draw = Callable[[int], Path]


@dataclass(frozen=True)
class Format:
    """A writer with what a test tells it: the output's name, options, and the fields' names that it needs."""

    writer: str
    name: str
    options: WriterOptions = field(default_factory=WriterOptions)
    names: tuple[tuple[str, str], ...] = ()


_FEED = WriterOptions(base_url="https://shop.example/photos")
FORMATS = (
    Format("manifest", "set"),
    *(Format("table", f"set{suffix}") for suffix in (".csv", ".tsv", ".parquet", ".jsonl", ".json", ".xlsx")),
    Format("huggingface", "set"),
    Format("webdataset", "set"),
    Format("kaggle", "set", names=(("type", "articleType"), ("group", "subCategory"))),
    Format("class-folders", "set", WriterOptions(fields=("group", "type"))),
    Format("deepfashion", "set", names=(("type", "category"), ("group", "categoryType"), ("style", "texture"))),
    Format("deepfashion-inshop", "set", names=(("type", "category"), ("group", "gender"), ("style", "attribute"))),
    Format("imaterialist", "set"),
    Format("imaterialist-csv", "set"),
    Format("fashion-mnist", "set", names=(("type", "category"),)),
    Format("google-merchant", "set.tsv", _FEED, names=(("type", "productType"), ("style", "material"))),
    Format("google-merchant", "set.xml", _FEED, names=(("type", "productType"), ("style", "material"))),
    Format("shopify", "set.csv", _FEED, names=(("type", "productType"), ("style", "tags"))),
)


def draw_picture(number: int) -> bytes:
    """Draw a picture of 28 x 28 grey pixels that no other number gives, in one of three formats."""
    pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, ("PNG", "BMP", "TIFF")[number % 3])
    return file.getvalue()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Paths of drawn pictures, all different."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{number}.{('png', 'bmp', 'tif')[number % 3]}" for number in range(PICTURES)]
    for number, path in enumerate(paths):
        path.write_bytes(draw_picture(number))
    return [str(path) for path in paths]


GROUPS = ("upper-body", "lower-body")
TYPES = ("Shirt", "Coat", "Trouser")
ALLOWED = {"Shirt": ("upper-body",), "Coat": ("upper-body",), "Trouser": ("lower-body",)}


def make_taxonomy() -> Taxonomy:
    return Taxonomy(
        (
            Field("group", "single", GROUPS),
            Field("type", "single", TYPES, "group", ALLOWED),
            Field("style", "multi", ("lace", "dots", "plain", "never seen")),
        )
    )


@pytest.fixture
def manifest(pictures: list[str]) -> Manifest:
    """Six items of which every format can hold all it declares."""
    types = ("Shirt", "Shirt", "Coat", "Coat", "Trouser", "Trouser")
    rows = [
        {
            "item_id": f"item {number}" if number % 2 else f"{number:03}",
            "product_id": f"p{number // 2}",
            "image": pictures[number],
            "source": "test",
            "split": ("train", "test")[number % 2],
            "box": [1.0, 2.0, 10.5, 20.25] if number % 2 else None,
            "title": f"A {kind}, no. {number // 2}" if number < 4 else None,
            "label.group": ALLOWED[kind][0],
            "label.type": kind,
            "label.style": (["lace", "dots"], ["plain"])[number // 2 % 2],
            "meta.brand": ("Blue Finch", "Corvina", None)[number // 2],
            "meta.description": f"soft, no. {number // 2}",
            "meta.weight": 1.5 * number,
        }
        for number, kind in enumerate(types)
    ]
    return Manifest.from_rows(rows, taxonomy=make_taxonomy())


def write(manifest: Manifest, folder: Path, chosen: Format) -> tuple[Written, Manifest]:
    """Write a manifest and read it back as the writer says."""
    options = WriterOptions(
        fields=chosen.options.fields, base_url=chosen.options.base_url, rename=rename(manifest, chosen)
    )
    written = write_dataset(manifest, folder / chosen.name, format=chosen.writer, options=options)
    return written, read_source(written.path, reader=written.reader, options=written.reading)


def rename(manifest: Manifest, chosen: Format) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in chosen.names if pair[0] in manifest.taxonomy)


def hash_pictures(images: Sequence[str]) -> list[str]:
    with PictureSource() as source:
        return [hashlib.sha256(source.read(image)).hexdigest() for image in images]
