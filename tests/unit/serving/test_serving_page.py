"""The examples of docs/serving.md run, and its table of limits is true."""

from __future__ import annotations

import io
import re
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from modiste.serving.settings import ServerLimits
from tests.conftest import REPOSITORY

from .conftest import Shop

PAGE = (REPOSITORY / "docs" / "serving.md").read_text(encoding="utf-8")
EXAMPLES = [
    line
    for block in re.findall(r"<!-- run -->\n```text\n(.*?)```", PAGE, flags=re.DOTALL)
    for line in block.splitlines()
    if line
]


def read_command(line: str, folder: Path) -> dict:
    """Read a line of curl, as far as the page uses it."""
    words = shlex.split(line)[1:]
    asked: dict = {"method": None, "headers": {}, "files": [], "data": {}, "content": None}
    while words:
        word = words.pop(0)
        if word == "-X":
            asked["method"] = words.pop(0)
        elif word == "-H":
            name, value = words.pop(0).split(": ")
            asked["headers"][name] = value
        elif word in ("-d", "--data-binary"):
            value = words.pop(0)
            asked["content"] = (folder / value[1:]).read_bytes() if value.startswith("@") else value.encode()
        elif word == "-F":
            name, value = words.pop(0).split("=", 1)
            if value.startswith("@"):
                asked["files"].append((name, (value[1:], (folder / value[1:]).read_bytes())))
            else:
                asked["data"][name] = value
        else:
            asked["address"] = word
    asked["method"] = asked["method"] or ("POST" if asked["content"] or asked["files"] else "GET")
    return asked


def adapt(line: str) -> str:
    """Speak of the fields of the tests' small bundle instead of the shipped one's."""
    values = {"articleType": "article", '"season"': '"colour"', "field=season": "field=colour", "Summer": "Red"}
    for shipped, ours in values.items():
        line = line.replace(shipped, ours)
    return line


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize("line", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(line: str, fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path) -> None:
    client = fresh()
    pictures = list(drawn_shop.files.values())
    (tmp_path / "shirt.jpg").write_bytes(pictures[0])
    (tmp_path / "shoe.jpg").write_bytes(pictures[1])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("1.jpg", pictures[0])
    (tmp_path / "photos.zip").write_bytes(archive.getvalue())
    client.put("/v1/items/my%2Fshirt", files={"picture": ("s.jpg", pictures[0])})
    asked = read_command(adapt(line).replace('"box": [20, 20, 120, 160]', '"box": [5, 5, 40, 60]'), tmp_path)
    address = asked.pop("address")
    assert address.startswith("localhost:8000/")
    answer = client.request(
        asked["method"], address.removeprefix("localhost:8000"), headers=asked["headers"], files=asked["files"] or None,
        data=asked["data"] or None, content=asked["content"],
    )  # fmt: skip
    assert answer.status_code in (200, 202), answer.text


def test_the_limits_are_those_of_the_page() -> None:
    limits = ServerLimits()
    assert f"| {limits.body // 1_000_000} MB | 413 |" in PAGE
    assert f"| {limits.upload // 1_000_000:,} MB | 413 |" in PAGE
    assert f"| {limits.pixels // 1_000_000} million |" in PAGE
    assert f"| pictures of a request | | {limits.pictures} |" in PAGE
    assert f"| {limits.seconds:.0f} s (a batch's upload 30 times that) |" in PAGE
    assert f"| `--max-waiting` | {limits.waiting} |" in PAGE
    assert f"| {limits.memory // 1_000_000} MB | 503" in PAGE


def test_the_routes_of_the_page_exist(client: TestClient) -> None:
    table = PAGE.split("## The routes")[1].split("### Tag")[0]
    named = {urlsplit(path.replace("ID", "{id}")).path for path in re.findall(r"/(?:v1|health|metrics)[\w/]*", table)}
    known = {re.sub(r"\{\w+\}", "{id}", path) for path in client.get("/openapi.json").json()["paths"]}
    assert {path.rstrip("/") for path in named} <= known, named - known
