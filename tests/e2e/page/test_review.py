"""The review: answered, skipped and taken back with keys; opinions stand side by side; corrections are exported."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.page.steps import ask, settle, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASKED = "document.querySelector('.question')?.getAttribute('aria-label')"
LEFT = "Number(document.querySelector('.review > .hint').textContent.match(/[0-9]+/)[0])"


@pytest.fixture
def review(page: Page) -> Page:
    """The review of colours, by somebody who is called Ada."""
    page.evaluate("localStorage.setItem('modiste.author', 'Ada')")
    visit(page, "review?field=baseColour")
    page.locator(".question").wait_for()
    return page


def test_keys_answer_skip_and_take_back(review: Page) -> None:
    queue = ask(review, "/v1/review?field=baseColour&limit=50&author=Ada")
    assert review.evaluate(LEFT) == queue["left"]
    names = [entry["item"]["title"] for entry in queue["items"]]
    assert review.evaluate(ASKED) == names[0]
    offered = review.locator(".answer-value").all_inner_texts()
    assert offered[0] == queue["items"][0]["value"] and len(offered) > 2
    review.keyboard.press("2")
    wait_until(review, f"name => {ASKED} === name", names[1])
    first = queue["items"][0]["item"]["item_id"]
    assert ask(review, f"/v1/items/{first}")["labels"]["baseColour"] == [offered[1]]
    assert review.evaluate(LEFT) == queue["left"] - 1
    review.keyboard.press("s")
    wait_until(review, f"name => {ASKED} === name", names[2])
    review.keyboard.press("u")
    wait_until(review, f"name => {ASKED} === name", names[0])
    assert ask(review, f"/v1/items/{first}/opinions")["opinions"] == []


def test_another_value_is_looked_for(review: Page) -> None:
    item = ask(review, "/v1/review?field=baseColour&limit=1&author=Ada")["items"][0]["item"]
    before = review.evaluate(ASKED)
    review.keyboard.press("o")
    review.keyboard.type("turq")
    review.keyboard.press("Enter")
    wait_until(review, f"name => {ASKED} !== name", before)
    assert ask(review, f"/v1/items/{item['item_id']}")["labels"]["baseColour"] == ["Turquoise Blue"]
    review.get_by_role("button", name="Undo").click()
    wait_until(review, f"name => {ASKED} === name", before)


def test_opinions_stand_side_by_side(review: Page) -> None:
    entry = ask(review, "/v1/review?field=baseColour&limit=1&author=Ada")["items"][0]
    path = f"/v1/items/{entry['item']['item_id']}/opinions"
    headers = {"Content-Type": "application/json"}
    made = []
    for author, value in (("Bo", "Red"), ("Cy", "Teal")):
        body = f'{{"field": "baseColour", "values": ["{value}"], "author": "{author}"}}'
        made.append(ask(review, path, method="POST", body=body, headers=headers)["opinion"])
    review.reload()
    settle(review)
    review.locator(".question").wait_for()
    for _ in range(60):
        if review.evaluate(ASKED) == entry["item"]["title"] and review.locator(".opinions").count():
            break
        before = review.locator(".question").element_handle()
        review.keyboard.press("s")
        wait_until(review, "before => !before.isConnected", before)
    told = review.locator(".opinions").inner_text()
    assert "People disagree" in told and all(word in told for word in ("Bo", "Red", "Cy", "Teal"))
    for one in made:
        review.evaluate("async id => { await fetch(`/v1/opinions/${id}`, { method: 'DELETE' }); }", one["id"])


def test_corrections_are_exported(review: Page) -> None:
    before = review.evaluate(ASKED)
    value = review.locator(".answer-value").nth(1).inner_text()
    review.keyboard.press("2")
    wait_until(review, f"name => {ASKED} !== name", before)
    with review.expect_download() as saving:
        review.get_by_role("button", name="CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text(encoding="utf-8"))))
    assert value in [row["baseColour"] for row in table]
    review.keyboard.press("u")
    wait_until(review, f"name => {ASKED} === name", before)


def test_the_name_is_kept_and_typing_it_answers_nothing(review: Page) -> None:
    before = review.evaluate(ASKED)
    field = review.get_by_label("Correcting as")
    assert field.input_value() == "Ada"
    field.fill("")
    field.press_sequentially("s1 u2")
    field.press("Tab")
    assert review.evaluate(ASKED) == before
    assert review.evaluate("localStorage.getItem('modiste.author')") == "s1 u2"
