"""Answers that are put together from items' texts: the same bytes as the whole answer's shape writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from modiste.catalogue import Catalogue, CatalogueItem, Hit, Results
from modiste.serving import answers
from modiste.serving.answers import AnswerWriter
from modiste.serving.schemas.search import SearchAnswer
from modiste.serving.views import view_hit, view_item, view_results

from .conftest import ODD

HITS = (Hit("a", 0.5, word_score=7.25, folded=("x", 'y"')), Hit("ü", None, colour_score=1.0))
ITEMS = (
    CatalogueItem("a", title='A "shirt" <b>', price=9.5, details={"fabric": ("wool", "silk")}),
    CatalogueItem("ü"),
)
RESULTS = Results(HITS, total=2, corrected="blue", unknown=("zz",), methods=("words",), notes=("n",), seconds=0.25)


def write_whole(results: Results, items: tuple[CatalogueItem, ...]) -> bytes:
    hits = [{**view_hit(hit), "item": view_item(item)} for hit, item in zip(results, items, strict=True)]
    return SearchAnswer.model_validate(view_results(results, hits)).model_dump_json().encode()


def write(writer: AnswerWriter, results: Results, items: tuple[CatalogueItem, ...]) -> bytes:
    return writer.write(results, [(view_hit(hit), item) for hit, item in zip(results, items, strict=True)])


def test_the_bytes_are_those_of_the_shape() -> None:
    writer = AnswerWriter()
    for _ in range(2):  # the second time from what is remembered
        assert write(writer, RESULTS, ITEMS) == write_whole(RESULTS, ITEMS)
    nothing = replace(RESULTS, hits=(), reason="there is nothing")
    assert write(writer, nothing, ()) == write_whole(nothing, ())


def test_an_item_that_changed_is_written_anew() -> None:
    writer = AnswerWriter()
    write(writer, RESULTS, ITEMS)
    changed = (replace(ITEMS[0], price=3.0), ITEMS[1])
    assert write(writer, RESULTS, changed) == write_whole(RESULTS, changed)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_LONGEST", 600)
    writer = AnswerWriter(most=2)
    items = [CatalogueItem(str(number), title="x" * (number % 2) * 900) for number in range(9)]
    for item in items:
        assert write(writer, replace(RESULTS, hits=(Hit(item.item_id, 0.1),)), (item,))
    assert [text for _, text in writer._texts.values()] == [writer._write_item(items[place]) for place in (6, 8)]


def test_what_has_not_the_shape_is_no_answer() -> None:
    with pytest.raises(ValidationError):
        AnswerWriter().write(RESULTS, [({"item_id": "a", "score": float("nan")}, ITEMS[0])])


@pytest.mark.parametrize(
    "asked", [{"text": "blue shirt", "explain": True}, {"item": ODD, "facets": "colour,price"}, {"sort": "-price"}]
)
def test_the_server_answers_in_the_shape(client: TestClient, catalogue: Catalogue, asked: dict) -> None:
    answer = client.get("/v1/search", params={"k": 4, **asked})
    assert answer.headers["content-type"] == "application/json"
    assert SearchAnswer.model_validate_json(answer.content).model_dump_json().encode() == answer.content
    shown = answer.json()["hits"]
    assert len(shown) == 4
    for hit in shown:
        assert hit["item"]["title"] == catalogue.get(hit["item_id"]).title
