"""A server says nothing where its bundle is silent: of pictures, in batches and their corrections, and of items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem
from modiste.client import Client
from modiste.runtime import Tagger, Tags
from modiste.synthetic import draw_shop
from tests.unit.reticent import list_silent, write_reticent

from .conftest import Shop, to_jpeg
from .test_jobs import upload, wait


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    return {one.picture_id: to_jpeg(one.picture) for one in draw_shop(12, seed=5, size=(60, 80))}


@pytest.fixture(scope="module")
def before(tiny: Bundle, pictures: dict[str, bytes]) -> dict[str, Tags]:
    tagger = Tagger(tiny, threads=1)
    return {name: tagger.tag_one(data) for name, data in pictures.items()}


@pytest.fixture(scope="module")
def reticent(
    tiny: Bundle, pictures: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("reticent")
    bundle = write_reticent(tiny, folder / "bundle")
    items = []
    for at, (name, data) in enumerate(pictures.items()):
        (folder / f"{at}.jpg").write_bytes(data)
        items.append(CatalogueItem(name, image=str(folder / f"{at}.jpg")))
    with Catalogue.create(folder / "shop", bundle=bundle, threads=1) as catalogue:
        assert catalogue.add_items(items) == []
    shop = Shop(folder / "shop", bundle.path, {})
    with shop.clients:
        yield shop.client()


def test_single_pictures(reticent: TestClient, pictures: dict[str, bytes], before: dict[str, Tags]) -> None:
    files = [("pictures", (name, data)) for name, data in pictures.items()]
    told = reticent.post("/v1/tag", files=files, params={"top_k": 2}).json()["pictures"]
    for picture in told:
        mute = list_silent(before[picture["name"]])
        for name in ("colour", "material"):
            tag = picture["tags"][name]
            if name in mute:
                kind = before[picture["name"]][name].kind
                assert tag == {
                    "value": None,
                    "values": [],
                    "confidence": 0.0,
                    "doubtful": False,
                    "kind": kind,
                    "alternatives": [],
                }
            else:
                assert tag["values"] == list(before[picture["name"]][name].values)
    mutes = [bool(list_silent(tags)) for tags in before.values()]
    assert any(mutes)


def test_items_of_a_catalogue_have_no_such_tag(reticent: TestClient, before: dict[str, Tags]) -> None:
    for name, tags in before.items():
        item = reticent.get(f"/v1/items/{name}").json()
        said = {tag["field"] for tag in item["tags"]}
        assert not said & list_silent(tags)
        assert "kind" in said and ("colour" in said) == ("colour" not in list_silent(tags))


def test_batches_their_corrections_and_their_table(
    reticent: TestClient, pictures: dict[str, bytes], before: dict[str, Tags]
) -> None:
    files = [(f"{at}.jpg", data) for at, data in enumerate(pictures.values())]
    names = list(pictures)
    job = wait(reticent, upload(reticent, *files)["id"])
    address = f"/v1/jobs/{job['id']}/rows"
    rows = reticent.get(address, params={"limit": 100}).json()["rows"]
    mute = [row for row in rows if "colour" in list_silent(before[names[int(row["name"].split(".")[0])]])]
    assert mute and all(row["tags"]["colour"]["value"] is None for row in mute)
    assert not any(row["tags"]["colour"]["doubtful"] for row in mute)
    corrected = mute[0]["row"]
    reticent.post(f"{address}/{corrected}", json={"field": "kind", "values": ["Bags"]})
    reticent.post(f"{address}/{corrected}", json={"field": "colour", "values": ["Blue"]})
    table = pl.read_csv(reticent.get(f"/v1/jobs/{job['id']}/download").content)
    assert table["colour"][corrected] == "Blue" and table["kind"][corrected] == "Bags"
    assert table["colour"].null_count() == len(mute) - 1
    assert table["colour_confidence"].null_count() == len(mute) - 1


def test_the_client_says_nothing_too(reticent: TestClient, pictures: dict[str, bytes], before: dict[str, Tags]) -> None:
    name = next(name for name, tags in before.items() if "colour" in list_silent(tags))
    client = Client("http://localhost", transport=reticent._transport, patience=0)
    shown = client.tag_one(pictures[name])
    assert shown["colour"].value is None and shown["colour"].values == ()
    assert shown.to_dict()["colour"] is None
