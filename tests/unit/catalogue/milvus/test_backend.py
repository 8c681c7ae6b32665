from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.catalogue import CatalogueHead, CatalogueItem, ItemChange, ItemTag, Variant
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.milvus import MilvusAddress, MilvusBackend
from modiste.catalogue.milvus.counts import Counts
from modiste.catalogue.milvus.documents import dump_item, load_item
from modiste.catalogue.milvus.words import WordSearch, build_sparse
from modiste.catalogue.search import Query, SearchEngine
from modiste.catalogue.stores import open_backend
from modiste.cli.main import main
from modiste.errors import CatalogueError, MissingExtraError, UsageError
from tests.unit.catalogue.local.drawing import HEAD, make_items, make_vectors
from tests.unit.catalogue.naive import NaiveBackend

Make = Callable[..., MilvusBackend]


@pytest.mark.parametrize(
    ("text", "uri", "name", "index"),
    [
        ("milvus://db.shop:19531/items", "http://db.shop:19531", "items", "HNSW"),
        ("milvus://db.shop/items?index=IVF_SQ8&secure=yes", "https://db.shop:19530", "items", "IVF_SQ8"),
        ("milvus://[::1]:19530/items", "http://[::1]:19530", "items", "HNSW"),
        ("milvus:///data/my%20shop.db", "/data/my shop.db", "catalogue", "FLAT"),
        ("milvus:///data/shop.db?name=b&index=HNSW", "/data/shop.db", "b", "HNSW"),
    ],
)
def test_addresses(text: str, uri: str, name: str, index: str) -> None:
    address = MilvusAddress.parse(text)
    assert (address.uri, address.name, address.index) == (uri, name, index)


