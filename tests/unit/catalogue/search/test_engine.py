from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modiste.catalogue.item import CatalogueItem, ItemTag
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.search import Query, Results, SearchEngine, arranging, compare_colours, describe_colours
from modiste.catalogue.search.colours import find_item_colours
from modiste.catalogue.words import fuse_ranks, split_words
from modiste.errors import CatalogueError, PictureError, UsageError

from .brute import BruteBackend, make_head, normalise
from .conftest import FIRST, Shop, to_png


def make_shop(seed: int, count: int = 40, size: int = 6) -> tuple[BruteBackend, SearchEngine]:
    """Random vectors, some of them doubled; products of several pictures; words, prices and colours."""
    rng = np.random.default_rng(seed)
    vectors = normalise(rng.normal(size=(count, size)))
    vectors[rng.integers(count, size=count // 4)] = vectors[rng.integers(count, size=count // 4)]
    items = [
        CatalogueItem(
            f"i{place}",
            product_id=f"p{rng.integers(count)}",
            title=" ".join(rng.choice(["blue", "red", "shirt", "dress", "sock"], 3)),
            price=float(rng.integers(100)),
            tags=(ItemTag("colour", str(rng.choice(["Blue", "Red", "Multi", "Navy Blue"]))),),
        )
        for place in range(count)
    ]
    backend = BruteBackend(make_head(size), items, vectors)
    return backend, SearchEngine(backend)


def cosines(backend: BruteBackend, vector: np.ndarray) -> dict[str, float]:
    return {name: float(vector @ other) for name, other in backend.vectors.items()}


def assert_in_order(results: Results, expected: dict[str, float], k: int) -> None:
    """The scores are the k highest there are, and each hit's score is its own; ties may stand in any order."""
    best = sorted(expected.values(), reverse=True)[:k]
    np.testing.assert_allclose([hit.score for hit in results], best, atol=1e-6)
    np.testing.assert_allclose([hit.score for hit in results], [expected[name] for name in results.item_ids], atol=1e-6)
    assert len(set(results.item_ids)) == len(results)


def test_a_picture_finds_itself_by_path_bytes_array_and_image(shop: Shop, tmp_path: Any) -> None:
    from PIL import Image

    path = tmp_path / "a.png"
    path.write_bytes(shop.files[FIRST])
    array = shop.pictures[FIRST]
    for image in (path, str(path), shop.files[FIRST], array, Image.fromarray(array)):
        found = shop.engine.search(Query(image=image, k=3))
        assert found[0].item_id == FIRST
        assert found[0].score == pytest.approx(1, abs=1e-4)
        assert found[0].item.title == shop.backend.items[FIRST].title
    assert found.methods == ("picture vectors",)


@pytest.mark.parametrize("kind", ["bytes", "array"])
def test_a_box_is_looked_at_alone(shop: Shop, kind: str) -> None:
    wide = np.concatenate([shop.pictures["10002"], shop.pictures[FIRST]], axis=1)
    image = to_png(wide) if kind == "bytes" else wide
    found = shop.engine.search(Query(image=image, box=(60, 0, 60, 80), k=1, colour_weight=0.5))
    assert found.item_ids == [FIRST]
    assert shop.engine.search(Query(image=image, box=(0, 0, 60, 80), k=1)).item_ids == ["10002"]


def test_an_item_finds_others_but_not_itself(shop: Shop) -> None:
    expected = cosines(shop.backend, shop.backend.vectors[FIRST])
    del expected[FIRST]
    assert_in_order(shop.engine.search(Query(item=FIRST, k=7)), expected, 7)
    every = shop.engine.search(Query(item=FIRST, k=1000))
    assert (len(every), every.total) == (71, 71)


def test_no_score_lies_beyond_one() -> None:
    vectors = np.full((2, 3), 0.57735032, np.float32)
    engine = SearchEngine(BruteBackend(make_head(3), [CatalogueItem("a"), CatalogueItem("b")], vectors))
    assert float(vectors[0] @ vectors[1]) > 1
    assert [hit.score for hit in engine.search(Query(item="a"))] == [1.0]


def test_items_and_vectors_ask_for_no_bundle(shop: Shop) -> None:
    engine = SearchEngine(shop.backend, "no-such-bundle")
    assert len(engine.search(Query(item=FIRST))) == 10
    assert len(engine.search(Query(vector=shop.backend.vectors[FIRST]))) == 10
    with pytest.raises(Exception, match="no-such-bundle"):
        engine.search(Query(image=shop.pictures[FIRST]))


@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from([None, "price <= 50", "colour = 'Red'"]))
@settings(max_examples=40)
def test_a_vector_finds_what_brute_force_finds(seed: int, k: int, where: str | None) -> None:
    backend, engine = make_shop(seed)
    vector = normalise(np.random.default_rng(seed + 1).normal(size=6))
    query = Query(vector=vector * 7, k=k, where=where)
    kept = set(backend.list_ids(query.filter))
    expected = {name: score for name, score in cosines(backend, vector).items() if name in kept}
    found = engine.search(query)
    assert_in_order(found, expected, k)
    assert found.total == (len(kept) if len(kept) <= k else None)


OPTIONS = st.fixed_dictionaries(
    {
        "where": st.sampled_from([None, "price <= 60"]),
        "diversity": st.sampled_from([0.0, 0.3, 1.0]),
        "fold": st.booleans(),
        "min_score": st.sampled_from([None, -0.2, 0.3]),
        "colour_weight": st.sampled_from([0.0, 0.4]),
    }
)


@given(
    seed=st.integers(0, 2**32),
    options=OPTIONS,
    size=st.integers(1, 9),
    kind=st.sampled_from(["item", "item+text", "text"]),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_together_are_the_long_answer(
    seed: int, options: dict[str, Any], size: int, kind: str, monkeypatch: pytest.MonkeyPatch, tiny: Any
) -> None:
    monkeypatch.setattr(arranging, "POOL", 12)  # so that answers reach beyond what is reordered
    backend, _ = make_shop(seed)
    backend.head = make_head(6, tiny.fingerprint)
    engine = SearchEngine(backend, tiny)
    subject = {"item": {"item": "i3"}, "item+text": {"item": "i3", "text": "blue shirt"}, "text": {"text": "red sock"}}
    options |= subject[kind]
    if kind == "text":
        options |= {"min_score": None}
    try:
        whole = engine.search(Query(k=1000, **options))
    except UsageError as error:
        assert "colours" in str(error)
        return
    pages = [engine.search(Query(k=size, offset=offset, **options)) for offset in range(0, 45, size)]
    assert [name for page in pages for name in page.item_ids] == whole.item_ids
    scores = [hit.score for page in pages for hit in page]
    assert scores == [hit.score for hit in whole]
    assert whole.total == len(whole)
    assert all(page.reason or page.hits for page in pages)


@given(st.integers(0, 2**32), st.floats(-1, 1))
@settings(max_examples=40)
def test_a_least_score_cuts_the_answer(seed: int, least: float) -> None:
    backend, engine = make_shop(seed)
    found = engine.search(Query(item="i0", k=100, min_score=least))
    expected = {name: score for name, score in cosines(backend, backend.vectors["i0"]).items() if name != "i0"}
    assert (
        len(found) == sum(score >= least for score in expected.values())
        or np.isclose(list(expected.values()), least).any()
    )
    assert all(hit.score >= least for hit in found)
    assert bool(found.reason) == (len(found) == 0)


def test_nothing_fits_is_an_answer_with_a_reason(shop: Shop) -> None:
    found = shop.engine.search(Query(vector=-shop.backend.vectors[FIRST], min_score=0.999))
    assert (found.hits, found.total) == ((), 0)
    assert "nothing reaches the score 0.999: the nearest is" in found.reason
    assert "passes the filter" in shop.engine.search(Query(item=FIRST, where="price < 0")).reason
    assert "any of the words: zzzzzzzz" in shop.engine.search(Query(text="zzzzzzzz")).reason
    assert "72 hits" in shop.engine.search(Query(vector=shop.backend.vectors[FIRST], offset=100)).reason
    empty = SearchEngine(BruteBackend(make_head(2)))
    assert empty.search(Query(vector=[1.0, 0.0])).reason == "the catalogue is empty"


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_folded_items_and_hits_are_all_there_were(seed: int) -> None:
    backend, engine = make_shop(seed)
    vector = normalise(np.random.default_rng(seed).normal(size=6))
    plain = engine.search(Query(vector=vector, k=100))
    folded = engine.search(Query(vector=vector, k=100, fold=True))
    listed = [name for hit in folded for name in (hit.item_id, *hit.folded)]
    assert sorted(listed) == sorted(plain.item_ids)
    assert [name for name in plain.item_ids if name in set(folded.item_ids)] == folded.item_ids
    products = [backend.items[name].product_id for name in folded.item_ids]
    assert len(set(products)) == len(products)


def test_with_folding_an_item_does_not_find_its_own_product(shop: Shop) -> None:
    product = shop.backend.items[FIRST].product_id
    plain = shop.engine.search(Query(item=FIRST, k=100))
    folded = shop.engine.search(Query(item=FIRST, k=100, fold=True))
    assert product in {hit.item.product_id for hit in plain}
    assert product not in {hit.item.product_id for hit in folded}


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_no_diversity_is_the_plain_answer_and_more_of_it_differs_more(seed: int) -> None:
    backend, engine = make_shop(seed)
    plain = engine.search(Query(item="i1", k=8))
    assert engine.search(Query(item="i1", k=8, diversity=0.0)).item_ids == plain.item_ids
    diverse = engine.search(Query(item="i1", k=8, diversity=1.0))
    assert diverse[0] == plain[0]

    def alike(results: Results) -> float:
        vectors = np.stack([backend.vectors[name] for name in results.item_ids])
        return float((vectors @ vectors.T).mean())

    assert alike(diverse) <= alike(plain) + 1e-6


def test_words_alone_are_bm25_without_a_text_encoder(shop: Shop) -> None:
    found = shop.engine.search(Query(text="blue shirts", k=5))
    expected = shop.backend.match_words(split_words("blue shirts"), 5)
    assert found.item_ids == expected.item_ids
    np.testing.assert_allclose([hit.word_score for hit in found], expected.scores)
    assert all(hit.score is None for hit in found)
    assert found.methods == ("words",)
    assert "no text encoder" in found.notes[0]
    with pytest.raises(UsageError, match="min_score compares cosines"):
        shop.engine.search(Query(text="blue", min_score=0.1))


def test_typos_are_mended_and_said(shop: Shop) -> None:
    found = shop.engine.search(Query(text="shrit zqzqzqzq"))
    assert (found.corrected, found.unknown) == ("shirt", ("zqzqzqzq",))
    assert found.item_ids == shop.engine.search(Query(text="shirt")).item_ids


@pytest.mark.usefixtures("encoder")
def test_words_alone_are_fused_with_their_vectors(shop: Shop) -> None:
    found = shop.engine.search(Query(text="blue shirt", k=20, explain=True))
    from modiste.catalogue.search.encoding import QueryEncoder

    vector = QueryEncoder.encode(None, "blue shirt")  # type: ignore[arg-type]
    near, fit = shop.backend.nearest(vector, 256), shop.backend.match_words(("blue", "shirt"), 256)
    fused = fuse_ranks([near.item_ids, fit.item_ids])
    assert found.item_ids == [name for name, _ in fused[:20]]
    expected = cosines(shop.backend, vector)
    np.testing.assert_allclose([hit.score for hit in found], [expected[name] for name in found.item_ids], atol=1e-6)
    assert found.methods == ("text vectors", "words")
    sums = [sum(hit.reasons.parts.values()) for hit in found]
    np.testing.assert_allclose(sums, [value / fused[0][1] for _, value in fused[:20]])


@pytest.mark.usefixtures("encoder")
def test_words_that_were_only_predicted_leave_the_order_to_the_vectors(shop: Shop) -> None:
    from modiste.catalogue.search.encoding import QueryEncoder

    plain = [
        CatalogueItem(name, tags=tuple(ItemTag(tag.field, tag.value, 0.9, "predicted") for tag in item.tags))
        for name, item in shop.backend.items.items()
    ]
    untold = BruteBackend(shop.backend.head, plain, np.stack([shop.backend.vectors[item.item_id] for item in plain]))
    found = SearchEngine(untold, shop.bundle, threads=1).search(Query(text="blue shirt", k=20))
    near = untold.nearest(QueryEncoder.encode(None, "blue shirt"), 20)  # type: ignore[arg-type]
    assert found.item_ids == near.item_ids
    fit = untold.match_words(("blue", "shirt"), 20)
    assert len(fit.item_ids) and fit.item_ids[:3] != near.item_ids[:3]


@pytest.mark.usefixtures("encoder")
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_picture_and_words_are_one_vector_where_words_have_one(shop: Shop, weight: float) -> None:
    from modiste.catalogue.search.encoding import QueryEncoder

    said = QueryEncoder.encode(None, "blue shirt")  # type: ignore[arg-type]
    vector = normalise((1 - weight) * shop.backend.vectors[FIRST] + weight * said)
    found = shop.engine.search(Query(item=FIRST, text="blue shirt", weight=weight, k=9, explain=True))
    expected = cosines(shop.backend, vector)
    del expected[FIRST]
    assert_in_order(found, expected, 9)
    np.testing.assert_allclose(
        [sum(hit.reasons.parts.values()) for hit in found], [hit.score for hit in found], atol=1e-5
    )
    assert "words" not in found.methods


def test_what_says_nothing_finds_nothing_and_words_or_pictures_beside_it_do(shop, monkeypatch) -> None:
    assert shop.engine.search(Query(item=FIRST, text="qwrtzx plmk", k=3)).hits
    for name in ("_VOCABULARY", "_OFTEN"):  # the drawn shop has few words
        monkeypatch.setattr(f"modiste.catalogue.words.gibberish.{name}", 1)
    found = shop.engine.search(Query(text="qwrtzx plmk", min_score=-1 if shop.bundle.has_text_encoder else None))
    assert not found.hits and found.total == 0
    assert found.reason == "nothing fits: no item has any of these words, and they read like none: qwrtzx plmk"
    assert shop.engine.search(Query(text="qwrtzx shirt", k=3)).hits
    assert shop.engine.search(Query(item=FIRST, text="qwrtzx plmk", k=3)).hits


def test_picture_and_words_are_fused_by_rank_without_a_text_encoder(shop: Shop) -> None:
    near = shop.backend.nearest(shop.backend.vectors[FIRST], 256)
    fit = shop.backend.match_words(("blue",), 256)
    fused = fuse_ranks([near.item_ids, fit.item_ids], weights=[0.7, 0.3])
    found = shop.engine.search(Query(item=FIRST, text="blue", weight=0.3, k=10))
    assert found.item_ids == [name for name, _ in fused if name != FIRST][:10]
    expected = cosines(shop.backend, shop.backend.vectors[FIRST])
    np.testing.assert_allclose([hit.score for hit in found], [expected[name] for name in found.item_ids], atol=1e-6)
    assert found.methods == ("picture vectors", "words")
    alone = shop.engine.search(Query(item=FIRST, text="blue", weight=0, k=10))
    assert alone.item_ids == shop.engine.search(Query(item=FIRST, k=10)).item_ids


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_colours_weigh_as_much_as_asked(shop: Shop, share: float) -> None:
    picture = shop.pictures[FIRST]
    found = shop.engine.search(Query(image=picture, k=72, colour_weight=share, explain=True))
    mine = describe_colours(picture)
    expected = cosines(shop.backend, shop.engine._encoder.embed(picture, None))
    for hit in found:
        theirs = find_item_colours(hit.item)
        assert hit.colour_score == (None if theirs is None else pytest.approx(float(compare_colours(mine, theirs))))
        assert hit.score == pytest.approx(expected[hit.item_id], abs=1e-5)
    values = [(1 - share) * hit.score + share * (hit.colour_score or 0) for hit in found]
    np.testing.assert_allclose(values, sorted(values, reverse=True), atol=1e-6)
    np.testing.assert_allclose([sum(hit.reasons.parts.values()) for hit in found], values, atol=1e-5)


def test_colours_come_from_words_and_items_too(shop: Shop) -> None:
    assert shop.engine.search(Query(text="navy blue shirt", colour_weight=0.9))[0].colour_score > 0.9
    assert shop.engine.search(Query(item=FIRST, colour_weight=0.9))[0].colour_score > 0.5
    for query in (Query(text="shirt", colour_weight=1), Query(vector=np.ones(16), colour_weight=1)):
        with pytest.raises(UsageError, match="shows or names none"):
            shop.engine.search(query)


def test_facets_count_what_the_filter_keeps(shop: Shop) -> None:
    query = Query(item=FIRST, where="gender = 'Women'", facets=("gender", "masterCategory"))
    facets = shop.engine.search(query).facets
    assert [value.value for value in facets["gender"]] == ["Women"]
    assert sum(value.count for value in facets["masterCategory"]) == len(shop.backend.list_ids(query.filter))


def test_explanations_name_what_agrees(shop: Shop) -> None:
    found = shop.engine.search(Query(item=FIRST, k=5, explain=True))
    mine = shop.backend.items[FIRST].labels
    for hit in found:
        for name, values in hit.reasons.agree.items():
            assert set(values) <= set(mine[name])
        assert not set(hit.reasons.agree) & set(hit.reasons.differ)
        assert hit.reasons.parts["picture"] == pytest.approx(hit.score)
        assert set(hit.to_json()) == {"item_id", "score", "reasons"}
    pictured = shop.engine.search(Query(image=shop.pictures[FIRST], k=2, explain=True))
    assert set(pictured[0].reasons.agree) | set(pictured[0].reasons.differ) <= set(shop.bundle.taxonomy.names)


def test_another_bundle_is_refused_with_the_command_that_helps(shop: Shop) -> None:
    backend = BruteBackend(make_head(16, "0" * 64))
    for query in (Query(image=shop.pictures[FIRST]), Query(text="blue")):
        with pytest.raises(CatalogueError, match=r"modiste catalogue rebuild memory --bundle .*tiny"):
            SearchEngine(backend, shop.bundle.path).search(query)
    with pytest.raises(CatalogueError, match="can't be compared"):
        SearchEngine(backend, shop.bundle)


def test_what_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(UsageError, match="there is no item 'nobody'"):
        shop.engine.search(Query(item="nobody"))
    with pytest.raises(UsageError, match="3 numbers; those of this catalogue have 16"):
        shop.engine.search(Query(vector=[1, 2, 3]))
    with pytest.raises(PictureError):
        shop.engine.search(Query(image=b"no picture"))
    with pytest.raises(UsageError, match="no picture"):
        shop.engine.search(Query(image=3, colour_weight=0.1))  # type: ignore[arg-type]


def test_an_item_that_went_away_after_it_was_found_is_said() -> None:
    backend, engine = make_shop(0)
    found = engine.search(Query(item="i0", k=2))
    backend.remove([found[1].item_id])
    assert found[0].item.title
    with pytest.raises(CatalogueError, match="removed before it was read"):
        _ = found[1].item


QUERIES: list[dict[str, Any]] = [
    {"item": FIRST},
    {"item": FIRST, "where": "gender = 'Women' and price <= 3000", "facets": ("gender",)},
    {"text": "blue shrit", "explain": True},
    {"item": FIRST, "text": "blue", "weight": 0.4},
    {"item": FIRST, "fold": True, "diversity": 0.4, "colour_weight": 0.3, "offset": 3},
    {"item": FIRST, "min_score": 0.9, "explain": True},
]


@pytest.mark.parametrize("options", QUERIES, ids=str)
def test_a_catalogue_in_a_folder_answers_as_the_reference(shop: Shop, tmp_path: Any, options: dict[str, Any]) -> None:
    names = list(shop.backend.items)
    with LocalBackend(tmp_path / "shop.catalogue", create=shop.backend.head, refresh=False) as backend:
        backend.put(list(shop.backend.items.values()), np.stack([shop.backend.vectors[name] for name in names]))
        found = SearchEngine(backend, shop.bundle).search(Query(**options))
        expected = shop.engine.search(Query(**options))
        assert found.item_ids == expected.item_ids
        assert (found.total, found.corrected, found.facets) == (expected.total, expected.corrected, expected.facets)
        for hit, other in zip(found, expected, strict=True):
            assert hit.folded == other.folded
            for score in ("score", "word_score", "colour_score"):
                assert getattr(hit, score) == pytest.approx(getattr(other, score), abs=1e-5)
            assert (hit.reasons is None) == (other.reasons is None)
