"""The metrics that have several outputs, on 200 random problems each: one class, no positives, ties, nothing known."""

from __future__ import annotations

import importlib
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax
from sklearn import metrics as reference

from modiste import evaluation as ours
from modiste.errors import ModisteError
from modiste.evaluation import retrieval
from modiste.manifest import Manifest

PROBLEMS = 200
JUDGED = ("metrics", "multilabel", "averages", "calibration", "coverage", "retrieval", "scoring", "thresholds")
ARTICLES = {"Heels": "Shoes", "Flats": "Shoes", "Totes": "Bags", "Clutches": "Bags"}
FABRICS = ("cotton", "silk", "wool")


def draw_answers(seed):
    draw = np.random.default_rng(10_000 + seed)
    rows, classes = int(draw.integers(1, 50)), 1 if seed % 5 == 0 else int(draw.integers(2, 7))
    truth = draw.integers(0, classes, rows)
    answer = np.where(draw.random(rows) < 0.6, truth, draw.integers(-1, classes, rows))
    weights = draw.integers(0, 4, rows)
    weights[int(draw.integers(rows))] += 1
    return truth, answer, weights


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_class_scores(seed):
    truth, answer, weights = draw_answers(seed)
    options = {"labels": range(8), "zero_division": 0, "sample_weight": weights}
    found = ours.score_classes(truth, answer, classes=8, weights=weights)
    expected = reference.precision_recall_fscore_support(truth, answer, **options)
    for one, other in zip((found.precision, found.recall, found.f1, found.support), expected, strict=True):
        np.testing.assert_allclose(one, other)
    averaged = reference.precision_recall_fscore_support(truth, answer, average="weighted", **options)
    assert found.weighted() == pytest.approx(averaged[:3])


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_several_fields_together(seed):
    draw = np.random.default_rng(11_000 + seed)
    shape = int(draw.integers(1, 30)), int(draw.integers(1, 6))
    hits, known = draw.random(shape) < 0.7, draw.random(shape) < (0 if seed % 20 == 0 else draw.random())
    fields = [hits[known[:, at], at].mean() for at in range(shape[1]) if known[:, at].any()]
    assert ours.mean_accuracy(hits, known) == pytest.approx(np.mean(fields) if fields else math.nan, nan_ok=True)
    for rows, asked in (("complete", all), ("any", any)):
        right = [all(h or not k for h, k in zip(*row, strict=True)) for row in zip(hits, known, strict=True)]
        asked_rows = [one for one, row in zip(right, known, strict=True) if asked(row)]
        expected = np.mean(asked_rows) if asked_rows else math.nan
        assert ours.exact_match(hits, known, rows=rows) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_area_under_the_risk(seed):
    draw = np.random.default_rng(12_000 + seed)
    rows = int(draw.integers(1, 40))
    sure = np.round(draw.random(rows), 1 if seed % 2 else 9)
    right = draw.random(rows) < (0.0 if seed % 9 == 0 else 0.7)
    # A row is charged the risk of all rows that are as sure as it, or surer.
    expected = np.mean([1 - right[sure >= own].mean() for own in sure])
    assert ours.risk_coverage_curve(sure, right).mean_risk == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_temperatures_are_the_optimisers(seed):
    draw = np.random.default_rng(13_000 + seed)
    rows, classes = int(draw.integers(2, 60)), 1 if seed % 10 == 0 else int(draw.integers(2, 6))
    logits = np.round(draw.normal(size=(rows, classes)) * 3, 0 if seed % 3 == 0 else 6)
    truth = (logits / 3 + draw.gumbel(size=logits.shape)).argmax(axis=1)
    wanted = draw.random(logits.shape) < (0.0 if seed % 7 == 0 else expit(logits / 2))

    def charge(power):
        return -log_softmax(logits / math.exp(power), axis=1)[np.arange(rows), truth].mean()

    def charge_values(power):
        scaled = logits / math.exp(power)
        return np.mean(np.logaddexp(0, scaled) - wanted * scaled)

    fitted = ours.fit_temperature(logits, truth), ours.fit_multi_temperature(logits, wanted)
    for found, loss in zip(fitted, (charge, charge_values), strict=True):
        assert 0.0199 <= found <= 50.1
        best = minimize_scalar(loss, bounds=(math.log(0.02), math.log(50)), method="bounded", options={"xatol": 1e-8})
        assert loss(math.log(found)) <= best.fun + 1e-6


