"""A batch: dropped, watched, looked at, corrected with keys, downloaded."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.page.conftest import Shop, Watch
from tests.e2e.page.steps import ask, drop_files, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

OVER = "document.querySelector('.job-facts')?.textContent.startsWith('done')"


@pytest.fixture
def pictures(shop: Shop) -> list[Path]:
    return sorted(shop.pictures.glob("1*.jpg"))[:12]


@pytest.fixture
def batch(page: Page, pictures: list[Path]) -> Page:
    """A batch that is done."""
    visit(page, "batch")
    page.set_input_files("input[type=file][accept*='.zip']", pictures)
    wait_until(page, OVER)
    return page


def read_job(page: Page) -> str:
    return page.evaluate("location.hash.split('/')[2]")


def test_a_batch_is_tagged_as_the_server_tags(batch: Page, pictures: list[Path]) -> None:
    facts = batch.locator(".job-facts").inner_text()
    assert "12 of 12 pictures" in facts
    rows = ask(batch, f"/v1/jobs/{read_job(batch)}/rows?limit=50")["rows"]
    wait_until(batch, "number => document.querySelectorAll('.batch-grid tbody tr').length === number", len(rows))
    assert len(rows) == 12
    names = [name.split("/")[-1] for name in batch.locator(".file").all_inner_texts()]
    assert sorted(names) == sorted(path.name for path in pictures)
    first = batch.locator(".batch-grid tbody tr").first.locator(".cell-value").all_inner_texts()
    assert first == [", ".join(tag["values"]) for tag in rows[0]["tags"].values()]
    assert batch.locator(".batch-grid img").first.evaluate("image => image.decode().then(() => true)")


def test_the_doubtful_are_filtered(batch: Page) -> None:
    button = batch.get_by_role("button", name=re.compile(r"Doubtful \("))
    number = int(re.findall(r"\d+", button.inner_text())[0])
    assert 0 < number < 12
    button.click()
    wait_until(batch, "number => document.querySelectorAll('.batch-grid tbody tr').length === number", number)
    rows = batch.locator(".batch-grid tbody tr")
    assert all(row.locator(".flag").count() for row in rows.all())


def test_tags_are_corrected_with_keys_and_taken_back(batch: Page) -> None:
    batch.locator('td[tabindex="0"]').focus()
    batch.keyboard.press("d")
    cell = batch.locator("td:focus")
    assert cell.locator(".flag").count() == 1
    place, before = cell.get_attribute("data-cell"), cell.locator(".cell-value").inner_text()
    batch.keyboard.press("Enter")
    batch.keyboard.press("ArrowDown")
    batch.keyboard.press("Enter")
    chosen = batch.locator(f'[data-cell="{place}"]')
    chosen.get_by_text("corrected").wait_for()
    after = chosen.locator(".cell-value").inner_text()
    assert after != before and batch.evaluate("document.activeElement.dataset.cell") == place
    rows = ask(batch, f"/v1/jobs/{read_job(batch)}/rows?limit=50")["rows"]
    assert [list(row["corrected"].values()) for row in rows if row["corrected"]] == [[[after]]]
    batch.keyboard.press("u")
    wait_until(batch, "place => document.querySelector(`[data-cell='${place}'] .flag`)", place)
    assert chosen.locator(".cell-value").inner_text() == before


def test_arrows_walk_the_table(batch: Page) -> None:
    batch.locator('td[tabindex="0"]').focus()
    for key, place in (("ArrowDown", "1-0"), ("ArrowRight", "1-1"), ("ArrowUp", "0-1"), ("ArrowUp", "0-1")):
        batch.keyboard.press(key)
        assert batch.evaluate("document.activeElement.dataset.cell") == place
    assert batch.locator('td[tabindex="0"]').count() == 1


def test_tags_are_downloaded(batch: Page) -> None:
    with batch.expect_download() as saving:
        batch.get_by_role("button", name="CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text(encoding="utf-8"))))
    assert len(table) == 12 and "articleType" in table[0]
    assert saving.value.suggested_filename.endswith(".csv")


def test_a_dropped_zip_is_tagged_and_removed(page: Page, pictures: list[Path]) -> None:
    visit(page, "batch")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in pictures[:4]:
            archive.write(path, f"shoes/{path.name}")
        archive.writestr("shoes/broken.jpg", b"no picture")
    drop_files(page, {"mine.zip": packed.getvalue()})
    wait_until(page, OVER)
    assert page.locator("h1").inner_text() == "mine.zip"
    facts = page.locator(".job-facts").inner_text()
    assert "1 could not be read" in facts
    wait_until(page, "number => document.querySelectorAll('.batch-grid tbody tr').length === number", 4)
    page.get_by_role("link", name="All batches").click()
    page.get_by_role("button", name="Remove mine.zip").click()
    wait_until(page, "![...document.querySelectorAll('.jobs a')].some((one) => one.textContent === 'mine.zip')")


def test_what_holds_no_picture_is_refused_kindly(page: Page, watch: Watch) -> None:
    watch.allowed.append("status of 4")
    visit(page, "batch")
    page.evaluate("""() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["words"], "notes.txt", { type: "text/plain" }));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
    }""")
    assert "No picture among that" in page.get_by_role("alert").inner_text()
    visit(page, "batch/nowhere")
    page.get_by_role("alert").wait_for()


@pytest.fixture
def folder(pictures: list[Path], tmp_path: Path) -> Path:
    """A folder in a folder, with a file that is no picture."""
    (tmp_path / "autumn" / "shoes").mkdir(parents=True)
    for place, path in enumerate(pictures[:3]):
        inside = "shoes/" if place else ""
        shutil.copy(path, tmp_path / "autumn" / f"{inside}{path.name}")
    (tmp_path / "autumn" / "notes.txt").write_text("words")
    return tmp_path / "autumn"


def check_folder(page: Page, pictures: list[Path]) -> None:
    wait_until(page, OVER)
    wait_until(page, "number => document.querySelectorAll('.batch-grid tbody tr').length === number", 3)
    assert "3 of 3 pictures" in page.locator(".job-facts").inner_text()
    names = [name.split("/")[-1] for name in page.locator(".file").all_inner_texts()]
    assert sorted(names) == sorted(path.name for path in pictures[:3])


def test_a_folder_is_chosen(page: Page, pictures: list[Path], folder: Path) -> None:
    visit(page, "batch")
    page.set_input_files("input[type=file][webkitdirectory]", folder)
    check_folder(page, pictures)


def test_a_folder_is_dropped(page: Page, pictures: list[Path], folder: Path) -> None:
    visit(page, "batch")
    hand = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        hand.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
        if kind == "dragOver":
            page.locator(".veil").wait_for(state="visible")
            assert "Drop the pictures, the folder" in page.locator(".veil").inner_text()
    check_folder(page, pictures)
