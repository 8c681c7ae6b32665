"""Tables of every kind: columns found and told, pictures, boxes, splits, several labels, several annotators."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.errors import ModisteError, SourceError, UnknownNameError
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source

Layout = Callable[[Mapping[str, str | bytes]], Path]

ROWS = [
    {"image": "pics/1.jpg", "id": "A1", "category": "Shoes", "price": 10.5, "title": "Red shoe"},
    {"image": "pics/2.jpg", "id": "A2", "category": "Bags", "price": 20.0, "title": "Blue bag"},
    {"image": "pics/3.jpg", "id": "A3", "category": None, "price": None, "title": None},
]
PICTURES: dict[str, str | bytes] = {f"pics/{number}.jpg": f"picture {number}" for number in (1, 2, 3)}


def to_csv(rows: list[dict[str, Any]], separator: str = ",") -> str:
    return pl.DataFrame(rows).write_csv(separator=separator)


def to_bytes(rows: list[dict[str, Any]], suffix: str) -> str | bytes:
    if suffix in (".csv", ".tsv"):
        return to_csv(rows, "\t" if suffix == ".tsv" else ",")
    if suffix == ".jsonl":
        return "\n".join(map(json.dumps, rows))
    buffer = io.BytesIO()
    if suffix == ".xlsx":
        pl.DataFrame(rows).write_excel(buffer)
    else:
        pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def reasons(manifest: Manifest) -> dict[str, str]:
    return dict(manifest.problems.select("where", "reason").iter_rows())


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".xlsx", ".parquet"])
def test_every_format_gives_the_same_items(folder: Layout, suffix: str) -> None:
    manifest = read_source(folder({f"shop{suffix}": to_bytes(ROWS, suffix), **PICTURES}) / f"shop{suffix}")
    assert manifest.items["source"].unique().to_list() == ["table"]
    assert manifest.items["item_id"].to_list() == ["A1", "A2", "A3"]
    assert manifest.labels("category").to_list() == ["Shoes", "Bags", None]
    assert manifest.items["title"].to_list() == ["Red shoe", "Blue bag", None]
    assert manifest.items["meta.price"].to_list() == [10.5, 20.0, None]
    with PictureSource() as source:
        assert source.read(manifest.items["image"][2]) == b"picture 3"
    assert (manifest.rows, len(manifest.problems)) == (3, 0)


def test_a_folder_or_archive_with_its_table(layout: Layout) -> None:
    manifest = read_source(layout({"shop.csv": to_csv(ROWS), **PICTURES}))
    assert manifest.items["source"][0] == "table"
    with PictureSource() as source:
        assert [source.read(reference) for reference in manifest.items["image"]] == list(
            map(str.encode, PICTURES.values())
        )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings(folder: Layout, separator: str, encoding: str) -> None:
    text = separator.join(("Image Path", "colour")) + "\n" + separator.join(("pics/1.jpg", "écru"))
    text += "\n" + separator.join(("pics/2.jpg", "rosé"))
    manifest = read_source(folder({"shop.csv": text.encode(encoding), **PICTURES}) / "shop.csv")
    assert manifest.labels("colour").to_list() == ["écru", "rosé"]
    assert manifest.items["item_id"].to_list() == ["pics/1", "pics/2"]


def test_rows_that_cannot_be_used_are_listed(folder: Layout) -> None:
    text = (
        "id,image\n1,pics/1.jpg\n2,pics/none.jpg\n3,\n4,../secret.jpg\n5\n1,pics/2.jpg\n,pics/3.jpg\n6,ftp://a/b.jpg\n"
    )
    root = folder({"shop.csv": text, **PICTURES})
    (root.parent / "secret.jpg").write_bytes(b"outside")
    manifest = read_source(root, options=ReaderOptions(id_column="id"))
    assert manifest.items["item_id"].to_list() == ["1"]
    assert reasons(manifest) == {
        "shop.csv line 3 (pics/none.jpg)": "no such picture",
        "shop.csv line 4": "no picture is named",
        "shop.csv line 5 (../secret.jpg)": (
            "the path leads out of the folder of pictures; name a folder that holds them all: root"
        ),
        "shop.csv line 6": "more or fewer cells than the 2 of the header",
        "shop.csv line 7 (id 1)": "the id stands in an earlier row (the first one is kept)",
        "shop.csv line 8": "no id",
        "shop.csv line 9 (ftp://a/b.jpg)": "an address that is neither http nor https; download the picture first",
    }
    assert manifest.rows == 8


def test_addresses_stay_references(folder: Layout) -> None:
    urls = ["https://a.example/x/1.jpg?w=2", "https://a.example/x/2", "http://b.example/x/2"]
    root = folder({"shop.csv": "url\n" + "\n".join(urls)})
    manifest = read_source(root / "shop.csv")
    assert manifest.items["image"].to_list() == urls
    assert manifest.items["item_id"].to_list() == ["x/1", *urls[1:]]


def test_columns_may_be_told(folder: Layout) -> None:
    rows = [{"a": "pics/1.jpg", "b": "x", "c": "P", "d": "val", "e": "t", "f": 7, "g": "1 2 3 4"}]
    options = ReaderOptions(
        image_column="a",
        id_column="b",
        product_column="c",
        split_column="d",
        title_column="e",
        fields=("f",),
        box_columns=("g",),
    )
    item = read_source(folder({"t.csv": to_csv(rows), **PICTURES}), options=options).items.row(0, named=True)
    assert (item["item_id"], item["product_id"], item["split"], item["title"]) == ("x", "P", "validation", "t")
    assert (item["label.f"], item["box"]) == ("7", [1.0, 2.0, 3.0, 4.0])


def test_columns_that_are_not_there_are_refused(folder: Layout) -> None:
    root = folder({"shop.csv": to_csv(ROWS), **PICTURES})
    for options in (ReaderOptions(id_column="ident"), ReaderOptions(fields=("categorie",))):
        with pytest.raises(UnknownNameError, match="there is no column"):
            read_source(root, options=options)


def test_a_table_without_pictures_is_refused(folder: Layout) -> None:
    root = folder({"shop.csv": "id,price\n1,2\n"})
    with pytest.raises(SourceError, match=r"no column holds paths or URLs of pictures; the columns are id, price"):
        read_source(root, reader="table")
    with pytest.raises(SourceError, match=r"table +a column of picture paths or URLs in shop.csv"):
        read_source(root)


def test_several_tables_need_a_name(folder: Layout) -> None:
    root = folder({"a.csv": to_csv(ROWS), "b.csv": to_csv(ROWS[:1]), **PICTURES})
    with pytest.raises(SourceError, match=r"one table of several; name one: table \(a.csv, b.csv\)"):
        read_source(root, reader="table")
    assert len(read_source(root, options=ReaderOptions(table="b.csv"))) == 1
    with pytest.raises(UnknownNameError, match=r"there is no table 'c\.csv'"):
        read_source(root, reader="table", options=ReaderOptions(table="c.csv"))


def test_labels_are_columns_whose_texts_repeat(folder: Layout) -> None:
    rows = [
        {
            "image": f"pics/{1 + at % 3}.jpg",
            "id": str(at),
            "type": f"t{at % 4}",
            "serial": f"s{at}",
            "size": str(at % 3),
        }
        | {"long": "x" * 61 + str(at % 2), "same": "EUR", "flag": "yes" if at % 2 else "no"}
        for at in range(60)
    ]
    manifest = read_source(folder({"shop.csv": to_csv(rows), **PICTURES}))
    assert manifest.taxonomy.names == ("type", "flag")
    free = {name: manifest.items[name].dtype for name in manifest.items.columns if name.startswith("meta.")}
    assert free == {"meta.serial": pl.String, "meta.size": pl.Int64, "meta.long": pl.String, "meta.same": pl.String}


def test_several_labels_in_one_cell(folder: Layout) -> None:
    rows = [
        {"image": "pics/1.jpg", "style": "boho| retro", "kind": "a"},
        {"image": "pics/2.jpg", "style": "retro", "kind": "b"},
        {"image": "pics/3.jpg", "style": "", "kind": "a"},
    ]
    root = folder({"shop.csv": to_csv(rows), **PICTURES})
    manifest = read_source(root, options=ReaderOptions(separator="|"))
    assert manifest.labels("style").to_list() == [["boho", "retro"], ["retro"], None]
    assert (manifest.taxonomy["style"].kind, manifest.taxonomy["kind"].kind) == ("multi", "single")
    both = read_source(root, options=ReaderOptions(separator="|", fields=("style", "kind"), multi_fields=("kind",)))
    assert both.labels("kind").to_list() == [["a"], ["b"], ["a"]]
    assert both.labels("style").to_list() == ["boho| retro", "retro", None]
    assert read_source(root).taxonomy["style"].kind == "single"


def test_lists_in_json_are_several_labels(folder: Layout) -> None:
    rows = [{"image": "pics/1.jpg", "tags": ["a", "b"], "box": [1, 2, 3, 4]}, {"image": "pics/2.jpg", "tags": []}]
    text = "\n".join([*map(json.dumps, rows), "{broken", "[1]"])
    manifest = read_source(folder({"shop.jsonl": text, **PICTURES}) / "shop.jsonl")
    assert manifest.labels("tags").to_list() == [["a", "b"], []]
    assert manifest.items["box"].to_list() == [[1.0, 2.0, 3.0, 4.0], None]
    assert reasons(manifest) == {"shop.jsonl line 3": "not a JSON object", "shop.jsonl line 4": "not a JSON object"}
    array = folder({"shop.json": json.dumps(rows)}) / "shop.json"
    assert read_source(array).items["image"].equals(manifest.items["image"])


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("left,top,width,height", "10,20,30,40"),
        ("x,y,w,h", "10,20,30,40"),
        ("x_1,y_1,x_2,y_2", "10,20,40,60"),
        ("xmin,ymin,xmax,ymax", "10,20,40,60"),
        ("bbox", '"[10, 20, 30, 40]"'),
        ("box", "10 20 30 40"),
    ],
)
def test_boxes(folder: Layout, header: str, cells: str) -> None:
    blank = "," * header.count(",")
    text = f"image,{header}\npics/1.jpg,{cells}\npics/2.jpg,{blank}\n"
    manifest = read_source(folder({"shop.csv": text, **PICTURES}))
    assert manifest.items["box"].to_list() == [[10.0, 20.0, 30.0, 40.0], None]


def test_wrong_boxes_are_listed(folder: Layout) -> None:
    text = "image,box\npics/1.jpg,1 2 3\npics/2.jpg,1 2 0 4\npics/3.jpg,a b c d\npics/1.jpg,1 2 3 4\n"
    manifest = read_source(folder({"shop.csv": text, **PICTURES}))
    assert len(manifest) == 1
    assert set(reasons(manifest).values()) == {"the box is not four numbers with a positive width and height"}


def test_several_boxes_of_one_picture_are_several_items(folder: Layout) -> None:
    text = "image,box\npics/1.jpg,1 2 3 4\npics/1.jpg,5 6 7 8\npics/1.jpg,1 2 3 4\n"
    manifest = read_source(folder({"shop.csv": text, **PICTURES}))
    assert manifest.items["item_id"].to_list() == ["pics/1", "pics/1#2"]
    assert reasons(manifest) == {
        "shop.csv line 4 (id pics/1)": "the id stands in an earlier row (the first one is kept)"
    }


def test_an_id_of_several_pictures_is_the_product(folder: Layout) -> None:
    text = "id,image\nP1,pics/1.jpg\nP1,pics/2.jpg\nP2,pics/3.jpg\n"
    manifest = read_source(folder({"shop.csv": text, **PICTURES}))
    assert manifest.items["item_id"].to_list() == ["pics/1", "pics/2", "pics/3"]
    assert manifest.items["product_id"].to_list() == ["P1", "P1", "P2"]


def test_splits_get_their_usual_names(folder: Layout) -> None:
    text = "image,set\npics/1.jpg,Training\npics/2.jpg,VAL\npics/3.jpg,gallery\n"
    manifest = read_source(folder({"shop.csv": text, **PICTURES}))
    assert manifest.items["split"].to_list() == ["train", "validation", "gallery"]
    other = read_source(folder({"shop.csv": text.replace("Training", "a").replace("VAL", "b"), **PICTURES}))
    assert other.taxonomy.names == ("set",)


def test_pictures_are_found_by_name_in_the_folder(folder: Layout) -> None:
    text = "image,n\n1,a\n2.jpg,b\nC:\\old\\3.jpg,c\n/home/somebody/pics/3.jpg,d\nsame.jpg,e\nb/same.jpg,f\n"
    root = folder({"shop.csv": text, **PICTURES, "a/same.jpg": b"", "x/b/same.jpg": b""})
    manifest = read_source(root)
    assert [name.rpartition("data/")[2] for name in manifest.items["image"].to_list()] == [
        "pics/1.jpg",
        "pics/2.jpg",
        "pics/3.jpg",
        "x/b/same.jpg",
    ]
    assert set(reasons(manifest).values()) == {
        "several pictures have this name; give the path below the folder of pictures",
        "the id stands in an earlier row (the first one is kept)",
    }


def test_the_root_may_be_told(folder: Layout, tmp_path: Path) -> None:
    root = folder({"tables/shop.csv": "image\n1.jpg\n../up.jpg\n", **PICTURES})
    manifest = read_source(root / "tables/shop.csv", options=ReaderOptions(root=root / "pics"))
    assert manifest.items["item_id"].to_list() == ["1"]
    assert "leads out" in manifest.problems["reason"][0]
    everything = ReaderOptions(root=Path(root.anchor))
    absolute = folder({"abs.csv": f"image\n{root / 'pics/1.jpg'}\n{root / 'none.jpg'}\n"}) / "abs.csv"
    assert read_source(absolute, options=everything).items["image"].to_list() == [str(root / "pics/1.jpg")]


def test_an_archive_as_root_and_references_in_cells(folder: Layout, tmp_path: Path) -> None:
    import zipfile

    root = folder({"shop.csv": "image\n1.jpg\n", "refs.csv": "image\npics.zip::1.jpg\nnone.zip::1.jpg\n"})
    with zipfile.ZipFile(root / "pics.zip", "w") as archive:
        archive.writestr("1.jpg", b"in the archive")
    told = read_source(root / "shop.csv", options=ReaderOptions(root=root / "pics.zip"))
    given = read_source(root / "refs.csv")
    with PictureSource() as source:
        assert source.read(told.items["image"][0]) == source.read(given.items["image"][0]) == b"in the archive"
    assert list(reasons(given).values()) == ["no such picture"]


def test_annotators(folder: Layout) -> None:
    text = (
        "image,annotator,colour,style\n"
        "pics/1.jpg,ann,red,a|b\npics/1.jpg,bob,red,b\npics/1.jpg,cy,blue,b|c\n"
        "pics/2.jpg,ann,red,a\npics/2.jpg,bob,blue,\n"
        "pics/3.jpg,ann,,a\npics/3.jpg,,red,a\npics/3.jpg,ann,red,a\n"
    )
    manifest = read_source(folder({"shop.csv": text, **PICTURES}), options=ReaderOptions(separator="|"))
    assert manifest.items["item_id"].to_list() == ["pics/1", "pics/2", "pics/3"]
    assert manifest.labels("colour").to_list() == ["red", None, None]
    assert manifest.labels("style").to_list() == [["b"], ["a"], ["a"]]
    said = manifest.opinions.filter(item_id="pics/1")
    assert said.filter(field="colour").select("annotator", "value").rows() == [
        ("ann", "red"),
        ("bob", "red"),
        ("cy", "blue"),
    ]
    assert said.filter(field="style", annotator="cy")["value"].to_list() == ["b", "c"]
    assert reasons(manifest) == {
        "shop.csv line 8 (id pics/3)": "no annotator",
        "shop.csv line 9 (id pics/3)": "the annotator spoke of this item in an earlier row (the first one is kept)",
        "colour of pics/2": "annotators are divided evenly (the label is left open)",
    }


def test_numbers_as_ids_have_no_decimal_point(folder: Layout) -> None:
    rows = [{"image": "pics/1.jpg", "id": 1163.0}, {"image": "pics/2.jpg", "id": None}]
    manifest = read_source(folder({"shop.xlsx": to_bytes(rows, ".xlsx"), **PICTURES}))
    assert manifest.items["item_id"].to_list() == ["1163"]
    assert reasons(manifest) == {"shop.xlsx row 3": "no id"}


def test_excel_rows_keep_their_numbers_past_blank_ones(folder: Layout) -> None:
    rows = [{"image": "pics/1.jpg", "n": "a"}, {"image": None, "n": None}, {"image": "pics/none.jpg", "n": "b"}]
    manifest = read_source(folder({"shop.xlsx": to_bytes(rows, ".xlsx"), **PICTURES}))
    assert list(reasons(manifest)) == ["shop.xlsx row 4 (pics/none.jpg)"]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".json"])
def test_damaged_tables_are_refused(folder: Layout, suffix: str) -> None:
    root = folder({f"shop{suffix}": "[nothing of the kind"})
    with pytest.raises(SourceError, match=f"shop{suffix}.* damaged"):
        read_source(root / f"shop{suffix}", reader="table")


def test_truncated_parquet_never_crashes(folder: Layout) -> None:
    data = to_bytes(ROWS * 20, ".parquet")
    assert isinstance(data, bytes)
    for cut in range(0, len(data), 97):
        root = folder({"shop.parquet": data[:cut], **PICTURES})
        with pytest.raises(SourceError):
            read_source(root / "shop.parquet", reader="table")


def test_columns_of_one_name_are_refused(folder: Layout) -> None:
    with pytest.raises(SourceError, match="two columns named 'a'; rename one"):
        read_source(folder({"t.csv": "image,a,a\npics/1.jpg,1,2\n", **PICTURES}), reader="table")


def test_a_column_without_a_name_is_kept(folder: Layout) -> None:
    manifest = read_source(folder({"t.csv": ",image\n0,pics/1.jpg\n1,pics/2.jpg\n", **PICTURES}))
    assert manifest.items["meta.column 1"].to_list() == [0, 1]


def test_a_table_that_is_none_is_refused(folder: Layout) -> None:
    with pytest.raises(SourceError, match="a name that ends like a table's"):
        read_source(folder({"a.jpg": b""}) / "a.jpg", reader="table")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_any_bytes_are_read_or_refused(suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("any")
    (home / "1.jpg").write_bytes(b"")
    words = [
        b"image",
        b"1.jpg",
        b",",
        b"\n",
        b'"',
        b"{",
        b"}",
        b":",
        b"[",
        b"]",
        b"\\ud800",
        b"\0",
        b"\xe9",
        b"1e999",
        b" ",
    ]

    @settings(deadline=None, max_examples=150)
    @given(st.lists(st.sampled_from(words), max_size=20).map(b"".join))
    def check(data: bytes) -> None:
        (home / f"t{suffix}").write_bytes(data)
        with contextlib.suppress(ModisteError):
            read_source(home / f"t{suffix}", reader="table")

    check()


@pytest.mark.parametrize("cell", ["x\0.jpg", "y" * 5000 + ".jpg", "..", ".", "/", "a/../../b", "::", "%3A::"])
def test_strange_paths_are_listed(folder: Layout, cell: str) -> None:
    root = folder({"t.csv": f"image\n{cell}\npics/1.jpg\n", **PICTURES})
    for source in (root, root / "t.csv"):
        manifest = read_source(source, reader="table", options=ReaderOptions(image_column="image"))
        assert (len(manifest), len(manifest.problems)) == (1, 1)


def test_half_characters_in_json(folder: Layout) -> None:
    text = '{"image": "pics/1.jpg", "id": "a\\ud800", "x": {"y": "\\udfff"}}'
    manifest = read_source(folder({"t.jsonl": text, **PICTURES}) / "t.jsonl")
    assert manifest.items.select("item_id", "meta.x").rows() == [("a?", {"y": "?"})]
