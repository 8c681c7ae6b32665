"""Searches over HTTP give what the catalogue gives; without a subject they browse, in the order asked for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from modiste.bundle import Bundle, keep_confusion
from modiste.catalogue import Catalogue
from modiste.runtime import Embedder

from .conftest import ODD, Shop
from .problems import check_problem


def read_ids(said: dict) -> list[str]:
    return [hit["item_id"] for hit in said["hits"]]


def test_words_find_what_the_catalogue_finds(client: TestClient, catalogue: Catalogue) -> None:
    expected = catalogue.search(text="blue shirt", k=5, where="price < 600")
    said = client.get("/v1/search", params={"text": "blue shirt", "k": 5, "where": "price < 600"}).json()
    assert read_ids(said) == expected.item_ids and said["hits"]
    assert [hit["word_score"] for hit in said["hits"]] == pytest.approx([hit.word_score for hit in expected], abs=1e-5)
    assert said["methods"] == ["words"] and said["notes"] == list(expected.notes)


def test_items_find_what_the_catalogue_finds(client: TestClient, catalogue: Catalogue) -> None:
    expected = catalogue.search(item="10003", k=6, offset=2, fold=True)
    said = client.post("/v1/search", json={"item": "10003", "k": 6, "offset": 2, "fold": True}).json()
    assert read_ids(said) == expected.item_ids
    assert [hit["score"] for hit in said["hits"]] == pytest.approx([hit.score for hit in expected], abs=1e-5)
    assert [hit["folded"] for hit in said["hits"]] == [list(hit.folded) for hit in expected]
    assert all(hit["item"]["item_id"] == hit["item_id"] for hit in said["hits"])


@pytest.mark.parametrize("more", [{}, {"explain": True}, {"colour_weight": 0.4}, {"box": [5, 5, 40, 60]}])
def test_pictures_find_what_the_catalogue_finds(
    client: TestClient, catalogue: Catalogue, shop: Shop, more: dict
) -> None:
    picture = shop.files["10004"]
    direct = {name: tuple(value) if name == "box" else value for name, value in more.items()}
    expected = catalogue.search(image=picture, k=5, **direct)
    said = client.post(
        "/v1/search", files={"picture": ("a.jpg", picture)}, data={"query": json.dumps({"k": 5, **more})}
    ).json()
    assert read_ids(said) == expected.item_ids
    assert [hit["score"] for hit in said["hits"]] == pytest.approx([hit.score for hit in expected], abs=1e-5)
    if "explain" in more:
        assert said["hits"][0]["reasons"]["agree"] == expected[0].reasons.to_json()["agree"]


def test_vectors_find_what_the_catalogue_finds(client: TestClient, catalogue: Catalogue, shop: Shop) -> None:
    vector = Embedder(catalogue.bundle, threads=1).embed_one(shop.files["10004"])
    said = client.post("/v1/search", json={"vector": (3 * vector).tolist(), "k": 3}).json()
    assert read_ids(said) == catalogue.search(vector=vector, k=3).item_ids


@pytest.mark.parametrize("sort", ["score", "price", "-price", "title"])
@pytest.mark.parametrize("where", ["", "price > 200"])
def test_browsing_is_a_sorted_list(client: TestClient, catalogue: Catalogue, sort: str, where: str) -> None:
    items = [item for item in catalogue if not where or (item.price is not None and item.price > 200)]
    expected = naive_sort(items, sort)
    told = []
    for offset in range(0, len(items) + 10, 10):
        said = client.get("/v1/search", params={"sort": sort, "where": where, "offset": offset, "k": 10}).json()
        assert said["total"] == len(items) and all(hit["score"] is None for hit in said["hits"])
        told += read_ids(said)
    assert told == expected


def naive_sort(items: list, sort: str) -> list[str]:
    if sort == "score":
        return [item.item_id for item in items]
    name = sort.removeprefix("-")
    known = [item for item in items if getattr(item, name) is not None]
    rest = [item.item_id for item in items if getattr(item, name) is None]
    value = (lambda item: item.title.casefold()) if name == "title" else (lambda item: item.price)
    ordered = sorted(known, key=value)
    if sort.startswith("-"):
        ordered = sorted(known, key=lambda item: -item.price)
    return [item.item_id for item in ordered] + rest


def test_hits_are_sorted_among_the_best(client: TestClient) -> None:
    best = client.get("/v1/search", params={"item": "10003", "k": 200}).json()
    prices = [hit["item"]["price"] for hit in best["hits"] if hit["item"]["price"] is not None]
    said = client.get("/v1/search", params={"item": "10003", "k": 4, "offset": 2, "sort": "price"}).json()
    assert [hit["item"]["price"] for hit in said["hits"]] == sorted(prices)[2:6]
    assert any("sorted by price" in note for note in said["notes"])


@pytest.mark.parametrize("facets", ["kind," * 51, "k" * 201])
def test_more_facets_than_anybody_reads_are_refused(client: TestClient, facets: str) -> None:
    check_problem(client.get("/v1/search", params={"facets": facets}), "invalid", "query.facets")


def test_facets_are_counted(client: TestClient, catalogue: Catalogue) -> None:
    names = ["brand", "size", "price", "kind"]
    expected = catalogue.backend.count_facets(names)
    for params in ({}, {"item": "10003"}):
        said = client.get("/v1/search", params={"facets": ",".join(names), **params}).json()["facets"]
        counted = {name: [(one["value"], one["count"]) for one in values] for name, values in said.items()}
        assert counted == {name: [(one.value, one.count) for one in values] for name, values in expected.items()}
    assert said["price"][0]["low"] == expected["price"][0].low


def test_nothing_found_says_why(client: TestClient) -> None:
    said = client.get("/v1/search", params={"where": "price > 100000"}).json()
    assert said["total"] == 0 and "price > 100000" in said["reason"]
    assert "begins behind" in client.get("/v1/search", params={"offset": 500}).json()["reason"]
    assert client.get("/v1/search", params={"item": "10003", "where": "price > 100000"}).json()["reason"]


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        ({"item": "10003", "vector": [1.0] * 16}, "bad-request", "item and vector"),
        ({"item": "nobody"}, "bad-request", "nobody"),
        ({"vector": [1.0, 2.0]}, "bad-request", "2 numbers"),
        ({"vector": []}, "bad-request", "vector"),
        ({"box": [0, 0, 1, 1]}, "bad-request", "box"),
        ({"where": "price <"}, "bad-filter", "expected"),
        ({"where": "prize < 5"}, "bad-filter", "price"),
        ({"facets": ["prize"]}, "invalid", "price"),
        ({"k": 0}, "invalid", "k"),
        ({"text": 5}, "invalid", "text"),
        ({"wher": ""}, "invalid", "wher"),
        ({"weight": 7}, "invalid", "weight"),
        ([], "invalid", "body"),
    ],
)
def test_a_bad_search_is_refused(client: TestClient, body: object, kind: str, word: str) -> None:
    check_problem(client.post("/v1/search", json=body), kind, word)


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"weight": NaN}', "[" * 100_000, '{"text": "\\ud800"}'])
def test_what_is_no_json_is_refused(client: TestClient, text: str) -> None:
    answer = client.post("/v1/search", content=text, headers={"content-type": "application/json"})
    check_problem(answer, "invalid")


def test_similar_items(client: TestClient, catalogue: Catalogue) -> None:
    similar = client.get("/v1/items/10002/similar", params={"k": 5}).json()
    assert read_ids(similar) == catalogue.search(item="10002", k=5, fold=True).item_ids
    check_problem(client.get("/v1/items/nobody/similar"), "not-found", "nobody")


def test_variants_differ_in_the_colour_alone(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    titles = {
        "10001": "Corvina Blue Shirt",
        "10002": "corvina  RED shirt",
        "10003": "Corvina Shirt",
        "10004": "Corvina Red Skirt",
        "10005": "Corvina Green Shirt",
        "10006": "Blue",
    }
    for (item_id, title), colour in zip(titles.items(), ("Blue", "Red", "Black", "Red", "Green", "Pink"), strict=True):
        brand = "Other" if item_id == "10005" else "Corvina"
        said = {"product_id": f"p{item_id}", "title": title, "brand": brand, "labels": {"colour": [colour]}}
        client.put(f"/v1/items/{item_id}", json=said)
    assert list_variants(client, "10001") == ["10002", "10003"]
    assert list_variants(client, "10003") == []  # its title names no colour


def list_variants(client: TestClient, item_id: str) -> list[str]:
    return [item["item_id"] for item in client.get(f"/v1/items/{item_id}/variants").json()["items"]]


def test_variants_are_a_product_in_other_colours_each_once(fresh: Callable[..., TestClient], drawn_shop: Shop) -> None:
    client, picture = fresh(), drawn_shop.files["10001"]
    colours = {"a": "Blue", "b": "Red", "c": "Blue", "d": "Red", "e": "Green"}
    for item_id, colour in colours.items():
        item = {"product_id": "p", "title": f"{colour} shirt", "brand": "Corvina", "labels": {"colour": [colour]}}
        client.put(f"/v1/items/{item_id}", files={"picture": ("x.jpg", picture)}, data={"item": json.dumps(item)})
    assert list_variants(client, "a") == list_variants(client, "c") == ["b", "e"]
    assert list_variants(client, "b") == ["a", "e"]
    assert list_variants(client, "e") == ["a", "b"]
    check_problem(client.get("/v1/items/nobody/variants"), "not-found", "nobody")


def test_an_id_is_taken_as_it_was_encoded(client: TestClient) -> None:
    encoded = "folder%2F%C3%A4%20%26%20%3Cb%3E.jpg"
    said = client.get(f"/v1/items/{encoded}").json()
    assert said["item_id"] == ODD and said["picture"] == f"/v1/items/{encoded}/picture"
    assert client.get(said["picture"]).status_code == 200
    check_problem(client.get("/v1/items/folder/1"), "not-found")


def test_catalogue_and_bundle(client: TestClient, catalogue: Catalogue) -> None:
    said = client.get("/v1/catalogue").json()
    prices = [item.price for item in catalogue if item.price is not None]
    assert said["items"] == len(catalogue) and said["price"] == {"min": min(prices), "max": max(prices)}
    assert said["currency"] == "EUR" and said["can_write"] is True
    assert said["facets"] == ["kind", "article", "colour", "material", "brand", "size", "price"]
    bundle = client.get("/v1/bundle").json()
    assert bundle["fingerprint"] == catalogue.bundle.fingerprint == said["bundle"]
    assert [field["name"] for field in bundle["fields"]] == list(catalogue.bundle.taxonomy.names)
    check_problem(client.get("/v1/bundle/confusion", params={"field": "kind"}), "not-found", "confusion")
    assert np.isfinite(bundle["preprocessing"]["height"])


def test_a_confusion_matrix_is_shown_where_the_bundle_has_one(drawn_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(drawn_shop.bundle, tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    values = bundle.taxonomy["colour"].values
    counts = np.eye(len(values), dtype=np.int64) * 7
    counts[0, 1] = 2
    keep_confusion(bundle, {"colour": counts}, measured_on="a few drawings")
    shop = Shop(drawn_shop.place, bundle.path, drawn_shop.files)
    with shop.clients:
        client = shop.client(state=tmp_path / "state")
        assert client.get("/v1/bundle").json()["confusion"] == ["colour"]
        said = client.get("/v1/bundle/confusion", params={"field": "colour"}).json()
        assert said == {
            "field": "colour", "measured_on": "a few drawings", "values": list(values), "matrix": counts.tolist(),
        }  # fmt: skip
        check_problem(client.get("/v1/bundle/confusion", params={"field": "kind"}), "not-found", "those of: colour")
        # A damaged file costs the matrix, and nothing else.
        (bundle.path / "confusion.json").write_text("{}")
        assert client.get("/v1/bundle").json()["confusion"] == []
