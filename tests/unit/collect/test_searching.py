"""Collecting by search terms against a local server that speaks Openverse's API, with its faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.collect.fetching import FetchOptions
from modiste.collect.searching import JsonSearch, Openverse, Provider, Term, build_terms, collect_pictures
from modiste.collect.searching import search as searching
from modiste.collect.searching.terms import parse_term, read_terms
from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import Manifest
from tests.unit.collect.web import Asked, Reply, Web, draw, serve

FAST = FetchOptions(allow_private=True, back_off=0.01, timeout=5, obey_robots=False)
TERMS = build_terms(colours=("red", "blue"), garments=("dress", "shirt"))
TOTAL = 45  # results of every term


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "choose_delay", lambda attempts, base: 0.01)


def make_result(base: str, term: str, rank: int) -> dict[str, Any]:
    """What Openverse says of a picture; every term shares its first two, and rank 3 is a copy elsewhere of rank 2."""
    name = f"shared/{rank}" if rank < 2 else f"{term.replace(' ', '_')}/{rank}"
    return {
        "id": f"id-{name}", "title": f"A {term}", "url": f"{base}/pictures/{name}.jpg", "creator": "Ann",
        "creator_url": "https://people.example/ann", "license": "by", "license_version": "4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/", "attribution": f"A {term} by Ann, CC BY 4.0",
        "foreign_landing_url": f"https://photos.example/{name}", "provider": "flickr", "source": "flickr",
        "width": 60, "height": 80, "tags": [], "mature": False,
    }  # fmt: skip


def find_seed(path: str) -> int:
    name = path.removeprefix("/pictures/").removesuffix(".jpg")
    term, _, rank = name.rpartition("/")
    return sum(map(ord, term)) * 100 + (2 if rank == "3" else int(rank))


class Api:
    """Openverse as far as it matters here; ``faults`` are replies to the first requests of a page, one each."""

    def __init__(self, total: int = TOTAL, **faults: list[Reply]) -> None:
        self.web: Web | None = None
        self.total = total
        self.faults = faults

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.startswith("/pictures/"):
            return Reply(draw(find_seed(asked.path)))
        assert asked.path == "/v1/images/"
        page, size = int(asked.query["page"]), int(asked.query["page_size"])
        faults = self.faults.get(f"page{page}", [])
        if asked.count <= len(faults):
            return faults[asked.count - 1]
        # As Openverse's restricted_features.py has it, for everybody and for registered applications.
        if size > (50 if "Authorization" in asked.headers else 20) or page * size > 240:
            return Reply(b'{"detail": "Ensure this value is less"}', status=401)
        assert self.web is not None
        ranks = range((page - 1) * size, min(page * size, self.total))
        results = [make_result(self.web.base, asked.query["q"], rank) for rank in ranks]
        pages = -(-self.total // size)
        content = {"result_count": self.total, "page_count": pages, "page_size": size, "page": page, "results": results}
        return Reply(json.dumps(content).encode(), headers={"Content-Type": "application/json"})


def collect(tmp_path: Path, api: Api, terms: list[Term] = TERMS, per_term: int = 10, **options: Any) -> Any:
    with serve(api) as web:
        api.web = web
        provider = Openverse(address=f"{web.base}/v1/images/", seconds=0.0, **options)
        return collect_pictures(terms, tmp_path / "out", provider=provider, per_term=per_term, options=FAST)


def test_terms_become_labels_and_licences_stay(tmp_path: Path) -> None:
    summary = collect(tmp_path, Api())
    assert [count.found for count in summary.terms] == [10] * 4
    manifest = Manifest.read(tmp_path / "out")
    assert manifest.taxonomy["colour"].values == ("blue", "red")
    assert manifest.taxonomy["garment"].values == ("dress", "shirt")
    # Two pictures are shared by all terms; of the eight others of a term, two are the same picture.
    assert len(manifest) == 2 + 4 * 7
    row = manifest.items.row(by_predicate=pl.col("item_id") == "red-dress/0005", named=True)
    assert (row["label.colour"], row["label.garment"], row["meta.terms"]) == ("red", "dress", ["red dress"])
    assert (row["meta.license"], row["meta.license_version"], row["meta.creator"]) == ("by", "4.0", "Ann")
    assert row["meta.attribution"] == "A red dress by Ann, CC BY 4.0"
    assert row["meta.foreign_landing_url"] == "https://photos.example/red_dress/4"
    assert (row["title"], row["source"]) == ("A red dress", "openverse")


def test_picture_of_several_terms_is_kept_once_with_all_of_them(tmp_path: Path) -> None:
    collect(tmp_path, Api(), build_terms(["red dress", "red shirt"]))
    items = Manifest.read(tmp_path / "out").items
    shared = items.row(0, named=True)
    assert shared["meta.terms"] == ["red dress", "red shirt"]
    assert (shared["label.colour"], shared["label.garment"]) == ("red", None)
    assert items["meta.sha256"].is_unique().all()
    remarks = Manifest.read(tmp_path / "out").problems.filter(kind="remark")
    assert "the same picture as red-dress/0003" in remarks["reason"].to_list()


def test_pages_are_turned_until_there_are_enough_or_no_more(tmp_path: Path) -> None:
    summary = collect(tmp_path, Api(), build_terms(["red dress"]), per_term=100)
    assert summary.terms[0].found == TOTAL


@pytest.mark.parametrize(("token", "requests"), [(None, 12), ("secret", 5)])
def test_all_that_openverse_gives_is_asked_for_and_no_more(token: str | None, requests: int) -> None:
    """Of 1000 results 240 can be had; the request behind them would be answered 401, which ends the whole job."""
    api = Api(total=1000)
    with serve(api) as web:
        api.web = web
        provider = Openverse(address=f"{web.base}/v1/images/", seconds=0.0, token=token)
        result = searching.Searcher(provider, allow_private=True).search("dress", 500, advance=lambda count: None)
    assert len(result.found) == 240
    assert result.remarks == ()
    assert len(web.asked) == requests


def test_faults_of_the_search_pass(tmp_path: Path) -> None:
    busy = Reply(b'{"detail": "Request was throttled."}', status=429, headers={"Retry-After": "0"})
    faults = [busy, Reply(status=500), Reply(b'{"results": [{"url"', sent=0.5), Reply(b"<html>hello</html>")]
    summary = collect(tmp_path, Api(page1=faults, page2=faults[:2]), build_terms(["red dress"]), per_term=30)
    assert summary.terms[0].found == 30


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=429, headers={"Retry-After": "72000"}), "asks to wait 1200 minutes"),
        (Reply(status=500), "500 Internal Server Error"),
        (Reply(b"<html>hello</html>"), "not JSON"),
        (Reply(b'{"items": []}'), "no list of 'results'"),
        (Reply(b"[1, 2]"), "no list of 'results'"),
        (Reply(status=401), "401 Unauthorized"),
        (Reply(status=302, headers={"Location": "http://elsewhere.example/"}), "another host, elsewhere.example"),
    ],
)
def test_search_that_stays_broken_ends_with_its_reason_and_goes_on_later(
    tmp_path: Path, reply: Reply, reason: str
) -> None:
    api = Api()
    with serve(api) as web:
        api.web = web
        provider = Openverse(address=f"{web.base}/v1/images/", seconds=0.0)
        broken = [reply] * 9

        def answer(asked: Asked) -> Reply:
            return broken[0] if broken and asked.query.get("q") == "blue dress" else api(asked)

        with serve(answer) as second:
            api.web = second
            provider = Openverse(address=f"{second.base}/v1/images/", seconds=0.0)
            with pytest.raises(UsageError, match="can't be searched") as caught:
                collect_pictures(TERMS, tmp_path / "out", provider=provider, per_term=5, options=FAST)
            assert reason in str(caught.value)
            asked = sum(item.query.get("q") == "red dress" for item in second.asked)
            broken.clear()
            summary = collect_pictures(TERMS, tmp_path / "out", provider=provider, per_term=5, options=FAST)
            assert sum(item.query.get("q") == "red dress" for item in second.asked) == asked
    assert [count.found for count in summary.terms] == [5] * 4
    assert not list(tmp_path.glob(".*.modiste"))


def test_refused_page_ends_a_term_with_a_remark(tmp_path: Path) -> None:
    summary = collect(tmp_path, Api(page2=[Reply(status=400)] * 9), build_terms(["red dress"]), per_term=40)
    assert summary.terms[0].found == 20
    problems = Manifest.read(tmp_path / "out").problems
    assert "page 2 was refused: the server answered 400 Bad Request" in problems["reason"].to_list()


def test_nothing_found_is_told(tmp_path: Path) -> None:
    empty = Reply(b'{"page_count": 0, "results": []}')
    with pytest.raises(UsageError, match="found no picture for red dress"):
        collect(tmp_path, Api(page1=[empty]), build_terms(["red dress"]))


def test_token_and_licences_are_sent(tmp_path: Path) -> None:
    provider = Openverse(("cc0", "by"), ("commercial",), token="secret")
    request = provider.request_page("red dress", 1)
    assert "license=cc0%2Cby&license_type=commercial" in request.address
    assert "page=2&page_size=48" in request.address
    assert request.headers == (("Authorization", "Bearer secret"),)
    assert "secret" not in str(provider.describe()) + repr(request)
    with pytest.raises(UnknownNameError, match="by-sa"):
        Openverse(licences=("by-sb",))
    with pytest.raises(UnknownNameError, match="commercial"):
        Openverse(licence_types=("comercial",))


TOML = """
name = "my shop"
address = "{base}/find"
interval = 0.0
[parameters]
query = "{{term}} photo"
start = "{{offset}}"
per_page = "{{size}}"
[paging]
size = 4
[headers]
X-Key = "Key ${{SHOP_KEY}}"
[fields]
results = "data.items"
address = "links.0.href"
title = "name"
[fields.meta]
creator = "by.name"
license = "licence"
"""


def test_search_described_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "secret")

    def answer(asked: Asked) -> Reply:
        if asked.path != "/find":
            return Reply(draw(int(asked.path[1:-4])))
        assert asked.headers["X-Key"] == "Key secret"
        assert asked.query["query"] == "red dress photo"
        start = int(asked.query["start"])
        items = [{"links": [{"href": f"{web.base}/{at}.jpg"}], "name": f"no. {at}", "by": {"name": "Bo"}}
                 for at in range(start, min(start + 4, 10))]  # fmt: skip
        items += [{"links": []}] if start == 0 else []
        return Reply(json.dumps({"data": {"items": items}}).encode())

    with serve(answer) as web:
        (tmp_path / "search.toml").write_text(TOML.format(base=web.base))
        provider: Provider = JsonSearch.read(tmp_path / "search.toml")
        summary = collect_pictures(
            build_terms(["red dress"]), tmp_path / "out", provider=provider, per_term=50, options=FAST
        )
    assert summary.terms[0].found == 10
    items = Manifest.read(tmp_path / "out").items
    assert items["meta.creator"].unique().to_list() == ["Bo"]
    assert items["meta.license"].null_count() == 10
    assert "secret" not in str(provider.describe())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("{term} photo", "photo"), "none of them holds {term}"),
        (("{size}", "{number}"), "unknown {number}"),
        (('address = "links.0.href"', ""), "fields.address"),
        (("interval = 0.0", "interval = -1"), "interval"),
        (("interval = 0.0", "delay = 1"), "delay"),
        (("https://", "ftp://"), "http:// or https://"),
        (("/find", "/find?q=1"), "no query"),
        (("SHOP_KEY", "NO_SUCH_KEY"), "NO_SUCH_KEY"),
        (("[paging]", "[paging"), "can't be read"),
    ],
)
def test_wrong_description_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], reason: str
) -> None:
    monkeypatch.setenv("SHOP_KEY", "secret")
    text = TOML.format(base="https://search.example").replace(*change)
    (tmp_path / "search.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        JsonSearch.read(tmp_path / "search.toml")
    assert reason in str(caught.value)
    assert "search.toml" in str(caught.value)


def test_terms_are_taken_apart() -> None:
    assert dict(parse_term("Navy  Blue Shirt", ("navy blue", "navy")).labels) == {
        "colour": "navy blue",
        "garment": "Shirt",
    }
    assert dict(parse_term("red gown=dress").labels) == {"colour": "red", "garment": "dress"}
    assert dict(parse_term("red").labels) == {"garment": "red"}
    assert [term.text for term in build_terms(garments=("dress", "shirt"))] == ["dress", "shirt"]
    assert len(TERMS) == 4


def test_terms_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("# S4\nred dress\n\nblue shirt\n")
    (tmp_path / "terms.csv").write_text("term,colour,garment,style\nred gown,red,dress,festive\nplain tee,,shirt,\n")
    assert [term.text for term in read_terms(tmp_path / "terms.txt")] == ["red dress", "blue shirt"]
    terms = read_terms(tmp_path / "terms.csv")
    assert [dict(term.labels) for term in terms] == [
        {"colour": "red", "garment": "dress", "style": "festive"},
        {"garment": "shirt"},
    ]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="no column 'term'"):
        read_terms(tmp_path / "other.csv")
    (tmp_path / "empty.txt").write_text("\n# nothing\n")
    with pytest.raises(SourceError, match="holds no term"):
        read_terms(tmp_path / "empty.txt")


def test_contradictory_terms_are_refused() -> None:
    with pytest.raises(UsageError, match="--garments"):
        build_terms(colours=("red",))
    with pytest.raises(UsageError, match="nothing to search for"):
        build_terms()
    with pytest.raises(UsageError, match="different labels"):
        build_terms(["red dress", "red dress=gown"])
    with pytest.raises(UsageError, match="empty"):
        build_terms([" "])
