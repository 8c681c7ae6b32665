"""The challenge's file: every picture once, its labels as numbers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from modiste.cli.data import app
from modiste.errors import SourceError, UsageError
from modiste.readers import read_source
from modiste.readers.imaterialist_files import LabelMap
from modiste.writers.submission import build_submission, write_submission

TAGS = pl.DataFrame(
    {
        "image": ["test/1.jpg", "test/2.jpg", "test/10.jpg"],
        "item_id": ["test/1", "test/2", "test/10"],
        "label": [["66", "105", "20"], [], ["7"]],
        "label_confidence": [0.8, 0.6, 0.9],
        "doubtful": [False, True, False],
    }
)
WANTED = [("1", "20 66 105"), ("2", ""), ("10", "7")]
NAMED = LabelMap({3: "Black", 9: "Black", 4: "V Neck"}, {3: "color", 9: "sleeve", 4: "neckline"})


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_whatever_tags_are_written_as_gives_the_same_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tags{suffix}"
    if suffix == ".csv":
        TAGS.with_columns(pl.col("label").list.join(";")).write_csv(path)
    else:
        TAGS.write_parquet(path) if suffix == ".parquet" else TAGS.write_ndjson(path)
    made = write_submission(path, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "image_id,label_id"
    assert text.splitlines()[1:] == ["1,20 66 105", '2,""', "10,7"]
    assert made.table.rows() == WANTED
    assert made.empty == 1


def test_names_of_several_fields_become_their_numbers() -> None:
    columns = {"item_id": ["5"], "color": [["Black"]], "color_confidence": [1.0]}
    columns |= {
        "sleeve": [["Black"]],
        "sleeve_confidence": [1.0],
        "neckline": [["V Neck"]],
        "neckline_confidence": [1.0],
    }
    assert build_submission(columns, NAMED).table.rows() == [("5", "3 4 9")]
    with pytest.raises(UsageError, match=r"'Black' of 'color' has no number.*--label-map label_map\.csv"):
        build_submission(columns)
    with pytest.raises(UsageError, match="the map of labels does not name 'Pink' of 'color'"):
        build_submission(columns | {"color": [["Pink"]]}, NAMED)


def test_what_is_no_table_of_tags_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a table of 'modiste tag'.*given a, b"):
        build_submission({"a": [1], "b": [2]})
    with pytest.raises(SourceError, match="two pictures are called '1'; tag one part at a time"):
        build_submission({"item_id": ["test/1", "train/1"], "label": [[], []], "label_confidence": [0.0, 0.0]})
    with pytest.raises(SourceError, match="can't be read"):
        write_submission(tmp_path / "none.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_the_command_writes_what_the_reader_reads(tmp_path: Path) -> None:
    TAGS.write_parquet(tmp_path / "tags.parquet")
    words = ["submission", str(tmp_path / "tags.parquet"), str(tmp_path / "out.csv")]
    said = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "3 pictures, 1 of them without a label" in said.output
    with pytest.raises(UsageError, match="--overwrite"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    CliRunner().invoke(app, [*words, "--overwrite"], catch_exceptions=False)
    renamed = pl.read_csv(tmp_path / "out.csv", infer_schema=False).rename(
        {"image_id": "imageId", "label_id": "labelId"}
    )
    (tmp_path / "set").mkdir()
    renamed.write_csv(tmp_path / "set/test.csv")
    for number in (1, 2, 10):
        (tmp_path / f"set/{number}.jpg").write_bytes(b"")
    back = read_source(tmp_path / "set", reader="imaterialist")
    assert back.items.sort("item_id")["label.label"].to_list() == [["20", "66", "105"], ["7"], None]
