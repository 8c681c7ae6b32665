"""``modiste data list``: the public sets and the readers, for people and for programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from modiste.cli.data import app
from modiste.readers import list_readers
from modiste.readers.public_sets import list_public_sets


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["list", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_tables_name_every_set_and_reader() -> None:
    text = run()
    assert all(title in text for title in ("Public data sets:", "Where to get them:", "Readers:"))
    assert all(known.name in text and known.get in text for known in list_public_sets())
    assert all(reader.description in text for reader in list_readers())


def test_json_is_one_document() -> None:
    said = json.loads(run("--json"))
    assert [known["name"] for known in said["sets"]] == [known.name for known in list_public_sets()]
    assert set(said["sets"][0]) == {"name", "pictures", "labels", "licence", "get", "reader"}
    assert [reader["name"] for reader in said["readers"]] == [reader.name for reader in list_readers()]
    assert "root" in next(reader for reader in said["readers"] if reader["name"] == "shopify")["options"]
