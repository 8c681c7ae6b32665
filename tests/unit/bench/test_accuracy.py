"""The acceptance runs on drawn data laid out like the real one, and the table of runs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper

from modiste.bench import RUNS, AcceptanceRun, Setting, accept, describe_machine, find_run
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.sizes import LARGER_SETS, replace_pictures
from modiste.bundle import BundleSpec, write_bundle
from modiste.cli.main import main
from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import Report, Section, Target, load_protocol
from modiste.imaging import Preprocessing
from modiste.readers import read_source
from modiste.splits import hash_id
from modiste.taxonomy import Field, Taxonomy

KEYS = ("id", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")
COLUMNS = (*KEYS, "productDisplayName")
KINDS = [("Apparel", "Topwear", "Shirts"), ("Footwear", "Shoes", "Heels"), ("Accessories", "Bags", "Handbags")]
SHADES = [(200, 40, 40), (40, 200, 40), (40, 40, 200)]
ITEMS = [str(number) for number in range(1000, 1036)]
PUBLISHED, SEALED = ITEMS[:12], ITEMS[:15]
# The network reads the mean colour, and every field's value follows from it.
ANSWERS = {
    "gender": ("Men", "Women", "Girls"),
    "masterCategory": tuple(kind[0] for kind in KINDS),
    "subCategory": tuple(kind[1] for kind in KINDS),
    "articleType": tuple(kind[2] for kind in KINDS),
    "baseColour": ("Red", "Green", "Blue"),
    "season": ("Summer", "Winter", "Fall"),
    "usage": ("Casual", "Formal", "Sports"),
}


def draw(item, size):
    """One colour with noise, so that no two pictures are alike."""
    noise = np.random.default_rng(int(item)).integers(0, 20, (size[1], size[0], 3))
    picture = Image.fromarray((np.array(SHADES[int(item) % 3]) + noise).astype(np.uint8))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def list_row(item):
    values = {name: choices[int(item) % 3] for name, choices in ANSWERS.items()}
    if item == ITEMS[3]:
        values["usage"] = ""
    return {"id": item, "year": "2012", "productDisplayName": f"Product {int(item) // 2}", **values}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    writer.writerows(list_row(item) for item in ITEMS)
    with zipfile.ZipFile(folder / SMALL_PICTURES, "w") as archive:
        archive.writestr("styles.csv", table.getvalue())
        for item in ITEMS:
            archive.writestr(f"images/{item}.jpg", draw(item, (60, 80)))
    for name in LARGER_SETS:
        width, height = map(int, name.split("x"))
        with zipfile.ZipFile(folder / f"fashion-product-images-{name}.zip", "w") as archive:
            for item in ITEMS[:8] + ITEMS[20:24]:
                archive.writestr(f"images/{item}.jpg", draw(item, (width, height)))
    rows = [f"{item},{'test' if item in PUBLISHED else 'train'}" for item in ITEMS[:30]]
    (folder / "condition-cnn-split.csv").write_text("\n".join(["id,split", *rows]) + "\n")
    sealed = [f"{hash_id(item)},test" for item in SEALED]
    (folder / "product-tagger.csv").write_text("\n".join(["item,split", *sealed]) + "\n")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A network that is always right on the drawn pictures."""
    classes = load_protocol("condition-cnn").classes
    fields = Taxonomy(
        tuple(
            Field(name, "single", (*values, *(value for value in classes.get(name, ()) if value not in values)))
            for name, values in ANSWERS.items()
        )
    )
    weights = [np.zeros((3, len(field)), np.float32) for field in fields]
    for columns in weights:
        columns[:, :3] = np.eye(3) / 10
    spec = BundleSpec(
        name="sees colours",
        fields=fields.to_json(),
        preprocessing=Preprocessing(height=80, width=60).to_json(),
        embedding_size=3,
    )
    folder = tmp_path_factory.mktemp("bundle") / "colours"
    write_bundle(folder, spec=spec, onnx=make_graph(np.concatenate(weights, axis=1)), card="Sees colours.")
    return folder


