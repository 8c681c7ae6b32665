"""A finished bundle calibrated anew: figures of calibrating at export, strangers told, and nothing else changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.bench.ingredients.graphs import leave_familiarity
from modiste.bundle import Bundle, attach_text, keep_confusion, keep_training_items, load_confusion, write_bundle
from modiste.cli.main import main
from modiste.errors import BundleError, RecipeError
from modiste.evaluation import mark_items
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network, Tagger
from modiste.splits import digest_pictures
from modiste.training.adapting import calibrate_bundle
from modiste.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("one_thread")
STAGE = {"name": "heads", "height": 112, "width": 84, "frozen": "trunk"}


def make_recipe(strangers: float = 0.1, **data: Any) -> Recipe:
    fields = {"fields": ["gender", "usage"]} | data
    given = {"name": "again", "data": fields, "calibration": {"strangers": strangers}, "stages": [STAGE]}
    return Recipe.model_validate(given)


@pytest.fixture(scope="module")
def labelled(shop: Manifest, shipped: Bundle) -> Manifest:
    """The drawn shop: everybody is for whom the bundle says; of every second product the usage is another one."""
    tags = Tagger(shipped, threads=1).tag(shop.items["image"].to_list())
    values = shipped.taxonomy["usage"].values
    rows = shop.items.with_columns(
        pl.Series("label.gender", [entry["gender"].value for entry in tags]),
        pl.Series("label.usage", [values[-1] if at % 2 else entry["usage"].value for at, entry in enumerate(tags)]),
        pl.Series("split", ["train" if at % 4 == 0 else "validation" for at in range(len(shop))]),
    )
    return Manifest.from_rows(rows.to_dicts())


@pytest.fixture(scope="module")
def plain(shipped: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped bundle as it was before it told strangers."""
    spec, told = shipped.spec.with_text(None).model_copy(update={"stranger_below": None}), load_confusion(shipped)
    graph, folder = leave_familiarity(shipped.read_weights()), tmp_path_factory.mktemp("plain") / "plain"
    written = attach_text(
        write_bundle(folder, spec=spec, onnx=graph, card=shipped.card), shipped.spec.text, shipped.read_text_weights()
    )
    written = keep_training_items(written, shipped.read_training_items())
    return keep_confusion(written, {name: told.count(name) for name in told.fields}, measured_on=told.measured_on)


