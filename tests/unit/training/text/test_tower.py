"""The tower against a slow reading of itself, its loss against loops, and its graph against torch."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

import torch

from modiste.bundle import Bundle, PieceSpec, TextSpec, attach_text
from modiste.errors import ExportError
from modiste.runtime import TextEncoder
from modiste.runtime.word_pieces import number_words, split_text
from modiste.training.text.graph import export_tower, measure_text_parity, quantise_tower
from modiste.training.text.losses import contrastive_loss
from modiste.training.text.recipe import TowerRecipe
from modiste.training.text.tower import TextTower

SPEC = PieceSpec(buckets=500, most_words=6)
RECIPE = TowerRecipe(width=16, layers=2, heads=2, hidden=24)
TEXTS = ["red shirt", "a", "one two three four five six seven eight", "mens blue checked t-shirt", "sandels"]


@pytest.fixture
def tower():
    torch.manual_seed(0)
    return TextTower(RECIPE, SPEC, 16).eval()


def encode(tower, texts):
    pieces = torch.from_numpy(number_words([split_text(text) for text in texts], SPEC)).long()
    with torch.inference_mode():
        return tower(pieces).numpy()


def test_the_quick_way_gives_the_same(tower) -> None:
    words = [split_text(text) for text in TEXTS]
    with torch.inference_mode():
        quick = tower.encode_words(words, SPEC).numpy()
    np.testing.assert_allclose(quick, encode(tower, TEXTS), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(quick, axis=1), 1, atol=1e-5)


def test_company_and_order_do_not_matter(tower) -> None:
    together = encode(tower, TEXTS)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(encode(tower, [text])[0], together[row], atol=1e-5)
    np.testing.assert_allclose(encode(tower, ["shirt red"]), together[:1], atol=1e-5)


def test_quick_way_passes_gradients_to_every_piece(tower) -> None:
    tower.encode_words([["red"]], SPEC).sum().backward()
    touched = np.flatnonzero(tower.pieces.weight.grad.abs().sum(dim=1)).tolist()
    assert touched == sorted(set(number_words([["red"]], SPEC).ravel().tolist()))


def loss_naively(texts, pictures, fits, scale) -> float:
    scores = scale * texts @ pictures.T
    total = 0.0
    for table, wanted in ((scores, fits), (scores.T, fits.T)):
        for row, right in zip(table, wanted, strict=True):
            logs = row - math.log(sum(math.exp(value) for value in row))
            total += -sum(logs[right]) / right.sum() / len(table) / 2
    return total


def test_loss_equals_loops() -> None:
    random = np.random.default_rng(0)
    texts, pictures = (
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in random.normal(size=(2, 6, 4))
    )
    fits = (random.random((6, 6)) < 0.3) | np.eye(6, dtype=bool)
    ours = contrastive_loss(*map(torch.from_numpy, (texts, pictures, fits)), torch.tensor(7.0))
    assert float(ours) == pytest.approx(loss_naively(texts, pictures, fits, 7.0), rel=1e-5)


def test_with_one_fit_each_it_is_infonce() -> None:
    torch.manual_seed(0)
    texts, pictures = torch.nn.functional.normalize(torch.randn(2, 5, 3), dim=-1)
    logits, own = 9 * texts @ pictures.T, torch.arange(5)
    expected = (torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(logits.T, own)) / 2
    ours = contrastive_loss(texts, pictures, torch.eye(5) > 0, torch.tensor(9.0))
    torch.testing.assert_close(ours, expected)


def test_graph_answers_as_torch_does(tower, tiny_path: Path, tmp_path: Path) -> None:
    small = quantise_tower(tower)
    assert np.abs(encode(small, TEXTS) - encode(tower, TEXTS)).max() < 0.05
    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "copy"))
    graph = export_tower(small)
    assert b"/tmp/" not in graph
    assert b".py" not in graph
    encoder = TextEncoder(attach_text(copy, TextSpec(pieces=SPEC), graph))
    assert measure_text_parity(small, encoder, [*TEXTS * 60, "x"]) <= 1e-4
    for count in (1, 2, 3, 5):
        np.testing.assert_allclose(encoder.encode(TEXTS[:count]), encode(small, TEXTS[:count]), atol=1e-5)
    with pytest.raises(ExportError, match="differ by"):
        measure_text_parity(TextTower(RECIPE, SPEC, 16).eval(), encoder, TEXTS)


def test_pieces_take_a_quarter_of_the_bytes(tower) -> None:
    small = quantise_tower(tower).pieces
    assert small.numbers.dtype == torch.int8
    assert not small(torch.tensor([0])).any()
    vectors = tower.pieces.weight.detach()
    error = (small(torch.arange(500)) - vectors).abs()
    assert bool((error <= vectors.abs().amax(dim=1, keepdim=True) * (0.5 / 127) + 1e-6).all())