@pytest.mark.parametrize("seed", range(0, PROBLEMS, 5))
def test_two_temperatures_are_the_optimisers(seed):
    draw = np.random.default_rng(16_000 + seed)
    rows, classes = int(draw.integers(40, 200)), int(draw.integers(2, 6))
    logs = log_softmax(draw.normal(size=(rows, classes)) * draw.uniform(0.5, 4), axis=1)
    truth = (logs / draw.uniform(0.5, 2) + draw.gumbel(size=logs.shape)).argmax(axis=1)
    half = math.log(0.5)

    def charge(powers):
        above, below = np.exp(powers)
        scaled = np.where(logs > half, half / below + (logs - half) / above, logs / below)
        return -log_softmax(scaled, axis=1)[np.arange(rows), truth].mean()

    found = ours.fit_two_temperatures(np.exp(logs), truth)
    assert all(0.0199 <= temperature <= 50.1 for temperature in found)
    ends = [(math.log(0.02), math.log(50))] * 2
    best = min(minimize(charge, start, bounds=ends).fun for start in ([0, 0], [1, -1], [-1, 1]))
    assert charge(np.log(found)) <= best + 1e-6


@pytest.mark.parametrize("rows", [0, 3])
def test_two_temperatures_need_a_class_for_every_row(rows):
    with pytest.raises(ValueError, match="a class each"):
        ours.fit_two_temperatures(np.full((rows, 2), 0.5), [0] * (rows and rows - 1))
    with pytest.raises(ValueError, match="a class each"):
        ours.fit_two_temperatures([[0.5, 0.5]], [2])


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_doubt_thresholds(seed):
    draw = np.random.default_rng(14_000 + seed)
    rows, target = int(draw.integers(1, 40)), float(draw.uniform(0.05, 1))
    sure = np.round(draw.random(rows), 1 if seed % 2 else 9)
    right = draw.random(rows) < (0.0 if seed % 10 == 0 else 0.7)
    cuts = sorted(set(sure))
    good = [cut for cut in cuts if right[sure >= cut].mean() >= target]
    chosen = ours.choose_doubt_threshold(sure, right, precision=target)
    assert chosen.threshold == (good[0] if good else 1.0)
    if good:
        assert chosen.precision == pytest.approx(right[sure >= good[0]].mean())
        assert chosen.coverage == pytest.approx((sure >= good[0]).mean())
    wide = ours.choose_doubt_threshold(sure, right, coverage=target)
    assert wide.threshold == max(cut for cut in cuts if (sure >= cut).mean() >= target - 1e-12)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_thresholds_of_values(seed):
    draw = np.random.default_rng(15_000 + seed)
    rows, values = int(draw.integers(1, 40)), int(draw.integers(1, 5))
    truth = draw.random((rows, values)) < (0.0 if seed % 10 == 0 else 0.4)
    scores = np.round(draw.random((rows, values)), 1 if seed % 2 else 9)
    names = [str(at) for at in range(values)]
    chosen = ours.choose_f1_thresholds(truth, scores, names)
    for at, name in enumerate(names):
        threshold, best = ours.choose_f1_threshold(truth[:, at], scores[:, at])
        assert chosen[name] == threshold
        if not truth[:, at].any():
            assert threshold == 0.5 and math.isnan(best)
            continue
        figures = [reference.f1_score(truth[:, at], scores[:, at] >= cut) for cut in set(scores[:, at])]
        assert best == pytest.approx(max(figures))
        assert reference.f1_score(truth[:, at], scores[:, at] >= threshold) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_rankings(seed):
    draw = np.random.default_rng(16_000 + seed)
    queries, items, k = int(draw.integers(1, 8)), int(draw.integers(2, 30)), int(draw.integers(1, 12))
    gallery = np.round(draw.normal(size=(items, 3)), 0 if seed % 2 else 6).astype(np.float32)
    own = np.where(draw.random(queries) < 0.5, draw.integers(0, items, queries), -1)
    asked = np.where(own[:, None] >= 0, gallery[own], draw.normal(size=(queries, 3)).astype(np.float32))
    kinds = draw.integers(0, 1 if seed % 5 == 0 else 6, items)
    wanted = draw.integers(0, 8, queries)
    order = ours.rank_gallery(asked, gallery, own=own)
    scores = ours.score_retrieval(
        asked, gallery, find_relevant=lambda rows: wanted[rows][:, None] == kinds, own=own, k=k
    )
    likeness = asked @ gallery.T
    for query in range(queries):
        others = [item for item in range(items) if item != own[query]]
        ranked = sorted(others, key=lambda item, row=likeness[query]: (-row[item], item))[: items - 1]
        assert order[query].tolist() == ranked
        relevant = [bool(kinds[item] == wanted[query]) for item in ranked]
        single = ours.score_rankings([relevant], k=k)
        for name in ("precision", "hit", "recall", "average_precision", "reciprocal_rank"):
            value = getattr(scores, name)[query]
            assert value == pytest.approx(rank_naively(relevant, k)[name], nan_ok=True)
            assert getattr(single, name)[0] == pytest.approx(value, nan_ok=True)


