"""Labelled neighbours: the vote is that of a naive loop, blanks do not vote, and ONNX answers as torch does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")

from sklearn.neighbors import NearestNeighbors  # noqa: E402

from modiste.runtime import slice_fields  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.neighbours import NeighbourVote, build_table  # noqa: E402
from modiste.training.recipe import NeighbourRecipe  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

FIELDS = Taxonomy(
    (Field("type", "single", ("a", "b", "c")), Field("style", "multi", ("x", "y")), Field("sex", "single", ("m", "f")))
)
COLUMNS = slice_fields(FIELDS)
ITEMS, WIDTH = 200, 16


def make_items(seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(ITEMS, WIDTH)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    targets = np.zeros((ITEMS, 7), np.uint8)
    for name in ("type", "sex"):
        columns = COLUMNS[name]
        targets[np.arange(ITEMS), columns.start + rng.integers(0, columns.stop - columns.start, ITEMS)] = 1
    return embeddings, targets, rng.random((ITEMS, 3)) < 0.8


def make_vote(**options: Any) -> NeighbourVote:
    recipe = NeighbourRecipe(**{"share": 0.4, "count": 7, "temperature": 0.1, "dimensions": WIDTH} | options)
    return NeighbourVote(build_table(*make_items(), FIELDS, dimensions=recipe.dimensions), FIELDS, recipe)


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def vote_naively(logits: NDArray[np.float32], query: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    embeddings, targets, known = make_items()
    distances, nearest = NearestNeighbors(n_neighbors=7, metric="cosine").fit(embeddings).kneighbors(query[None])
    similarities = 1 - distances[0]
    answers = {}
    for position, name in ((0, "type"), (2, "sex")):
        votes = np.zeros(COLUMNS[name].stop - COLUMNS[name].start)
        for item, similarity in zip(nearest[0], similarities, strict=True):
            if known[item, position]:
                votes += targets[item, COLUMNS[name]] * np.exp((similarity - similarities[0]) / 0.1)
        answers[name] = 0.6 * softmax(logits[COLUMNS[name]].astype(np.float64)) + 0.4 * votes / votes.sum()
    return answers


def test_the_vote_is_that_of_a_naive_loop() -> None:
    rng = np.random.default_rng(1)
    queries = make_items(2)[0][:20]
    logits = rng.normal(size=(20, 7)).astype(np.float32)
    with torch.inference_mode():
        blended = make_vote()(torch.from_numpy(logits), torch.from_numpy(queries)).numpy()
    for own, query, answer in zip(logits, queries, blended, strict=True):
        for name, expected in vote_naively(own, query).items():
            # The codes are rounded to a 127th of the largest.
            np.testing.assert_allclose(np.exp(answer[COLUMNS[name]]), expected, atol=0.05)
        np.testing.assert_array_equal(answer[COLUMNS["style"]], own[COLUMNS["style"]])


def test_codes_keep_the_similarities() -> None:
    embeddings = make_items()[0]
    table = build_table(*make_items(), FIELDS, dimensions=WIDTH)
    kept = (embeddings @ table.directions) @ (table.codes.T * table.scale)
    np.testing.assert_allclose(kept, embeddings @ embeddings.T, atol=0.02)
    assert table.codes.dtype == np.int8 and np.abs(table.codes.astype(int)).max() == 127


def test_fewer_directions_keep_the_largest_part() -> None:
    embeddings = make_items()[0]
    table = build_table(*make_items(), FIELDS, dimensions=4)
    _, values, _ = np.linalg.svd(embeddings, full_matrices=False)
    assert np.square(embeddings @ table.directions).sum() == pytest.approx(np.square(values[:4]).sum(), rel=1e-4)


def test_where_no_neighbour_is_labelled_the_network_speaks_alone() -> None:
    embeddings, targets, known = make_items()
    table = build_table(embeddings, targets, np.zeros_like(known), FIELDS, dimensions=WIDTH)
    logits = torch.randn(3, 7, generator=torch.Generator().manual_seed(0))
    blended = NeighbourVote(table, FIELDS, NeighbourRecipe(share=0.9))(logits, torch.from_numpy(embeddings[:3]))
    for name in ("type", "sex"):
        torch.testing.assert_close(blended[:, COLUMNS[name]], logits[:, COLUMNS[name]].log_softmax(dim=1))


def test_more_neighbours_than_items_are_all_items() -> None:
    blended = make_vote(count=1000)(torch.zeros(1, 7), torch.from_numpy(make_items()[0][:1]))
    assert torch.isfinite(blended).all()


def test_a_tie_for_the_last_vote_is_not_settled() -> None:
    embeddings, targets, known = make_items()
    embeddings[1:5] = embeddings[0]  # five pictures of one product
    table = build_table(embeddings, targets, known, FIELDS, dimensions=WIDTH)
    similarities = -np.sort(-(embeddings @ table.directions) @ (table.codes.T * table.scale), axis=1)
    for count in (1, 4, 5, 7):
        vote = NeighbourVote(table, FIELDS, NeighbourRecipe(share=0.3, count=count))
        settled = vote.is_settled(torch.from_numpy(embeddings)).numpy()
        np.testing.assert_array_equal(settled, similarities[:, count - 1] - similarities[:, count] > 1e-5)
        assert settled[0] == (count >= 5)


def test_where_all_items_vote_all_is_settled() -> None:
    for count in (ITEMS, 2 * ITEMS):
        assert make_vote(count=count).is_settled(torch.from_numpy(make_items()[0])).all()
