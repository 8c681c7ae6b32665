"""Home and results: words, photographs, facets, prices, order; the address says it all, and the back button works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modiste.catalogue import Catalogue
from tests.e2e.page.conftest import Shop, Watch
from tests.e2e.page.steps import PATIENCE, drop_files, find_cards, read_address, read_names, settle, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


CARDS = "document.querySelectorAll('.hits .card-name a')"
FOUND = "text => document.querySelector('.found').textContent.startsWith(text)"


def wait_for_hits(page: Page, change: str) -> None:
    """Wait until the address says something, and the results that it asks for are there."""
    wait_until(page, "text => decodeURIComponent(location.hash).includes(text)", change)
    settle(page)


def test_the_wall_is_shuffled_and_comes_back(page: Page) -> None:
    names = page.locator(".wall .card-name a")
    names.first.wait_for()
    settle(page)
    before = names.all_inner_texts()
    assert len(before) == 24 and len(set(before)) > 12
    page.get_by_role("button", name="Shuffle").click()
    wait_until(page, "first => document.querySelector('.wall .card-name a').textContent !== first", before[0])
    settle(page)
    shuffled = names.all_inner_texts()
    assert shuffled != before
    names.first.click()
    wait_until(page, "location.hash.startsWith('#/product/')")
    page.go_back()
    page.locator(".home").wait_for()
    settle(page)
    assert names.all_inner_texts() == shuffled


def test_words_find_what_python_finds(page: Page, shop: Shop) -> None:
    page.get_by_role("searchbox").fill("blue shoes")
    page.get_by_role("searchbox").press("Enter")
    wait_for_hits(page, "text=blue+shoes")
    with Catalogue.open(shop.folder) as opened:
        titles = [hit.item.title for hit in opened.search(text="blue shoes", k=24)]
    assert read_names(page) == titles
    assert page.locator("h1").inner_text() == "“blue shoes”"
    first = page.locator(".hits .card").first
    assert first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    assert first.locator(".price").inner_text().startswith("€")
    assert -1 <= float(first.locator(".score").inner_text().split()[-1]) <= 1


def test_typos_are_mended_and_said(page: Page) -> None:
    visit(page, "search?text=tshrits")
    assert "tshirt" in page.locator(".note").first.inner_text()


def test_facets_narrow_and_the_back_button_widens(page: Page, shop: Shop) -> None:
    visit(page, "search")
    whole = page.locator(".found").inner_text()
    assert whole.startswith("61 products")
    branch = page.get_by_role("button", name="Apparel")
    number = int(branch.locator(".count").inner_text())
    branch.click()
    wait_for_hits(page, "f.masterCategory=Apparel")
    assert page.locator(".found").inner_text().startswith(f"{number} products")
    assert page.locator(".tree .tree .branch").count() > 1
    colour = page.locator(".colours .check").first
    name = colour.locator(".name").inner_text()
    colour.locator("input").check()
    wait_for_hits(page, f"f.baseColour={name}")
    assert page.get_by_role("button", name=f"Remove {name}").is_visible()
    # A chosen colour still shows how many the others would give.
    assert page.locator(".colours .check").count() > 1
    with Catalogue.open(shop.folder) as opened:
        where = f"masterCategory = 'Apparel' and baseColour = '{name}'"
        titles = {hit.item.title for hit in opened.search(text="a", k=100, where=where)}
    assert set(read_names(page)) == titles
    page.go_back()
    wait_until(page, "text => document.querySelector('.found').textContent.startsWith(text)", f"{number} products")
    page.go_back()
    wait_until(page, FOUND, "61 products")


def test_chips_take_back(page: Page) -> None:
    visit(page, "search?f.masterCategory=Apparel&f.size=M&price=..2000")
    assert page.locator(".chip").all_inner_texts() == ["Apparel", "size M", "up to €2,000"]
    page.get_by_role("button", name="Remove size M").click()
    wait_until(page, "!location.hash.includes('size')")
    page.get_by_role("button", name="Clear all").click()
    wait_for_hits(page, "#/search")
    wait_until(page, "document.querySelector('.found').textContent.startsWith('61 products')")


def test_sizes_are_in_stock(page: Page, shop: Shop) -> None:
    visit(page, "search")
    size = page.locator(".sizes .check", has_text="XL").first
    number = int(size.locator(".count").inner_text())
    size.click()
    wait_for_hits(page, "f.size=XL")
    with Catalogue.open(shop.folder) as opened:
        there = [item for item in opened if any(one.size == "XL" and one.stock for one in item.variants)]
    assert page.locator(".found").inner_text().startswith(f"{number} products") and number == len(there)


def test_the_price_has_two_thumbs_for_keys(page: Page) -> None:
    visit(page, "search?sort=price")
    low, high = page.get_by_label("Lowest price"), page.get_by_label("Highest price")
    low.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    wait_for_hits(page, "price=")
    high.focus()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    wait_until(page, "/price=[0-9.]+[.][.][0-9.]+/.test(location.hash)")
    settle(page)
    least, most = map(float, read_address(page)["price"][0].split(".."))
    prices = [float(text.strip("€").replace(",", "")) for text in page.locator(".hits .price > span").all_inner_texts()]
    assert prices and prices == sorted(prices) and least <= prices[0] and prices[-1] <= most
    assert low.evaluate("input => document.activeElement.getAttribute('aria-label')") == "Highest price"


def test_the_order_is_chosen(page: Page) -> None:
    visit(page, "search")
    page.get_by_label("Sort").select_option("-price")
    wait_for_hits(page, "sort=-price")
    prices = [float(text.strip("€").replace(",", "")) for text in page.locator(".hits .price > span").all_inner_texts()]
    assert prices == sorted(prices, reverse=True)


def test_more_is_shown_and_the_address_remembers(page: Page) -> None:
    visit(page, "search?sort=title")
    page.get_by_role("button", name="Show more").click()
    wait_for_hits(page, "n=48")
    wait_until(page, "document.querySelectorAll('.hits .card').length === 48")
    names = read_names(page)
    assert names == sorted(names, key=str.casefold)
    page.reload()
    wait_until(page, "document.querySelectorAll('.hits .card').length === 48")
    assert read_names(page) == names


def test_a_photograph_finds_its_product(page: Page, shop: Shop, context: BrowserContext) -> None:
    page.set_input_files(".ways input[type=file]", shop.photograph)
    wait_for_hits(page, "picture=")
    find_cards(page).first.wait_for()
    assert shop.third in page.locator(".hits .card-name a").first.get_attribute("href")  # type: ignore[operator]
    page.locator(".told dd").first.wait_for()  # its tags stand beside it
    assert page.locator(".told dt").first.inner_text() == "gender"
    # A reload finds the photograph in the browser's own store; another browser is told that it is gone.
    page.reload()
    find_cards(page).first.wait_for()
    other = context.browser.new_context()  # type: ignore[union-attr]
    other.set_default_timeout(PATIENCE * 1000)
    stranger = other.new_page()
    stranger.goto(page.url)
    stranger.get_by_text("This browser does not have the photograph").wait_for()
    other.close()


def test_dropped_and_pasted_photographs_are_searched(page: Page, shop: Shop) -> None:
    drop_files(page, {"photo.jpg": shop.photograph.read_bytes()})
    wait_for_hits(page, "picture=")
    find_cards(page).first.wait_for()
    dropped = read_address(page)["picture"]
    page.get_by_role("button", name="Remove", exact=True).click()
    wait_until(page, "!location.hash.includes('picture')")
    pasted = """bytes => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([new Uint8Array(bytes)], "clip.jpg", { type: "image/jpeg" }));
      dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
    }"""
    page.evaluate(pasted, list(shop.photograph.read_bytes()))
    wait_for_hits(page, "picture=")
    assert read_address(page)["picture"] == dropped  # the same picture has the same hash


def test_a_file_that_is_no_picture_is_refused_kindly(page: Page, tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("no picture")
    page.set_input_files(".ways input[type=file]", tmp_path / "note.jpg")
    message = page.locator(".toast")
    message.wait_for()
    assert "no picture this browser can read" in message.inner_text() and "JPEG" in message.inner_text()


def test_the_crop_works_with_mouse_and_keys(page: Page, shop: Shop) -> None:
    page.set_input_files(".ways input[type=file]", shop.photograph)
    wait_for_hits(page, "picture=")
    stage = page.locator(".crop")
    around = stage.bounding_box()
    assert around
    x, y, width, height = around["x"], around["y"], around["width"], around["height"]
    page.mouse.move(x + width * 0.2, y + height * 0.2)
    page.mouse.down()
    page.mouse.move(x + width * 0.5, y + height * 0.5, steps=4)
    page.mouse.move(x + width * 0.8, y + height * 0.7, steps=4)
    page.mouse.up()
    wait_for_hits(page, "box=")
    left, top, wide, high = map(float, read_address(page)["box"][0].split(","))
    assert abs(left - 0.2) < 0.02 and abs(top - 0.2) < 0.02 and abs(wide - 0.6) < 0.03 and abs(high - 0.5) < 0.03
    page.locator(".crop-frame").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    wait_until(page, "old => !decodeURIComponent(location.hash).includes(old)", read_address(page)["box"][0])
    moved = list(map(float, read_address(page)["box"][0].split(",")))
    assert abs(moved[0] - left - 0.02) < 0.002 and abs(moved[3] - high - 0.02) < 0.002
    assert page.evaluate("document.activeElement.className") == "crop-frame"
    page.go_back()
    script = "() => parseFloat(document.querySelector('.crop-frame').style.getPropertyValue('--left')) / 100"
    wait_until(page, f"left => Math.abs(({script})() - left) < .001", left)
    page.locator(".crop-frame").focus()
    page.keyboard.press("Escape")
    wait_until(page, "!location.hash.includes('box')")


def test_words_beside_a_product_are_weighed(page: Page, shop: Shop) -> None:
    visit(page, f"search?item={shop.third}")
    alike = read_names(page)
    page.get_by_role("searchbox").fill("red")
    page.get_by_role("searchbox").press("Enter")
    wait_for_hits(page, "text=red")
    slider = page.get_by_label("What counts more")
    assert slider.input_value() == "0.5"
    slider.focus()
    page.keyboard.press("Home")
    wait_for_hits(page, "weight=0")
    wait_until(page, f"names => [...{CARDS}].map((one) => one.textContent).join() === names", ",".join(alike))
    assert slider.get_attribute("aria-valuetext") == "words 0 %, picture 100 %"


def test_more_like_this(page: Page) -> None:
    visit(page, "search?text=shirt")
    card = page.locator(".hits .card").first
    name = card.locator(".card-name").inner_text()
    card.hover()
    card.get_by_role("link", name="More like").click()
    wait_for_hits(page, "item=")
    wait_until(page, "name => document.querySelector('h1').textContent === `More like ${name}`", name)
    assert name not in read_names(page) or read_names(page).count(name) < 2


def test_nothing_fits_says_why(page: Page) -> None:
    visit(page, "search?f.masterCategory=Apparel&price=9000..9001")
    assert page.get_by_text("Nothing fits").is_visible()
    page.get_by_role("button", name="Clear the filters").click()
    wait_until(page, "document.querySelectorAll('.hits .card').length === 24")


def test_a_server_that_is_gone_is_told(page: Page, context: BrowserContext, watch: Watch) -> None:
    watch.allowed.append("ERR_FAILED")
    visit(page, "search")
    context.route("**/v1/search*", lambda route: route.abort())
    visit(page, "search?text=blue")
    box = page.get_by_role("alert")
    assert "does not answer" in box.inner_text() and "modiste serve" in box.inner_text()
    context.unroute("**/v1/search*")
    page.get_by_role("button", name="Try again").click()
    find_cards(page).first.wait_for()


def test_problems_are_told_with_what_to_do(page: Page, watch: Watch) -> None:
    watch.allowed += ["status of 4"]
    visit(page, "product/nowhere")
    box = page.get_by_role("alert")
    box.wait_for()
    assert len(box.locator(".next").inner_text()) > 10
    visit(page, "elsewhere")
    assert page.get_by_text("There is no such page").is_visible()
