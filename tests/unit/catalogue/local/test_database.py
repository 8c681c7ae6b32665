from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from modiste.catalogue.local import LocalBackend, database, verify
from modiste.catalogue.local.database import FILE_NAME, create_database, open_database
from modiste.errors import CatalogueError, UsageError
from tests.unit.catalogue.local.drawing import HEAD, make_items, make_vectors


def refuse(folder: Path, match: str) -> None:
    with pytest.raises(CatalogueError, match=match):
        LocalBackend(folder)
    assert [problem.where for problem in verify(folder)] == ["catalogue"]


def test_settings_that_keep_what_was_acknowledged(shop: LocalBackend):
    connection = open_database(shop.path)
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    connection.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_missing_is_told_with_the_command_that_builds(tmp_path: Path):
    refuse(tmp_path / "nothing", "no catalogue at .* Type: modiste catalogue build SOURCE")
    refuse(tmp_path, "no catalogue at")
    (tmp_path / "file").write_text("x")
    refuse(tmp_path / "file", "no catalogue at")


def test_empty_file(tmp_path: Path):
    (tmp_path / FILE_NAME).touch()
    refuse(tmp_path, "is empty")


def test_other_files(tmp_path: Path):
    (tmp_path / FILE_NAME).write_text("item_id,title\n" * 100)
    refuse(tmp_path, "not a database")


def test_other_databases(tmp_path: Path):
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("CREATE TABLE items (x)")
    connection.close()
    refuse(tmp_path, "no catalogue of modiste")


def test_newer_format(shop: LocalBackend):
    connection = open_database(shop.path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    shop.close()
    refuse(shop.path, "format 3; this modiste reads up to 2. Type: pip install --upgrade modiste")


def _age(folder: Path) -> None:
    """Make a catalogue of the first format, which knew no colours."""
    connection = open_database(folder)
    connection.execute("ALTER TABLE items DROP COLUMN colours")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def test_an_older_format_is_brought_to_the_present_one(shop: LocalBackend):
    before = shop.get(["3"])["3"]
    shop.close()
    _age(shop.path)
    with LocalBackend(shop.path, refresh=False) as first, LocalBackend(shop.path, refresh=False) as second:
        assert first.get(["3"])["3"] == second.get(["3"])["3"] == before and before.colours is None
        first.put([replace(before, colours=bytes(range(64)))], first.get_vectors(["3"])["3"][None])
        assert second.get(["3"])["3"].colours == bytes(range(64))
    connection = open_database(shop.path)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_colours_that_are_none_are_damage(shop: LocalBackend):
    connection = open_database(shop.path)
    connection.execute("UPDATE items SET colours = x'00' WHERE item_id = '3'")
    connection.close()
    with pytest.raises(CatalogueError, match=r"damaged.*64 bytes of colours"):
        shop.get(["3"])


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
def test_cut_short(shop: LocalBackend, part: float):
    shop.close()
    file = shop.path / FILE_NAME
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * part)])
    refuse(shop.path, "damaged.*cut short.*modiste catalogue verify")


def test_missing_table_and_foreign_trigger(shop: LocalBackend):
    connection = open_database(shop.path)
    connection.execute("DROP TABLE removals")
    connection.close()
    shop.close()
    refuse(shop.path, "lacks removals")


def test_triggers_are_refused(shop: LocalBackend):
    connection = open_database(shop.path)
    connection.execute("CREATE TRIGGER evil AFTER INSERT ON items BEGIN DELETE FROM items; END")
    connection.close()
    shop.close()
    refuse(shop.path, "triggers.*evil")


def test_made_once(shop: LocalBackend):
    with pytest.raises(UsageError, match="already; expected a new place"):
        LocalBackend(shop.path, create=HEAD)
    assert len(shop.list_ids()) == 30


def test_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "SCHEMA", (*database.SCHEMA, "NO SQL"))
    with pytest.raises(CatalogueError):
        create_database(tmp_path / "shop", HEAD)
    assert list((tmp_path / "shop").iterdir()) == []


def test_unwritable_place(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueError, match="no catalogue can be made"):
        create_database(tmp_path / "file" / "shop", HEAD)


def test_closed(shop: LocalBackend):
    shop.close()
    shop.close()
    with pytest.raises(UsageError, match="was closed; open it again"):
        shop.get(["1"])
    with pytest.raises(UsageError, match="was closed"):
        shop.put(make_items(1), make_vectors(1))


def test_locked_for_too_long(shop: LocalBackend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    other = open_database(shop.path)
    other.execute("BEGIN IMMEDIATE")
    with LocalBackend(shop.path) as impatient:  # how long it waits is settled when it is opened
        with pytest.raises(CatalogueError, match=r"locked for .* try again"):
            impatient.remove(["1"])
        other.execute("ROLLBACK")
        other.close()
        assert impatient.remove(["1"]) == 1


def test_fold_ignores_case_beyond_ascii(shop: LocalBackend):
    connection = open_database(shop.path)
    found = connection.execute("SELECT fold('ÉTÉ straße'), fold(1.5), fold(NULL)").fetchone()
    connection.close()
    assert found == ("été strasse", 1.5, None)
