"""Opinions: all are kept, most decide, taking back undoes, and a crash in between loses nothing."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from modiste.catalogue import Catalogue, CatalogueItem, ItemChange, ItemTag
from modiste.errors import CatalogueError
from modiste.imaging import PictureSource
from modiste.serving.corrections import tabulate_corrections
from modiste.serving.opinions import Opinion, OpinionBook, choose_values
from modiste.serving.picture_names import PictureNames
from modiste.serving.review import ReviewQueue, list_doubts

from .conftest import Shop
from .problems import check_problem

KEY = "k" * 32


def say(client: TestClient, item_id: str, field: str, values: list[str], author: str | None = None) -> dict:
    body = {"field": field, "values": values, **({} if author is None else {"author": author})}
    answer = client.post(f"/v1/items/{item_id}/opinions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_most_people_decide_and_taking_back_undoes(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    before = client.get("/v1/items/10002").json()["labels"]["colour"]
    first = say(client, "10002", "colour", ["Green"], "Ann")
    assert first["item"]["labels"]["colour"] == ["Green"]
    say(client, "10002", "colour", ["Blue"], "Ben")
    say(client, "10002", "colour", ["Blue"], "Cat")
    assert client.get("/v1/items/10002").json()["labels"]["colour"] == ["Blue"]
    told = client.get("/v1/items/10002/opinions").json()["opinions"]
    assert [(one["author"], one["values"]) for one in told] == [
        ("Ann", ["Green"]),
        ("Ben", ["Blue"]),
        ("Cat", ["Blue"]),
    ]
    for opinion, expected in ((told[2], ["Blue"]), (told[1], ["Green"]), (told[0], before)):
        said = client.delete(f"/v1/opinions/{opinion['id']}").json()
        assert said["opinion"] is None and said["item"]["labels"]["colour"] == expected
    check_problem(client.delete(f"/v1/opinions/{told[0]['id']}"), "not-found", told[0]["id"])


def test_an_author_is_the_caller_where_none_is_named(fresh: Callable[..., TestClient]) -> None:
    assert say(fresh(), "10002", "material", ["Silk", "Cotton"])["opinion"]["author"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("field", "values", "word"),
    [
        ("nothing", ["x"], "kind"),
        ("colour", ["Pinkish"], "Black"),
        ("colour", ["Red", "Blue"], "one value"),
        ("colour", [], "values"),
    ],
)
def test_an_opinion_that_says_nothing_known_is_refused(
    client: TestClient, field: str, values: list[str], word: str
) -> None:
    answer = client.post("/v1/items/10002/opinions", json={"field": field, "values": values, "author": "Ann"})
    check_problem(answer, "invalid", word)
    assert client.get("/v1/items/10002/opinions").json()["opinions"] == []


def test_an_opinion_about_nobody_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/items/nobody/opinions", json={"field": "colour", "values": ["Red"], "author": "Ann"})
    check_problem(answer, "not-found", "nobody")


votes = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([("x",), ("y",), ("x", "y")])), max_size=9)


@given(votes)
def test_the_choice_is_a_naive_count(said: list[tuple[str, tuple[str, ...]]]) -> None:
    opinions = [Opinion(str(n), "7", "f", values, author, "") for n, (author, values) in enumerate(said)]
    last = {author: (n, values) for n, (author, values) in enumerate(said)}
    best: tuple[str, ...] = ()
    key = (0, -1)
    for values in {values for _, values in last.values()}:
        times = [n for n, one in last.values() if one == values]
        if (len(times), max(times)) > key:
            best, key = values, (len(times), max(times))
    assert choose_values(opinions) == best


def test_what_a_crash_left_undone_is_done_at_the_start(fresh: Callable[..., TestClient], tmp_path: Path) -> None:
    book = OpinionBook(tmp_path / "shop" / "serving" / "opinions.sqlite")
    book.add("10002", "colour", ["Green"], "Ann")  # the power goes here: the catalogue was never told
    assert book.list_unsettled() == [("10002", "colour")]
    client = fresh()
    assert client.get("/v1/items/10002").json()["labels"]["colour"] == ["Green"]
    assert book.list_unsettled() == []
    book.close()


def test_two_processes_share_a_book(tmp_path: Path) -> None:
    one, other = OpinionBook(tmp_path / "book.sqlite"), OpinionBook(tmp_path / "book.sqlite")
    for number in range(5):
        (one, other)[number % 2].add("7", "colour", [str(number)], f"author {number}")
    assert [said.values for said in one.list_opinions("7")] == [(str(number),) for number in range(5)]
    assert other.list_divided() == {("7", "colour")}
    one.close()
    other.close()


def test_people_who_changed_their_minds_are_not_divided(tmp_path: Path) -> None:
    book = OpinionBook(tmp_path / "book.sqlite")
    for author, value in (("Ann", "Red"), ("Ben", "Blue"), ("Ann", "Blue")):
        book.add("7", "colour", [value], author)
    assert book.list_divided() == set()
    book.close()


def tags(*said: tuple[str, str, float, str]) -> CatalogueItem:
    return CatalogueItem("7", tags=tuple(ItemTag(*one) for one in said))


@pytest.mark.parametrize(
    ("item", "divided", "expected"),
    [
        (tags(("a", "x", 0.3, "predicted")), (), ["x is 30 % sure, and 50 % are demanded"]),
        (tags(("a", "x", 0.6, "predicted")), (), []),
        (tags(("a", "x", 0.3, "predicted"), ("a", "y", 1.0, "corrected")), (), []),
        (tags(("a", "x", 0.3, "predicted"), ("a", "y", 1.0, "source")), (), []),
        (
            tags(("a", "x", 0.99, "predicted"), ("a", "y", 1.0, "source")),
            (),
            ["the shop's table says y, the picture looks like x"],
        ),
        (tags(("a", "x", 0.99, "predicted"), ("a", "x", 1.0, "source")), (), []),
        (
            tags(("a", "x", 0.9, "predicted"), ("a", "z", 0.4, "predicted")),
            (),
            ["z is 40 % sure, and 50 % are demanded"],
        ),
        (tags(("a", "x", 1.0, "corrected")), ("a",), ["people say different things"]),
        (tags(("unknown", "x", 0.1, "predicted")), (), []),
    ],
)
def test_doubts(item: CatalogueItem, divided: tuple[str, ...], expected: list[str]) -> None:
    assert [one.why for one in list_doubts(item, {"a": 0.5}, divided)] == expected


def naive_queue(catalogue: Catalogue) -> list[tuple[float, str, str]]:
    demanded = catalogue.bundle.spec.doubt
    found = []
    for item in catalogue:
        for field in catalogue.bundle.taxonomy.names:
            said = [tag for tag in item.tags if tag.field == field]
            own = [tag.confidence for tag in said if tag.origin == "predicted"]
            if own and all(tag.origin == "predicted" for tag in said) and min(own) < demanded[field]:
                found.append((min(own) / demanded[field], item.item_id, field))
    return sorted(found)


def test_the_queue_is_the_most_doubtful_first(client: TestClient, catalogue: Catalogue) -> None:
    expected = naive_queue(catalogue)
    said = client.get("/v1/review", params={"limit": 100}).json()
    told = [(one["item"]["item_id"], one["field"]) for one in said["items"]]
    assert [one for one in told if one in {pair[1:] for pair in expected}] == [one[1:] for one in expected][:100]
    assert said["left"] >= len(expected) > 3
    commonest = max({one[2] for one in expected}, key=[one[2] for one in expected].count)
    some = client.get("/v1/review", params={"field": commonest, "limit": 2, "offset": 1}).json()
    assert [one["field"] for one in some["items"]] == [commonest] * len(some["items"])
    assert some["items"][0]["item"]["item_id"] == [name for _, name, field in expected if field == commonest][1]
    assert some["items"][0]["alternatives"][0]["value"] != some["items"][0]["value"]
    check_problem(client.get("/v1/review", params={"field": "nothing"}), "invalid", "kind")


def test_what_somebody_said_leaves_the_queue(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    first = client.get("/v1/review").json()
    top = first["items"][0]
    say(client, top["item"]["item_id"], top["field"], [top["value"]], "Ann")
    then = client.get("/v1/review").json()
    assert then["left"] == first["left"] - 1
    assert (then["items"][0]["item"]["item_id"], then["items"][0]["field"]) != (top["item"]["item_id"], top["field"])
    other = top["alternatives"][0]["value"]
    say(client, top["item"]["item_id"], top["field"], [other], "Ben")
    divided = client.get("/v1/review").json()["items"][0]
    assert divided["item"]["item_id"] == top["item"]["item_id"] and divided["why"] == "people say different things"
    assert [one["author"] for one in divided["opinions"]] == ["Ann", "Ben"]


def test_what_others_change_is_seen_after_a_while(shop: Shop, catalogue: Catalogue, tmp_path: Path) -> None:
    book = OpinionBook(tmp_path / "book.sqlite")
    queue = ReviewQueue(catalogue, book, catalogue.bundle.spec.doubt)
    (first, *_), before = queue.page(None, 1, 0)
    value = catalogue.bundle.taxonomy[first.field].values[0]
    catalogue.update(ItemChange(first.item_id, corrections={first.field: (value,)}))
    assert queue.page(None, 1, 0)[1] == before
    queue._read_at -= 100
    assert queue.page(None, 1, 0)[1] == before  # nobody waits until the catalogue is looked through
    queue._looking.result(60)
    assert queue.page(None, 1, 0)[1] == before - 1
    catalogue.update(ItemChange(first.item_id, corrections={first.field: ()}))
    queue.close()
    book.close()


def test_what_changes_while_the_catalogue_is_looked_through_is_seen(
    shop: Shop, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = OpinionBook(tmp_path / "book.sqlite")
    queue = ReviewQueue(catalogue, book, catalogue.bundle.spec.doubt)
    (first, *_), before = queue.page(None, 1, 0)
    value = catalogue.bundle.taxonomy[first.field].values[0]
    looked, go_on, real = threading.Event(), threading.Event(), queue._look_through

    def look_slowly() -> object:
        doubts = real()
        looked.set()
        assert go_on.wait(60)
        return doubts

    monkeypatch.setattr(queue, "_look_through", look_slowly)
    queue._read_at -= 100
    queue.page(None, 1, 0)
    assert looked.wait(60)
    catalogue.update(ItemChange(first.item_id, corrections={first.field: (value,)}))
    queue.forget(first.item_id)
    assert queue.page(None, 1, 0)[1] == before - 1
    go_on.set()
    queue._looking.result(60)
    assert queue.page(None, 1, 0)[1] == before - 1
    catalogue.update(ItemChange(first.item_id, corrections={first.field: ()}))
    queue.close()
    book.close()


def test_what_went_wrong_while_looking_is_told_to_who_asks_next(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = OpinionBook(tmp_path / "book.sqlite")
    queue = ReviewQueue(catalogue, book, catalogue.bundle.spec.doubt)
    _, before = queue.page(None, 1, 0)

    def fail() -> None:
        raise CatalogueError("it is gone")

    monkeypatch.setattr(queue, "_list_divided", fail)
    queue._read_at -= 100
    queue.page(None, 1, 0)
    assert queue._looking.exception(60) is not None
    with pytest.raises(CatalogueError, match="it is gone"):
        queue.page(None, 1, 0)
    monkeypatch.undo()
    queue.page(None, 1, 0)
    queue._looking.result(60)
    assert queue.page(None, 1, 0)[1] == before
    queue.close()
    book.close()


def test_corrections_are_a_table_that_readers_take(
    fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path
) -> None:
    from modiste.readers import ReaderOptions, read_source

    client = fresh()
    say(client, "10002", "colour", ["Green"], "Ann")
    say(client, "10004", "material", ["Silk", "Cotton"], "Ann")
    table = pl.read_csv(client.get("/v1/corrections").content)
    assert table.select("item_id", "colour", "material").rows() == [
        (10002, "Green", None),
        (10004, None, "Cotton;Silk"),
    ]
    lines = client.get("/v1/corrections", params={"format": "jsonl"}).text.splitlines()
    assert len(lines) == 2 and '"material":["Cotton","Silk"]' in lines[1]
    answer = client.get("/v1/corrections", params={"format": "parquet"})
    (tmp_path / "c.parquet").write_bytes(answer.content)
    assert answer.headers["content-disposition"] == 'attachment; filename="corrections.parquet"'
    table = pl.read_parquet(tmp_path / "c.parquet")
    assert table["material"].to_list() == [None, ["Cotton", "Silk"]]
    (tmp_path / "c.csv").write_bytes(client.get("/v1/corrections").content)
    manifest = read_source(tmp_path / "c.csv", options=ReaderOptions(root=drawn_shop.place.parent, fields=("colour",)))
    assert manifest.items["item_id"].to_list() == ["10002", "10004"]
    assert manifest.items["label.colour"].to_list() == ["Green", None]
    check_problem(client.get("/v1/corrections", params={"format": "doc"}), "invalid", "format")


def test_with_keys_corrections_say_nothing_of_where_pictures_are(
    fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path
) -> None:
    from modiste.readers import ReaderOptions, read_source

    (tmp_path / "keys.toml").write_text(f'[keys.boss]\nkey = "{KEY}"\nmay = "write"\n')
    client = fresh(keys=tmp_path / "keys.toml", client=("203.0.113.9", 5), base_url="http://shop.example")
    client.headers["Authorization"] = f"Bearer {KEY}"
    client.put("/v1/items/new", files={"picture": ("x.jpg", drawn_shop.files["10001"])})
    for item_id in ("10002", "new"):
        say(client, item_id, "colour", ["Green"])
    answer = client.get("/v1/corrections", params={"format": "parquet"})
    (tmp_path / "c.parquet").write_bytes(answer.content)
    table = pl.read_parquet(tmp_path / "c.parquet")
    assert table["item_id"].to_list() == ["10002", "new"]
    assert not any(Path(name).is_absolute() or str(tmp_path) in name for name in table["image"])
    # Whoever has the folder that holds all pictures, or a copy of it elsewhere, reads them.
    root = Path(os.path.commonpath([drawn_shop.place.parent, tmp_path]))
    (tmp_path / "copy").mkdir()
    for name in table["image"]:
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target)
    manifest = read_source(tmp_path / "c.parquet", options=ReaderOptions(root=tmp_path / "copy", fields=("colour",)))
    assert manifest.items["item_id"].to_list() == ["10002", "new"]
    with PictureSource() as source:
        read = [source.read(image) for image in manifest.items["image"]]
    assert read == [drawn_shop.files["10002"], drawn_shop.files["10001"]]


def test_names_below_a_folder_end_at_the_disk() -> None:
    uploads = Path("/srv/shop/serving/pictures")
    paths = ["/data/a/1.jpg", "/data/b.zip::x/2.jpg", "/srv/shop/serving/pictures/ab/3.jpg", "4.jpg", None]
    names = PictureNames.of(paths, uploads)
    assert [names.find(path) for path in paths] == ["a/1.jpg", "b.zip::x/2.jpg", "pictures/ab/3.jpg", "4.jpg", None]
    names = PictureNames.of(["/one/1.jpg", "/two/2.jpg"], uploads)
    assert names.find("/one/1.jpg") is None
    assert names.find("https://shop.example/1.jpg") == "https://shop.example/1.jpg"
    assert PictureNames.of([], uploads).find(None) is None


def test_no_corrections_are_an_empty_table(catalogue: Catalogue) -> None:
    assert tabulate_corrections(catalogue).columns == ["item_id", "product_id", "image"]
