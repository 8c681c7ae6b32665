"""Diversity, folding, colours and explanations, each against the formula written out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from modiste.catalogue.item import COLOUR_BYTES, CatalogueItem, ItemTag
from modiste.catalogue.search import compare_colours, describe_colours, diversify, find_folds
from modiste.catalogue.search.colours import (
    find_item_colours,
    find_named_colours,
    find_seen_colours,
    find_spoken_colours,
)
from modiste.catalogue.search.explanation import explain_hit
from modiste.catalogue.search.folding import SAME_COSINE
from modiste.errors import UsageError
from modiste.imaging.colour_shares import ANCHORS, describe_thumbnails, to_lab
from modiste.imaging.perceptual import make_thumbnail
from modiste.synthetic import draw_shop

from .brute import normalise


def diversify_naively(values: np.ndarray, vectors: np.ndarray, diversity: float) -> list[int]:
    order: list[int] = []
    while len(order) < len(values):

        def gain(place: int) -> float:
            nearest = max((float(vectors[place] @ vectors[other]) for other in order), default=None)
            return values[place] if nearest is None else (1 - diversity) * values[place] - diversity * nearest

        left = [place for place in range(len(values)) if place not in order]
        order.append(max(left, key=gain))
    return order  # fmt: skip


@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_diversity_is_maximal_marginal_relevance(seed: int, count: int, diversity: float) -> None:
    rng = np.random.default_rng(seed)
    vectors = normalise(rng.normal(size=(count, 4)))
    values = -np.sort(-rng.uniform(-1, 1, count)).astype(np.float32)
    assert diversify(values, vectors, diversity).tolist() == diversify_naively(values, vectors, diversity)


def test_no_diversity_keeps_the_order() -> None:
    vectors = normalise(np.random.default_rng(0).normal(size=(9, 4)))
    assert diversify(np.linspace(1, 0, 9, dtype=np.float32), vectors, 0).tolist() == list(range(9))


@given(st.integers(0, 2**32), st.integers(0, 14))
def test_folding_leaves_answers_that_are_unlike(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = normalise(np.round(rng.normal(size=(count, 3)), 0) + 0.01)
    items = [CatalogueItem(str(place), product_id=str(rng.integers(6))) for place in range(count)]
    into = find_folds(items, vectors)
    stay = [place for place in range(count) if into[place] == place]
    for place in range(count):
        target = into[place]
        assert target in stay
        assert target <= place
    for first in stay:
        for second in stay:
            if first < second:
                assert items[first].product_id != items[second].product_id
                assert float(vectors[first] @ vectors[second]) < SAME_COSINE


def test_pictures_whose_hashes_differ_stay_though_the_network_can_not_tell_them_apart() -> None:
    vectors = np.ones((3, 1), np.float32)
    items = [CatalogueItem("a", look=0), CatalogueItem("b", look=0b111), CatalogueItem("c", look=-1)]
    assert find_folds(items, vectors).tolist() == [0, 0, 2]
    near = np.array([[1, 0], [0.995, 0.0999]], np.float32)
    assert find_folds(items[:2], near).tolist() == [0, 0]
    assert find_folds([CatalogueItem("a"), items[1]], near).tolist() == [0, 1]
    assert find_folds([None, items[0], None], vectors).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("colour", "lab"),
    [((255, 255, 255), (100, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 255), (32.30, 79.19, -107.86))],
)
def test_lab_is_that_of_the_tables(colour: tuple[int, ...], lab: tuple[float, ...]) -> None:
    np.testing.assert_allclose(to_lab(np.array(colour, np.uint8)), lab, atol=0.05)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3))))
def test_any_picture_has_colours_that_are_its_own(picture: np.ndarray) -> None:
    shares = describe_colours(picture)
    assert shares.shape == (64,)
    assert shares.max() == 255
    assert compare_colours(shares, shares) == pytest.approx(1, abs=1e-5)


def test_the_ground_does_not_count() -> None:
    pictures = [np.full((90, 70, 3), ground, np.uint8) for ground in (255, 255, 180)]
    for picture, colour in zip(pictures, [(180, 30, 40), (30, 60, 180), (180, 30, 40)], strict=True):
        picture[20:70, 15:55] = colour
    red, blue, red_on_grey = map(describe_colours, pictures)
    assert compare_colours(red, red_on_grey) > 0.95
    assert compare_colours(red, blue) < 0.1


def test_white_on_white_is_white() -> None:
    assert compare_colours(describe_colours(np.full((9, 9, 3), 250, np.uint8)), find_named_colours(["White"])) > 0.9


def test_nearest_colours_of_a_drawn_shop_have_its_names() -> None:
    drawn = list(draw_shop(80, seed=1, size=(60, 80)))
    shares = np.stack([describe_colours(np.asarray(item.picture.convert("RGB"))) for item in drawn])
    names = np.array([item.spec.colour for item in drawn])
    alike = compare_colours(shares[:, None], shares)
    np.fill_diagonal(alike, -1)
    right = (names[alike.argmax(axis=1)] == names).mean()
    chance = (names[:, None] == names).mean()
    assert right > 4 * chance


def test_many_are_described_as_each_alone() -> None:
    pictures = [np.asarray(item.picture.convert("RGB")) for item in draw_shop(9, seed=4, size=(60, 80))]
    pictures.append(np.full((40, 30, 3), 255, np.uint8))
    together = describe_thumbnails(np.stack([make_thumbnail(picture) for picture in pictures]))
    np.testing.assert_array_equal(together, np.stack([describe_colours(picture) for picture in pictures]))
    assert describe_thumbnails(np.empty((0, 32, 32, 3), np.uint8)).shape == (0, ANCHORS) == (0, COLOUR_BYTES)


def test_shares_are_those_of_a_naive_loop() -> None:
    thumbnail = make_thumbnail(np.asarray(next(iter(draw_shop(1, seed=6, size=(60, 80)))).picture.convert("RGB")))
    anchors = to_lab(np.array(list(product((0, 85, 170, 255), repeat=3)), np.uint8))
    fine = to_lab((thumbnail >> 3 << 3) + 4)
    edge = np.concatenate([fine[0], fine[-1], fine[:, 0], fine[:, -1]])
    ground = np.sort(edge, axis=0)[len(edge) // 2]
    shares = np.zeros(64)
    stands_out = np.linalg.norm(fine - ground, axis=2) > 12
    around = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0))
    for row, column in product(range(1, 31), repeat=2):
        if all(stands_out[row + down, column + right] for down, right in around):
            far = np.square(anchors - to_lab((thumbnail[row, column] >> 4 << 4) + 8)).sum(axis=1)
            near = np.exp((far.min() - far) / (2 * 18**2))
            shares += near / near.sum()
    np.testing.assert_allclose(describe_thumbnails(thumbnail[None])[0], 255 * shares / shares.max(), atol=1)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="expected uint8"):
        describe_colours(np.zeros((4, 4), np.uint8))


def test_what_a_picture_shows_counts_before_what_labels_name() -> None:
    item = CatalogueItem("1", tags=(ItemTag("baseColour", "Red"),), colours=bytes(range(64)))
    np.testing.assert_array_equal(find_seen_colours(item), np.arange(64))
    np.testing.assert_array_equal(find_item_colours(item), find_named_colours(["Red"]))
    np.testing.assert_array_equal(find_seen_colours(replace(item, colours=None)), find_named_colours(["Red"]))


def test_an_item_has_the_colours_that_its_labels_name() -> None:
    item = CatalogueItem("1", tags=(ItemTag("baseColour", "navy blue"), ItemTag("season", "White")))
    np.testing.assert_array_equal(find_item_colours(item), find_named_colours(["Navy Blue"]))
    assert find_item_colours(CatalogueItem("2", tags=(ItemTag("baseColour", "Multi"),))) is None
    assert find_spoken_colours("a nice dress") is None
    np.testing.assert_array_equal(find_spoken_colours("Sea-Green top"), find_named_colours(["sea green"]))


def test_an_explanation_says_what_agrees_and_what_differs() -> None:
    tags = (ItemTag("kind", "Shirts"), ItemTag("colour", "Blue"), ItemTag("colour", "Red"), ItemTag("only", "Mine"))
    item = CatalogueItem("1", title="Fine shirts", tags=tags)
    asked = {"kind": ("Shoes",), "colour": ("Red", "Green"), "other": ("Yours",)}
    found = explain_hit(asked, ("shirt", "blue", "sock"), item, {"words": 2.0})
    assert (found.agree, found.differ) == ({"colour": ("Red",)}, {"kind": (("Shoes",), ("Shirts",))})
    assert found.words == ("shirt", "blue")
    assert str(found) == "same colour (Red); other kind (Shirts, not Shoes); has the words: shirt blue"
    assert found.to_json()["parts"] == {"words": 2.0}
