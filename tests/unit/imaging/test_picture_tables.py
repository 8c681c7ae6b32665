"""Pictures inside Parquet and Arrow tables: every row's bytes, whatever the pieces are; damage is said."""

from __future__ import annotations

import struct
import threading
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import PictureError, SourceError
from modiste.imaging import ArchiveLimits, PictureSource, join_reference, picture_tables
from modiste.imaging.picture_tables import HAS_BYTES, PictureTable, open_picture_table

LIMITS = ArchiveLimits()
CONTENT = [bytes([at % 251]) * (at + 1) for at in range(250)]


def make_table() -> pl.DataFrame:
    pictures = [{"bytes": data, "path": f"{at}.jpg"} for at, data in enumerate(CONTENT)]
    return pl.DataFrame({"image": pictures, "raw": CONTENT, "kind": ["a", "b"] * 125})


def write_table(folder: Path, name: str, table: pl.DataFrame | None = None, pieces: int = 100) -> Path:
    table = make_table() if table is None else table
    path = folder / name
    if name.endswith(".parquet"):
        table.write_parquet(path, row_group_size=pieces, metadata={"huggingface": "{}"})
    else:
        path.write_bytes(join_streams([table[at : at + pieces] for at in range(0, len(table), pieces)]))
    return path


def join_streams(tables: list[pl.DataFrame]) -> bytes:
    """Write one stream of several batches by hand: the schema of the first, then the batch of each."""
    head, bodies = b"", []
    for table in tables:
        data = bytes(pl.DataFrame.write_ipc_stream(table, None, compression="uncompressed").getvalue())
        size = 8 + struct.unpack_from("<i", data, 4)[0]
        head = head or data[:size]
        bodies.append(data[size:-8])
    return head + b"".join(bodies) + b"\xff\xff\xff\xff\0\0\0\0"