def rank_naively(relevant, k):
    """The figures of one ranking; average precision is scikit-learn's."""
    if not any(relevant):
        return dict.fromkeys(("precision", "hit", "recall", "average_precision", "reciprocal_rank"), math.nan)
    found = sum(relevant[:k])
    return {
        "precision": found / k,
        "hit": float(found > 0),
        "recall": found / sum(relevant),
        "average_precision": reference.average_precision_score(relevant, -np.arange(len(relevant))),
        "reciprocal_rank": 1 / (relevant.index(True) + 1),
    }


def draw_shop(seed):
    """A shop of articles with their kinds, sizes that may be unknown, and fabrics; a system that is silent on some."""
    draw = np.random.default_rng(17_000 + seed)
    names = list(ARTICLES)[: 1 if seed % 5 == 0 else 4]
    rows = []
    for at in range(int(draw.integers(2, 20))):
        article = str(draw.choice(names))
        fabrics = [] if seed % 6 == 0 else [name for name in FABRICS if draw.random() < 0.4]
        labels = {"label.kind": ARTICLES[article], "label.article": article, "label.fabric": fabrics}
        labels |= {"label.size": str(draw.choice(["L", "S"])) if draw.random() < 0.7 else None}
        rows.append({"item_id": str(at), "image": str(at), "source": "test", **labels})
    rows.append({"item_id": "last", "image": "last", "source": "test", "label.fabric": list(FABRICS)})
    shop = Manifest.from_rows(rows, parents={"article": "kind"})
    told = [at for at in range(len(shop)) if draw.random() < 0.9] or [0]
    scores = {}
    for field in shop.taxonomy:
        table = draw.uniform(0.1, 1, (len(told), len(field)))  # nothing but zeros is no answer
        scores[field.name] = np.round(table, 1 if seed % 3 == 0 else 6).astype(np.float32)
    ids = shop.items["item_id"].to_list()
    return shop, ours.Predictions.from_scores(shop.taxonomy, [ids[at] for at in told], scores)


