"""The facade: made, searched and changed as the documentation says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import modiste
from modiste.bundle import Bundle, write_bundle
from modiste.catalogue import Catalogue, CatalogueItem, ItemChange, ItemTag, Variant
from modiste.catalogue.stores import open_backend
from modiste.errors import CatalogueError, FilterError, UsageError
from modiste.runtime import Embedder
from modiste.synthetic import draw_shop, write_shop

DRAWN = list(draw_shop(12, seed=6, size=(90, 120)))
ITEMS = [CatalogueItem(one.product_id, title=one.title, brand=one.brand, price=float(one.price)) for one in DRAWN]


@pytest.fixture
def shop(tmp_path: Path, tiny: Bundle) -> Catalogue:
    made = Catalogue.create(tmp_path / "c", bundle=tiny)
    assert made.add_items(ITEMS, pictures=[one.picture for one in DRAWN]) == []
    return made


@pytest.fixture
def other(tiny: Bundle, tmp_path: Path) -> Bundle:
    spec = tiny.spec.model_copy(update={"temperatures": {tiny.taxonomy.names[0]: 3.0}, "name": "other"})
    return write_bundle(tmp_path / "other", spec=spec, onnx=tiny.read_weights(), card="x")


def test_it_is_among_the_public_names() -> None:
    assert modiste.Catalogue is Catalogue


def test_pictures_in_memory_have_the_vectors_of_the_embedder(shop: Catalogue, tiny: Bundle) -> None:
    expected = Embedder(tiny).embed([one.picture for one in DRAWN])
    vectors = shop.backend.get_vectors([item.item_id for item in ITEMS])
    np.testing.assert_allclose(np.stack([vectors[item.item_id] for item in ITEMS]), expected, atol=1e-5)
    assert len(shop) == 12 and [item.item_id for item in shop] == [item.item_id for item in ITEMS]
    item = shop.get(ITEMS[3].item_id)
    assert item is not None and item.picture_hash is None and item.look is not None and item.values("kind")
    assert shop.get("nope") is None and "nope" not in shop and ITEMS[0].item_id in shop and 7 not in shop


def test_with_colours_the_same_colour_comes_first(tiny: Bundle, tmp_path: Path) -> None:
    """One garment, drawn in four colours twice; the labels say nothing of colours, and the vectors are all the same."""
    colours = {"red": (190, 30, 40), "navy": (25, 30, 90), "green": (40, 130, 60), "yellow": (240, 210, 40)}
    drawn = next(iter(draw_shop(1, seed=2, size=(60, 80), types=["Shirts"]))).picture.convert("RGB")
    pixels = np.asarray(drawn)
    garment = np.abs(pixels.astype(int) - pixels[0, 0]).max(axis=2) > 24
    items, pictures = [], []
    for name, colour in colours.items():
        for light in (1.0, 0.93):
            picture = pixels.copy()
            picture[garment] = np.asarray(colour) * light
            items.append(CatalogueItem(f"{name} {light}"))
            pictures.append(picture)
    with Catalogue.create(tmp_path / "garments", bundle=tiny) as shop:
        assert shop.add_items(items, pictures=pictures) == []
        assert all(len(item.colours or b"") == 64 for item in shop)
        vector = Embedder(tiny).embed([pictures[0]])
        shop.put(list(shop), np.repeat(vector, len(items), axis=0))
        for place, name in enumerate(np.repeat(list(colours), 2)):
            found = shop.search(image=pictures[place], k=8, colour_weight=0.5)
            assert {hit.item_id.split()[0] for hit in found[:2]} == {name}
            assert found[1].colour_score > 0.8 > found[2].colour_score
        by_item = shop.search(item="navy 1.0", k=7, colour_weight=0.5)
        assert by_item.item_ids[0] == "navy 0.93"


def test_search_by_all_that_there_is(shop: Catalogue) -> None:
    first = ITEMS[4]
    vector = shop.backend.get_vectors([first.item_id])[first.item_id]
    by_picture = shop.search(image=DRAWN[4].picture, k=3)
    by_vector = shop.search(vector=vector, k=3)
    assert by_picture.item_ids == by_vector.item_ids and by_picture[0].score == pytest.approx(1, abs=1e-4)
    assert first.item_id not in shop.search(item=first.item_id, k=12).item_ids
    by_words = shop.search(text=first.title, k=12, where=f"brand = '{first.brand}'")
    assert first.item_id in by_words.item_ids
    assert shop.search(vector=vector, where="price < 0").item_ids == []
    assert len(shop.search(vector=vector, k=5, min_score=-1, offset=10)) == 2
    with pytest.raises(UsageError, match="takes no 'limit'"):
        shop.search(vector=vector, limit=3)
    with pytest.raises(FilterError):
        shop.search(vector=vector, where="price <")


def test_changes_are_seen_by_the_next_search_of_any_opening(shop: Catalogue, tmp_path: Path, tiny: Bundle) -> None:
    name = ITEMS[0].item_id
    with Catalogue.open(tmp_path / "c", bundle=tiny) as other:
        assert shop.update(ItemChange(name, price=1.0, variants=(Variant("M", 3),))) == []
        assert other.search(item=ITEMS[1].item_id, where="price = 1 and size = 'M' and stock > 2").item_ids == [name]
        assert shop.update([ItemChange("nope", price=1.0)]) == ["nope"]
        assert other.remove([name, "nope"]) == 1 and name not in shop
        assert shop.remove(where="price > 0") == 11 and len(other) == 0
        shop.put([CatalogueItem("x")], np.eye(16, dtype=np.float32)[:1])
        assert other.search(vector=np.eye(16)[0], k=1).item_ids == ["x"]
    with pytest.raises(UsageError, match="list of ids"):
        shop.remove("x")


def test_a_picture_that_cannot_be_read_is_told_and_the_rest_goes_in(shop: Catalogue, tmp_path: Path) -> None:
    DRAWN[0].picture.save(tmp_path / "a.png")
    items = [CatalogueItem("a"), CatalogueItem("b"), CatalogueItem("c", box=(10, 10, 40, 60))]
    errors = shop.add_items(items, pictures=[tmp_path / "a.png", b"x", np.asarray(DRAWN[1].picture)])
    assert [error.item_id for error in errors] == ["b"] and {"a", "c"} <= {item.item_id for item in shop}
    cut = DRAWN[1].picture.crop((10, 10, 50, 70))
    assert shop.search(image=cut, k=1).item_ids == ["c"]
    a = shop.get("a")
    assert a is not None and a.picture_hash is not None


def test_pictures_by_reference(shop: Catalogue, tmp_path: Path, tiny: Bundle) -> None:
    write_shop(tmp_path / "files", count=3, seed=9)
    paths = sorted((tmp_path / "files" / "images").iterdir())
    items = [CatalogueItem(path.stem + "x", image=str(path)) for path in paths]
    items[0] = CatalogueItem("boxed", image=str(paths[0]), box=(5, 5, 60, 80),
                             tags=(ItemTag("kind", "Bags", 0.5, "predicted"), ItemTag("season", "Summer")))  # fmt: skip
    errors = shop.add_items([*items, CatalogueItem("gone", image=str(tmp_path / "gone.jpg"))])
    assert [error.item_id for error in errors] == ["gone"]
    boxed = shop.get("boxed")
    assert boxed is not None and boxed.values("season") == ("Summer",)
    assert sum(tag.field == "kind" for tag in boxed.tags) == 1
    vector = shop.backend.get_vectors(["boxed"])["boxed"]
    np.testing.assert_allclose(vector, Embedder(tiny).embed([paths[0]], boxes=[(5, 5, 60, 80)])[0], atol=1e-5)
    with pytest.raises(UsageError, match="names no image"):
        shop.add_items([CatalogueItem("q")])
    with pytest.raises(UsageError, match="2 items came with 1"):
        shop.add_items([CatalogueItem("q"), CatalogueItem("r")], pictures=[b"x"])
    with pytest.raises(UsageError, match="is no picture"):
        shop.add_items([CatalogueItem("q")], pictures=[7])  # type: ignore[list-item]


def test_build_add_sync_and_rebuild(tmp_path: Path, tiny: Bundle, other: Bundle) -> None:
    write_shop(tmp_path / "shop", count=6, seed=1)
    made, summary = Catalogue.build(tmp_path / "shop", tmp_path / "built", bundle=tiny)
    with made:
        assert summary.added == len(made) == 6
        assert made.add(tmp_path / "shop" / "images").added == 0  # the same ids, the same files
        assert made.sync(tmp_path / "shop", remove_missing=True).items == 6
        assert made.rebuild(other).finished
        image = next((tmp_path / "shop" / "images").iterdir())
        assert made.search(image=image, k=1).item_ids == [image.stem]
        assert made.bundle.fingerprint == other.fingerprint


def test_another_bundle_is_refused_with_the_command_that_helps(shop: Catalogue, tmp_path: Path, other: Bundle) -> None:
    with pytest.raises(CatalogueError, match="modiste catalogue rebuild"):
        Catalogue.open(tmp_path / "c", bundle=other)
    late = Catalogue.open(tmp_path / "c", bundle=other.path)
    with pytest.raises(CatalogueError, match="modiste catalogue rebuild"):
        late.search(image=DRAWN[0].picture)
    with pytest.raises(CatalogueError, match="modiste catalogue rebuild"):
        late.add_items(ITEMS[:1], pictures=[DRAWN[0].picture])
    assert late.search(item=ITEMS[0].item_id, k=1)  # needs no bundle


def test_places_that_are_none() -> None:
    with pytest.raises(UsageError, match="milvus://HOST:PORT/NAME"):
        open_backend("redis://shop")
    with pytest.raises(CatalogueError, match="catalogue build"):
        Catalogue.open("nowhere")
