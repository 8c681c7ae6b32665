"""Duplicates among drawn items, whose copies and colours are known."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueHead, CatalogueItem, ItemTag
from modiste.catalogue.duplicates import DuplicateGroup, DuplicateOptions, find_duplicates, tabulate_groups
from modiste.catalogue.local import LocalBackend
from modiste.errors import UnknownNameError, UsageError
from modiste.imaging.perceptual import count_differing_bits
from modiste.synthetic import draw_shop
from modiste.synthetic.drawers import draw_product
from modiste.taxonomy import Field, Taxonomy

TAXONOMY = Taxonomy((
    Field("category", "single", ("Apparel",)),
    Field("articleType", "single", ("Shirts", "Tops"), "category", {"Shirts": ("Apparel",), "Tops": ("Apparel",)}),
    Field("baseColour", "single", ("Blue", "Red", "Green")),
))  # fmt: skip


def to_jpeg(picture: Image.Image, quality: int = 92, size: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    (picture if size is None else picture.resize(size)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def list_of(groups: Sequence[DuplicateGroup], kind: str) -> list[set[str]]:
    return [set(group.item_ids) for group in groups if group.kind == kind]


def test_known_copies_of_drawn_pictures_are_found(tmp_path: Path, tiny: Bundle) -> None:
    drawn = list(draw_shop(20, seed=4, size=(240, 320)))
    pictures = {one.product_id: to_jpeg(one.picture) for one in drawn}
    pictures |= {f"same {one.product_id}": to_jpeg(one.picture) for one in drawn[:3]}
    pictures |= {f"again {one.product_id}": to_jpeg(one.picture, 80, (180, 240)) for one in drawn[2:6]}
    with Catalogue.create(tmp_path / "c", bundle=tiny) as shop:
        assert not shop.add_items([CatalogueItem(name) for name in pictures], pictures=list(pictures.values()))
        groups = find_duplicates(shop.backend)
    ids = [one.product_id for one in drawn]
    assert sorted(map(sorted, list_of(groups, "exact"))) == [[name, f"same {name}"] for name in ids[:3]]
    # Of copies of one file, the first stands for all.
    expected = [{name, f"again {name}"} for name in ids[2:6]]
    near = list_of(groups, "near")
    assert all(any(pair <= group for group in near) for pair in expected)
    assert sum(map(len, near)) <= 2 * len(expected) + 2  # the tiny network tells few drawings apart


@pytest.fixture
def shelf(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path / "c", create=CatalogueHead("f" * 64, "drawn", 8, TAXONOMY))


def tags(kind: str, colour: str) -> tuple[ItemTag, ...]:
    return ItemTag("articleType", kind), ItemTag("baseColour", colour)


def near(vector: NDArray[np.float32], cosine: float, seed: int) -> NDArray[np.float32]:
    other = np.random.default_rng(seed).normal(size=len(vector))
    other -= other @ vector * vector
    made = cosine * vector + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)
    return np.asarray(made, np.float32)


def test_colour_variants(shelf: LocalBackend) -> None:
    start = np.eye(8, dtype=np.float32)[0]
    blue = CatalogueItem("blue", title="Alder Blue Shirt", brand="Alder", look=0b1111, tags=tags("Shirts", "Blue"))
    red, green = tags("Shirts", "Red"), tags("Shirts", "Green")

    def like_blue(name: str, cosine: float, **other: Any) -> tuple[CatalogueItem, float]:
        return replace(blue, **{"item_id": name, "product_id": name, **other}), cosine

    listed = [
        like_blue("red", 0.75, title="Alder Shirt, red", tags=red),
        like_blue("also blue", 0.9),
        like_blue("top", 0.9, tags=tags("Tops", "Red")),
        like_blue("other shape", 0.9, look=0b11110000000, tags=red),
        like_blue("other title", 0.9, title="Slim fit", tags=green),
        like_blue("very close", 0.985, title="Slim", tags=green),
        like_blue("of the product", 0.1, product_id="blue", title="x", look=None, tags=green),
    ]
    made = {item.item_id: (item, cosine) for item, cosine in listed}
    vectors = [start] + [near(start, cosine, seed) for seed, (_, cosine) in enumerate(made.values())]
    shelf.put([blue, *(item for item, _ in made.values())], np.stack(vectors))
    groups = find_duplicates(shelf)
    found = set().union(*(group for group in list_of(groups, "colour") if "blue" in group))
    assert found == {"blue", "red", "very close", "of the product"}
    assert not list_of(groups, "exact") and not list_of(groups, "near")


def test_against_all_pairs_one_by_one(shelf: LocalBackend) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 8))
    looks = [int(value) for value in rng.integers(0, 2**63, 12)]
    items, vectors = [], []
    for number in range(80):
        at = number % 12
        look = looks[at] ^ sum(1 << int(bit) for bit in rng.choice(64, int(rng.integers(0, 5)), replace=False))
        colour = ("Blue", "Red", "Green")[int(rng.integers(3))]
        title = None if number % 5 == 0 else f"{colour} shirt {at}"
        items.append(CatalogueItem(str(number), title=title, look=look, tags=tags("Shirts", colour)))
        vector = centres[at] + rng.normal(size=8) * rng.choice([0.01, 0.1, 0.4])
        vectors.append(vector / np.linalg.norm(vector))
    shelf.put(items, np.array(vectors, np.float32))
    options = DuplicateOptions()
    groups = find_duplicates(shelf, options)
    stored = shelf.get_vectors([item.item_id for item in items])
    copies, variants = set(), set()
    for one, other in itertools.combinations(items, 2):
        cosine = float(stored[one.item_id] @ stored[other.item_id])
        bits = int(count_differing_bits(np.array([one.look], np.uint64), np.array([other.look], np.uint64))[0])
        pair = (one.item_id, other.item_id)
        if bits <= options.near_bits and cosine >= options.near_cosine:
            copies.add(pair)
            continue
        same = one.title is not None and other.title is not None and one.title.split()[1:] == other.title.split()[1:]
        least = options.titled_cosine if same else options.untitled_cosine
        if bits <= options.shape_bits and cosine >= least and one.values("baseColour") != other.values("baseColour"):
            variants.add(pair)
    for kind, pairs in (("near", copies), ("colour", variants)):
        members = [group.item_ids for group in groups if group.kind == kind]
        assert pairs and len(set().union(*members)) == sum(map(len, members))  # nobody is in two groups
        for group in members:  # around one of them
            assert any(all((a, b) in pairs or (b, a) in pairs for b in group if b != a) for a in group), (kind, group)
        alone = {name for pair in pairs for name in pair} - set().union(*members)
        for name in alone:  # its partners all went into larger groups
            partners = {a if b == name else b for a, b in pairs if name in (a, b)}
            assert partners <= set().union(*members)


def test_kinds_are_chosen_and_tabulated(shelf: LocalBackend) -> None:
    item = CatalogueItem("a", title="Shirt", picture_hash="0" * 64, look=7, image="a.jpg")
    items = [item, replace(item, item_id="b", product_id="b"), replace(item, item_id="c", box=(0, 0, 5, 5), look=None)]
    shelf.put(items, np.tile(np.eye(8, dtype=np.float32)[0], (3, 1)))
    groups = find_duplicates(shelf, DuplicateOptions(kinds=("exact",)))
    assert [(group.kind, group.item_ids, group.score) for group in groups] == [("exact", ("a", "b"), 1.0)]
    table = tabulate_groups(groups, shelf)
    assert table.rows() == [
        (1, "exact", 1.0, "a", "a", "Shirt", "a.jpg"),
        (1, "exact", 1.0, "b", "b", "Shirt", "a.jpg"),
    ]
    assert find_duplicates(shelf, DuplicateOptions(kinds=("near", "colour"))) == []


def test_an_empty_catalogue_has_none(shelf: LocalBackend) -> None:
    assert find_duplicates(shelf) == []


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="near"):
        DuplicateOptions(kinds=("neer",))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="near_bits is 9"):
        DuplicateOptions(near_bits=9)
    with pytest.raises(UsageError, match="titled_cosine is 2"):
        DuplicateOptions(titled_cosine=2)


def test_variants_of_one_drawing_have_one_shape() -> None:
    """The hash knows no colour: the same drawing in another colour differs in few bits."""
    from modiste.imaging.perceptual import hash_thumbnails, make_thumbnail

    spec = next(iter(draw_shop(1, seed=4, types=["Shirts"]))).spec
    looks = []
    for colour in ("Blue", "Red", "Green"):
        picture = draw_product(replace(spec, colour=colour), size=(240, 320), rng=np.random.default_rng(1))
        looks.append(hash_thumbnails(make_thumbnail(np.asarray(picture))[None])[0])
    assert max(count_differing_bits(np.array(looks[:1]), np.array(looks))) <= 8
