"""A product: its tags, why they are there, what is like it; a tag is corrected in two clicks, and taken back in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.page.conftest import Shop
from tests.e2e.page.steps import EVIL, HOSTILE_ID, ask, settle, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHARE = "bar => bar.getBoundingClientRect().width / bar.parentElement.clientWidth"
LEVELS = """map => {
  const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  return new Set(data.filter((_, at) => at % 4 === 3)).size;
}"""
SEASON = "document.querySelector('[data-field=season] .tag-value').textContent"


def test_tags_say_what_the_server_says(page: Page, shop: Shop) -> None:
    visit(page, f"product/{shop.third}")
    item = ask(page, f"/v1/items/{shop.third}")
    assert page.locator("h1").inner_text() == item["title"]
    told = {
        row.get_attribute("data-field"): row.locator(".tag-value").inner_text().split("\n")[0]
        for row in page.locator(".tag").all()
    }
    assert told == {field: ", ".join(values) for field, values in item["labels"].items()}
    predicted = next(tag for tag in item["tags"] if tag["origin"] == "predicted")
    row = page.locator(f'.tag[data-field="{predicted["field"]}"]')
    assert f"{round(predicted['confidence'] * 100)} %" in row.inner_text() and "by the tagger" in row.inner_text()
    width = row.locator(".bar-of span").evaluate(SHARE)
    assert abs(width - predicted["confidence"]) < 0.02


def test_similar_ones_lead_on_and_back(page: Page, shop: Shop) -> None:
    visit(page, f"product/{shop.third}")
    alike = page.locator(".similar .card-name a")
    assert alike.count() == 12
    name = alike.first.inner_text()
    alike.first.click()
    wait_until(page, "name => document.querySelector('h1')?.textContent === name", name)
    assert page.evaluate("document.activeElement.tagName") == "H1" or page.evaluate("scrollY") == 0
    page.go_back()
    wait_until(page, "id => location.hash === `#/product/${id}`", shop.third)


def test_why_shows_the_parts_and_the_neighbours(page: Page, shop: Shop) -> None:
    visit(page, f"product/{shop.third}")
    page.get_by_role("button", name="Why article type").click()
    page.locator(".photo.large .map").wait_for()
    # The map lies exactly over the picture, and is not one colour.
    image, laid = page.locator(".photo.large img").bounding_box(), page.locator(".map").bounding_box()
    assert image and laid and all(abs(image[side] - laid[side]) < 1.5 for side in ("x", "y", "width", "height"))
    levels = page.locator(".map").evaluate(LEVELS)
    assert levels > 5
    assert "The tagger says" in page.locator(".why").inner_text()
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.locator(".map").count() == 0


def test_a_tag_is_corrected_in_two_clicks_and_taken_back(page: Page, shop: Shop) -> None:
    visit(page, f"product/{shop.third}")
    row = page.locator('.tag[data-field="season"]')
    before = row.locator(".tag-value").inner_text().split("\n")[0]
    other = "Winter" if before != "Winter" else "Summer"
    row.get_by_role("button", name="Correct season").click()
    row.get_by_role("option", name=other).click()
    page.locator(".toast").get_by_text(f"Season is now {other}.").wait_for()
    assert row.locator(".tag-value").inner_text() == other and "corrected by people" in row.inner_text()
    assert ask(page, f"/v1/items/{shop.third}")["labels"]["season"] == [other]
    page.get_by_role("button", name="Undo").click()
    wait_until(page, f"text => {SEASON}.startsWith(text)", before)
    assert ask(page, f"/v1/items/{shop.third}")["labels"]["season"] == [before]


def test_a_tag_is_corrected_with_the_keyboard_alone(page: Page, shop: Shop) -> None:
    visit(page, f"product/{shop.third}")
    page.get_by_role("button", name="Correct usage").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("spo")
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('[data-field=usage] .tag-value').textContent === 'Sports'")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Correct usage"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator(".chooser").count() == 0
    opinions = ask(page, f"/v1/items/{shop.third}/opinions")["opinions"]
    assert [(one["field"], one["values"]) for one in opinions] == [("usage", ["Sports"])]
    for one in opinions:
        page.evaluate("async id => { await fetch(`/v1/opinions/${id}`, { method: 'DELETE' }); }", one["id"])


def test_no_script_in_words_of_the_shop_runs(page: Page) -> None:
    for place in (f"product/{HOSTILE_ID}", "search?text=hostile", f"search?item={HOSTILE_ID}", "search?sort=-price"):
        visit(page, place)
        page.wait_for_timeout(100)
        assert page.evaluate("window.hacked") is None
    visit(page, f"search?f.articleType={EVIL.replace('<', '%3C')}")
    visit(page, f"product/{HOSTILE_ID}")
    assert EVIL in page.locator("h1").inner_text()  # it is all there, as text
    assert page.locator("main script, main img[src=x], main a[href^=javascript]").count() == 0
    page.locator(".details summary").click()
    assert "javascript:window.hacked=1" in page.locator(".details").inner_text()
    settle(page)
    assert page.evaluate("window.hacked") is None
