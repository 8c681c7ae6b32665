"""A server says which pictures show no fashion product, one by one and in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem
from tests.unit.watchful import draw, write_watchful

from .conftest import Shop
from .test_jobs import upload, wait

LIGHT, DARK = draw(200), draw(20)


@pytest.fixture(scope="module")
def watching(tiny: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("watching")
    bundle = write_watchful(tiny, folder / "bundle")
    (folder / "light.jpg").write_bytes(LIGHT)
    with Catalogue.create(folder / "shop", bundle=bundle, threads=1) as catalogue:
        assert catalogue.add_items([CatalogueItem("a", image=str(folder / "light.jpg"))]) == []
    shop = Shop(folder / "shop", bundle.path, {})
    with shop.clients:
        yield shop.client()


def test_single_pictures(watching: TestClient) -> None:
    files = [("pictures", ("light.jpg", LIGHT)), ("pictures", ("dark.jpg", DARK)), ("pictures", ("none.jpg", b"?"))]
    light, dark, none = watching.post("/v1/tag", files=files).json()["pictures"]
    assert (light["stranger"], dark["stranger"], none.get("stranger")) == (False, True, None)
    assert dark["doubtful"] and all(tag["doubtful"] for tag in dark["tags"].values())
    assert not all(tag["doubtful"] for tag in light["tags"].values())


def test_batches_and_their_corrections(watching: TestClient) -> None:
    job = wait(watching, upload(watching, ("light.jpg", LIGHT), ("dark.jpg", DARK))["id"])
    address = f"/v1/jobs/{job['id']}/rows"
    rows = {row["name"]: row for row in watching.get(address).json()["rows"]}
    assert (rows["light.jpg"]["stranger"], rows["dark.jpg"]["stranger"]) == (False, True)
    assert all(tag["doubtful"] for tag in rows["dark.jpg"]["tags"].values())
    row = rows["dark.jpg"]["row"]
    taxonomy = watching.get("/v1/bundle").json()["fields"]
    right = {field["name"]: field["values"][0] for field in taxonomy}
    for number, (name, value) in enumerate(right.items(), start=1):
        watching.post(f"{address}/{row}", json={"field": name, "values": [value]})
        table = pl.read_csv(watching.get(f"/v1/jobs/{job['id']}/download").content)
        dark = table.row(row, named=True)
        assert dark["stranger"] and dark["doubtful"] == (number < len(right))
