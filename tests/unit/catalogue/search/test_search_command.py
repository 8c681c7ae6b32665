from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.search import Query, SearchEngine
from modiste.catalogue.search.page import write_search_page
from modiste.cli import search as command
from modiste.cli.main import main
from modiste.errors import UsageError

from .brute import BruteBackend, make_head
from .conftest import FIRST, Shop

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on the drawn shop; where it is kept is no part of this test."""
    monkeypatch.setattr(command, "open_backend", lambda _: shop.backend)

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leaving:
            main(["search", "shop", *words, "--bundle", str(shop.bundle.path), "--threads", "1"])
        shown = capsys.readouterr()
        return int(leaving.value.code or 0), shown.out, shown.err

    return call


@pytest.fixture
def photo(shop: Shop, tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    path.write_bytes(shop.files[FIRST])
    return str(path)


def test_json_is_a_list_of_hits_and_nothing_else(run: Run, photo: str) -> None:
    code, out, err = run("--image", photo, "-k", "3", "--json")
    hits = json.loads(out)
    assert (code, err) == (0, "")
    assert hits[0]["item_id"] == FIRST
    assert hits[0]["score"] == pytest.approx(1, abs=1e-4)
    assert len(hits) == 3
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert {"title", "price", "product_id"} <= set(hits[0])


def test_people_see_a_table(run: Run, shop: Shop, photo: str) -> None:
    code, out, _ = run("--image", photo, "--where", "price < 100000", "--facets", "gender", "--explain")
    assert code == 0
    assert "10 hits in" in out
    assert "title" in out
    assert shop.backend.items[FIRST].title in out
    assert "gender: how many items" in out
    assert "Made of: picture" in out


def test_typos_are_mended_aloud_and_missing_encoders_are_named(run: Run) -> None:
    code, out, _ = run("--text", "shrit")
    assert code == 0
    assert "read as: shirt" in out
    assert "no text encoder" in out


def test_a_box_is_four_numbers(run: Run, photo: str) -> None:
    code, out, _ = run("--image", photo, "--box", "0", "0", "60", "80", "--json")
    assert (code, json.loads(out)[0]["item_id"]) == (0, FIRST)
    assert run("--image", photo, "--box", "0", "0", "60")[0] == 2
    code, _, err = run("--image", photo, "--box", "900", "900", "10", "10")
    assert code == 2
    assert "outside the picture" in err


def test_nothing_fits_is_an_answer(run: Run) -> None:
    code, out, err = run("--item", FIRST, "--where", "price < 0", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert "no item of the catalogue passes the filter" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "nothing is looked for"),
        (("--item", "nobody"), "there is no item 'nobody'"),
        (("--item", FIRST, "--image", "a.jpg"), "expected one of them"),
        (("--item", FIRST, "--where", "price <"), "price"),
        (("--item", FIRST, "--json", "--facets", "gender"), "leave out --facets"),
        (("--image", "no-such-file.jpg"), "no-such-file.jpg"),
        (("--item", FIRST, "--weight", "3"), "weight"),
        (("--item", FIRST, "--page", "no-such-folder/out.html"), "there is no folder"),
    ],
)
def test_mistakes_exit_with_2_and_a_reason(run: Run, words: tuple[str, ...], expected: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert expected in err
    assert out == ""


def test_all_options_together(run: Run, photo: str, tmp_path: Path) -> None:
    page = tmp_path / "found.html"
    options = "--weight .3 --colour .2 --diversity .2 --fold --min-score -1 --explain --offset 1 -k 4 --json"
    code, out, err = run("--image", photo, "--text", "blue shirt", *options.split(), "--page", str(page))
    assert code == 0
    assert len(json.loads(out)) == 4
    assert all("reasons" in hit for hit in json.loads(out))
    assert "found.html" in err
    assert page.read_text(encoding="utf-8").count('class="card"') == 4


def test_the_page_shows_pictures_and_escapes_words(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(shop.files[FIRST])
    vectors = [shop.backend.vectors[FIRST]] * 3
    items = [CatalogueItem("a", image=str(path), title="<b>"), CatalogueItem("b", image="gone.jpg"), CatalogueItem("c")]
    backend = BruteBackend(make_head(16), items, vectors)
    query = Query(item="c", fold=False)
    results = SearchEngine(backend).search(query)
    text = write_search_page(tmp_path / "out.html", query, results, own=items[0]).read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 2
    assert text.count("no picture") == 1
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "http" not in text.replace("http-equiv", "")
    with pytest.raises(UsageError, match="is a folder"):
        write_search_page(tmp_path, query, results)


def test_names_can_not_speak_to_the_terminal(shop: Shop) -> None:
    assert command._plain("a\x1b[31m\nb") == "a�[31m�b"


def test_a_catalogue_in_a_folder_is_searched(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, items = tmp_path / "shop.catalogue", list(shop.backend.items.values())
    with LocalBackend(folder, create=shop.backend.head, refresh=False) as backend:
        backend.put(items, np.stack([shop.backend.vectors[item.item_id] for item in items]))
    with pytest.raises(SystemExit) as leaving:
        main(["search", str(folder), "--item", FIRST, "--json"])
    shown = capsys.readouterr()
    assert leaving.value.code == 0
    expected = shop.engine.search(Query(item=FIRST)).item_ids
    assert [hit["item_id"] for hit in json.loads(shown.out)] == expected
    with pytest.raises(SystemExit) as leaving:
        main(["search", str(tmp_path / "nothing"), "--item", FIRST])
    assert leaving.value.code == 2
    assert "nothing" in capsys.readouterr().err
