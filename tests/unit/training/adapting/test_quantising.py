"""A bundle quantised: its answers are chosen anew, its words stay, and everything that works with a bundle works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

import onnx
import torch

from modiste.bundle import Bundle, load_confusion
from modiste.cli.main import main
from modiste.errors import BundleError, ExportError
from modiste.manifest import Manifest
from modiste.runtime import Network, Tagger, TextEncoder
from modiste.training.adapting import calibrate_bundle, quantise_bundle
from modiste.training.adapting.quantising import _draw_sample
from modiste.training.adapting.recovering import recover_trunk
from modiste.training.adapting.successor import write_successor
from modiste.training.features import compute_features
from modiste.training.inputs import normalise
from modiste.training.quantisation import dequantise_graph
from modiste.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("one_thread")
STAGE = {"name": "heads", "height": 112, "width": 84, "frozen": "trunk"}
RECIPE = Recipe.model_validate(
    {
        "name": "again",
        "data": {"fields": ["gender", "articleType"]},
        "calibration": {"strangers": 0.1},
        "stages": [STAGE],
    }
)


@pytest.fixture(scope="module")
def labelled(shop: Manifest, shipped: Bundle) -> Manifest:
    """The drawn shop, as the shipped bundle sees it: a quarter trains, the rest chooses."""
    tags = Tagger(shipped, threads=1).tag(shop.items["image"].to_list())
    rows = shop.items.with_columns(
        *(pl.Series(f"label.{name}", [entry[name].value for entry in tags]) for name in ("gender", "articleType")),
        pl.Series("split", ["train" if at % 4 == 0 else "validation" for at in range(len(shop))]),
    )
    return Manifest.from_rows(rows.to_dicts())


@pytest.fixture(scope="module")
def floats(shipped: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped bundle, which is in integers, in floats."""
    graph = dequantise_graph(shipped.read_weights())
    folder = tmp_path_factory.mktemp("floats") / "bundle"
    return write_successor(shipped, folder, spec=shipped.spec.with_text(None), graph=graph, learnt=None, confusions={})


