"""The run of the protocols on drawn data: parts, checkpoints that are taken up, one look at each test part."""

from __future__ import annotations

import csv
import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from modiste.bench.accept import Setting, add_facts
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.protocols import run
from modiste.bench.protocols.dividing import PROTOCOLS, divide
from modiste.bench.protocols.models import FOLDER, RECIPE, adjust_recipe, train_for
from modiste.bench.trained_bundles import find_training
from modiste.bench.trainings import change_recipe, read_recipe
from modiste.evaluation import Protocol, load_protocol
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import SEALED
from modiste.synthetic import write_shop
from modiste.training import Recipe, TrainingRun, fit
from tests.unit.bench.conftest import GOLDEN

TYPES = ["Tshirts", "Jeans", "Watches", "Handbags", "Heels"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 drawn products as the Kaggle set lies there, and a published split that leaves some of them out."""
    folder = tmp_path_factory.mktemp("data")
    shop = write_shop(folder / "shop", 120, seed=3, size=(18, 24), types=TYPES)
    with (shop / "styles.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (shop / "styles.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows({**row, **_vary(number)} for number, row in enumerate(rows))
    with zipfile.ZipFile(folder / SMALL_PICTURES, "w") as archive:
        for path in sorted(shop.rglob("*.*")):
            archive.write(path, path.relative_to(shop).as_posix())
    ids = [row["id"] for row in rows]
    parts = ["test" if n % 4 == 0 else "validation" if n % 8 == 1 else "train" for n in range(110)]
    lines = [f"{item},{part}" for item, part in zip(ids, parts, strict=False)]
    (folder / "condition-cnn-split.csv").write_text("\n".join(["id,split", *lines]) + "\n")
    return folder


def _vary(number: int) -> dict[str, str]:
    """What drawn products lack: years, and more than one value of these fields."""
    further = {"gender": ("Men", "Women"), "season": ("Fall", "Summer"), "usage": ("Casual", "Sports")}
    return {"year": str(2011 + number % 3), **{name: values[number % 2] for name, values in further.items()}}


@pytest.fixture(scope="module")
def items(data: Path) -> Manifest:
    return read_source(data / SMALL_PICTURES)


@pytest.fixture
def recipe() -> Recipe:
    """The smoke recipe with next to no training."""
    changes: dict[str, Any] = {"stages.0.height": 24, "stages.0.width": 18, "stages.1.height": 24, "stages.1.width": 18}
    changes |= {"stages.1.epochs": 1, "stages.1.stop_when": None, "neighbours.share": 0.0}
    return change_recipe(read_recipe("smoke"), changes)


@pytest.fixture
def setting(data: Path, tmp_path: Path) -> Setting:
    return Setting(GOLDEN, data, threads=1, replicates=20, work=tmp_path / "work", say=lambda line: None)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_is_judged_neither_trains_nor_chooses(items: Manifest, data: Path, name: str) -> None:
    division = divide(items, name, beside=data, share=0.2)
    judged = set(division.opened.of_split("test").items["item_id"])
    assert judged == set(division.working.of_split(SEALED).items["item_id"])
    learnt = division.working.of_split("train", "validation").items["item_id"].to_list()
    assert not judged & set(learnt)
    assert division.count("validation") / len(learnt) == pytest.approx(0.2, abs=0.06)
    assert division.working.items["split"].null_count() == 0


def test_published_parts_train_together_and_what_they_leave_out_has_no_part(data: Path, items: Manifest) -> None:
    division = divide(items, "condition-cnn", beside=data)
    published = dict(csv.reader((data / "condition-cnn-split.csv").read_text().splitlines()[1:]))
    for item, part in division.opened.items.select("item_id", "split").rows():
        expected = {"test": {"test"}, None: {"outside"}}.get(published.get(item), {"train", "validation"})
        assert part in expected


def test_titles_and_pictures_stay_together_where_the_protocol_keeps_them(items: Manifest) -> None:
    division = divide(items, "grouped", share=0.2)
    of_title: dict[str, set[str]] = {}
    for title, part in division.opened.items.select("title", "split").rows():
        of_title.setdefault(title, set()).add(part)
    assert all(len(parts) == 1 for parts in of_title.values())
    assert len(of_title) < len(items)


def test_half_as_many_items_are_seen_twice_as_often(items: Manifest, data: Path, recipe: Recipe) -> None:
    epochs = {
        name: [stage.epochs for stage in adjust_recipe(divide(items, name, beside=data), 1, recipe).stages]
        for name in PROTOCOLS
    }
    given = [stage.epochs for stage in recipe.stages]
    assert epochs.pop("year-shift") == [2 * count for count in given]
    assert [*epochs.values()] == [given] * (len(PROTOCOLS) - 1)


def test_the_recipe_that_modiste_brings_says_the_fields_that_are_judged() -> None:
    recipe = read_recipe(RECIPE)
    said = {name for name in recipe.data.fields if name not in recipe.data.training_only}
    assert said == set(load_protocol("autocatalog").fields)
    assert all(said >= set(load_protocol(name).fields) for name in PROTOCOLS)


def test_a_finished_checkpoint_is_exported_and_not_trained_again(
    setting: Setting, items: Manifest, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    division = divide(items, "year-shift", share=0.2)
    own = adjust_recipe(division, 2, recipe)
    folder = find_training(setting, f"{FOLDER}/year-shift", own, division.working)
    elsewhere = TrainingRun.prepare(own, folder, division.working, folder / "run")
    fit(elsewhere, device="cpu")
    before = elsewhere.last.read_bytes()
    monkeypatch.setattr("modiste.training.fitting._fit_stage", lambda *_, **__: pytest.fail("it trains again"))
    bundle = train_for(setting, division, 2, recipe)
    assert bundle.path == folder / "bundle"
    assert bundle.spec.name == "smoke, year-shift"
    assert bundle.spec.training["items trained on"] == division.count("train")
    assert bundle.spec.training["seed"] == 2
    assert elsewhere.last.read_bytes() == before


@pytest.mark.slow
def test_each_network_of_a_protocol_is_trained_for_it_and_looked_at_once(
    setting: Setting, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_without_classes(name: str) -> Protocol:  # of which most can't be drawn
        return dataclasses.replace(load_protocol(name), classes={})

    names = ("condition-cnn", "autocatalog")  # a list of rows, and a rule; each network takes ten seconds
    monkeypatch.setattr("modiste.bench.protocols.running.PROTOCOLS", names)
    monkeypatch.setattr("modiste.bench.protocols.dividing.load_protocol", load_without_classes)
    openings = tmp_path / "openings.csv"
    report = add_facts(run(dataclasses.replace(setting, openings=openings), recipe=recipe, seeds=(1, 2)), setting)
    with openings.open(encoding="utf-8", newline="") as file:
        looks = list(csv.DictReader(file))
    assert [look["protocol"] for look in looks] == [name for name in names for _ in range(2)]
    told = json.loads(json.dumps(report.to_json(), allow_nan=False))
    parts = told["sections"]["Parts"]
    assert [look["rows"] for look in looks] == [str(parts[name]["judged"]) for name in names for _ in range(2)]
    assert len({look["system"] for look in looks}) == 2 * len(names)
    text = report.to_markdown()
    for word in ("10,257", "AutoCatalogAI", "Condition-CNN", "majority", "not those of the protocol's rows_sha256"):
        assert word in text
    targets = [target["name"] for target in told["targets"]]
    assert sum(name.startswith("autocatalog") for name in targets) == 17
    for name in names:
        assert load_protocol(name).title in told["sections"]
        rows = told["sections"][f"{name}: all rows"]
        assert rows["rows"] == parts[name]["judged"]
        for field, seen in told["sections"]["Seeds"][name].items():
            if field in rows["fields"]:
                assert seen["networks"][0] == pytest.approx(rows["fields"][field]["accuracy"]["value"], abs=1e-5)
            assert seen["mean"] == pytest.approx(sum(seen["networks"]) / 2)
            assert 0 <= seen["together"] <= 1
