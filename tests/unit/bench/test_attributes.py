"""Attributes judged on drawn data: each figure is that of scikit-learn or of a plain loop, silence included."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, f1_score

from modiste.bench import Setting
from modiste.bench.attributes.judging import GIVEN_KIND, MAJORITY, OURS, Answers, judge_attribute
from modiste.bench.attributes.running import find_attributes, judge_parts, run
from modiste.errors import UsageError
from modiste.evaluation import Predictions
from modiste.manifest import Manifest
from modiste.splits import write_split_file
from modiste.taxonomy import Field, Taxonomy
from tests.unit.bench.conftest import GOLDEN

NECK = Field("neck", "single", ("Polo Collar", "Round Neck", "V-Neck"))
KIND = Field("articleType", "single", ("Shirts", "Tops", "Watches"))


def draw(n: int = 300, seed: int = 0, skill: float = 3.0) -> Answers:
    """Shirts are mostly polos, tops mostly round; the system knows more than that if ``skill`` is large."""
    rng = np.random.default_rng(seed)
    table = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [1 / 3, 1 / 3, 1 / 3]])

    def draw_labels(kinds: np.ndarray) -> np.ndarray:
        labels = np.array([rng.choice(3, p=table[kind]) for kind in kinds])
        return np.where((kinds == 2) | (rng.random(len(kinds)) < 0.1), -1, labels)

    training_kinds, kinds = rng.integers(0, 3, 1000), rng.integers(0, 3, n)
    training, truth = draw_labels(training_kinds), draw_labels(kinds)
    logits = rng.normal(size=(n, 3)) + skill * (truth[:, None] == np.arange(3))
    scores = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    answered = np.where(rng.random(n) < 0.95, kinds, (kinds + 1) % 3)
    said = (answered != 2) & (scores.max(axis=1) > 0.6)
    return Answers(NECK, truth, scores, said, answered, training, training_kinds)


def test_figures_are_those_of_scikit_learn_and_of_plain_counts() -> None:
    answers = draw()
    found = judge_attribute(answers, np.arange(300), replicates=50, seed=0)
    rows = np.flatnonzero(answers.truth >= 0)
    truth, scores = answers.truth[rows], answers.scores[rows]
    assert found is not None and found.rows == len(rows) and found.values == 3
    commonest = Counter(answers.training[answers.training >= 0].tolist()).most_common(1)[0][0]
    by_kind = {}
    for kind in range(3):
        of_kind = answers.training[(answers.training_kinds == kind) & (answers.training >= 0)]
        by_kind[kind] = Counter(of_kind.tolist()).most_common(1)[0][0] if len(of_kind) else commonest
    expected = {
        OURS: scores.argmax(axis=1),
        GIVEN_KIND: np.array([by_kind[kind] for kind in answers.kinds[rows]]),
        MAJORITY: np.full(len(rows), commonest),
    }
    for name, answer in expected.items():
        figures = found.figures[name]
        assert figures.micro_f1 == pytest.approx(f1_score(truth, answer, average="micro"))
        assert figures.macro_f1 == pytest.approx(f1_score(truth, answer, average="macro"))
    averages = [average_precision_score(truth == value, scores[:, value]) for value in range(3)]
    assert found.figures[OURS].mean_precision == pytest.approx(np.mean(averages), abs=1e-6)
    gain = (expected[OURS] == truth).mean() - (expected[GIVEN_KIND] == truth).mean()
    assert found.gain.value == pytest.approx(gain) and found.gain.low < gain < found.gain.high


def test_the_guess_of_the_kind_ranks_by_what_the_kind_has_in_training() -> None:
    answers = draw()
    found = judge_attribute(answers, np.arange(300), replicates=10, seed=0)
    rows = np.flatnonzero(answers.truth >= 0)
    shares = np.zeros((len(rows), 3))
    known = answers.training[answers.training >= 0]
    for place, kind in enumerate(answers.kinds[rows]):
        of_kind = answers.training[(answers.training_kinds == kind) & (answers.training >= 0)]
        column = of_kind if len(of_kind) else known
        shares[place] = [(column == value).mean() for value in range(3)]
    truth = answers.truth[rows]
    averages = [average_precision_score(truth == value, shares[:, value]) for value in range(3)]
    assert found is not None
    assert found.figures[GIVEN_KIND].mean_precision == pytest.approx(np.mean(averages))
    flat = [(truth == value).mean() for value in range(3)]
    assert found.figures[MAJORITY].mean_precision == pytest.approx(np.mean(flat))


def test_what_is_said_is_counted_where_the_label_is_known() -> None:
    answers = draw()
    found = judge_attribute(answers, np.arange(300), replicates=10, seed=0)
    labelled, right, said = 0, 0, 0
    for truth, score, speaks in zip(answers.truth, answers.scores, answers.said, strict=True):
        labelled += truth >= 0
        said += truth >= 0 and speaks
        right += truth >= 0 and speaks and score.argmax() == truth
    assert found is not None and found.as_said.precision is not None
    assert found.as_said.coverage.value == pytest.approx(said / labelled)
    assert found.as_said.precision.value == pytest.approx(right / said)
    assert found.as_said.micro_f1 == pytest.approx(2 * right / (labelled + said))
    assert found.as_said.of_all == pytest.approx(answers.said.mean())


@pytest.mark.parametrize(("skill", "ships"), [(3.0, True), (0.0, False)])
def test_an_attribute_ships_only_if_it_beats_its_kind(skill: float, ships: bool) -> None:
    found = judge_attribute(draw(skill=skill), np.arange(300) // 2, replicates=200, seed=0)
    assert found is not None and found.ships == ships == (found.gain.low > 0)


def test_a_bundle_that_is_always_silent_is_judged_and_one_without_labels_is_not() -> None:
    answers = draw()
    mute = dataclasses.replace(answers, said=np.zeros(300, bool))
    found = judge_attribute(mute, np.arange(300), replicates=10, seed=0)
    assert found is not None and found.as_said.precision is None and found.as_said.micro_f1 == 0
    unlabelled = dataclasses.replace(answers, truth=np.full(300, -1))
    assert judge_attribute(unlabelled, np.arange(300), replicates=10, seed=0) is None


def test_items_that_could_not_be_read_are_silence_and_wrong() -> None:
    rows = [
        {"item_id": name, "image": name, "source": "x", "title": name, "label.articleType": "Tops", "label.neck": neck}
        for name, neck in (("a", "V-Neck"), ("b", "Round Neck"), ("c", None))
    ]
    manifest = Manifest.from_rows(rows, taxonomy=Taxonomy((KIND, NECK)))
    scores = {"articleType": np.eye(3)[[1, 1]].astype(np.float32), "neck": np.eye(3)[[2, 2]].astype(np.float32)}
    told = Predictions.from_scores(Taxonomy((KIND, NECK)), ["c", "a"], scores, choices={"neck": np.array([-1, 2])})
    (found,) = judge_parts(told, manifest, manifest, ["neck"], replicates=10)
    assert found.rows == 2 and found.figures[OURS].micro_f1 == 0.5
    assert found.as_said.coverage.value == 0.5 and found.as_said.of_all == pytest.approx(1 / 3)


def make_shop(folder: Path, n: int = 60) -> None:
    """A shop as Kaggle lays it out: red shirts have a V-neck, blue ones a round neck, watches none."""
    for name in ("images", "styles"):
        (folder / name).mkdir(parents=True)
    header = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName"
    lines = [header]
    rng = np.random.default_rng(0)
    for at in range(n):
        shirt, red = at % 3 != 0, at % 2 == 0
        colour = (230, 230, 230) if not shirt else (210, 30, 30) if red else (30, 30, 210)
        pixels = np.asarray(colour) + rng.integers(-15, 15, (40, 30, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{at}.jpg")
        kind = "Shirts" if shirt else "Watches"
        lines.append(f"{at},Men,Apparel,Topwear,{kind},Blue,Fall,2012,Casual,Thing {at // 2}")
        neck = {"Neck": "V-Neck" if red else "Round Neck"} if shirt else {}
        record: dict[str, Any] = {"data": {"brandName": "Puma" if red else "Nike", "articleAttributes": neck}}
        (folder / "styles" / f"{at}.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "styles.csv").write_text("\n".join(lines), encoding="utf-8")


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


ATTRIBUTES = '[neck.Neck]\n"V-Neck" = ["V-Neck"]\n"Round Neck" = ["Round Neck"]\n'


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a drawn shop, and a bundle that was trained on it with its necks."""
    torch = pytest.importorskip("torch")
    from modiste.training import Recipe, TrainingRun, export_run, fit, read_data

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("attributes")
    data = folder / "data"
    make_shop(data / "fashion-product-images-small.zip")
    parts = {str(at): "validation" if at % 5 == 1 else "test" for at in range(60) if at % 5 in (1, 2)}
    write_split_file(data / "product-tagger.csv", parts)
    (folder / "attributes.toml").write_text(ATTRIBUTES, encoding="utf-8")
    recipe = Recipe.model_validate(
        {
            "name": "necks",
            "ema": 0.5,
            "data": {
                "fields": ["articleType", "neck"],
                "split_file": "data/product-tagger.csv",
                "attributes": "attributes.toml",
            },
            "trunk": {"name": "test_efficientnet", "weights": "none"},
            "heads": {"embedding": 16, "dropout": 0.0},
            "silence": {"fields": ["neck"], "under": "articleType"},
            "augmentation": {"flip": 0.0, "erase": 0.0},
            "stages": [{"name": "all", "height": 32, "width": 24, "batch_size": 12, "epochs": 12, "rate": 1e-2}],
        }
    )
    manifest = read_data(data / "fashion-product-images-small.zip", recipe.data)
    taught = TrainingRun.prepare(recipe, folder, manifest, folder / "run")
    fit(taught, device="cpu")
    export_run(taught, folder / "bundle", name="necks", training={})
    return data, folder / "bundle"