@pytest.fixture(scope="module")
def quantised(floats: Bundle, labelled: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("quantised") / "fast"
    return quantise_bundle(floats, labelled, RECIPE, Path(), folder, training={"command": "x"}, say=ignore)


def ignore(line: str) -> None:
    """Say nothing."""


def read(bundle: Bundle, manifest: Manifest) -> np.ndarray:
    return np.stack([bundle.preprocessing.load(Path(path).read_bytes()) for path in manifest.items["image"]])


def test_it_answers_nearly_as_before(floats: Bundle, quantised: Bundle, labelled: Manifest) -> None:
    part = labelled.of_split("validation")
    tags = Tagger(quantised, threads=1).tag(part.items["image"].to_list())
    figures = quantised.spec.metrics["on the validation part"]["fields"]
    for name in ("gender", "articleType"):
        before = part.items[f"label.{name}"]
        same = np.mean([entry[name].value == told for entry, told in zip(tags, before, strict=True)])
        assert same > 0.9
        assert figures[name]["accuracy"] == pytest.approx(same, abs=1e-4)
    assert quantised.fingerprint != floats.fingerprint and quantised.spec.name == floats.spec.name


def test_what_was_chosen_is_chosen_anew(floats: Bundle, quantised: Bundle, labelled: Manifest) -> None:
    assert quantised.spec.temperatures["gender"] != floats.spec.temperatures["gender"]
    assert quantised.spec.temperatures["season"] == floats.spec.temperatures["season"]  # no label tells of it
    familiarity = Network(quantised, threads=1).run(read(quantised, labelled.of_split("validation"))).familiarity
    assert 0.08 <= float((familiarity < quantised.spec.stranger_below).mean()) <= 0.1
    told = load_confusion(quantised)
    assert told is not None and told.count("gender").sum() == len(labelled.of_split("validation"))
    # What was measured of the answers before is no figure of these.
    assert "Accuracy of the shipped bundle" in floats.spec.metrics
    assert set(quantised.spec.metrics) == {"on the validation part", "added fields, on the validation part"}


def test_its_words_go_on_to_fit(floats: Bundle, quantised: Bundle, labelled: Manifest) -> None:
    texts = ["mens blue checked shirt", "red sandals", "black handbag"]
    old, new = (
        TextEncoder(bundle).encode(texts) @ Network(bundle, threads=1).run(read(bundle, labelled)).embedding.T
        for bundle in (floats, quantised)
    )
    assert np.abs(old - new).max() < 0.1 < np.ptp(old, axis=1).min()
    for before, after in zip(old, new, strict=True):
        assert len({*np.argsort(-before)[:10]} & {*np.argsort(-after)[:10]}) >= 7


def test_what_it_looked_at_is_no_test(floats: Bundle, quantised: Bundle) -> None:
    before, after = floats.read_training_items(), quantised.read_training_items()
    assert before is not None and after is not None
    assert set(before.tolist()) < set(after.tolist())


def test_heads_are_still_found_and_it_is_calibrated_again(
    quantised: Bundle, labelled: Manifest, tmp_path: Path
) -> None:
    pictures = read(quantised, labelled)[:6]
    features = compute_features(quantised, pictures, np.arange(6))
    assert features.shape == (6, 1280) and (features >= 0).all()
    again = calibrate_bundle(quantised, labelled, RECIPE, Path(), tmp_path / "again", say=ignore)
    assert again.read_weights() == quantised.read_weights()


def test_its_network_is_taken_up_and_it_can_t_be_quantised_twice(
    quantised: Bundle, labelled: Manifest, tmp_path: Path
) -> None:
    pixels = read(quantised, labelled)[:24]
    name, trunk, difference = recover_trunk(quantised, pixels)
    assert name == "tf_efficientnet_lite0" and 1e-4 < difference < 0.1
    with torch.no_grad():
        values = normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2).float(), quantised.preprocessing)
        said = trunk(values).numpy()
    features = compute_features(quantised, pixels, np.arange(24))
    assert np.corrcoef(said.ravel(), features.ravel())[0, 1] > 0.99
    said: list[str] = []
    with pytest.raises(ExportError, match="in integers already"):
        quantise_bundle(quantised, labelled, RECIPE, Path(), tmp_path / "twice", say=said.append)
    assert not said  # refused before a picture is read
    with pytest.raises(BundleError, match="exists already"):
        quantise_bundle(quantised, labelled, RECIPE, Path(), tmp_path, say=ignore)
    assert not (tmp_path / "twice").exists()


def test_neighbours_of_other_items_stay(floats: Bundle, quantised: Bundle) -> None:
    """The drawn shop is not what the shipped bundle learnt from."""
    old, new = (
        {entry.name: entry for entry in onnx.load_from_string(bundle.read_weights()).graph.initializer}
        for bundle in (floats, quantised)
    )
    assert old["vote.codes"].raw_data == new["vote.codes"].raw_data


def test_some_pictures_of_the_readable_ones_are_looked_at() -> None:
    few, many = np.array([1, 4, 9]), np.arange(0, 4000, 2)
    assert set(_draw_sample(few, seed=3).tolist()) == {1, 4, 9}
    some, others = (_draw_sample(many, seed=seed) for seed in (3, 4))
    assert len(some) == len(others) == len(set(some.tolist())) == 512 and set(some.tolist()) <= set(many.tolist())
    assert some.tolist() != others.tolist()


def test_the_command(floats: Bundle, labelled: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled.write(tmp_path / "data")
    text = 'name = "mine"\n[data]\nfields = ["gender"]\n[[stages]]\nname = "heads"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    words = ["bundle", "quantise", str(floats.path), str(tmp_path / "new")]
    with pytest.raises(SystemExit) as left:
        main([*words, "--data", str(tmp_path / "data"), "--recipe", str(tmp_path / "mine.toml")])
    assert left.value.code == 0
    told = capsys.readouterr()
    assert "Next: modiste evaluate" in told.out and "WARNING" not in told.err
    assert "modiste bundle quantise" in Bundle.open(tmp_path / "new").card
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2 and "needs --data" in capsys.readouterr().err
