from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modiste.batch import outputs
from modiste.batch.outputs import TAG_FORMATS, VECTOR_FORMATS, Format, find_format, write_csv, write_names
from modiste.errors import UnknownNameError, UsageError

NASTY = ["=1+1", "+x", "-y", "@z", "a,b", 'q"u', "new\nline", "r\rz", "ünïcode 🧥", "http://x.example/", "007", "tab\t"]
TABLE = pl.DataFrame(
    {
        "image": NASTY,
        "kind": ["Bags", None] * 6,
        "kind_confidence": [round(number / 12, 4) for number in range(12)],
        "material": [["Silk", "Cotton"], [], ["Silk"]] * 4,
        "doubtful": [True, False] * 6,
    }
)
JOINED = TABLE.with_columns(pl.col("material").list.join(";"))


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    tables = [TABLE[:5], TABLE[5:5], TABLE[5:]]
    paths = [tmp_path / f"part-{number}.parquet" for number in range(3)]
    for table, path in zip(tables, paths, strict=True):
        table.write_parquet(path)
    return paths


def write(suffix: str, parts: list[Path], formats: tuple[Format, ...] = TAG_FORMATS) -> Path:
    path = parts[0].with_name("output" + suffix)
    find_format(path, formats).write(parts, path)
    return path


def test_csv_is_read_back(parts: list[Path]) -> None:
    path = write(".csv", parts)
    table = pl.read_csv(path, schema=JOINED.schema)
    assert table.with_columns(pl.col("material").fill_null("")).equals(JOINED)
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_excel_is_read_back_as_texts_and_numbers(parts: list[Path]) -> None:
    path = write(".xlsx", parts)
    table = pl.read_excel(path, schema_overrides={"image": pl.String})
    assert table.select("image", "kind", "kind_confidence", "doubtful").equals(
        JOINED.select("image", "kind", "kind_confidence", "doubtful")
    )
    assert table["material"].fill_null("").to_list() == JOINED["material"].to_list()
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_excel_cuts_what_a_cell_cannot_hold(tmp_path: Path) -> None:
    pl.DataFrame({"image": ["x" * 40_000]}).write_parquet(tmp_path / "part.parquet")
    assert pl.read_excel(write(".xlsx", [tmp_path / "part.parquet"]))["image"].to_list() == ["x" * 32_767]


def test_parquet_and_json_lines_are_read_back(parts: list[Path]) -> None:
    assert pl.read_parquet(write(".parquet", parts)).equals(TABLE)
    lines = write(".jsonl", parts).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == TABLE.to_dicts()


@pytest.mark.parametrize("known", TAG_FORMATS, ids=lambda known: known.suffix)
def test_a_format_is_reproducible(parts: list[Path], known: Format) -> None:
    first, second = parts[0].with_name("first"), parts[0].with_name("second")
    known.write(parts, first)
    known.write(parts, second)
    assert first.read_bytes() == second.read_bytes()


def test_an_empty_table_keeps_its_columns(parts: list[Path]) -> None:
    assert write(".csv", parts[1:2]).read_text() == ",".join(TABLE.columns) + "\n"
    assert pl.read_parquet(write(".parquet", parts[1:2])).schema == TABLE.schema
    assert write(".jsonl", parts[1:2]).read_bytes() == b""


def test_vectors_are_read_back_with_their_names(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(12, 4)).astype(np.float32)
    table = pl.DataFrame({"item_id": NASTY, "image": NASTY}).with_columns(
        pl.Series("vector", vectors, dtype=pl.Array(pl.Float32, 4))
    )
    parts = [tmp_path / f"{number}.parquet" for number in range(3)]
    for part, stretch in zip(parts, [table[:5], table[5:5], table[5:]], strict=True):
        stretch.write_parquet(part)
    np.testing.assert_array_equal(np.load(write(".npy", parts, VECTOR_FORMATS), allow_pickle=False), vectors)
    np.testing.assert_array_equal(
        pl.read_parquet(write(".parquet", parts, VECTOR_FORMATS))["vector"].to_numpy(), vectors
    )
    write_names(parts, tmp_path / "names.json", fingerprint="abc")
    names = json.loads((tmp_path / "names.json").read_text(encoding="utf-8"))
    assert names == {"fingerprint": "abc", "item_id": NASTY, "image": NASTY}


def test_limits_and_unknown_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"no output format '.xls'; did you mean '.xlsx'"):
        find_format(Path("tags.xls"), TAG_FORMATS)
    with pytest.raises(UnknownNameError, match="no output format 'tags'"):
        find_format(Path("tags"), TAG_FORMATS)
    excel = find_format(Path("TAGS.XLSX"), TAG_FORMATS)
    excel.check_rows(outputs._EXCEL_ROWS)
    with pytest.raises(UsageError, match=r"1,048,576 pictures, but a .xlsx file holds 1,048,575 rows.*\.parquet"):
        excel.check_rows(outputs._EXCEL_ROWS + 1)


def test_errors_without_rows(tmp_path: Path) -> None:
    pl.DataFrame(schema={"image": pl.String, "reason": pl.String}).write_parquet(tmp_path / "e.parquet")
    write_csv([tmp_path / "e.parquet"], tmp_path / "e.csv")
    assert (tmp_path / "e.csv").read_text() == "image,reason\n"