def make_graph(weights):
    nodes = [
        helper.make_node("Cast", ["pictures"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["cast"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        helper.make_node("LpNormalization", ["mean"], ["embedding"], axis=1, p=2),
    ]
    shapes = {"logits": ["n", weights.shape[1]], "embedding": ["n", 3]}
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", "height", "width", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture
def setting(data, bundle):
    return Setting(bundle, data, replicates=50, say=lambda line: None)


def test_accuracy_of_a_perfect_bundle(setting, tmp_path):
    report = accept(find_run("accuracy"), setting, results=tmp_path)
    assert report.passed
    plain = json.loads((tmp_path / "accuracy.json").read_text())
    seen = {target["name"]: target["seen"] for target in plain["targets"]}
    assert set(seen.values()) == {1.0}
    assert len(seen) == 1 + 6 + 3
    assert "15 of the sealed test part, 12 of the Condition-CNN test ids" in plain["facts"]["rows"]
    whole = plain["sections"]["product-tagger-test: all rows"]
    assert whole["rows"] == 15
    assert whole["fields"]["usage"]["rows"] == 14
    assert whole["whole"]["complete_rows"] == 14
    assert "every class may be answered" in "".join(plain["sections"])
    text = (tmp_path / "accuracy.md").read_text()
    for word in ("AutoCatalogAI", "Condition-CNN", "fingerprint", "`modiste", "every target reached"):
        assert word in text


def read_openings(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_looks_at_the_sealed_part_are_noted_before_there_are_figures(setting, tmp_path, monkeypatch):
    accept(find_run("sizes"), setting, results=tmp_path)
    monkeypatch.setattr("modiste.bench.accuracy.judge", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        accept(find_run("accuracy"), setting, results=tmp_path)
    rows = read_openings(tmp_path / "openings.csv")
    assert [row["rows"] for row in rows] == ["15", "15"]
    for row in rows:
        assert row["system"] == f"sees colours, fingerprint {setting.open_bundle().fingerprint}"
        assert (row["protocol"], row["part"], row["data"]) == ("product-tagger-test", "test", SMALL_PICTURES)


@pytest.mark.parametrize(("part", "noted"), [("validation", 0), ("test", 1), ("control", 1)])
def test_a_part_that_is_not_sealed_needs_no_note(setting, tmp_path, part, noted):
    path = tmp_path / "openings.csv"
    noting = dataclasses.replace(setting, openings=path)
    noting.note_opening(load_protocol("product-tagger-test"), part, data="shop.zip", rows=3)
    assert (len(read_openings(path)) if path.exists() else 0) == noted


def test_a_look_that_nothing_notes_is_told(setting):
    told = []
    silent = dataclasses.replace(setting, say=told.append)
    silent.note_opening(load_protocol("product-tagger-test"), "test", data="shop.zip", rows=3)
    assert "nothing notes it" in told[0]


def test_missed_targets_are_marked(setting, data, tmp_path):
    """Two published test ids that are not sealed: the bundle may have been trained on them."""
    leaky = tmp_path / "data"
    leaky.mkdir()
    for path in data.iterdir():
        (leaky / path.name).write_bytes(path.read_bytes())
    sealed = [f"{hash_id(item)},test" for item in SEALED[2:]]
    (leaky / "product-tagger.csv").write_text("\n".join(["item,split", *sealed]) + "\n")
    report = accept(find_run("accuracy"), dataclasses.replace(setting, data=leaky), results=tmp_path)
    assert not report.passed
    assert "**targets missed**" in (tmp_path / "accuracy.md").read_text()
    assert [target.name for target in report.targets if not target.met] == ["published test ids within the sealed part"]


def test_sizes_compare_the_same_products(setting, tmp_path):
    report = accept(find_run("sizes"), setting, results=tmp_path)
    assert report.passed
    plain = json.loads((tmp_path / "sizes.json").read_text())
    for name in LARGER_SETS:
        section = plain["sections"][f"{name} against 60x80"]
        assert section["rows"] == 8
        assert section["mean of the fields"]["difference"]["value"] == 0
        assert plain["facts"][f"picture size, {name}"] == f"{name} (100.0%)"


def test_sizes_see_a_worse_set(setting, data, tmp_path):
    """Larger pictures in the wrong colours: the difference is what the wrong ones make it."""
    worse = tmp_path / "data"
    worse.mkdir()
    for path in data.iterdir():
        (worse / path.name).write_bytes(path.read_bytes())
    with zipfile.ZipFile(worse / "fashion-product-images-225x300.zip", "w") as archive:
        for item in ITEMS[:8]:
            archive.writestr(f"images/{item}.jpg", draw(str(int(item) + (item < ITEMS[4])), (225, 300)))
    report = accept(find_run("sizes"), dataclasses.replace(setting, data=worse), results=tmp_path)
    assert [target.met for target in report.targets] == [False, True]
    difference = report.sections[0].data["mean of the fields"]["difference"]
    assert difference["value"] == pytest.approx(-(6 * 0.5 + 3 / 7) / 7, abs=0.01)


def test_pictures_without_an_item_are_refused(data, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "stranger.png")
    with pytest.raises(UsageError, match="'stranger"):
        replace_pictures(read_source(data / SMALL_PICTURES), tmp_path)


def test_runs_are_a_table():
    assert len({entry.name for entry in RUNS}) == len(RUNS)
    with pytest.raises(UnknownNameError, match="did you mean 'accuracy'"):
        find_run("acuracy")


def test_data_is_asked_for(bundle, data, tmp_path):
    with pytest.raises(UsageError, match="--data FOLDER"):
        accept(find_run("accuracy"), Setting(bundle), results=tmp_path)
    with pytest.raises(UsageError, match=r"styles\.csv is not in"):
        Setting(bundle, data).find_data("styles.csv")
    assert not list(tmp_path.iterdir())


def test_a_failed_run_writes_nothing(bundle, tmp_path, monkeypatch):
    entry = AcceptanceRun("broken", "Breaks.", "modiste.bench.broken", needs_data=False)
    with pytest.raises(ModuleNotFoundError):
        accept(entry, Setting(bundle), results=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("seen", "code"), [(0.9, 0), (0.1, 1)])
def test_the_command_exits_by_the_verdict(bundle, tmp_path, monkeypatch, capsys, seen, code):
    target = Target("a figure", 0.5, seen)
    report = Report("Ours", {"data": "drawn"}, [Section("Figures", "none")], [target])
    monkeypatch.setattr(AcceptanceRun, "run", lambda self, setting: report)
    words = ["bench", "accept", "accuracy", "--bundle", bundle, "--data", tmp_path, "--results", tmp_path / "results"]
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    assert left.value.code == code
    shown = capsys.readouterr().out
    assert ("**missed**" in shown) == bool(code)
    assert json.loads((tmp_path / "results" / "accuracy.json").read_text())["passed"] is not bool(code)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--list"], 0, "accuracy"),
        ([], 2, "needs the name of a run"),
        (["speling"], 2, "there is no acceptance run 'speling'"),
    ],
)
def test_the_command_lists_and_explains(capsys, words, code, text):
    with pytest.raises(SystemExit) as left:
        main(["bench", "accept", *words])
    assert left.value.code == code
    captured = capsys.readouterr()
    assert text in captured.out + captured.err


def test_the_machine_is_described():
    assert "core" in describe_machine()
