"""The loss against torch's own cross-entropy and against naive loops."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional as F  # noqa: E402

from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.losses import TaggerLoss, compute_class_weights  # noqa: E402
from modiste.training.network import Output  # noqa: E402
from modiste.training.recipe import LossRecipe  # noqa: E402

TAXONOMY = Taxonomy((Field("type", "single", ("a", "b", "c")), Field("tags", "multi", ("x", "y"))))
COUNTS = {"type": torch.tensor([6.0, 3.0, 1.0]), "tags": torch.tensor([4.0, 1.0])}


def make_batch(rows: int = 7) -> tuple[Any, Any, Any]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(rows, 5, generator=generator, dtype=torch.float64).requires_grad_()
    single = F.one_hot(torch.randint(3, (rows,), generator=generator), 3)
    multi = torch.randint(2, (rows, 2), generator=generator)
    known = torch.rand(rows, 2, generator=generator) < 0.6
    known[0] = torch.tensor([True, False])
    known[1] = torch.tensor([False, True])
    return logits, torch.cat([single, multi], dim=1).double(), known


def make_loss(**options: Any) -> TaggerLoss:
    return TaggerLoss(TAXONOMY, LossRecipe(**options), COUNTS)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_single_fields_are_charged_as_torch_does(smoothing: float) -> None:
    logits, targets, known = make_batch()
    terms = make_loss(label_smoothing=smoothing).terms(logits, targets, known, adjust=True)
    rows = known[:, 0]
    expected = F.cross_entropy(logits[rows, :3], targets[rows, :3].argmax(dim=1), label_smoothing=smoothing)
    torch.testing.assert_close(terms["type"], expected)


def test_multi_fields_are_charged_as_a_naive_loop_does() -> None:
    logits, targets, known = make_batch()
    total, count = 0.0, 0
    for row in range(len(logits)):
        if not known[row, 1]:
            continue
        count += 1
        for column in (3, 4):
            chance = 1 / (1 + math.exp(-float(logits.detach()[row, column])))
            total -= math.log(chance if targets[row, column] else 1 - chance) / 2
    charged = make_loss().terms(logits.detach(), targets, known, adjust=True)["tags"]
    assert float(charged) == pytest.approx(total / count)


def test_inverse_frequency_weights_as_a_naive_loop_does() -> None:
    logits, targets, known = make_batch()
    weights = [10 / (3 * count) for count in (6, 3, 1)]
    charges = [
        weights[int(targets[row, :3].argmax())]
        * float(F.cross_entropy(logits.detach()[row, :3], targets[row, :3].argmax()))
        for row in range(len(logits))
        if known[row, 0]
    ]
    terms = make_loss(class_weights="inverse_frequency").terms(logits.detach(), targets, known, adjust=True)
    assert float(terms["type"]) == pytest.approx(sum(charges) / len(charges), rel=1e-6)


def test_inverse_frequency_has_the_mean_one_over_the_items() -> None:
    counts = torch.tensor([30.0, 10.0, 0.0])
    weights = compute_class_weights(counts)
    assert float(weights[2]) == 0
    assert float((weights * counts).sum() / counts.sum()) == pytest.approx(1.0)


def test_logit_adjustment_adds_log_frequencies_in_training_only() -> None:
    logits, targets, known = make_batch()
    loss = make_loss(logit_adjustment=1.5)
    prior = 1.5 * torch.log(COUNTS["type"].double() / 10)
    rows = known[:, 0]
    truth = targets[rows, :3].argmax(dim=1)
    adjusted = loss.terms(logits, targets, known, adjust=True)["type"]
    torch.testing.assert_close(adjusted, F.cross_entropy(logits[rows, :3] + prior, truth), rtol=1e-6, atol=1e-6)
    plain = loss.terms(logits, targets, known, adjust=False)["type"]
    torch.testing.assert_close(plain, F.cross_entropy(logits[rows, :3], truth))


def test_an_unknown_label_gives_no_gradient() -> None:
    logits, targets, known = make_batch()
    loss = make_loss(embedding_weight=0.0, label_smoothing=0.1)
    loss(Output(logits, logits, logits), targets, known).backward()
    columns = {0: slice(0, 3), 1: slice(3, 5)}
    for row in range(len(logits)):
        for field, place in columns.items():
            assert bool(logits.grad[row, place].any()) == bool(known[row, field])


def test_a_batch_without_a_label_costs_nothing() -> None:
    logits, targets, known = make_batch()
    loss = make_loss()(Output(logits, logits, logits), targets, torch.zeros_like(known))
    loss.backward()
    assert float(loss.detach()) == 0
    assert not logits.grad.any()


def test_field_weights_mix_the_terms() -> None:
    logits, targets, known = make_batch()
    loss = make_loss(field_weights={"tags": 3.0}, embedding_weight=0.5)
    terms = loss.terms(logits, targets, known, adjust=True)
    mixed = (terms["type"] + 3 * terms["tags"]) / 4
    torch.testing.assert_close(loss(Output(logits, logits, logits), targets, known), 1.5 * mixed)
