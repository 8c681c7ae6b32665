"""Which kinds of product have a field is counted on the training part; how sure it must be is chosen on validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

torch = pytest.importorskip("torch")

from modiste.bundle import Bundle, BundleSpec, Silence  # noqa: E402
from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.runtime import Decider, Tagger, slice_fields  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training import Recipe, TrainingRun, export_run, fit  # noqa: E402
from modiste.training.calibrate import FieldLabels, calibrate, measure  # noqa: E402
from modiste.training.dataset import LabelledItems  # noqa: E402
from modiste.training.joining import join_by_predictions, join_by_weights  # noqa: E402
from modiste.training.recipe import SilenceRecipe  # noqa: E402
from modiste.training.silence import choose_silence, learn_silence  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
FIELDS = Taxonomy(
    (
        Field("kind", "single", ("Bag", "Shirt", "Top", "Watch")),
        Field("neck", "single", ("Round", "V")),
        Field("colour", "single", ("Blue", "Red")),
    )
)
COLUMNS = slice_fields(FIELDS)
STAGE = {"name": "all", "height": 32, "width": 24, "batch_size": 8, "epochs": 1, "rate": 3e-3}


def make_items(n: int = 400, seed: int = 0) -> LabelledItems:
    """Bags never have a neck, watches one in forty, shirts half of them, tops always; some kinds are not known."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 4, n)
    labelled = rng.random(n) < np.array([0, 0.5, 1, 0.025])[kinds]
    targets = np.zeros((n, 8), np.uint8)
    targets[np.arange(n), kinds] = 1
    targets[np.arange(n), 4 + rng.integers(0, 2, n)] = labelled
    targets[np.arange(n), 6 + rng.integers(0, 2, n)] = 1
    known = np.stack([rng.random(n) < 0.9, labelled, np.ones(n, bool)], axis=1)
    targets[~known[:, 0], :4] = 0
    return LabelledItems(tuple(map(str, range(n))), targets, known, (), np.arange(n))


def make_spec() -> BundleSpec:
    return BundleSpec(name="x", fields=FIELDS.to_json(), preprocessing=Preprocessing(8, 6).to_json(), embedding_size=4)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4, 0.6])
def test_the_kinds_that_have_a_field_are_those_of_a_plain_count(share: float) -> None:
    items = make_items()
    found = learn_silence(items, FIELDS, SilenceRecipe(fields=("neck",), under="kind", share=share))
    expected = []
    for at, kind in enumerate(FIELDS["kind"].values):
        of_kind = [row for row in range(400) if items.targets[row, at]]
        labelled = sum(bool(items.known[row, 1]) for row in of_kind)
        if labelled and labelled >= share * len(of_kind):
            expected.append(kind)
    assert found == {"neck": Silence(under="kind", values=tuple(expected))}
    assert "Bag" not in expected and "Top" in expected


def test_fields_that_do_not_ship_are_passed_over() -> None:
    items, recipe = make_items(), SilenceRecipe(fields=("neck", "heel"), under="kind")
    assert set(learn_silence(items, FIELDS, recipe)) == {"neck"}
    assert learn_silence(items, FIELDS, SilenceRecipe()) == {}
    less = FIELDS.select(("neck", "colour"))
    assert learn_silence(items, less, recipe) == {}


def test_as_much_is_said_as_keeps_the_precision() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.random(300).round(2)
    right = rng.random(300) < confidence
    below = choose_silence({"neck": Silence()}, {"neck": (confidence, right)}, 0.8)["neck"].below
    fitting = [limit for limit in np.unique(confidence) if right[confidence >= limit].mean() >= 0.8]
    assert below == min(fitting)


def test_what_nothing_speaks_for_is_not_said() -> None:
    wrong = (np.array([0.4, 0.9]), np.array([False, False]))
    silence = {"neck": Silence(), "heel": Silence(), "empty": Silence()}
    empty = (np.zeros(0), np.zeros(0, bool))
    found = choose_silence(silence, {"neck": wrong, "empty": empty}, 0.8)
    assert {name: entry.below for name, entry in found.items()} == {"neck": 1.0, "heel": 1.0, "empty": 1.0}
    assert choose_silence({"neck": Silence()}, {"neck": wrong}, 0.0)["neck"].below == 0.0


