"""The page on a phone: its camera, and fingers instead of a mouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from tests.e2e.page.conftest import Shop, Watch, open_context
from tests.e2e.page.steps import find_cards, read_address, settle, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KEEP_STREAM = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await ask(wish));
}"""
REFUSE = (
    "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
)
FILMS = "document.querySelector('dialog.camera video')?.videoWidth > 0"
ENDED = "window.stream.getTracks().every((track) => track.readyState === 'ended')"


@pytest.fixture
def phone(browser: Browser, watch: Watch, server: str) -> Iterator[Page]:
    size = {"width": 360, "height": 740}
    with open_context(browser, watch, viewport=size, has_touch=True, is_mobile=True, device_scale_factor=2) as made:
        page = made.new_page()
        page.goto(server)
        settle(page)
        yield page


def wait_for_picture(page: Page) -> None:
    wait_until(page, "location.hash.includes('picture=')")
    settle(page)


def test_a_photograph_is_taken_and_searched_by(phone: Page) -> None:
    phone.evaluate(KEEP_STREAM)
    phone.get_by_role("button", name="Camera").tap()
    wait_until(phone, FILMS)
    phone.get_by_role("button", name="Take the photograph").tap()
    wait_for_picture(phone)
    assert phone.locator("dialog.camera").count() == 0
    assert phone.evaluate(ENDED)  # the camera's light is out
    shown = phone.get_by_role("img", name="Your photograph")
    assert shown.evaluate("image => image.naturalWidth >= image.naturalHeight && image.naturalWidth > 100")
    assert find_cards(phone).count() > 0


def test_a_camera_that_is_not_wanted_is_closed(phone: Page) -> None:
    phone.evaluate(KEEP_STREAM)
    before = phone.url
    for close in (lambda: phone.get_by_role("button", name="Cancel").tap(), lambda: phone.keyboard.press("Escape")):
        phone.get_by_role("button", name="Camera").tap()
        wait_until(phone, FILMS)
        close()
        wait_until(phone, "!document.querySelector('dialog.camera')")
        assert phone.evaluate(ENDED) and phone.url == before


def test_without_a_camera_a_file_is_asked_for(phone: Page, shop: Shop) -> None:
    phone.evaluate(REFUSE)
    phone.get_by_role("button", name="Camera").tap()
    message = phone.locator(".toast")
    message.wait_for()
    assert "camera can't be used" in message.inner_text()
    with phone.expect_file_chooser() as choosing:
        message.get_by_role("button", name="Choose one").tap()
    assert choosing.value.element.get_attribute("capture") == "environment"
    choosing.value.set_files(shop.photograph)
    wait_for_picture(phone)


def draw_finger(page: Page, places: Sequence[tuple[float, float]]) -> None:
    """Put a finger down, draw it over some places, and lift it, as the browser's own touches."""
    hand = page.context.new_cdp_session(page)
    for at, (x, y) in enumerate(places):
        kind = "touchMove" if at else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_draws_the_crop(phone: Page, shop: Shop) -> None:
    phone.set_input_files(".ways input[type=file]", shop.photograph)
    wait_for_picture(phone)
    stage = phone.locator(".crop")
    stage.scroll_into_view_if_needed()
    around, height_before = stage.bounding_box(), phone.evaluate("scrollY")
    assert around
    shares = [(0.2, 0.2), (0.4, 0.35), (0.6, 0.5), (0.8, 0.7)]
    draw_finger(phone, [(around["x"] + x * around["width"], around["y"] + y * around["height"]) for x, y in shares])
    wait_until(phone, "location.hash.includes('box=')")
    left, top, width, height = map(float, read_address(phone)["box"][0].split(","))
    assert abs(left - 0.2) < 0.03 and abs(top - 0.2) < 0.03 and abs(width - 0.6) < 0.04 and abs(height - 0.5) < 0.04
    assert phone.evaluate("scrollY") == height_before  # the page did not scroll away under the finger


def test_filters_and_products_are_tapped(phone: Page) -> None:
    visit(phone, "search")
    phone.get_by_role("button", name="Filters").tap()
    branch = phone.locator("dialog[open] .branch", has_text="Apparel").first
    branch.wait_for()
    branch.tap()
    wait_until(phone, "location.hash.includes('f.masterCategory=Apparel')")
    phone.keyboard.press("Escape")
    wait_until(phone, "!document.querySelector('dialog[open]')")
    settle(phone)
    find_cards(phone).first.tap()
    wait_until(phone, "location.hash.startsWith('#/product/')")
    settle(phone)
    phone.go_back()
    wait_until(phone, "location.hash.includes('f.masterCategory=Apparel')")
