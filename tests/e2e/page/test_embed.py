"""Similar items on somebody else's page, with a read key; and the page itself where the server wants a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.page.conftest import Guarded, Shop, Watch
from tests.e2e.page.steps import EVIL, HOSTILE_ID, find_cards, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# The host's own policy is strict: the script needs no inline style, and no other host than ours.
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A shop</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {server}; connect-src {server};
 img-src {server} blob: data:; style-src 'self'"><link rel="stylesheet" href="shop.css"><link rel="icon" href="data:,">
<main><h1>A shop's own page</h1><script src="{server}/embed.js" data-item="{item}" data-key="{key}" data-count="4"
 data-link="https://shop.example/p/{{id}}" data-heading="Looks like it" class="alike" async></script></main></html>"""

DRAWN = """[...document.querySelector("modiste-similar").shadowRoot.querySelectorAll("img")]
  .every((one) => one.complete && one.naturalWidth)"""
SHOW = """(node, title) =>
  node.show([{ item_id: "x", title, price: 1, currency: "<b>", picture: "javascript:window.hacked=1" }])"""


def open_host(context: BrowserContext, guarded: Guarded, item: str, key: str) -> Page:
    (guarded.folder / "shop.css").write_text(".alike { --modiste-ink: rgb(1, 2, 3); --modiste-columns: 2; }")
    page_text = HOST.format(server=guarded.address, item=item, key=key)
    (guarded.folder / "index.html").write_text(page_text, encoding="utf-8")
    page = context.new_page()
    page.goto(guarded.host)
    return page


def test_similar_items_on_another_page(context: BrowserContext, guarded: Guarded, shop: Shop) -> None:
    page = open_host(context, guarded, shop.third, guarded.read)
    similar = page.locator("modiste-similar")
    similar.locator("a").nth(3).wait_for()
    assert similar.locator("li").count() == 4 and similar.locator("h2").inner_text() == "Looks like it"
    assert similar.locator("a").first.get_attribute("href").startswith("https://shop.example/p/1")  # type: ignore[union-attr]
    assert similar.locator("h2").evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    # Pictures need the key, too: they are fetched with it.
    wait_until(page, DRAWN)
    chosen = """() => new Promise((resolve) => {
      document.addEventListener("modiste-choose", (event) => {
        event.preventDefault();
        resolve(event.detail.item.item_id);
      });
      document.querySelector("modiste-similar").shadowRoot.querySelector("a").click();
    })"""
    assert page.evaluate(chosen).startswith("1") and page.url.startswith(guarded.host)


def test_a_wrong_key_leaves_the_host_alone(context: BrowserContext, guarded: Guarded, shop: Shop, watch: Watch) -> None:
    watch.allowed += ["status of 401", "modiste: no similar items"]
    page = open_host(context, guarded, shop.third, "wrong")
    wait_until(page, "document.querySelector('modiste-similar')?.shadowRoot")
    page.wait_for_timeout(500)
    assert page.locator("modiste-similar li").count() == 0
    assert page.locator("h1").inner_text() == "A shop's own page"


def test_hostile_titles_stay_text_there_too(context: BrowserContext, guarded: Guarded) -> None:
    page = open_host(context, guarded, HOSTILE_ID, guarded.read)
    page.locator("modiste-similar a").nth(3).wait_for()
    page.locator("modiste-similar").evaluate(SHOW, EVIL)
    assert page.locator("modiste-similar .name").inner_text() == EVIL
    assert page.evaluate("window.hacked") is None


def test_the_page_asks_for_a_key_and_uses_it(
    context: BrowserContext, guarded: Guarded, watch: Watch, shop: Shop
) -> None:
    watch.allowed += ["status of 401", "status of 403"]
    page = context.new_page()
    page.goto(f"{guarded.address}/#/search?text=shoes")
    box = page.get_by_role("alert")
    box.get_by_label("Key").fill(guarded.read)
    box.get_by_role("button", name="Use this key").click()
    find_cards(page).first.wait_for()
    picture = page.locator(".hits .card img").first
    picture.wait_for()
    wait_until(page, "(one => one.complete && one.naturalWidth > 50)(document.querySelector('.hits .card img'))")
    # A read key corrects nothing.
    page.goto(f"{guarded.address}/#/product/{shop.third}")
    page.locator(".tag").first.wait_for()
    assert page.get_by_role("button", name="Correct season").count() == 0 or correct_fails(page)


def correct_fails(page: Page) -> bool:
    page.get_by_role("button", name="Correct season").click()
    page.get_by_role("option").nth(1).click()
    page.locator(".toast").wait_for()
    return "now" not in page.locator(".toast").inner_text()
