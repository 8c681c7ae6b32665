"""Steps that several tests of the page take."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from modiste.bench.serving.browsing import SETTLED

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HOSTILE_ID = "hostile"
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\''
PATIENCE = 120  # seconds; a busy machine is no defect of the page

DROP = """files => {
  const transfer = new DataTransfer();
  const make = ([name, bytes]) => new File([new Uint8Array(bytes)], name, { type: "image/jpeg" });
  for (const file of Object.entries(files).map(make)) transfer.items.add(file);
  const about = { bubbles: true, cancelable: true, dataTransfer: transfer };
  for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, about));
}"""


def wait_until(page: Page, script: str, *given: Any) -> None:
    """Wait until a script says yes: Playwright's own waiting evaluates text in the page, which its policy forbids."""
    until = time.monotonic() + PATIENCE
    while not page.evaluate(script, *given):
        assert time.monotonic() < until, f"never true: {script} {given}; the page is at {page.url}"
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Wait until nothing is on its way."""
    wait_until(page, SETTLED)


def visit(page: Page, place: str) -> None:
    """Go to a place of the page, such as ``search?text=blue``, as if it were typed."""
    page.evaluate("place => { location.hash = `#/${place}`; }", place)
    settle(page)


def find_cards(page: Page) -> Locator:
    """The products of the results."""
    return page.locator(".hits .card-name a")


def read_names(page: Page) -> list[str]:
    """The names of the results, in their order."""
    return find_cards(page).all_inner_texts()


def read_address(page: Page) -> dict[str, list[str]]:
    """The parameters in the address."""
    script = "() => JSON.stringify([...new URLSearchParams(location.hash.split('?')[1] ?? '')])"
    found: dict[str, list[str]] = {}
    for name, value in json.loads(page.evaluate(script)):
        found.setdefault(name, []).append(value)
    return found


def drop_files(page: Page, files: dict[str, bytes]) -> None:
    """Drop files onto the page, as a person does with the mouse."""
    page.evaluate(DROP, {name: list(content) for name, content in files.items()})


def ask(page: Page, path: str, **options: Any) -> Any:
    """Ask the server, past the page."""
    return page.evaluate("async ([path, options]) => (await fetch(path, options)).json()", [path, options])
