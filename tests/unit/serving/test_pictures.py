"""Tagging and embedding over HTTP give what the runtime gives, however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.runtime import Embedder, Tagger

from .conftest import Shop
from .problems import check_problem

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def pictures(shop: Shop) -> list[bytes]:
    return list(shop.files.values())


def read_tags(said: dict) -> dict:
    return {
        name: (tag["values"], pytest.approx(tag["confidence"], abs=1e-5), tag["doubtful"]) for name, tag in said.items()
    }


def expect_tags(tags: object) -> dict:
    return {name: (list(tag.values), tag.confidence, tag.doubtful) for name, tag in tags.items()}


def test_one_picture_is_tagged_as_the_tagger_does(client: TestClient, pictures: list[bytes], tiny: Bundle) -> None:
    expected = Tagger(tiny, threads=1).tag_one(pictures[0], top_k=3)
    said = client.post("/v1/tag", content=pictures[0], headers=JPEG).json()
    assert said["bundle"] == tiny.fingerprint
    (picture,) = said["pictures"]
    assert read_tags(picture["tags"]) == expect_tags(expected)
    assert picture["doubtful"] == expected.doubtful
    told = [
        (one["value"], pytest.approx(one["confidence"], abs=1e-5)) for one in picture["tags"]["article"]["alternatives"]
    ]
    assert told == [(one.value, one.confidence) for one in expected["article"].alternatives]


def test_several_pictures_with_boxes(client: TestClient, pictures: list[bytes], tiny: Bundle) -> None:
    box = (10.0, 5.0, 30.0, 40.0)
    expected = Tagger(tiny, threads=1).tag(pictures[:2], boxes=[None, box])
    files = [("pictures", ("a.jpg", pictures[0])), ("pictures", ("b.jpg", pictures[1]))]
    said = client.post("/v1/tag?top_k=1", files=files, data={"boxes": ["", "10,5,30,40"]}).json()["pictures"]
    assert [one["name"] for one in said] == ["a.jpg", "b.jpg"]
    assert [read_tags(one["tags"]) for one in said] == [expect_tags(one) for one in expected]
    assert all(not tag["alternatives"] for one in said for tag in one["tags"].values())


def test_vectors_are_the_embedders(client: TestClient, pictures: list[bytes], tiny: Bundle) -> None:
    expected = Embedder(tiny, threads=1).embed(pictures[:3])
    files = [("pictures", (f"{place}.jpg", data)) for place, data in enumerate(pictures[:3])]
    said = client.post("/v1/embed", files=files).json()["pictures"]
    np.testing.assert_allclose([one["vector"] for one in said], expected, atol=1e-6)


def test_many_at_once_share_runs_and_keep_their_own_answers(
    client: TestClient, pictures: list[bytes], tiny: Bundle
) -> None:
    expected = [expect_tags(one) for one in Tagger(tiny, threads=1).tag(pictures)]
    before = read_counts(client)
    with ThreadPoolExecutor(12) as pool:
        posted = pool.map(lambda data: client.post("/v1/tag?top_k=1", content=data, headers=JPEG).json(), pictures)
        said = [read_tags(one["pictures"][0]["tags"]) for one in posted]
    assert said == expected
    files = [("pictures", (f"{place}.jpg", data)) for place, data in enumerate(pictures)]
    together = client.post("/v1/tag?top_k=1", files=files).json()["pictures"]
    assert [read_tags(one["tags"]) for one in together] == expected
    runs, seen = (after - start for after, start in zip(read_counts(client), before, strict=True))
    assert seen == 2 * len(pictures)
    assert runs < seen


def read_counts(client: TestClient) -> tuple[float, float]:
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[:1] != "#")
    return float(lines["modiste_network_runs_total"]), float(lines["modiste_pictures_total"])


def test_a_bad_picture_among_good_ones_has_a_problem_in_its_place(client: TestClient, pictures: list[bytes]) -> None:
    files = [("pictures", ("good.jpg", pictures[0])), ("pictures", ("bad.jpg", b"no picture"))]
    good, bad = client.post("/v1/tag", files=files).json()["pictures"]
    assert good["problem"] is None
    assert bad["tags"] is None
    assert bad["problem"]["type"] == "/problems/bad-picture" and "seems to be a text" in bad["problem"]["detail"]


def test_what_is_no_picture_is_refused(client: TestClient, pictures: list[bytes]) -> None:
    check_problem(client.post("/v1/tag", content=b"no picture", headers=JPEG), "bad-picture", "text")
    check_problem(client.post("/v1/tag", content=b"", headers=JPEG), "bad-picture", "empty")
    check_problem(client.post("/v1/tag", content=pictures[0], headers={"content-type": "text/plain"}), "wrong-type")
    check_problem(client.post("/v1/tag", content=pictures[0]), "wrong-type")
    check_problem(client.post("/v1/tag", files={"other": ("a.jpg", pictures[0])}), "invalid", "pictures")
    check_problem(client.post("/v1/tag?top_k=0", content=pictures[0], headers=JPEG), "invalid", "top_k")


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "1,2,3,4,5"])
def test_a_box_that_is_none_is_refused(client: TestClient, pictures: list[bytes], box: str) -> None:
    answer = client.post("/v1/tag", files={"pictures": ("a.jpg", pictures[0])}, data={"boxes": box})
    check_problem(answer, "invalid", "box")


def test_boxes_are_as_many_as_pictures_and_lie_within(client: TestClient, pictures: list[bytes]) -> None:
    files = {"pictures": ("a.jpg", pictures[0])}
    check_problem(client.post("/v1/tag", files=files, data={"boxes": ["", ""]}), "invalid", "2 boxes for 1")
    (said,) = client.post("/v1/tag", files=files, data={"boxes": "900,900,5,5"}).json()["pictures"]
    assert "outside the picture" in said["problem"]["detail"]
    (said,) = client.post("/v1/tag", files=files, data={"boxes": "nan,0,5,5"}).json()["pictures"]
    assert said["problem"]["status"] == 422
