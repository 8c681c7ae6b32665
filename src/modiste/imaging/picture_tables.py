"""Tables that hold the bytes of pictures, Parquet or Arrow: containers whose members are called ``COLUMN/ROW``.

Hugging Face `datasets` writes such tables: a column of pictures is a structure of ``bytes`` and ``path``. One row group
or record batch is read at a time, and the last few are kept, so memory is bounded whatever the table's length is.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from modiste.errors import PictureError, SourceError
from modiste.imaging.arrow_stream import ArrowStream, read_arrow_stream
from modiste.imaging.limits import ArchiveLimits
from modiste.imaging.members import Member
from modiste.imaging.parquet_groups import RowGroup, read_row_groups
from modiste.imaging.storage import Stretch, open_stretch
from modiste.imaging.table_members import TableMembers

__all__ = ["HAS_BYTES", "PICTURE_BYTES", "PICTURE_PATH", "PictureTable", "open_picture_table"]

PICTURE_BYTES, PICTURE_PATH = "bytes", "path"
HAS_BYTES = "(has bytes)"
_KEPT_BYTES = 256 << 20
_MAX_GROUP_BYTES = 2 << 30
_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, LookupError, TypeError)


class _Pieces(Protocol):
    """A table in pieces: the first row and the number of rows of each, and the reading of one."""

    @property
    def schema(self) -> pl.Schema: ...

    @property
    def metadata(self) -> Mapping[str, str]: ...

    @property
    def spans(self) -> Sequence[tuple[int, int]]: ...

    def read(self, piece: int, columns: Sequence[str]) -> pl.DataFrame: ...


class PictureTable:
    """An open table of pictures; any number of threads may read it at once.

    Args:
        pieces: The table.

    Attributes:
        schema: The columns and their types.
        metadata: What the file says beside its columns; `datasets` puts its features under ``"huggingface"``.
        height: How many rows there are.
        picture_columns: The columns of structures that hold bytes, and then the columns of bytes.
        plain_columns: Those that hold no bytes at all, not even within lists or structures.
        members: ``COLUMN/ROW`` -> the member; the number of a row starts at 0.
        unpacked: 0, as nothing is unpacked into a temporary file.
    """

    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces
        self.schema = pieces.schema
        self.metadata = pieces.metadata
        self.height = sum(rows for _, rows in pieces.spans)
        structures = [name for name, dtype in self.schema.items() if _is_picture(dtype)]
        self.picture_columns = (*structures, *(name for name, dtype in self.schema.items() if dtype == pl.Binary))
        self.plain_columns = tuple(name for name, dtype in self.schema.items() if not _holds_bytes(dtype))
        self.members: Mapping[str, Member] = TableMembers(self.picture_columns, self.height)
        self.unpacked = 0
        self._lock = threading.Lock()
        self._token = object()  # unlike an id, it is never another table's while a kept piece holds it

    def read(self, member: Member, max_bytes: int) -> bytes:
        """Read a picture.

        Args:
            member: From ``members``.
            max_bytes: The longest picture that is read.

        Raises:
            PictureError: The row holds none, it is too long, or the table is damaged.
        """
        column = member.name.rpartition("/")[0]
        piece = self._find_piece(member.position)
        try:
            data = self._load(piece, column)[member.position - self._pieces.spans[piece][0]]
        except (SourceError, *_DAMAGE) as error:
            raise PictureError(f"the table is damaged at this row: {error}") from error
        if data is None:
            raise PictureError("this row of the table holds no picture")
        if len(data) > max_bytes:
            raise PictureError(f"the member is {len(data):,} bytes long; at most {max_bytes:,} are read")
        return bytes(data)

    def open_inner(self, member: Member) -> PictureTable:
        """Refuse: a picture holds no further files.

        Raises:
            SourceError: Always.
        """
        raise SourceError(f"{member.name} is a row of a table; nothing can be opened in it")

    def read_plain_columns(self, picture_column: str) -> pl.DataFrame:
        """Return every column without bytes, one piece after another, and where a column has pictures.

        Args:
            picture_column: One of ``picture_columns``.

        Returns:
            ``plain_columns`` in their order, then the picture's path under the name of its column (null where there is
            none), then `HAS_BYTES`.

        Raises:
            SourceError: The table is damaged.
        """
        wanted = [*self.plain_columns, picture_column]
        try:
            tables = [_strip(self._pieces.read(at, wanted), picture_column) for at in range(len(self._pieces.spans))]
            empty = pl.DataFrame(schema={name: self.schema[name] for name in wanted})
            return pl.concat([_strip(empty, picture_column), *tables])
        except _DAMAGE as error:
            raise SourceError(f"it is damaged: {error}") from error

    def _find_piece(self, row: int) -> int:
        # Pieces are few; those without rows are passed over.
        return next(at for at, (first, rows) in enumerate(self._pieces.spans) if first <= row < first + rows)

    def _load(self, piece: int, column: str) -> pl.Series:
        key = (self._token, piece, column)
        with self._lock:  # threads that want the same piece wait for the one that reads it
            kept = _KEPT.get(key)
            if kept is None:
                kept = self._pieces.read(piece, [column])[column]
                kept = kept.struct.field(PICTURE_BYTES) if isinstance(kept.dtype, pl.Struct) else kept
                _KEPT.put(key, kept)
            return kept


def open_picture_table(path: Path, limits: ArchiveLimits) -> PictureTable:
    """Open a Parquet file or an Arrow stream.

    Args:
        path: The file; its suffix says which it is.
        limits: How many row groups or batches it may have.

    Raises:
        SourceError: It can't be opened, is damaged, or beyond the limits; the text names the file.
    """
    try:
        stretch = open_stretch(path)
        is_parquet = path.suffix.lower() == ".parquet"
        pieces: _Pieces = _Parquet(path, stretch, limits) if is_parquet else _Arrow(stretch, limits)
        return PictureTable(pieces)
    except (SourceError, *_DAMAGE) as error:
        raise SourceError(f"can't read the table {path}: {getattr(error, 'strerror', None) or error}") from error


class _Parquet:
    """A Parquet file, a row group at a time."""

    def __init__(self, path: Path, stretch: Stretch, limits: ArchiveLimits) -> None:
        self._path = path
        self._groups: list[RowGroup] = read_row_groups(stretch, limits.max_members)
        self.schema = pl.Schema(pl.read_parquet_schema(path))
        self.metadata: Mapping[str, str] = pl.read_parquet_metadata(path)
        self.spans = [(group.first_row, group.rows) for group in self._groups]

    def read(self, piece: int, columns: Sequence[str]) -> pl.DataFrame:
        group = self._groups[piece]
        if group.unpacked > _MAX_GROUP_BYTES:
            raise SourceError(f"a row group of {group.unpacked:,} bytes; at most {_MAX_GROUP_BYTES:,} are read at once")
        wanted = pl.scan_parquet(self._path, glob=False).select(columns).slice(group.first_row, group.rows)
        return _check_height(wanted.collect(), group.rows)


class _Arrow:
    """An Arrow stream, a record batch at a time."""

    def __init__(self, stretch: Stretch, limits: ArchiveLimits) -> None:
        self._stretch = stretch
        self._stream: ArrowStream = read_arrow_stream(stretch, limits.max_members, _MAX_GROUP_BYTES)
        self.schema = pl.read_ipc_stream(io.BytesIO(self._stream.cut(stretch, None))).schema
        self.metadata: Mapping[str, str] = self._stream.metadata
        self.spans = [(batch.first_row, batch.rows) for batch in self._stream.batches]

    def read(self, piece: int, columns: Sequence[str]) -> pl.DataFrame:
        batch = self._stream.batches[piece]
        data = self._stream.cut(self._stretch, batch)
        return _check_height(pl.read_ipc_stream(io.BytesIO(data), columns=list(columns)), batch.rows)


def _check_height(table: pl.DataFrame, rows: int) -> pl.DataFrame:
    if table.height != rows:
        raise SourceError(f"it is damaged: a piece of {table.height:,} rows instead of {rows:,}")
    return table


_Key = tuple[object, int, str]  # of a table, the number of a piece, a column


class _Kept:
    """The pieces that were read last, of all tables together, up to a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces: OrderedDict[_Key, pl.Series] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: _Key) -> pl.Series | None:
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
            return self._pieces.get(key)

    def put(self, key: _Key, series: pl.Series) -> None:
        with self._lock:
            self._pieces[key] = series
            self._bytes += int(series.estimated_size())
            while self._bytes > self._max_bytes and len(self._pieces) > 1:
                _, oldest = self._pieces.popitem(last=False)
                self._bytes -= int(oldest.estimated_size())


_KEPT = _Kept(_KEPT_BYTES)


def _is_picture(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Struct) and dtype.to_schema().get(PICTURE_BYTES) == pl.Binary


def _holds_bytes(dtype: Any) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_holds_bytes(field.dtype) for field in dtype.fields)
    if isinstance(dtype, pl.List | pl.Array):
        return _holds_bytes(dtype.inner)
    return bool(dtype == pl.Binary)


def _strip(table: pl.DataFrame, column: str) -> pl.DataFrame:
    dtype = table.schema[column]
    if not isinstance(dtype, pl.Struct):
        path, held = pl.lit(None, pl.String), pl.col(column)
    else:
        held = pl.col(column).struct.field(PICTURE_BYTES)
        has_path = dtype.to_schema().get(PICTURE_PATH) == pl.String
        path = pl.col(column).struct.field(PICTURE_PATH) if has_path else pl.lit(None, pl.String)
    plain = [name for name in table.columns if name != column]
    return table.select(*plain, path.alias(column), held.is_not_null().alias(HAS_BYTES))