def test_a_trained_bundle_is_judged_end_to_end(trained: tuple[Path, Path]) -> None:
    data, bundle = trained
    setting = Setting(bundle, data, threads=1, replicates=100, say=lambda _: None)
    report = run(setting)
    figures = report.sections[0].data["neck"]
    assert figures["rows"] == 8  # of the validation part: 1, 11, 16, 26, 31, 41, 46 and 56 are shirts
    assert set(figures["figures"]) == {OURS, GIVEN_KIND, MAJORITY}
    assert [target.name for target in report.targets] == ["neck: gain over the majority of the kind, lower bound"]
    assert report.targets[0].met == figures["ships"]
    assert "`validation`" in report.facts["split"]
    assert "neck" in report.to_markdown()


def test_the_sealed_part_is_noted_before_it_is_judged(trained: tuple[Path, Path], tmp_path: Path) -> None:
    data, bundle = trained
    setting = Setting(bundle, data, threads=1, replicates=10, part="test", say=lambda _: None)
    run(dataclasses.replace(setting, openings=tmp_path / "openings.csv"))
    noted = read_rows(tmp_path / "openings.csv")
    assert len(noted) == 1 and "test" in noted[0].values()
    with pytest.raises(UsageError, match="no item belongs to the part 'other'"):
        run(dataclasses.replace(setting, part="other"))


def test_tags_of_what_has_no_neck_have_none(trained: tuple[Path, Path], tmp_path: Path) -> None:
    from modiste.batch import tag_files

    data, bundle = trained
    pictures = data / "fashion-product-images-small.zip" / "images"
    tag_files([pictures], tmp_path / "tags.csv", bundle=bundle)
    rows = read_rows(tmp_path / "tags.csv")
    assert len(rows) == 60 and {row["articleType"] for row in rows} == {"Shirts", "Watches"}
    for row in rows:
        assert bool(row["neck"]) == bool(row["neck_confidence"])
        assert not row["neck"] or row["articleType"] == "Shirts"
    assert any(row["neck"] for row in rows)


def test_a_bundle_without_attributes_is_refused(tmp_path: Path) -> None:
    make_shop(tmp_path / "fashion-product-images-small.zip", 3)
    with pytest.raises(UsageError, match="expected articleType and one of"):
        run(Setting(GOLDEN, tmp_path, say=lambda _: None))
    assert find_attributes().is_file()
