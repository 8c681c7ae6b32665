"""Every command that reads a data set takes every option of the readers, and hands it on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from modiste.cli.data import app
from modiste.readers import ReaderOptions

COMMANDS = {
    "audit": ("SOURCE",),
    "balance": ("SOURCE", "out", "--by", "kind", "--cap", "5"),
    "check": ("SOURCE",),
    "clean": ("SOURCE", "out"),
    "convert": ("SOURCE", "out", "--to", "table"),
    "explore": ("SOURCE", "--report", "out.html"),
    "inspect": ("SOURCE",),
    "split": ("SOURCE", "-o", "out.csv", "--shares", "train=0.5,test=0.5"),
}
EXPECTED = ReaderOptions(
    fields=("kind", "colour"),
    separator="|",
    multi_fields=("colour",),
    table="a.csv",
    root=Path("photos"),
    product_pattern="^(.)",
    details=True,
    category_types=("upper-body", "full-body"),
    label_map=Path("labels.csv"),
    image_column="photo",
    id_column="sku",
    split_column="part",
    title_column="name",
    box_columns=("left", "top", "width", "height"),
    annotator_column="who",
)


class AskedError(Exception):
    """What a command asked the readers for."""


def to_words(options: ReaderOptions) -> list[str]:
    words = []
    for name in options.given():
        value = getattr(options, name)
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words.append(",".join(value) if isinstance(value, tuple) else str(value))
    return words


@pytest.mark.parametrize("command", COMMANDS)
def test_options_arrive(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(source: Path, *, reader: str | None, options: ReaderOptions) -> Any:
        raise AskedError(source, reader, options)

    monkeypatch.setattr("modiste.readers.read_source", read)
    monkeypatch.chdir(tmp_path)
    words = [command, *COMMANDS[command], "--reader", "table"]
    result = CliRunner().invoke(app, [*words, *to_words(EXPECTED)])
    assert isinstance(result.exception, AskedError), result.output
    assert result.exception.args == (Path("SOURCE"), "table", EXPECTED)
    result = CliRunner().invoke(app, [*words, "--product-column", "group"])
    assert isinstance(result.exception, AskedError), result.output
    assert result.exception.args[2] == ReaderOptions(product_column="group")


def test_every_option_is_tried() -> None:
    given = {*EXPECTED.given(), "product_column"}
    assert given == {field.name for field in dataclasses.fields(ReaderOptions)}
