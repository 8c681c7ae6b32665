"""Fine-tuning a bundle: its network is taken out of its graph and answers alike, and what comes out is a bundle."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from modiste.bundle import Bundle
from modiste.cli.main import main
from modiste.errors import BundleError, ExportError, UsageError
from modiste.evaluation import digest_pictures, mark_items, read_history
from modiste.runtime import Network
from modiste.training import TrainingRun, open_run_bundle
from modiste.training.adapting import AdaptSettings, DeepSettings, adapt_deeply, name_run, render_adaptation
from modiste.training.adapting.recovering import recover_trunk
from modiste.training.bundle_graph import FEATURES, keep_features
from modiste.training.features import run_graph
from modiste.training.inputs import normalise
from modiste.training.judged import load_judged
from modiste.training.pictures import PictureRequest, cache_pictures
from modiste.training.quantisation import dequantise_graph

pytestmark = pytest.mark.usefixtures("one_thread")
SETTINGS = AdaptSettings(fields=("shade",), rare_as="Other", threads=1)


@pytest.fixture(scope="module")
def bundle(run):
    return open_run_bundle(run, say=lambda _: None)


def read_pixels(bundle, shop, folder, count=48):
    requests = [PictureRequest(image) for image in shop.items["image"].head(count)]
    return np.asarray(cache_pictures(requests, bundle.preprocessing, folder).pixels)


def run_trunk(trunk, bundle, pixels):
    with torch.no_grad():
        values = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float()
        return trunk(normalise(values, bundle.preprocessing)).numpy()


def test_the_network_of_the_shipped_bundle_is_taken_up(shipped, shop, tmp_path):
    """It computes in integers; the trunk has the weights that it has rounded, and rounds nothing itself."""
    pixels = read_pixels(shipped, shop, tmp_path)
    name, trunk, difference = recover_trunk(shipped, pixels)
    assert name == "tf_efficientnet_lite0" and difference < 0.1
    graph = keep_features(dequantise_graph(shipped.read_weights()))
    features = run_graph(graph, FEATURES, pixels, np.arange(len(pixels)))
    np.testing.assert_allclose(run_trunk(trunk, shipped, pixels), features, atol=1e-2 * np.abs(features).max())
    # Its norms know the pictures: in training they change little, where norms that only add a bias would change all.
    learning = run_trunk(trunk.train(), shipped, pixels)
    assert np.corrcoef(learning.ravel(), features.ravel())[0, 1] > 0.99
    assert 0.8 < learning.std() / features.std() < 1.25


def test_a_run_s_network_comes_back_from_its_bundle(run, bundle, shop, tmp_path):
    pixels = read_pixels(bundle, shop, tmp_path)
    name, trunk, _ = recover_trunk(bundle, pixels)
    assert name == "test_efficientnet" == bundle.spec.training["trunk"]
    expected = run_trunk(load_judged(run)[0].trunk, bundle, pixels)
    np.testing.assert_allclose(run_trunk(trunk, bundle, pixels), expected, atol=1e-4 * np.abs(expected).max())


def test_what_is_no_network_of_ours_is_refused(tiny):
    pixels = np.zeros((2, tiny.preprocessing.height, tiny.preprocessing.width, 3), np.uint8)
    with pytest.raises(ExportError, match="--from RUN"):
        recover_trunk(tiny, pixels)


def check(done, bundle, folder, said):
    opened = Bundle.open(folder)
    assert opened.taxonomy.names == ("shade",) and opened.spec.training["fine-tuned"].endswith("% of the way")
    assert set(opened.spec.metrics) == {"on the validation part", "on items that were held out"}
    assert "on items that were held out" in opened.card.casefold() or "held out" in opened.card
    assert any("about" in line and "minutes here" in line for line in said)
    assert any("log-loss of" in line and "0% " in line and "100% " in line for line in said)
    marks = opened.read_training_items()
    rows = done.material.learn
    assert set(mark_items(rows, digest_pictures(rows.items["image"]))) <= set(marks)
    assert set(bundle.read_training_items()) <= set(marks)
    history = read_history(name_run(folder) / "history.csv")
    assert [epoch.epoch for epoch in history] == list(range(1, len(history) + 1))
    told = render_adaptation(done, source="shop")
    assert "shade: " in told and "a head alone, on the network as it was" in told and "fine-tuned" in told
    vectors = Network(opened).run(done.material.held_pixels).embedding
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_a_run_is_fine_tuned_from_its_checkpoint(run, bundle, shop, tmp_path):
    said: list[str] = []
    deep = DeepSettings(epochs=3, batch_size=16, rate=5e-3, trunk_rate=5e-3, device="cpu")
    folder = tmp_path / "mine"
    done = adapt_deeply(bundle, shop, folder, SETTINGS, deep, start=run, say=said.append)
    check(done, bundle, folder, said)
    shade = done.evaluation["shade"]
    assert shade.accuracy.value > shade.majority
    held = set(done.material.held.items["item_id"])
    learnt = TrainingRun.reopen(name_run(folder))
    assert not held & {*learnt.train.item_ids, *learnt.validation.item_ids}
    with pytest.raises(BundleError, match="exists already"):
        adapt_deeply(bundle, shop, folder, SETTINGS, deep, start=run)


def test_what_fine_tuning_only_harms_stays_as_it_was(run, bundle, shop, tmp_path):
    said: list[str] = []
    wild = DeepSettings(epochs=1, batch_size=16, rate=0.9, trunk_rate=0.9, device="cpu")
    done = adapt_deeply(bundle, shop, tmp_path / "mine", SETTINGS, wild, start=run, say=said.append)
    assert any(line.startswith("fine-tuning gains nothing") for line in said)
    assert Bundle.open(tmp_path / "mine").spec.training["fine-tuned"] == "0% of the way"
    after, before = re.search(r"shade: (\S+) right; a head alone, .*, (\S+)$", "\n".join(done.notes), re.M).groups()
    assert after == before


@pytest.mark.slow
def test_the_shipped_bundle_is_fine_tuned(shipped, shop, tmp_path):
    said: list[str] = []
    deep = DeepSettings(epochs=2, batch_size=16, device="cpu")
    done = adapt_deeply(shipped, shop, tmp_path / "mine", SETTINGS, deep, say=said.append)
    check(done, shipped, tmp_path / "mine", said)
    shade = done.evaluation["shade"]
    assert shade.accuracy.value >= shade.majority + 0.2


def test_what_does_not_go_together_is_refused(bundle, shop, tmp_path):
    for settings, text in (
        (AdaptSettings(keep=("gender",)), "no longer answers the fields"),
        (AdaptSettings(class_weights="sqrt"), "expected none or inverse"),
    ):
        with pytest.raises(UsageError, match=text):
            adapt_deeply(bundle, shop, tmp_path / "mine", settings)
    with pytest.raises(UsageError, match="--epochs 0"):
        DeepSettings(epochs=0)


def test_the_command_starts_from_a_run(run, shop, tmp_path, capsys):
    shop.write(tmp_path / "data")
    words = ["adapt", "--data", tmp_path / "data", "-o", tmp_path / "mine", "--deep", "--from", run.folder]
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--epochs", "1", "--fields", "shade", "--device", "cpu", "--threads", "1"])
    assert left.value.code == 0
    told = capsys.readouterr()
    assert "a head alone" in told.out and "minutes here" in told.err
    command = Bundle.open(tmp_path / "mine").spec.training["command"]
    assert command == "modiste adapt --from first --deep --epochs 1 --data data --fields shade"
