"""``modiste evaluate`` from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from modiste.bundle import Bundle, keep_training_items, load_confusion
from modiste.cli.main import main
from modiste.evaluation import PREDICTION_SCHEMA, digest_pictures, mark_items

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tiny"
WRITTEN = {"evaluation.md", "evaluation.json", "predictions.parquet", "verdicts.parquet"}
QUICK = ["--replicates", "20"]


@pytest.fixture
def source(tmp_path, shop):
    shop.write(tmp_path / "shop")
    return tmp_path / "shop"


def run(*words):
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *map(str, words)])
    return left.value.code


def test_a_bundle_is_judged(source, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(GOLDEN, "--data", source, "--split", "test", "--out", out, *QUICK) == 0
    shown = capsys.readouterr().out
    assert "golden tiny, fingerprint" in shown
    assert "4, part 'test'" in shown
    assert "60x80 (100.0%)" in shown
    assert {path.name for path in out.iterdir()} == WRITTEN
    table = pl.read_parquet(out / "predictions.parquet")
    assert table.columns == [*PREDICTION_SCHEMA, "chosen"]
    assert pl.read_parquet(out / "verdicts.parquet").height == 4 * 4  # items and fields


def test_what_was_written_is_judged_alike(source, tmp_path, capsys):
    run(GOLDEN, "--data", source, "--out", tmp_path / "out", "--json", *QUICK)
    first = json.loads(capsys.readouterr().out)
    assert run(tmp_path / "out" / "predictions.parquet", "--data", source, "--json", *QUICK) == 0
    second = json.loads(capsys.readouterr().out)
    assert first["sections"] == second["sections"]


def test_a_protocol_of_ones_own(source, tmp_path, capsys):
    (tmp_path / "split.csv").write_text("id,split\nitem0,judge\nitem1,judge\n")
    (tmp_path / "own.toml").write_text(
        'name = "own"\ntitle = "My own"\ndescription = "Two rows."\nsplit_file = "split.csv"\npart = "judge"\n'
        'fields = ["kind"]\n[classes]\nkind = ["Bags", "Shoes"]\n'
    )
    assert run(GOLDEN, "--data", source, "--protocol", tmp_path / "own.toml", "--json", *QUICK) == 0
    report = json.loads(capsys.readouterr().out)
    assert next(iter(report["sections"])) == "My own"
    assert report["facts"]["rows"] == "2, part 'judge'"


def test_unreadable_pictures_are_listed(source, shop, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    images = [str(tmp_path / "broken.jpg"), *shop.items["image"][1:]]
    type(shop)(shop.taxonomy, shop.items.with_columns(image=pl.Series(images))).write(tmp_path / "broken")
    assert run(GOLDEN, "--data", tmp_path / "broken", "--fields", "kind,colour", *QUICK) == 1
    captured = capsys.readouterr()
    assert "item0: " in captured.err
    assert "1 of them have no prediction" in captured.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([GOLDEN], "needs --data"),
        ([GOLDEN, "--data", "SOURCE", "--split", "exam"], "no item belongs to the part 'exam'"),
        ([GOLDEN, "--data", "SOURCE", "--protocol", "nonsense"], "there is no protocol 'nonsense'"),
        ([GOLDEN, "--data", "SOURCE", "--protocol", "condition-cnn", "--fields", "kind"], "leave out --fields"),
        ([GOLDEN, "--data", "SOURCE", "--fields", "price"], "'price'"),
        (["absent.csv", "--data", "SOURCE"], "absent.csv can't be read"),
    ],
)
def test_wrong_use_is_explained(source, capsys, words, text):
    assert run(*(source if word == "SOURCE" else word for word in words)) == 2
    assert text in capsys.readouterr().err


@pytest.fixture
def trained(tmp_path, shop):
    """A bundle that was trained on the part ``train``."""
    bundle = Bundle.open(shutil.copytree(GOLDEN, tmp_path / "bundle"))
    rows = shop.of_split("train")
    keep_training_items(bundle, mark_items(rows, digest_pictures(rows.items["image"])))
    return bundle.path


def test_rows_that_were_trained_on_are_refused(source, trained, capsys):
    assert run(trained, "--data", source, *QUICK) == 2
    told = capsys.readouterr()
    assert "2 of 6 rows" in told.err and "--allow-seen" in told.err and not told.out
    assert run(trained, "--data", source, "--allow-seen", *QUICK) == 0
    assert "2 of 6 rows" in capsys.readouterr().out


def test_a_bundle_is_marked_by_the_command(source, tmp_path, capsys):
    bundle = shutil.copytree(GOLDEN, tmp_path / "bundle")
    for words, code in (([bundle, "--data", source, "--split", "exam"], 2), ([bundle, "--data", source], 0)):
        with pytest.raises(SystemExit) as left:
            main(["bundle", "mark", *map(str, words)])
        assert left.value.code == code
    assert "the data has test, train" in capsys.readouterr().err
    assert run(bundle, "--data", source, "--split", "train", *QUICK) == 2
    assert run(bundle, "--data", source, "--split", "test", "--json", *QUICK) == 2  # one picture of four is a copy
    assert run(bundle, "--data", source, "--split", "test", "--allow-seen", "--json", *QUICK) == 0
    assert "1 more show a picture" in json.loads(capsys.readouterr().out)["facts"]["trained on"]


def confuse(*words):
    with pytest.raises(SystemExit) as left:
        main(["bundle", "confusion", *map(str, words)])
    return left.value.code


def test_a_bundle_is_told_what_it_confuses(source, tmp_path, capsys):
    bundle, out = shutil.copytree(GOLDEN, tmp_path / "bundle"), tmp_path / "out"
    assert run(bundle, "--data", source, "--split", "test", "--out", out, *QUICK) == 0
    assert confuse(bundle, out) == 0
    assert "4, part 'test'" in capsys.readouterr().out
    opened = Bundle.open(bundle)
    told = load_confusion(opened)
    assert told.measured_on == "shop: 4, part 'test'"
    verdicts = pl.read_parquet(out / "verdicts.parquet")
    for name in ("kind", "article", "colour"):
        values = opened.taxonomy[name].values
        counts = [[0] * len(values) for _ in values]
        for field, truth, said in verdicts.select("field", "truth", "prediction").rows():
            if field == name and truth in values and said in values:
                counts[values.index(truth)][values.index(said)] += 1
        assert told.count(name).tolist() == counts and sum(map(sum, counts)) > 0
    assert "material" not in told.fields


def test_what_somebody_else_confuses_is_refused(source, tmp_path, capsys):
    bundle, out = shutil.copytree(GOLDEN, tmp_path / "bundle"), tmp_path / "out"
    run(bundle, "--data", source, "--out", out, *QUICK)
    run(out / "predictions.parquet", "--data", source, "--out", tmp_path / "table", *QUICK)
    for folder, word in ((tmp_path / "table", "not the bundle"), (source, "is no folder of an evaluation")):
        assert confuse(bundle, folder) == 2
        assert word in capsys.readouterr().err
    assert not (bundle / "confusion.json").exists()


def test_looks_at_a_sealed_part_are_noted(source, shop, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sealed = shop.items.with_columns(split=pl.col("split").replace("test", "control"))
    type(shop)(shop.taxonomy, sealed).write(tmp_path / "sealed")
    words = (GOLDEN, "--data", tmp_path / "sealed", "--split", "control", *QUICK)
    assert run(*words) == 0
    assert "nothing notes it" in capsys.readouterr().err
    for _ in range(2):
        assert run(*words, "--out", tmp_path / "out") == 0
    table = pl.read_csv(tmp_path / "out" / "openings.csv")
    assert table["part"].to_list() == ["control"] * 2 and table["rows"].to_list() == [4, 4]
    (tmp_path / "results").mkdir()
    assert run(*words) == 0 and (tmp_path / "results" / "openings.csv").is_file()


def test_a_protocol_with_a_rule_says_whether_the_rows_are_its_own(source, tmp_path, capsys):
    (tmp_path / "own.toml").write_text(
        'name = "own"\ntitle = "Mine"\ndescription = "Drawn."\npart = "test"\nfields = ["kind"]\nrows_sha256 = "0"\n'
        '[split]\nrule = "drawn"\nby = "kind"\nshares = {train = 0.5, test = 0.5}\n'
    )
    assert run(GOLDEN, "--data", source, "--protocol", tmp_path / "own.toml", "--json", *QUICK) == 0
    facts = json.loads(capsys.readouterr().out)["facts"]
    assert facts["rows"] == "3, part 'test', not those of the protocol's rows_sha256"


def test_a_page_and_figures_are_written(source, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    assert run(GOLDEN, "--data", source, "--report", page, "--figures", figures, *QUICK) == 0
    text = page.read_text(encoding="utf-8")
    assert "golden tiny on shop" in text and "Data and command" in text
    assert (figures / "figures.png").is_file()
    assert "open it in a browser" in capsys.readouterr().err


def test_places_that_cannot_be_written_to_are_refused_first(source, tmp_path, capsys):
    assert run(GOLDEN, "--data", source, "--report", tmp_path) == 2
    assert run(GOLDEN, "--data", source, "--report", tmp_path / "no" / "page.html") == 2
    assert not capsys.readouterr().out


def test_two_systems_are_compared(source, tmp_path, capsys):
    run(GOLDEN, "--data", source, "--out", tmp_path / "out", *QUICK)
    table = tmp_path / "out" / "predictions.parquet"
    capsys.readouterr()
    page = tmp_path / "page.html"
    assert run(GOLDEN, "--against", table, "--data", source, "--json", "--report", page, *QUICK) == 0
    told = json.loads(capsys.readouterr().out)
    compared = told["sections"]["tiny against predictions.parquet, all rows"]
    assert set(compared) == {"kind", "article", "colour", "material", "all fields right"}
    assert not any(item["real"] or item["difference"]["value"] for item in compared.values())
    assert told["facts"]["compared with"] == "predictions in predictions.parquet"
    assert "equally good" in page.read_text(encoding="utf-8")
    assert run(GOLDEN, "--against", "absent", "--data", source, *QUICK) == 2


def test_the_other_system_must_not_have_seen_the_rows_either(source, trained, capsys):
    assert run(GOLDEN, "--against", trained, "--data", source, *QUICK) == 2
    assert "--allow-seen" in capsys.readouterr().err