def test_an_address_does_not_tell_its_password() -> None:
    address = MilvusAddress.parse("milvus://ann:s3%40cret@host/items?database=d")
    assert (address.token, address.database) == ("ann:s3@cret", "d")
    assert "cret" not in f"{address} {address!r}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("milvus://host:19530", "names the collection ''"),
        ("milvus://host:port/items", "no address"),
        ("milvus:///data/shop", "neither a host nor a file"),
        ("milvus://host/9items", "names the collection '9items'"),
        ("milvus://host/items?index=FAST", "index 'FAST'"),
        ("milvus://host/items?indx=HNSW", "option 'indx'"),
        ("http://host/items", "no address"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        MilvusAddress.parse(text)


def test_without_pymilvus_the_line_to_type_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'modiste\[milvus\]'"):
        MilvusBackend("milvus://host/items")


def test_what_is_not_there_and_what_is(make: Make, lite: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no catalogue at .*none\.db"):
        open_backend(f"milvus://{lite.with_name('none.db')}")
    with pytest.raises(CatalogueError, match=r"no catalogue at .*absent"):
        make(None, "absent")
    make(HEAD, "taken")
    assert make(None, "taken").head == HEAD
    with pytest.raises(UsageError, match="there already"):
        make(HEAD, "taken")


def test_what_others_made_is_refused(make: Make) -> None:
    backend = make(HEAD, "foreign")
    head = json.dumps({"version": 2})
    row = {"key": "head", "writer": "", "scope": "head", "name": "", "value": head, "count": 0, "version": 0}
    backend._client.upsert("foreign_counts", [row | {"nothing": [1.0, 0.0]}])
    with pytest.raises(CatalogueError, match="newer modiste"):
        make(None, "foreign")
    backend._client.upsert("foreign_counts", [row | {"nothing": [1.0, 0.0], "value": "[]"}])
    with pytest.raises(CatalogueError, match="no catalogue of modiste"):
        make(None, "foreign")
    backend._client.delete("foreign_counts", filter='key == "head"')
    with pytest.raises(CatalogueError, match="to its end"):
        make(None, "foreign")


@pytest.mark.parametrize("index", ["FLAT", "HNSW", "IVF_SQ8"])
def test_scores_are_cosines_with_every_index(lite: Path, index: str) -> None:
    items, vectors = make_items(60), make_vectors(60)
    with MilvusBackend(f"milvus://{lite}?name=by_{index}&index={index}", create=HEAD) as backend:
        backend.put(items, vectors)
        assert backend.describe().index.startswith(index)
        found = backend.nearest(vectors[7], 5)
        own = {item.item_id: float(vectors[7] @ one) for item, one in zip(items, vectors, strict=True)}
    np.testing.assert_allclose(found.scores, [own[item_id] for item_id in found.item_ids], atol=1e-6)
    assert found.item_ids[0] == "7"


def test_bad_vectors_items_and_queries_are_refused(make: Make) -> None:
    backend = make(HEAD)
    with pytest.raises(UsageError, match="expected 1"):
        backend.put(make_items(1), np.float32([[1, 1, 0, 0]]))
    with pytest.raises(UsageError, match="shape"):
        backend.nearest(np.ones(3, np.float32), 1)
    with pytest.raises(UsageError, match=r"takes 70,\d+ bytes"):
        backend.put([CatalogueItem("1", title="x" * 70_000)], make_vectors(1))
    with pytest.raises(UsageError, match="no value of gender"):
        backend.put([CatalogueItem("1", tags=(ItemTag("gender", "Cat", 0.5, "predicted"),))], make_vectors(1))
    assert backend.list_ids() == []


def test_more_than_one_call_takes(make: Make) -> None:
    """Batches, long lists of ids, ids that need escaping."""
    backend, naive = make(HEAD), NaiveBackend(HEAD)
    items = make_items(1_203)
    items[5] = CatalogueItem("a\"b\\c\n'%_", title="odd")
    vectors = make_vectors(len(items))
    for one in (backend, naive):
        one.put(items, vectors)
        assert one.patch([ItemChange(item.item_id, price=1.5) for item in items[:700]]) == []
        assert one.remove([item.item_id for item in items[900:1_200]]) == 300
    ids = [item.item_id for item in items]
    assert backend.list_ids() == naive.list_ids()
    assert backend.get(ids) == naive.get(ids)
    assert dict(backend.known_words()) == dict(naive.known_words())
    assert backend.list_ids(parse_filter("price = 1.5")) == ids[:700]


def test_an_item_comes_back_to_the_bit() -> None:
    item = CatalogueItem(
        "1",
        "p",
        image="a.zip::b.jpg",
        box=(0.1, 0.0, 2.5, 1e300),
        title="Été\u2028\ufdd0",
        price=0.1 + 0.2,
        variants=(Variant("M", 3), Variant("", None)),
        tags=(ItemTag("a", "b", 0.3, "corrected"), ItemTag("a", "c")),
        details={"x": 1, "y": 1.0, "z": True, "w": ("a", ""), "v": ()},
        picture_hash="00",
        look=2**64 - 1,
        colours=bytes(range(64)),
    )
    back = load_item(dump_item(item))
    assert back == item
    assert [type(value) for value in back.details.values()] == [int, float, bool, tuple, tuple]
    with pytest.raises(CatalogueError, match="no item of modiste"):
        load_item('{"title": 3}')


@pytest.mark.parametrize("longest", [3, 60])
def test_words_are_ranked_exactly_however_long_items_are(make: Make, longest: int) -> None:
    """The stored weights are for items of 12 words: both sides of it."""
    backend, naive = make(HEAD), NaiveBackend(HEAD)
    rng = np.random.default_rng(longest)
    vocabulary = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    items = [
        CatalogueItem(str(place), title=" ".join(rng.choice(vocabulary, rng.integers(1, longest))))
        for place in range(200)
    ]
    for one in (backend, naive):
        one.put(items, make_vectors(200))
    for words in (["worda"], ["wordb", "wordc", "wordd"], ["worde", "nothing"]):
        found, expected = backend.match_words(words, 10), naive.match_words(words, 10)
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_words_that_share_a_dimension_do_not_answer_for_each_other(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr("modiste.catalogue.milvus.words._DIMENSIONS", 1)
    backend = make(HEAD)
    backend.put([CatalogueItem("1", title="blue"), CatalogueItem("2", title="red shirt")], make_vectors(2))
    assert backend.match_words(["red"], 5).item_ids == ["2"]
    assert len(build_sparse({"red": 1, "shirt": 1})) == 1


def test_candidates_are_asked_for_until_none_can_be_missing() -> None:
    search = WordSearch(["a"], {"a": 2}, items=10, total=400)
    hit = {"item_id": "1", "distance": 0.9, "entity": {"item_id": "1", "terms": {"a": 1, "b": 39}, "added": 1}}
    assert search.rank([hit], 1, ended=False) is None
    assert search.rank([hit], 1, ended=True).item_ids == ["1"]
    assert search.rank([hit, hit | {"distance": 0.01}], 1, ended=False).item_ids == ["1"]


def test_a_writer_that_is_killed_leaves_counts_too_high_at_most(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, other = make(HEAD, "killed"), make(None, "killed")
    backend.put(make_items(4), make_vectors(4))

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(backend._client, "upsert", fail)
        with pytest.raises(KeyboardInterrupt):
            backend.put([CatalogueItem("9", tags=(ItemTag("fabric", "Wool"),))], make_vectors(1))
    with monkeypatch.context() as broken:
        broken.setattr(Counts, "add", fail)
        with pytest.raises(KeyboardInterrupt):
            backend.remove(["0"])
    assert other.describe().items == 3
    assert other.known_words()["shirt"] == 4
    assert other.match_words(["shirt"], 9).item_ids == ["1", "2", "3"]
    other.put([CatalogueItem("9", tags=(ItemTag("fabric", "Wool"),))], make_vectors(1))
    assert backend.list_ids(parse_filter("fabric like 'w%'")) == ["9"]
    backend.recount()
    assert dict(backend.known_words()) == dict(other.known_words())
    assert other.known_words()["shirt"] == 3
    assert other.count_facets(["fabric"])["fabric"][0].count == 1
    other.remove(["1", "9"])
    assert backend.known_words()["shirt"] == 2
    assert "wool" not in backend.known_words()


def test_a_list_of_one_item_and_a_word_of_another(make: Make) -> None:
    backend, naive = make(HEAD), NaiveBackend(HEAD)
    details = [{"made": "Wool"}, {"made": ("wool", "cotton")}, {"made": 7}, {"made": ()}, {}]
    items = [CatalogueItem(str(place), details=some) for place, some in enumerate(details)]
    for one in (backend, naive):
        one.put(items, make_vectors(len(items)))
    texts = ["made = 'WOOL'", "made != 'wool'", "made is missing", "made like '%oo%'", "made = '7'", "made < 'd'"]
    for text in [*texts, *(f"not {text}" for text in texts), "not (made is missing)", "made is present"]:
        where = parse_filter(text)
        known = naive.describe().columns
        from modiste.catalogue.filters import matches_item

        assert backend.list_ids(where) == [item.item_id for item in items if matches_item(where, item, known)], text
    assert {value.value: value.count for value in backend.count_facets(["made"])["made"]} == {
        "Wool": 1,
        "wool": 1,
        "cotton": 1,
        "7": 1,
    } or backend.count_facets(["made"])["made"][0].count == 2


def test_the_search_engine_runs_on_it(make: Make, tiny: Bundle) -> None:
    head = replace(HEAD, fingerprint=tiny.fingerprint)
    backend, naive = make(head), NaiveBackend(head)
    for one in (backend, naive):
        one.put(make_items(40), make_vectors(40))
    for query in (
        Query(vector=make_vectors(1, seed=3)[0], k=7, where="price >= 10 and size = 'M' and stock > 0"),
        Query(item="3", text="shirt brand", k=5, weight=0.3),
        Query(text="shrt 12", k=3, facets=("gender", "size")),
        Query(item="5", k=5, diversity=0.5, fold=True, explain=True),
    ):
        found, expected = (SearchEngine(one, tiny).search(query) for one in (backend, naive))
        assert found.item_ids == expected.item_ids
        assert found.facets == expected.facets
        scores = [[hit.score or np.nan for hit in results] for results in (found, expected)]
        np.testing.assert_allclose(*scores, atol=1e-6)


def test_the_command_searches_it(make: Make, lite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(CatalogueHead(HEAD.fingerprint, "b", 4, HEAD.taxonomy), "shop").put(make_items(9), make_vectors(9))
    with pytest.raises(SystemExit) as leaving:
        main(["search", f"milvus://{lite}?name=shop", "--item", "3", "-k", "2", "--json"])
    assert not leaving.value.code
    assert len(json.loads(capsys.readouterr().out)) == 2
