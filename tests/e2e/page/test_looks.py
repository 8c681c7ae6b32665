"""Every view at every width, light and dark: nothing juts out, axe finds nothing, the keyboard reaches all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.page.conftest import Shop
from tests.e2e.page.steps import SETTLED, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Response

WIDTHS = (360, 768, 1440)
PLACES = {
    "home": "",
    "results": "search?f.masterCategory=Apparel&f.size=M&price=..3000",
    "mixed": "search?text=blue&item={third}",
    "product": "product/{third}",
    "batch": "batch",
    "review": "review",
    "model": "models",
}
WIDE = """[...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > innerWidth + 1
  && node.getBoundingClientRect().width && !node.closest(".scroll, nav, .unseen, .skip"))
  .map((node) => node.outerHTML.slice(0, 120))"""
OUTLINE = """(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(
  getComputedStyle(document.activeElement))"""
AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const tell = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 150)} ${node.failureSummary}`);
  return found.violations.flatMap(tell);
}"""


def load_axe(page: Page) -> None:
    """Put axe-core into the page, past its policy, as a debugger may."""
    base = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    page.evaluate(base.AXE_FILE_PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", PLACES)
def test_every_view_fits_and_is_accessible(page: Page, shop: Shop, place: str) -> None:
    load_axe(page)
    visit(page, PLACES[place].format(third=shop.third))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(50)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(WIDE) == []
            assert page.evaluate(AXE) == []


def test_what_opens_is_accessible_too(page: Page, shop: Shop) -> None:
    load_axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, "search")
    page.get_by_role("button", name="Filters").click()
    page.locator("dialog[open] .branch").first.wait_for()
    assert page.evaluate(AXE) == []
    page.keyboard.press("Escape")
    page.set_input_files(".ways input[type=file]", shop.photograph)
    page.locator(".crop-frame").wait_for()
    wait_until(page, SETTLED)
    assert page.evaluate(AXE) == []
    visit(page, f"product/{shop.third}")
    page.get_by_role("button", name="Correct season").click()
    assert page.evaluate(AXE) == []


def test_filters_open_as_a_drawer_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, "search")
    assert not page.locator(".side").is_visible()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("dialog").get_by_role("button", name="Footwear").click()
    wait_until(page, "location.hash.includes('Footwear')")
    page.get_by_role("button", name="Show the results").click()
    page.get_by_role("button", name="Filters (1)").wait_for()


def test_a_whole_search_with_the_keyboard(page: Page) -> None:
    """Tab reaches the skip link, the box, a facet and a product, and what has the focus is seen to have it."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("shoes")
    page.keyboard.press("Enter")
    wait_until(page, f"location.hash.includes('text=shoes') && ({SETTLED})")
    assert page.evaluate("document.activeElement.tagName") == "H1"  # readers begin with what was found
    wait_until(page, "document.querySelector('[data-key^=\"masterCategory=\"]') !== null")
    page.get_by_role("searchbox").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.key ?? ''").startswith("masterCategory="):
            break
    style = page.evaluate(OUTLINE)
    assert style[0] == "solid" and float(style[1].removesuffix("px")) >= 2
    key = page.evaluate("document.activeElement.dataset.key")
    page.keyboard.press("Enter")
    wait_until(page, f"location.hash.includes('masterCategory') && ({SETTLED})")
    assert page.evaluate("document.activeElement.dataset.key") == key  # the focus stays through the new results
    page.evaluate("document.querySelector('.hits .card-name a').focus()")
    page.keyboard.press("Enter")
    wait_until(page, "location.hash.startsWith('#/product/')")
    wait_until(page, "document.activeElement.tagName === 'H1'")


def test_the_toggle_changes_the_colours_and_is_remembered(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark colours").click()
    dark = page.evaluate(paper)
    assert light != dark
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Light colours").click()
    assert page.evaluate(paper) == light


def test_results_are_told_to_screen_readers(page: Page) -> None:
    visit(page, "search?f.masterCategory=Footwear")
    wait_until(page, "document.getElementById('told').textContent.includes('products')")
    assert page.locator("#told").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("place", PLACES)
def test_a_view_weighs_little(context: BrowserContext, server: str, shop: Shop, place: str) -> None:
    """All files that are sent for a view: at most 150 kB as they are, and 50 kB as they are sent."""
    sent: dict[str, int] = {}

    def weigh(told: Response) -> None:
        if "/v1/" not in told.url:
            sent[told.url] = int(told.headers["content-length"])
            assert told.headers["content-encoding"] == "gzip"

    context.on("response", weigh)
    page = context.new_page()
    page.goto(f"{server}/#/{PLACES[place].format(third=shop.third)}", wait_until="networkidle")
    wait_until(page, SETTLED)
    context.remove_listener("response", weigh)  # it also hears what is asked for below
    whole = {url: len(context.request.get(url).body()) for url in sent}
    assert len(sent) > 10 and min(sent.values()) > 0
    assert sum(whole.values()) <= 150_000 and sum(sent.values()) <= 50_000
