"""The loss against torch's own cross-entropy and against naive loops."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional as F  # noqa: E402

from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.losses import TaggerLoss, compute_class_weights  # noqa: E402
from modiste.training.multi_losses import charge_values  # noqa: E402
from modiste.training.network import Output  # noqa: E402
from modiste.training.recipe import LossRecipe  # noqa: E402
from modiste.training.triplets import TripletLoss, draw_triplets  # noqa: E402

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


@pytest.mark.parametrize("kind", ["focal", "asymmetric"])
@pytest.mark.parametrize("soft", [False, True])
def test_focal_and_asymmetric_charges_are_those_of_a_naive_loop(kind: str, soft: bool) -> None:
    logits, targets, known = make_batch(rows=40)
    targets = targets * 0.75 + 0.125 if soft else targets
    gamma, negative, clip = (1.5, 1.5, 0.0) if kind == "focal" else (0.5, 3.0, 0.1)
    options = {"gamma": gamma} if kind == "focal" else {"gamma": gamma, "gamma_negative": negative, "clip": clip}
    total, count = 0.0, 0
    for row in range(len(logits)):
        if not known[row, 1]:
            continue
        count += 1
        for column in (3, 4):
            chance = 1 / (1 + math.exp(-float(logits.detach()[row, column])))
            shifted = max(chance - clip, 0.0)
            true = -((1 - chance) ** gamma) * math.log(chance)
            false = -(shifted**negative) * math.log(1 - shifted)
            share = float(targets[row, column])
            total += (share * true + (1 - share) * false) / 2
    charged = make_loss(multi=kind, **options).terms(logits.detach(), targets, known, adjust=True)["tags"]
    assert float(charged) == pytest.approx(total / count, rel=1e-6)


def test_without_focus_both_are_binary_cross_entropy() -> None:
    logits, targets, known = make_batch()
    plain = make_loss().terms(logits, targets, known, adjust=True)["tags"]
    unfocused = {"gamma": 0.0, "gamma_negative": 0.0, "clip": 0.0}
    for options in ({"multi": "focal", "gamma": 0.0}, {"multi": "asymmetric", **unfocused}):
        torch.testing.assert_close(make_loss(**options).terms(logits, targets, known, adjust=True)["tags"], plain)


@pytest.mark.parametrize("kind", ["bce", "focal", "asymmetric"])
@pytest.mark.parametrize("size", [0.0, 1.0, 60.0])
def test_sure_answers_have_finite_gradients(kind: str, size: float) -> None:
    logits = torch.tensor([[size, -size, size, -size]]).requires_grad_()
    targets = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    gamma, negative, clip = LossRecipe(multi=kind).find_focus()
    charged = charge_values(logits, targets, gamma=gamma, gamma_negative=negative, clip=clip)
    charged.sum().backward()
    assert torch.isfinite(charged).all()
    assert torch.isfinite(logits.grad).all()


def make_embeddings(rows: int = 24, values: int = 4) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(3)
    embedding = F.normalize(torch.randn(rows, 3, generator=generator, dtype=torch.float64), dim=1)
    return embedding, torch.randint(values, (rows,), generator=generator)


def list_triplets(values: Any) -> list[tuple[int, int, int]]:
    rows = range(len(values))
    return [
        (a, p, n)
        for a in rows
        for p in rows
        for n in rows
        if a != p and values[a] == values[p] and values[a] != values[n]
    ]


@pytest.mark.parametrize("miner", ["semi_hard", "hard"])
def test_mined_triplets_are_charged_as_a_naive_loop_does(miner: str) -> None:
    embedding, values = make_embeddings()
    margin = 0.3
    apart = [[math.dist(one, two) for two in embedding.tolist()] for one in embedding.tolist()]
    if miner == "semi_hard":
        chosen = [(a, p, n) for a, p, n in list_triplets(values) if 0 < apart[a][n] - apart[a][p] <= margin]
    else:
        chosen = []
        for anchor in sorted({a for a, _, _ in list_triplets(values)}):
            own = [(p, n) for a, p, n in list_triplets(values) if a == anchor]
            furthest = max((p for p, _ in own), key=lambda p: apart[anchor][p])
            nearest = min((n for _, n in own), key=lambda n: apart[anchor][n])
            chosen.append((anchor, furthest, nearest))
    charges = [max(0.0, apart[a][p] - apart[a][n] + margin) for a, p, n in chosen]
    costly = [charge for charge in charges if charge > 0]
    recipe = LossRecipe(triplet_weight=1.0, triplet_field="type", triplet_margin=margin, miner=miner)
    assert costly
    assert float(TripletLoss(recipe)(embedding, values)) == pytest.approx(sum(costly) / len(costly), rel=1e-5)


def test_random_triplets_are_triplets_and_every_one_comes_up() -> None:
    values = torch.tensor([0, 0, 0, 1, 1, 2])
    drawn = set()
    torch.manual_seed(0)
    for _ in range(300):
        drawn |= set(zip(*(part.tolist() for part in draw_triplets(torch.empty(6, 2), values)), strict=True))
    assert drawn == set(list_triplets(values.tolist()))


@pytest.mark.parametrize("miner", ["random", "semi_hard", "hard"])
def test_a_batch_without_triplets_costs_nothing(miner: str) -> None:
    embedding = make_embeddings()[0].requires_grad_()
    recipe = LossRecipe(triplet_weight=1.0, triplet_field="type", miner=miner)
    for values in (torch.zeros(len(embedding), dtype=torch.int64), torch.arange(len(embedding))):
        charged = TripletLoss(recipe)(embedding, values)
        charged.backward()
        assert float(charged.detach()) == 0


@pytest.mark.parametrize("miner", ["random", "semi_hard", "hard"])
def test_the_triplet_loss_pulls_values_together(miner: str) -> None:
    embedding, values = make_embeddings()
    free = embedding.clone().requires_grad_()
    recipe = LossRecipe(triplet_weight=1.0, triplet_field="type", triplet_margin=0.5, miner=miner)
    charge, optimiser = TripletLoss(recipe), torch.optim.Adam([free], lr=0.02)
    torch.manual_seed(0)
    for _ in range(150):
        optimiser.zero_grad()
        charge(F.normalize(free, dim=1), values).backward()
        optimiser.step()
    assert compare_distances(F.normalize(free.detach(), dim=1), values) < 0.75 * compare_distances(embedding, values)


def compare_distances(embedding: Any, values: Any) -> float:
    """Return the mean distance between items of one value, divided by that between items of two."""
    apart, same = torch.cdist(embedding, embedding), values[:, None] == values
    return float(apart[same].mean() / apart[~same].mean())


def test_items_of_no_known_value_are_in_no_triplet() -> None:
    embedding, _ = make_embeddings(rows=7)
    logits, targets, known = make_batch(rows=7)
    known[:] = torch.tensor([True, True])
    known[0, 0] = False
    embedding = embedding.requires_grad_()
    options = {"triplet_weight": 2.0, "triplet_field": "type", "miner": "hard"}
    loss = make_loss(cross_entropy_weight=0.0, embedding_weight=0.0, **options)
    charged = loss(Output(logits, embedding, logits), targets, known)
    charged.backward()
    assert not embedding.grad[0].any()
    assert logits.grad is None
    alone = TripletLoss(LossRecipe(**options))(embedding[1:], targets[1:, :3].argmax(dim=1))
    assert float(charged.detach()) == pytest.approx(2 * float(alone.detach()))


def test_classification_and_triplets_add_up() -> None:
    embedding, _ = make_embeddings(rows=7)
    logits, targets, known = make_batch(rows=7)
    output = Output(logits, embedding, logits)
    triplets = {"triplet_weight": 0.5, "triplet_field": "type", "miner": "hard"}
    both = make_loss(cross_entropy_weight=3.0, **triplets)(output, targets, known)
    plain = make_loss(embedding_weight=0.0)(output, targets, known)
    alone = make_loss(cross_entropy_weight=0.0, embedding_weight=0.0, **triplets)(output, targets, known)
    proxies = make_loss(cross_entropy_weight=0.0)(output, targets, known)
    torch.testing.assert_close(both, 3 * plain + alone + proxies)
