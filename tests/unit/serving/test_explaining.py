"""Explanations: the map is what a naive loop gives, and the neighbours are those that somebody labelled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.runtime import Decider, Embedder, Network

from .conftest import Shop
from .problems import check_problem

JPEG = {"content-type": "image/jpeg"}


def naive_map(bundle: Bundle, picture: np.ndarray, field: str, value: str, rows: int, columns: int) -> np.ndarray:
    """Cover one window after the other, run the network on each by itself, and average cell by cell."""
    network, decider = Network(bundle, threads=1), Decider(bundle.spec)
    place = bundle.taxonomy[field].index(value)

    def odds(one: np.ndarray) -> float:
        p = float(decider.decide(network.run(one[None]).logits).probabilities[field][0, place])
        p = min(max(p, 1e-6), 1 - 1e-6)
        return math.log(p / (1 - p))

    height, width = picture.shape[:2]
    whole = odds(picture)
    costs: dict[tuple[int, int], list[float]] = {(r, c): [] for r in range(rows) for c in range(columns)}
    for row in range(rows - 2):
        for column in range(columns - 2):
            covered = picture.copy()
            for y in range(height):
                for x in range(width):
                    inside_y = round(height * row / rows) <= y < round(height * (row + 3) / rows)
                    inside_x = round(width * column / columns) <= x < round(width * (column + 3) / columns)
                    if inside_y and inside_x:
                        covered[y, x] = bundle.preprocessing.fill
            cost = whole - odds(covered)
            for r in range(row, row + 3):
                for c in range(column, column + 3):
                    costs[r, c].append(cost)
    means = np.array([[max(0.0, sum(costs[r, c]) / len(costs[r, c])) for c in range(columns)] for r in range(rows)])
    return means / means.max() if means.max() > 0 else means


def test_the_map_is_the_naive_one(client: TestClient, shop: Shop, tiny: Bundle) -> None:
    picture = shop.files["10002"]
    said = client.post("/v1/explain", params={"field": "article"}, content=picture, headers=JPEG).json()
    grid = said["map"]
    prepared = tiny.preprocessing.load(picture)
    expected = naive_map(tiny, prepared, "article", said["value"], grid["rows"], grid["columns"])
    assert (grid["rows"], grid["columns"]) == (12, 9)
    np.testing.assert_allclose(grid["values"], expected, atol=2e-3)
    assert expected.max() == 1


def test_another_value_can_be_asked_for(client: TestClient, shop: Shop, tiny: Bundle) -> None:
    params = {"field": "colour", "value": "Green"}
    said = client.post("/v1/explain", params=params, content=shop.files["10002"], headers=JPEG).json()
    probabilities = (
        Decider(tiny.spec)
        .decide(Network(tiny, threads=1).run(tiny.preprocessing.load(shop.files["10002"])[None]).logits)
        .probabilities["colour"][0]
    )
    assert said["value"] == "Green"
    assert said["confidence"] == pytest.approx(probabilities[tiny.taxonomy["colour"].index("Green")], abs=1e-5)


def test_padding_is_no_part_of_the_map(client: TestClient) -> None:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 120, 3), np.uint8)).save(file, "PNG")
    said = client.post("/v1/explain?field=kind", content=file.getvalue(), headers={"content-type": "image/png"}).json()
    assert (said["map"]["rows"], said["map"]["columns"]) == (4, 12)


def test_neighbours_are_labelled_and_say_whether_they_agree(
    client: TestClient, shop: Shop, catalogue: Catalogue
) -> None:
    item_id = "10003"
    said = client.get(f"/v1/items/{item_id}/explanation", params={"field": "colour"}).json()
    vector = Embedder(catalogue.bundle, threads=1).embed_one(shop.files[item_id])
    scores = {}
    for items, vectors in catalogue.backend.iterate():
        for item, own in zip(items, vectors, strict=True):
            labelled = any(tag.field == "colour" and tag.origin != "predicted" for tag in item.tags)
            if labelled and item.item_id != item_id:
                scores[item.item_id] = float(own @ vector)
    expected = sorted(scores.values(), reverse=True)[:6]
    told = said["neighbours"]
    assert [one["score"] for one in told] == pytest.approx(expected, abs=1e-4)
    assert all(one["agrees"] == (said["value"] in one["item"]["labels"]["colour"]) for one in told)
    assert item_id not in [one["item"]["item_id"] for one in told]
    assert client.get(f"/v1/items/{item_id}/explanation", params={"field": "kind"}).json()["neighbours"] == []


def test_multi_fields_are_explained_too(client: TestClient) -> None:
    said = client.get("/v1/items/10003/explanation", params={"field": "material"}).json()
    assert said["value"] in ("Cotton", "Leather", "Silk")


def test_what_can_not_be_explained_is_refused(client: TestClient, shop: Shop) -> None:
    picture = shop.files["10002"]
    check_problem(client.post("/v1/explain?field=kid", content=picture, headers=JPEG), "invalid", "kind")
    check_problem(client.post("/v1/explain", content=picture, headers=JPEG), "invalid", "field")
    answer = client.post("/v1/explain?field=kind&value=Hats", content=picture, headers=JPEG)
    check_problem(answer, "invalid", "Shoes")
    check_problem(client.post("/v1/explain?field=kind", content=b"x", headers=JPEG), "bad-picture")
    check_problem(client.get("/v1/items/nobody/explanation?field=kind"), "not-found")