@pytest.fixture(params=["set.parquet", "set.arrow"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_table(tmp_path, request.param)


def test_every_row_gives_its_own_bytes(path: Path) -> None:
    with PictureSource() as source:
        for column in ("image", "raw"):
            for row in (*range(249, -1, -7), 0, 99, 100, 199, 200, 249):
                assert source.read(join_reference(path, f"{column}/{row}")) == CONTENT[row]


def test_the_table_says_what_it_holds(path: Path) -> None:
    table = open_picture_table(path, LIMITS)
    assert (table.height, table.picture_columns, table.plain_columns) == (250, ("image", "raw"), ("kind",))
    assert len(table.members) == 500 and list(table.members)[250:252] == ["raw/0", "raw/1"]
    plain = table.read_plain_columns("image")
    assert plain["kind"].to_list() == ["a", "b"] * 125
    assert plain["image"][17] == "17.jpg" and plain[HAS_BYTES].all()
    assert table.read_plain_columns("raw")["raw"].null_count() == 250


def test_pieces_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("set.parquet", "set.arrow"):
        table = open_picture_table(write_table(tmp_path, name), LIMITS)
        read: list[int] = []
        real = table._pieces.read

        def count(piece: int, columns: list[str], real=real, read=read) -> pl.DataFrame:
            read.append(piece)
            return real(piece, columns)

        monkeypatch.setattr(table._pieces, "read", count)
        for row in range(250):
            table.read(table.members[f"image/{row}"], 10**6)
        assert read == [0, 1, 2]


def test_kept_pieces_are_bounded() -> None:
    kept = picture_tables._Kept(1000)
    for at in range(5):
        kept.put((object(), at, "image"), pl.Series([b"x" * 400]))
    assert kept._bytes <= 1000 and len(kept._pieces) <= 2


def test_threads_share_a_table(path: Path) -> None:
    wrong: list[int] = []

    def work(start: int, source: PictureSource) -> None:
        for row in range(start, 250, 5):
            if source.read(join_reference(path, f"image/{row}")) != CONTENT[row]:
                wrong.append(row)

    with PictureSource() as source:
        threads = [threading.Thread(target=work, args=(start, source)) for start in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("member", ["image/250", "image/-1", "image/01", "kind/3", "image", "image/x", "other/1"])
def test_members_that_are_not_there_are_refused(path: Path, member: str) -> None:
    with PictureSource() as source, pytest.raises(PictureError, match="has no member"):
        source.read(join_reference(path, member))


def test_odd_column_names_survive_a_reference(tmp_path: Path) -> None:
    table = pl.DataFrame({"a::b/c%3A": [{"bytes": b"x", "path": None}]})
    path = write_table(tmp_path, "odd.parquet", table)
    with PictureSource() as source:
        assert source.read(join_reference(path, "a::b/c%3A/0")) == b"x"
        name = next(iter(open_picture_table(path, LIMITS).members))
        assert source.read(f"{path}::{name}") == b"x"


def test_rows_without_a_picture_and_too_long_ones_are_refused(tmp_path: Path) -> None:
    pictures = [{"bytes": None, "path": "1.jpg"}, {"bytes": b"abc", "path": None}]
    path = write_table(tmp_path, "set.arrow", pl.DataFrame({"image": pictures}))
    with PictureSource() as source:
        with pytest.raises(PictureError, match="holds no picture"):
            source.read(f"{path}::image/0")
        with pytest.raises(PictureError, match="at most 2 are read"):
            source.read(f"{path}::image/1", 2)
        with pytest.raises(PictureError, match="nothing can be opened in it"):
            source.read(f"{path}::image/1::x.jpg")


def test_tables_within_archives_are_explained(tmp_path: Path) -> None:
    with PictureSource() as source, pytest.raises(PictureError, match="unpack the archive around it first"):
        source.read(f"{tmp_path}/set.zip::train.parquet::image/0")


def test_streams_that_polars_alone_reads_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "set.arrow"
    make_table().write_ipc_stream(path, compression="lz4")
    with pytest.raises(SourceError, match="compressed; write it again"):
        open_picture_table(path, LIMITS)
    make_table().write_ipc(path)
    with pytest.raises(SourceError, match="it is an Arrow file"):
        open_picture_table(path, LIMITS)


def test_limits_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = ArchiveLimits(max_members=2)
    with pytest.raises(SourceError, match="more than 2 row groups"):
        open_picture_table(write_table(tmp_path, "set.parquet"), few)
    with pytest.raises(SourceError, match="more than 2 batches"):
        open_picture_table(write_table(tmp_path, "set.arrow"), few)
    monkeypatch.setattr(picture_tables, "_MAX_GROUP_BYTES", 1000)
    with pytest.raises(SourceError, match="at most 1,000 are read at once"):
        open_picture_table(tmp_path / "set.arrow", LIMITS)
    table = open_picture_table(tmp_path / "set.parquet", LIMITS)
    with pytest.raises(PictureError, match="at most 1,000 are read at once"):
        table.read(table.members["image/0"], 10**6)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1\0\0\0\0PAR1", b"\xff\xff\xff\xff", b"text " * 10, bytes(100)])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=f"can't read the table .*{name}"):
        open_picture_table(tmp_path / name, LIMITS)


def test_cut_short_files_are_refused(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError):
        open_picture_table(path, LIMITS)
    with PictureSource() as source, pytest.raises(PictureError):
        source.read(f"{path}::image/0")


def use(path: Path) -> None:
    table: PictureTable = open_picture_table(path, LIMITS)
    for name in list(table.members)[:3]:
        table.read(table.members[name], 10**6)
    for column in table.picture_columns:
        table.read_plain_columns(column)


@pytest.mark.parametrize("name", ["set.parquet", "set.arrow"])
@given(data=st.data())
def test_damage_is_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("damage") / name
    whole = write_table(path.parent, "whole" + path.suffix, make_table()[:5]).read_bytes()
    damaged = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(damaged[: data.draw(st.integers(0, len(whole)))]) if data.draw(st.booleans()) else damaged)
    try:
        use(path)
    except (SourceError, PictureError) as error:
        assert str(error)