@pytest.fixture(scope="module")
def surer(plain: Bundle, labelled: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("calibrated") / "surer"
    return calibrate_bundle(plain, labelled, make_recipe(), Path(), folder, training={"command": "x"}, say=ignore)


def ignore(line: str) -> None:
    """Say nothing."""


def read(bundle: Bundle, part: Manifest) -> Any:
    pictures = [bundle.preprocessing.load(Path(path).read_bytes()) for path in part.items["image"]]
    return Network(bundle, threads=1).run(np.stack(pictures))


def test_the_network_stays_and_what_was_not_asked_for_too(plain: Bundle, surer: Bundle, labelled: Manifest) -> None:
    before, after = (read(bundle, labelled.of_split("validation")) for bundle in (plain, surer))
    np.testing.assert_array_equal(before.logits, after.logits)
    np.testing.assert_array_equal(before.embedding, after.embedding)
    for name in ("temperatures", "joint_temperatures", "doubt"):
        old, new = getattr(plain.spec, name), getattr(surer.spec, name)
        for field in set(plain.taxonomy.names) - {"gender", "usage"}:
            assert old.get(field) == new.get(field)
    assert surer.spec.silence == plain.spec.silence
    assert surer.has_text_encoder and surer.fingerprint != plain.fingerprint
    one, other = (
        Decider(spec.model_copy(update={"joint_temperatures": {}})).decide(before.logits).probabilities
        for spec in (plain.spec, surer.spec)
    )
    np.testing.assert_array_equal(one["season"], other["season"])


def test_it_is_as_unsure_as_the_labels_say(plain: Bundle, surer: Bundle, labelled: Manifest) -> None:
    """Half of the usages are wrong, so that no more than half of the confidence is right."""
    part = labelled.of_split("validation")
    output, truth = read(surer, part), part.items["label.usage"].to_list()
    old, new = (Decider(bundle.spec).decide(output.logits) for bundle in (plain, surer))
    values = np.array(surer.taxonomy["usage"].values)
    right = values[new.choices["usage"]] == truth
    assert abs(new.confidence["usage"].mean() - right.mean()) < 0.1 < old.confidence["usage"].mean() - right.mean()
    figures: Any = surer.spec.metrics["on the validation part"]
    assert figures["fields"]["usage"]["accuracy"] == pytest.approx(right.mean(), abs=1e-4)
    assert "mean accuracy" not in figures  # of five fields nothing new is known
    assert set(surer.spec.metrics) == {"on the validation part", "added fields, on the validation part"}
    told = load_confusion(surer)
    assert told is not None and told.count("usage").sum() == len(part) and "articleType" in told.fields


def test_fields_that_a_recipe_makes_of_a_shop_s_records_are_calibrated_too(
    plain: Bundle, surer: Bundle, labelled: Manifest, tmp_path: Path
) -> None:
    (tmp_path / "records.toml").write_text('usage = "use"\n', encoding="utf-8")
    rows = Manifest.from_rows(labelled.items.rename({"label.usage": "meta.use"}).to_dicts())
    recipe = make_recipe(attributes="records.toml")
    made = calibrate_bundle(plain, rows, recipe, tmp_path, tmp_path / "made", say=ignore)
    assert made.spec.temperatures == pytest.approx(surer.spec.temperatures)
    assert made.spec.temperatures["usage"] != plain.spec.temperatures["usage"]


def test_it_is_not_judged_unawares_on_what_it_looked_at(plain: Bundle, surer: Bundle, labelled: Manifest) -> None:
    """The training part told it what products look like."""
    before, after, train = plain.read_training_items(), surer.read_training_items(), labelled.of_split("train")
    assert before is not None and after is not None
    marks = mark_items(train, digest_pictures(train.items["image"]))
    assert len(marks) and set(after.tolist()) == {*before.tolist(), *marks.tolist()}


def test_strangers_are_told_by_the_share_that_the_recipe_allows(surer: Bundle, labelled: Manifest) -> None:
    familiarity = read(surer, labelled.of_split("validation")).familiarity
    limit = surer.spec.stranger_below
    assert limit is not None and 0.08 <= float((familiarity < limit).mean()) <= 0.1


def test_what_tells_strangers_already_keeps_its_eyes(surer: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    again = calibrate_bundle(surer, labelled, make_recipe(0.3), Path(), tmp_path / "again", say=ignore)
    assert again.read_weights() == surer.read_weights()
    assert again.spec.temperatures == pytest.approx(surer.spec.temperatures)
    assert (again.spec.stranger_below or -9) > (surer.spec.stranger_below or 9)
    np.testing.assert_array_equal(again.read_training_items(), surer.read_training_items())
    never = calibrate_bundle(surer, labelled, make_recipe(0), Path(), tmp_path / "never", say=ignore)
    assert never.spec.stranger_below is None


def test_what_can_t_be_calibrated_is_refused(surer: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    recipe, new = make_recipe(fields=["shade"]), tmp_path / "new"
    with pytest.raises(RecipeError, match="names shade; expected some of the bundle's fields: gender"):
        calibrate_bundle(surer, labelled, recipe, Path(), new, say=ignore)
    unseen = pl.when(pl.col("split") == "train").then(pl.col("label.usage")).alias("label.usage")
    rows = Manifest.from_rows(labelled.items.with_columns(unseen).to_dicts())
    with pytest.raises(RecipeError, match="no validation item has a label of usage"):
        calibrate_bundle(surer, rows, make_recipe(fields=["usage"]), Path(), new, say=ignore)
    assert not new.exists()


def test_an_existing_folder_is_refused(shipped: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        calibrate_bundle(shipped, labelled, make_recipe(), Path(), tmp_path, say=ignore)


def test_the_command(surer: Bundle, labelled: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled.write(tmp_path / "data")
    text = 'name = "mine"\n[data]\nfields = ["usage"]\n[calibration]\nstrangers = 0.2\n[[stages]]\nname = "heads"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    words = ["bundle", "calibrate", str(surer.path), str(tmp_path / "new")]
    with pytest.raises(SystemExit) as left:
        main([*words, "--data", str(tmp_path / "data"), "--recipe", str(tmp_path / "mine.toml")])
    assert left.value.code == 0
    assert "Next: modiste evaluate" in capsys.readouterr().out
    assert "modiste bundle calibrate" in Bundle.open(tmp_path / "new").card
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2 and "needs --data" in capsys.readouterr().err