def list_single(shop, told, name):
    """Return truth, answer, confidence and scores of the rows whose label is known; an answer of -1 is none."""
    field, place = shop.taxonomy[name], {item: at for at, item in enumerate(told.item_ids)}
    rows = []
    for item, label in zip(shop.items["item_id"], shop.labels(name).to_list(), strict=True):
        if label is not None:
            scores = told.scores[name][place[item]] if item in place else np.zeros(len(field), np.float32)
            answer = int(scores.argmax()) if item in place else -1
            rows.append((field.index(label), answer, float(scores[answer]) if answer >= 0 else 0.0, scores))
    return [np.array(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_a_whole_evaluation_of_single_fields(seed):
    shop, told = draw_shop(seed)
    found = ours.score_predictions(shop, told, replicates=2)
    sizes = shop.labels("size").null_count() < len(shop)
    for name in ("kind", "article", *(["size"] if sizes else [])):
        truth, answer, sure, scores = list_single(shop, told, name)
        result, present = found[name], np.unique(truth)
        options = {"labels": present, "zero_division": 0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a field of one class has its say
            assert result.accuracy.value == pytest.approx(reference.accuracy_score(truth, answer))
            assert result.macro_f1.value == pytest.approx(reference.f1_score(truth, answer, average="macro", **options))
            weighted = reference.f1_score(truth, answer, average="weighted", **options)
            assert result.weighted_f1 == pytest.approx(weighted)
            recalls = reference.recall_score(truth, answer, average="macro", **options)
        assert result.balanced_accuracy == pytest.approx(recalls)
        best = [sorted(range(len(row)), key=lambda c, row=row: (-row[c], c))[:3] for row in scores]
        assert result.top_3 == pytest.approx(np.mean([one in three for one, three in zip(truth, best, strict=True)]))
        assert (result.rows, result.classes, result.unanswered) == (len(truth), len(present), (answer < 0).sum())
        assert result.calibration_error == pytest.approx(
            ours.expected_calibration_error(sure, truth == answer), abs=1e-6
        )


@pytest.mark.parametrize("seed", range(PROBLEMS))
def test_a_whole_evaluation_of_many_values_and_of_all_fields(seed):
    shop, told = draw_shop(seed)
    found, place = ours.score_predictions(shop, told, replicates=2), {item: at for at, item in enumerate(told.item_ids)}
    ids = shop.items["item_id"].to_list()
    truth = np.array([[value in labels for value in FABRICS] for labels in shop.labels("fabric").to_list()])
    silent = np.zeros(len(FABRICS))
    answer = np.array([told.chosen["fabric"][place[item]] if item in place else silent for item in ids], dtype=bool)
    scores = np.array([told.scores["fabric"][place[item]] if item in place else silent for item in ids])
    result = found["fabric"]
    for kind in ("micro", "macro", "weighted"):
        expected = reference.precision_recall_fscore_support(truth, answer, average=kind, zero_division=0)[:3]
        averaged = result.averages[kind]
        assert (averaged.precision, averaged.recall, averaged.f1) == pytest.approx(expected)
    assert result.micro_f1.value == pytest.approx(result.averages["micro"].f1)
    assert result.exact.value == pytest.approx(reference.accuracy_score(truth, answer))
    precisions = [reference.average_precision_score(truth[:, at], scores[:, at]) for at in range(len(FABRICS))]
    assert result.mean_average_precision == pytest.approx(np.mean(precisions))
    single = [name for name in ("kind", "article", "size") if name not in found.unlabelled]
    known = np.array([shop.labels(name).is_not_null().to_list() for name in single]).T
    hits = np.zeros_like(known)
    for column, name in enumerate(single):
        one, other, *_ = list_single(shop, told, name)
        hits[known[:, column], column] = one == other
    means = [right[told].mean() for right, told in zip(hits.T, known.T, strict=True)]
    assert found.whole.mean_accuracy.value == pytest.approx(np.mean(means))
    complete = known.all(axis=1)
    if complete.any():
        assert found.whole.all_right.value == pytest.approx(hits[complete].all(axis=1).mean())
    else:
        assert found.whole.all_right is None
    assert found.whole.all_known_right.value == pytest.approx((hits | ~known)[known.any(axis=1)].all(axis=1).mean())


NAN = [0.0, math.nan]
TABLE = np.array([NAN], dtype=np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ours.score_retrieval(TABLE, np.eye(2, dtype=np.float32), find_relevant=lambda rows: np.eye(2) > 0),
        lambda: ours.share_interval(NAN),
        lambda: ours.bootstrap_micro_f1([NAN], [[0, 1]]),
        lambda: ours.bootstrap_sums([NAN], lambda sums: sums[..., 0]),
        lambda: ours.Predictions.from_scores(draw_shop(2)[0].taxonomy.select(("kind",)), ["0"], {"kind": TABLE}),
    ],
)
def test_what_is_no_number_is_refused(call):
    with pytest.raises((ValueError, ModisteError), match=r"number|nan"):
        call()


def test_every_public_metric_stands_here_or_in_the_other_file():
    """A new metric needs 200 random problems, too."""
    folder = Path(__file__).parent
    text = "".join((folder / f"test_metrics_random_{name}.py").read_text() for name in ("problems", "tables"))
    missing = [
        f"{module}.{name}"
        for module in JUDGED
        for name in importlib.import_module(f"modiste.evaluation.{module}").__all__
        if name[0].islower() and name != "find_groups" and f"ours.{name}(" not in text
    ]
    assert not missing
    assert retrieval.rank_gallery is ours.rank_gallery