def calibrate_drawn(precision: float) -> tuple[BundleSpec, list[FieldLabels], np.ndarray]:
    items, rng = make_items(800, seed=3), np.random.default_rng(4)
    logits = (items.targets * 0.8 + rng.normal(size=items.targets.shape)).astype(np.float32)
    labels = [
        FieldLabels(field, items.targets[:, COLUMNS[field.name]], items.known[:, at]) for at, field in enumerate(FIELDS)
    ]
    silence = {"neck": Silence(under="kind", values=("Shirt", "Top"), below=0.99)}
    spec = make_spec().model_copy(update={"silence": silence})
    return calibrate(spec, labels, logits, precision=precision), labels, logits


@pytest.mark.parametrize("precision", [0.8, 0.9])
def test_calibration_chooses_silence_and_leaves_doubt_to_the_other_fields(precision: float) -> None:
    spec, labels, logits = calibrate_drawn(precision)
    assert set(spec.doubt) == {"kind", "colour"}
    decision = Decider(spec).decide(logits)
    rows = decision.is_said("neck") & labels[1].known
    right = labels[1].targets[np.arange(800), decision.choices["neck"]] > 0
    assert right[rows].mean() >= precision
    has = np.isin(decision.choices["kind"], [1, 2]) & labels[1].known
    sure = decision.confidence["neck"]
    lower = [limit for limit in sure[has] if limit < spec.silence["neck"].below]
    assert lower and all(right[has & (sure >= limit)].mean() < precision for limit in lower)
    told = measure(spec, labels, logits)
    figures = told["fields"]["neck"]
    assert figures["rows"] == labels[1].known.sum()
    assert figures["share said"] == pytest.approx(rows.sum() / labels[1].known.sum(), abs=1e-4)
    assert figures["accuracy"] == pytest.approx(right[rows].mean(), abs=1e-4)
    others = [told["fields"][name]["accuracy"] for name in ("kind", "colour")]
    assert told["mean accuracy"] == pytest.approx(np.mean(others), abs=1e-4)


@pytest.fixture(scope="module")
def shop(squares: Manifest) -> Manifest:
    """Squares of which the blue ones have no grain."""
    colours = squares.labels("colour").to_list()
    grains = [None if colour == "blue" else ("fine", "coarse")[at // 3 % 2] for at, colour in enumerate(colours)]
    rows = squares.items.drop("label.tone", "label.tags").with_columns(pl.Series("label.grain", grains)).to_dicts()
    return Manifest.from_rows(rows)


def train(shop: Manifest, folder: Path, seed: int = 1) -> TrainingRun:
    tables: dict[str, Any] = {
        "name": "tiny",
        "seed": seed,
        "ema": 0.9,
        "trunk": {"name": "test_efficientnet", "weights": "none"},
        "heads": {"embedding": 16},
        "silence": {"fields": ["grain"], "under": "colour", "precision": 0.5},
        "stages": [STAGE],
    }
    run = TrainingRun.prepare(Recipe.model_validate(tables), folder, shop, folder)
    fit(run, device="cpu")
    return run


@pytest.fixture(scope="module")
def runs(shop: Manifest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainingRun]:
    folder = tmp_path_factory.mktemp("silence")
    return {name: train(shop, folder / name, seed) for seed, name in enumerate(("one", "two"), 1)}


def test_a_run_exports_it_and_its_bundle_obeys(runs: dict[str, TrainingRun], tmp_path: Path) -> None:
    run = runs["one"]
    bundle = export_run(run, tmp_path / "bundle", name="tiny", training={})
    told = Bundle.open(bundle.path).spec.silence["grain"]
    assert told.under == "colour" and set(told.values) == {"red", "green"}
    for request in run.validation.requests:
        tags = Tagger(bundle).tag_one(request.reference)
        has = tags["colour"].value in told.values
        assert tags["grain"].value is None or (has and tags["grain"].confidence >= told.below)
    assert "grain" in export_run(run, tmp_path / "all", name="x", training={}).card
    assert export_run(run, tmp_path / "less", name="x", training={}, without=["grain"]).spec.silence == {}


def test_both_ways_of_combining_keep_it(runs: dict[str, TrainingRun], shop: Manifest, tmp_path: Path) -> None:
    soup = join_by_weights(runs, tmp_path / "soup", name="soup", say=lambda _: None)
    assert set(soup.bundle.spec.silence["grain"].values) == {"red", "green"}
    bundles = {name: export_run(run, tmp_path / name, name=name, training={}) for name, run in runs.items()}
    judges = shop.of_split("validation")
    joined = join_by_predictions(bundles, judges, tmp_path / "mean", name="mean", precision=0.5, say=lambda _: None)
    assert set(joined.bundle.spec.silence["grain"].values) == {"red", "green"}
    assert 0 <= joined.accuracy <= 1
