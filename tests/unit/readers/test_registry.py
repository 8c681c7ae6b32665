"""Which reader is chosen, and what is said when none fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from modiste.errors import SourceError, UnknownNameError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, find_reader, list_readers, read_source

Layout = Callable[[Mapping[str, str | bytes]], Path]


def test_readers_describe_themselves_and_do_not_change() -> None:
    assert all(reader.description and "\n" not in reader.description for reader in list_readers())
    with pytest.raises(FrozenInstanceError):
        list_readers()[0].name = "other"  # type: ignore[misc]


def test_every_option_has_a_reader() -> None:
    taken = frozenset[str]().union(*(reader.options for reader in list_readers()))
    assert taken == set(ReaderOptions.__dataclass_fields__)


def test_unknown_readers_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'kaggle'"):
        find_reader("kagle")
    with pytest.raises(UnknownNameError):
        read_source("missing", reader="tabel")


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no file or folder .*check the spelling"):
        read_source(tmp_path / "missing")


def test_the_refusal_lists_what_each_reader_looked_for(folder: Layout) -> None:
    with pytest.raises(SourceError) as refusal:
        read_source(folder({"notes.md": b""}))
    text = str(refusal.value)
    assert all(f"\n  {reader.name} " in text for reader in list_readers())
    assert "a file styles.csv or labels.csv" in text


def test_options_narrow_the_choice(folder: Layout) -> None:
    root = folder({"a/1.jpg": b"", "b/2.jpg": b""})
    with pytest.raises(SourceError, match=r"flat +\(it does not take the option separator\)"):
        read_source(root, options=ReaderOptions(separator="|"))


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(SourceError, match=r"a\.zip"):
        read_source(tmp_path / "a.zip")


def test_manifests_read_themselves(folder: Layout, tmp_path: Path) -> None:
    manifest = read_source(folder({"a/1.jpg": b"", "b/2.jpg": b"", "c.jpg": b""}))
    manifest.write(tmp_path / "saved")
    again = read_source(tmp_path / "saved")
    assert again.items.equals(manifest.items) and again.problems.equals(manifest.problems)
    assert (again.taxonomy, again.rows) == (manifest.taxonomy, 3)
    assert isinstance(again, Manifest)
