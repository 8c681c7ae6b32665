"""Feeds for the Google Merchant Center: text and XML say the same, variants come together, bad ones are refused."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError, UnknownNameError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, feed_xml, read_source

ROWS = [
    {
        "id": "1",
        "title": "Shirt",
        "description": "<b>Soft</b> &amp; light",
        "link": "https://s.example/1",
        "image_link": "https://s.example/1.jpg",
        "additional_image_link": "https://s.example/1b.jpg,https://s.example/1c.jpg",
        "price": "1500.00 INR",
        "sale_price": "1200.00 INR",
        "availability": "out of stock",
        "brand": "Acme",
        "gender": "Female",
        "age_group": "adult",
        "color": "Red/Blue",
        "size": "M",
        "material": "cotton",
        "pattern": "striped",
        "product_type": "Women > Shirts",
        "google_product_category": "Apparel & Accessories > Clothing > Shirts & Tops",
        "item_group_id": "g",
    },
    {"id": "2", "image_link": "https://s.example/1.jpg", "price": "1400.00 INR", "size": "L", "item_group_id": "g"},
    {"id": "3", "image_link": "https://s.example/3.jpg", "price": "90 EUR", "color": "Green", "item_group_id": "g"},
    {"id": "4", "image_link": "https://s.example/4.jpg", "price": "10 EUR"},
]
ROWS[1] |= {"color": "Red/Blue", "gender": "female", "availability": "in stock", "title": "Shirt"}
KEYS = list(ROWS[0])


def write_text(rows: list[dict[str, str]], names: list[str] | None = None, separator: str = "\t") -> str:
    lines = [separator.join(names or KEYS)]
    return "\n".join(lines + [separator.join(row.get(key, "") for key in KEYS) for row in rows]) + "\n"


def write_item(row: dict[str, str]) -> str:
    parts = [(key, value) for key in row for value in row[key].split(",")]
    return "".join(f"<g:{key}>{escape(value)}</g:{key}>" for key, value in parts)


def write_rss(rows: list[dict[str, str]]) -> str:
    items = "".join(f"<item>{write_item(row)}</item>" for row in rows)
    space = 'xmlns:g="http://base.google.com/ns/1.0"'
    return f'<?xml version="1.0"?><rss {space} version="2.0"><channel><title>Shop</title>{items}</channel></rss>'


def write_atom(rows: list[dict[str, str]]) -> str:
    items = "".join(f"<entry><id>tag:x</id>{write_item(row)}</entry>" for row in rows)
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"'
    return f"<feed {spaces}><title>Shop</title>{items}</feed>"


def read(path: Path, text: str | bytes, **options: object) -> Manifest:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_source(path, options=ReaderOptions(**options))  # type: ignore[arg-type]


FORMS = {"feed.tsv": write_text, "feed.txt": write_text, "rss.xml": write_rss, "atom.xml": write_atom}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_the_same(tmp_path: Path, name: str) -> None:
    manifest = read(tmp_path / name, FORMS[name](ROWS))
    items = {row["item_id"]: row for row in manifest.items.to_dicts()}
    assert list(items) == ["1", "1#2", "1#3", "3", "4"] and manifest.rows == 4 and not len(manifest.problems)
    first = items["1"]
    assert first["source"] == "google-merchant"
    assert [items[name]["image"][-6:] for name in ("1", "1#2", "1#3")] == ["/1.jpg", "1b.jpg", "1c.jpg"]
    assert [row["product_id"] for row in items.values()] == ["g", "g", "g", "g", "4"]
    assert (first["label.gender"], first["label.colour"]) == ("female", ["Red", "Blue"])
    assert items["3"]["label.colour"] == ["Green"] and items["4"]["label.colour"] is None
    assert (first["meta.price"], first["meta.discountedPrice"], first["meta.currency"]) == (1500.0, 1200.0, "INR")
    assert first["meta.sizes"] == [{"size": "M", "stock": 0}, {"size": "L", "stock": None}]
    assert first["meta.variants"] == ["1", "2"] and first["meta.availability"] == "in_stock"
    assert first["meta.brand"] == "Acme" and first["meta.link"] == "https://s.example/1"


def test_labels_of_variants_that_differ_are_left_open(tmp_path: Path) -> None:
    rows = [ROWS[0], {**ROWS[1], "pattern": "plain"}]
    items = read(tmp_path / "feed.tsv", write_text(rows)).items
    assert items["label.colour"][0].to_list() == ["Red", "Blue"] and "label.pattern" not in items.columns
    alone = read(tmp_path / "feed.tsv", write_text(ROWS[:1])).items
    assert alone["label.pattern"][0] == "striped" and alone["meta.description"][0] == "Soft & light"
    assert alone["label.category"][0].endswith("Shirts & Tops") and alone["label.productType"][0] == "Women > Shirts"
    assert alone["label.ageGroup"][0] == "adult" and alone["label.material"].to_list()[0] == ["cotton"]


@pytest.mark.parametrize("rename", [str.upper, lambda key: key.replace("_", " "), lambda key: f"g:{key}"])
def test_header_variants_are_understood(tmp_path: Path, rename: object) -> None:
    names = [rename(key) for key in KEYS]  # type: ignore[operator]
    assert len(read(tmp_path / "feed.tsv", write_text(ROWS, names))) == 5
    names[KEYS.index("color")] = "Colour"
    assert read(tmp_path / "feed.tsv", write_text(ROWS, names)).labels("colour")[0].to_list() == ["Red", "Blue"]


def test_entries_that_can_not_be_used_are_told(tmp_path: Path) -> None:
    rows = [*ROWS[:1], {"id": "1", "image_link": "https://s.example/9.jpg"}, {"id": "7"}, {"image_link": "https://x/1"}]
    rows += [
        {"id": "8", "image_link": "ftp://x/1.jpg", "price": "ask"},
        {"id": "9", "image_link": "https://x/9", "price": "ask"},
    ]
    manifest = read(tmp_path / "feed.tsv", write_text(rows) + "only one cell\n")
    assert manifest.rows == 7 and manifest.items["item_id"].to_list() == ["1", "1#2", "1#3", "9"]
    assert manifest.problems.rows() == [
        ("feed.tsv line 8", "more or fewer cells than the header", "lost"),
        ("feed.tsv line 3 (id 1)", "the id stands in an earlier row (the first one is kept)", "remark"),
        ("feed.tsv line 4 (id 7)", "no image_link", "lost"),
        ("feed.tsv line 5", "no id", "lost"),
        ("feed.tsv line 6 (id 8)", "image_link is no http or https address", "lost"),
        ("feed.tsv line 7 (id 9)", "price is no amount (left open)", "remark"),
    ]


def test_fetched_pictures_are_found_by_id(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("1.jpg", "1#2.jpg", "4.webp"):
        (tmp_path / "pictures" / name).write_bytes(b"")
    manifest = read(tmp_path / "feed.tsv", write_text(ROWS), root=tmp_path / "pictures")
    assert manifest.items["item_id"].to_list() == ["1", "1#2", "4"]
    assert manifest.items["image"][2] == str(tmp_path / "pictures" / "4.webp")
    reason = "no picture below the root is named by this id"
    assert manifest.problems["reason"].to_list() == [reason, reason]


def test_fields_choose_the_labels(tmp_path: Path) -> None:
    manifest = read(tmp_path / "feed.tsv", write_text(ROWS), fields=("colour",))
    assert manifest.taxonomy.names == ("colour",)
    with pytest.raises(UnknownNameError, match="did you mean 'colour'"):
        read_source(tmp_path / "feed.tsv", reader="google-merchant", options=ReaderOptions(fields=("color",)))


def test_feeds_are_found_in_folders(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(write_rss(ROWS))
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "empty.csv").write_text("")
    assert len(read_source(tmp_path)) == 5
    (tmp_path / "b.tsv").write_text(write_text(ROWS))
    with pytest.raises(SourceError, match=r"several feeds; name one: table \(b.tsv, feed.xml\)"):
        read_source(tmp_path, reader="google-merchant")
    assert len(read_source(tmp_path, options=ReaderOptions(table="b.tsv"))) == 5
    with pytest.raises(UnknownNameError, match=r"did you mean 'b\.tsv'"):
        read_source(tmp_path, reader="google-merchant", options=ReaderOptions(table="c.tsv"))


def test_other_tables_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,image_link\n1,https://x.example/1.jpg\n")
    assert read_source(tmp_path / "a.csv").items["source"][0] == "table"
    with pytest.raises(SourceError, match="no feed for the Google Merchant Center"):
        read_source(tmp_path / "a.csv", reader="google-merchant")


ENTITY = '<!DOCTYPE r [<!ENTITY a "boom">]>'
HOSTILE = {
    "an entity": (
        ENTITY + write_rss(ROWS[:1]).partition("?>")[2].replace("Shirt", "&a;"),
        "document type or an entity",
    ),
    "an outer entity": (
        '<!DOCTYPE r SYSTEM "file:///etc/passwd">' + write_rss(ROWS).partition("?>")[2],
        "document type",
    ),
    "cut short": (write_rss(ROWS)[:-20], "no well-formed XML"),
    "deep": (write_rss([]).replace("<title>", "<a>" * 99 + "<title>"), "nested more than 32 deep"),
    "long": (write_rss([{"id": "x" * 300_000}]), "a text of more than 200,000 characters"),
    "wide": (write_rss([{"id": ",".join("1" * 1100)}]), "an item of more than 1,000 elements"),
    "an unknown encoding": (write_rss(ROWS).replace("?>", ' encoding="klingon"?>'), "no well-formed XML"),
    "no items": (write_rss([]), "no item can be used: the source is empty"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_feeds_are_refused(tmp_path: Path, case: str) -> None:
    text, reason = HOSTILE[case]
    with pytest.raises(SourceError, match=reason):
        read(tmp_path / "feed.xml", text)


def test_other_encodings_are_read(tmp_path: Path) -> None:
    row = {**ROWS[3], "title": "Größe"}
    for encoding in ("utf-8", "utf-16", "iso-8859-1", "windows-1252"):
        text = write_rss([row]).replace("?>", f' encoding="{encoding}"?>').encode(encoding)
        assert read(tmp_path / "feed.xml", text).items["title"][0] == "Größe"


def test_entries_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_xml, "_CHUNK", 7)
    entries = list(feed_xml.iterate_entries("x", write_atom(ROWS).encode(), "http://base.google.com/ns/1.0"))
    assert [entry["id"] for entry in entries] == [["1"], ["2"], ["3"], ["4"]]


def test_plain_elements_fill_what_the_namespace_leaves_out() -> None:
    text = b"""<f xmlns='http://www.w3.org/2005/Atom' xmlns:g='urn:g'><entry><id>t</id><link href='https://l'/>
    <summary>words</summary><g:shipping><g:price>4 EUR</g:price></g:shipping><g:price>9 EUR</g:price></entry></f>"""
    entry = next(feed_xml.iterate_entries("x", text, "urn:g"))
    assert entry["id"] == ["t"] and entry["link"] == ["https://l"] and entry["description"] == ["words"]
    assert entry["price"] == ["9 EUR"]


@given(data=st.binary(max_size=200), name=st.sampled_from(["a.xml", "a.tsv"]), at=st.integers(0, 600))
def test_any_bytes_give_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str, at: int
) -> None:
    whole = (write_rss(ROWS) if name == "a.xml" else write_text(ROWS)).encode()
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(whole[:at] + data + whole[at:])
    try:
        assert len(read_source(path, reader="google-merchant"))
    except SourceError as error:
        assert str(error)


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(KEYS), st.text(max_size=8) | st.sampled_from(["https://a/1", "1"])), max_size=5
    )
)
def test_any_cells_give_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.tsv"
    path.write_text(write_text(rows), encoding="utf-8", errors="replace")
    try:
        assert len(read_source(path, reader="google-merchant"))
    except SourceError as error:
        assert str(error)
