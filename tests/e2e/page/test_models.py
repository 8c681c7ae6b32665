"""The model: its fields, what was measured, its card; Markdown becomes text and a few marks, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.page.steps import ask, visit, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = """# A *card* of `code`

<script>window.hacked = 1</script> and <img src=x onerror="window.hacked = 1">, **strong**
[web](https://example.org/) [evil](javascript:window.hacked=1) [data](data:text/html,x)

| a | b |
|---|---:|
| 1 | 2 |
| `x | y` | <b>no</b> |

- one
- two

```
# not a heading
```
"""
RENDER = """async text => {
  const { renderMarkdown } = await import("/js/markdown.js");
  const place = document.createElement("section");
  place.append(...renderMarkdown(text, 2));
  document.querySelector("main").append(place);
  const tell = (node) => [node.tagName, node.textContent, node.getAttribute("href") ?? ""];
  return [...place.querySelectorAll("*")].map(tell);
}"""


def test_the_model_says_what_the_server_says(page: Page) -> None:
    visit(page, "models")
    bundle = ask(page, "/v1/bundle")
    assert page.locator("h1").inner_text() == bundle["name"]
    assert bundle["fingerprint"] in page.locator(".print").inner_text()
    fields = page.get_by_role("region", name="Fields", exact=True).locator("tbody tr")
    assert fields.count() == len(bundle["fields"])
    assert [int(row.locator("td").nth(1).inner_text().replace(",", "")) for row in fields.all()] == [
        len(field["values"]) for field in bundle["fields"]
    ]
    shown = page.locator(".accuracies li").first.inner_text()
    measured = bundle["metrics"]["Accuracy of the shipped bundle"]["product-tagger-test: all rows"]["by field"]
    first = next(iter(measured))
    assert f"{float(measured[first]['accuracy'].split()[0]) * 100:.1f} %" in shown
    assert "How it was made" in page.locator(".markdown").inner_text()


def test_what_the_bundle_confuses_is_shown(page: Page) -> None:
    visit(page, "models?field=season")
    told = ask(page, "/v1/bundle/confusion?field=season")
    place = page.locator(".confusion")
    place.get_by_role("region", name="Confusion matrix").wait_for()
    assert f"Counted on {told['measured_on']}." in place.inner_text()
    heads = place.locator("thead th").all_inner_texts()
    assert heads == told["values"] == ["Fall", "Spring", "Summer", "Winter"]
    first = told["matrix"][0]
    assert place.locator("tbody td").first.inner_text() == f"{round(100 * first[0] / sum(first))} %"
    page.get_by_role("region", name="What it confuses").get_by_role("combobox").select_option("articleType")
    wait_until(page, "document.querySelector('canvas.matrix-picture')")
    assert page.evaluate("location.hash") == "#/models?field=articleType"


def test_a_confusion_matrix_is_drawn(page: Page) -> None:
    values = ["Red", "Blue", "Green"]
    script = """async told => {
      const { drawConfusion } = await import("/js/views/confusion.js");
      const place = document.createElement("div");
      document.querySelector("main").append(place);
      drawConfusion(place, told);
      return place.innerText;
    }"""
    visit(page, "models")
    matrix = [[8, 2, 0], [0, 5, 0], [1, 0, 9]]
    told = page.evaluate(script, {"values": values, "measured_on": "25 drawings", "matrix": matrix})
    assert "Counted on 25 drawings." in told and "80 %" in told
    assert "Red called Blue 2 of 10" in told.replace("\n", " ")
    many = [f"value {at}" for at in range(40)]
    matrix = [[9 * (row == column) + (column == row + 1) for column in range(40)] for row in range(40)]
    told = page.evaluate(script, {"values": many, "measured_on": "forty", "matrix": matrix})
    assert "40 values" in told and "value 0 called value 1" in told.replace("\n", " ")
    ink = "[...document.querySelector('canvas.matrix-picture').getContext('2d').getImageData(1, 1, 1, 1).data][3]"
    assert page.evaluate(ink) > 200  # the diagonal is dark


def test_markdown_is_rendered_safely(page: Page) -> None:
    nodes = page.evaluate(RENDER, HOSTILE)
    tags = {tag for tag, _, _ in nodes}
    assert not tags & {"SCRIPT", "IMG", "B"} and {"H2", "EM", "CODE", "STRONG", "TABLE", "LI", "PRE"} <= tags
    assert [href for tag, _, href in nodes if tag == "A"] == ["https://example.org/"]
    assert any(tag == "TD" and text == "<b>no</b>" for tag, text, _ in nodes)
    assert page.evaluate("window.hacked") is None
