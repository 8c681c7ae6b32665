"""Masks are of one size and hide what they say, and scores are those of a picture that is masked by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest

from modiste.bench.serving.masking import CENTRE, MASKS, RANDOM, TOP, Masker, choose_cells
from modiste.bundle import Bundle
from modiste.runtime import Decider, Network
from modiste.synthetic import draw_shop
from tests.conftest import REPOSITORY

TINY = REPOSITORY / "tests" / "golden" / "tiny"


@pytest.mark.parametrize("shape", [(12, 9), (1, 5), (7, 12)])
def test_masks_hide_equally_much(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    importance = rng.random(shape)
    chosen = choose_cells(importance, 0.2, rng)
    count = max(1, round(0.2 * importance.size))
    assert {kind: {int(cells.sum()) for cells in chosen[kind]} for kind in MASKS} == {key: {count} for key in MASKS}
    top = chosen[TOP][0]
    assert importance[top].min() >= importance[~top].max()
    assert len(chosen[RANDOM]) > 1 and not (chosen[RANDOM][0] == chosen[RANDOM][1]).all()


def test_the_centre_is_in_the_middle() -> None:
    cells = choose_cells(np.zeros((5, 5)), 0.2, np.random.default_rng(0))[CENTRE][0]
    assert cells.astype(int).tolist() == [[0] * 5, [0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0], [0] * 5]


@pytest.mark.parametrize("fill", ["padding", "mean"])
def test_scores_are_those_of_a_picture_masked_by_hand(fill: str) -> None:
    bundle, file = Bundle.open(TINY), io.BytesIO()
    next(iter(draw_shop(1, seed=2, size=(60, 80)))).picture.save(file, "PNG")
    prepared = bundle.preprocessing.load(file.getvalue())
    height, width = prepared.shape[:2]
    assert 3 * height == 4 * width, "the picture fills what the network reads"
    importance = np.zeros((12, 9))
    importance[:2, :] = 1 + np.arange(18).reshape(2, 9)  # two rows of nine are what a sixth hides
    field = next(iter(bundle.taxonomy))
    rng = np.random.default_rng(0)
    seen = Masker(bundle, 1).score(
        file.getvalue(), importance, field.name, field.values[1], share=1 / 6, rng=rng, fill=fill
    )
    colour = bundle.preprocessing.fill if fill == "padding" else prepared.reshape(-1, 3).mean(axis=0).round()
    masked = prepared.copy()
    masked[: round(height / 6)] = colour
    logits = Network(bundle, threads=1).run(np.stack([prepared, masked])).logits
    expected = Decider(bundle.spec).decide(logits).probabilities[field.name][:, 1]
    assert [seen["whole"], seen[TOP]] == pytest.approx(expected.tolist(), abs=1e-5)
