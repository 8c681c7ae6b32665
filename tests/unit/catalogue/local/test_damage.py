"""Whatever is wrong with the file, it is told in one sentence: another exception, or a crash, is a bug."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.catalogue import CatalogueItem, ItemChange
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend, Problem, verify
from modiste.catalogue.local.database import FILE_NAME
from modiste.errors import CatalogueError, FilterError
from tests.unit.catalogue.local.drawing import HEAD, IDS, make_items, make_vectors


class File(bytes):
    """Bytes of a file, which hypothesis need not print."""

    def __repr__(self) -> str:
        return f"<{len(self):,} bytes>"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> File:
    folder = tmp_path_factory.mktemp("whole") / "shop"
    with LocalBackend(folder, create=HEAD, refresh=False) as backend:
        backend.put(make_items(200), make_vectors(200))
        backend.remove(["3"])
    return File((folder / FILE_NAME).read_bytes())


def use(folder: Path) -> None:
    """Do everything that reads or writes; each step may say that the catalogue is damaged."""
    query = make_vectors(1)[0]
    with LocalBackend(folder, refresh=False) as backend:
        steps: tuple[Callable[[], object], ...] = (
            backend.describe,
            lambda: backend.nearest(query, 5),
            lambda: backend.nearest(query, 5, where=parse_filter("price < 50 and gender = 'Men' and size = 'M'")),
            lambda: backend.list_ids(parse_filter("year > 2001 or brand = 'Brand 1' or title like 'x%'")),
            lambda: backend.match_words(("shirt", "5"), 5),
            lambda: backend.count_facets(["gender", "brand", "price", "size"]),
            lambda: backend.get([str(number) for number in range(200)]),
            lambda: list(backend.iterate(64)),
            lambda: backend.score(query, ["1", "2"]),
            lambda: backend.patch([ItemChange("1", title="new"), ItemChange("2", details={"a": 1})]),
            lambda: backend.put([CatalogueItem(one) for one in IDS], make_vectors(len(IDS))),
            lambda: backend.remove(["7"]),
            lambda: backend.nearest(query, 5),
        )
        for step in steps:
            try:
                step()
            except CatalogueError as error:
                assert str(folder) in str(error)
            except FilterError as error:  # the damage is in a name
                assert "there is no column" in str(error)


def try_damaged(data: bytes) -> list[Problem]:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        (folder / FILE_NAME).write_bytes(data)
        with contextlib.suppress(CatalogueError):
            use(folder)
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(data)
        return verify(folder)


def test_whole_is_whole(whole: File):
    assert try_damaged(whole) == []


PLACES = st.floats(0, 1, exclude_max=True)  # of the length of the file


@given(st.lists(st.tuples(PLACES, st.integers(1, 255)), min_size=1, max_size=8))
@settings(max_examples=60)
def test_flipped_bits(whole: File, flips: list[tuple[float, int]]):
    damaged = bytearray(whole)
    for place, mask in flips:
        damaged[int(place * len(whole))] ^= mask
    try_damaged(bytes(damaged))


@given(PLACES, st.binary(min_size=1, max_size=4096))
@settings(max_examples=30)
def test_overwritten(whole: File, place: float, noise: bytes):
    start = int(place * len(whole))
    try_damaged((whole[:start] + noise + whole[start + len(noise) :])[: len(whole)])


@given(PLACES)
@settings(max_examples=20)
def test_cut_short(whole: File, part: float):
    assert try_damaged(whole[: int(part * len(whole))])


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE vectors SET vector = x'00' WHERE item_key = 5", "vectors"),
        ("UPDATE vectors SET vector = zeroblob(16) WHERE item_key = 5", "vectors"),
        ("UPDATE vectors SET vector = 'text' WHERE item_key = 5", "vectors"),
        ("UPDATE vectors SET seq = 9 WHERE item_key = 5", "vectors"),
        ("DELETE FROM vectors WHERE item_key = 5", "vectors"),
        ("UPDATE items SET details = '{' WHERE item_key = 5", "items"),
        ("UPDATE items SET details = '[1]' WHERE item_key = 5", "items"),
        ("UPDATE items SET details = x'ff' WHERE item_key = 5", "items"),
        ("UPDATE items SET price = 'dear' WHERE item_key = 5", "items"),
        ("UPDATE items SET item_id = '' WHERE item_key = 5", "items"),
        ("UPDATE items SET box = '1' WHERE item_key = 5", "items"),
        ("UPDATE items SET title = CAST(x'ff' AS TEXT) WHERE item_key = 5", "items"),
        ("UPDATE items SET seq = 99 WHERE item_key = 5", "items"),
        ("UPDATE items SET title = 'other' WHERE item_key = 5", "words"),
        ("DELETE FROM words WHERE rowid = 5", "words"),
        ("UPDATE words_content SET c0 = 'other' WHERE id = 5", "words"),
        ("DELETE FROM words_data WHERE id > 10", "words"),
        ("UPDATE field_values SET value = 'Boys' WHERE value = 'Men'", "tags"),
        ("DELETE FROM field_values", "tags"),
        ("DELETE FROM history WHERE seq = 0", "history"),
        ("DELETE FROM history", "head"),
        ("DELETE FROM detail_names", "detail_names"),
        ("INSERT INTO removals VALUES (5, 1)", "removals"),
        ("INSERT INTO removals VALUES (999, 77)", "removals"),
        ("INSERT INTO pending_vectors VALUES (5, x'00')", "pending_vectors"),
        ("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'items'", "items"),
        ("UPDATE head SET value = '{' WHERE name = 'made_for'", "head"),
        ("DELETE FROM head WHERE name = 'catalogue'", "head"),
    ],
)
def test_verify_finds(whole: File, tmp_path: Path, statement: str, where: str):
    import sqlite3

    (tmp_path / FILE_NAME).write_bytes(whole)
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    connection.execute(statement)
    connection.close()
    assert where in {problem.where for problem in verify(tmp_path)}
    try_damaged((tmp_path / FILE_NAME).read_bytes())
