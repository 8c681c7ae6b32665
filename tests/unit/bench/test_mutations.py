from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.bench.mutations import Mutation, draw_picture, encode_samples, make_huge_headers, write_mutations
from modiste.errors import PictureError
from modiste.imaging import PictureSource, Preprocessing, find_pictures, split_reference

KINDS = 17


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Mutation]]]:
    folder = tmp_path_factory.mktemp("mutations")
    yield folder, write_mutations(folder, count=8 * KINDS, seed=5)


def test_every_mutation_gives_the_rows_and_outcomes_it_promises(
    written: tuple[Path, list[Mutation]], capfd: pytest.CaptureFixture[str]
) -> None:
    folder, mutations = written
    outcomes: dict[Path, list[str]] = defaultdict(list)
    preprocessing = Preprocessing(96, 72)
    references = list(find_pictures(folder))
    with PictureSource() as source:
        for reference in references:
            try:
                preprocessing.load(source.read(reference))
                outcome = "result"
            except PictureError:
                outcome = "error"
            outcomes[split_reference(reference)[0]].append(outcome)
    assert len(set(references)) == len(references)
    assert set(outcomes) == {mutation.path for mutation in mutations}
    for mutation in mutations:
        rows = outcomes[mutation.path]
        assert len(rows) == mutation.rows, mutation
        assert mutation.outcome == "either" or set(rows) == {mutation.outcome}, mutation
    assert capfd.readouterr() == ("", "")


def test_every_kind_comes_equally_often_and_nothing_escapes(written: tuple[Path, list[Mutation]]) -> None:
    folder, mutations = written
    assert set(Counter(mutation.kind for mutation in mutations).values()) == {8}
    assert len({mutation.kind for mutation in mutations}) == KINDS
    assert {path.name for path in folder.iterdir()} == {"000", "001"}
    assert not list(folder.parent.glob("**/escaped.jpg"))


def test_a_seed_writes_the_same_again(written: tuple[Path, list[Mutation]], tmp_path: Path) -> None:
    folder, mutations = written
    again = write_mutations(tmp_path, count=len(mutations), seed=5)
    assert [m.path.relative_to(tmp_path) for m in again] == [m.path.relative_to(folder) for m in mutations]
    for one, other in zip(mutations, again, strict=True):
        if one.path.is_file() and os.access(one.path, os.R_OK) and not one.path.name.endswith(".gz"):
            assert one.path.read_bytes() == other.path.read_bytes(), one
    different = write_mutations(tmp_path / "other", count=3, seed=6)
    assert different[0].path.read_bytes() != again[0].path.read_bytes()


def test_samples_cover_the_formats() -> None:
    formats = set()
    for data in encode_samples(0).values():
        with Image.open(BytesIO(data)) as image:
            formats.add((image.format, image.mode))
    assert {"JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"} <= {name for name, _ in formats}
    assert {"RGB", "RGBA", "L", "P", "1", "CMYK", "I;16"} <= {mode for _, mode in formats}


def test_huge_headers_say_so_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    for suffix, data in make_huge_headers(encode_samples(0)).items():
        if suffix not in (".avif", ".webp"):  # their decoders refuse by themselves
            with Image.open(BytesIO(data)) as image:
                assert image.size == (30_000, 30_000), suffix


def test_a_drawn_picture_has_something_to_lose() -> None:
    picture = draw_picture(0, 50, 40)
    assert picture.shape == (50, 40, 3)
    assert picture.dtype == np.uint8
    assert picture.std(axis=(0, 1)).min() > 10
    assert np.array_equal(picture, draw_picture(0, 50, 40))
    assert not np.array_equal(picture, draw_picture(1, 50, 40))
