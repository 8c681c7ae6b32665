"""The file of a catalogue: making it, opening it, and saying in one sentence what is wrong with it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from modiste.catalogue.backend import CatalogueHead
from modiste.catalogue.local.schema import APPLICATION_ID, FORMAT_VERSION, PAGE_SIZE, SCHEMA, TABLES, UPGRADES
from modiste.errors import CatalogueError, ModisteError, UsageError
from modiste.taxonomy import Taxonomy

__all__ = [
    "FILE_NAME",
    "StoredHead",
    "begin_reading",
    "begin_writing",
    "create_database",
    "expect_damage",
    "explain_damage",
    "explain_errors",
    "open_database",
    "read_head",
    "read_seq",
    "to_head_text",
]

FILE_NAME: Final = "catalogue.sqlite"
_BUSY_SECONDS: Final = 60.0
_HEADER = b"SQLite format 3\x00"
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class StoredHead:
    """What the table ``head`` says.

    Args:
        head: What the catalogue is made for.
        catalogue: A random name that tells it from every other catalogue.
        seq: The number of the last transaction that changed anything.
        token: The random number of that transaction.
        generation: How many rebuilds there were.
        rebuild: What a rebuild under way is for.
    """

    head: CatalogueHead
    catalogue: str
    seq: int
    token: int
    generation: int
    rebuild: CatalogueHead | None = None


def create_database(folder: Path, head: CatalogueHead) -> None:
    """Make an empty catalogue; the file appears whole or not at all.

    Args:
        folder: Where; made if it is not there.
        head: What the catalogue is for.

    Raises:
        UsageError: There is one already.
        CatalogueError: The folder can't be written.
    """
    target = folder / FILE_NAME
    if target.exists():
        raise UsageError(
            f"there is a catalogue at {folder} already; expected a new place. "
            f"Type: modiste catalogue add SOURCE {folder}, or remove the folder first"
        )
    temporary = folder / f".{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with explain_errors(folder):
            _write_empty(temporary, head)
        _place(temporary, target, folder)
    except OSError as error:
        raise CatalogueError(f"no catalogue can be made at {folder}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def open_database(folder: Path) -> sqlite3.Connection:
    """Open the file of a catalogue.

    Args:
        folder: The catalogue.

    Returns:
        A connection without implicit transactions, which any thread may use (one at a time).

    Raises:
        CatalogueError: There is none, or it is empty, cut short, damaged, foreign, or newer than this modiste.
    """
    file = folder / FILE_NAME
    with explain_errors(folder):
        connection = _check_and_connect(folder, file)
        try:
            _set_up(connection)
            _check_format(connection, folder)
            _upgrade(connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextlib.contextmanager
def explain_errors(folder: Path) -> Iterator[None]:
    """Turn what SQLite says into one sentence; what else is raised inside passes.

    What it says of a damaged name need not be UTF-8, which Python then raises instead.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _explain(folder, error) from error


@contextlib.contextmanager
def expect_damage() -> Iterator[None]:
    """Take what is raised where rows are read for damage: text where a number should be, and the like."""
    try:
        yield
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError, UsageError) as error:
        raise sqlite3.DatabaseError(f"a row can't be read ({error!r})") from error


def explain_damage(folder: Path | str, what: str) -> CatalogueError:
    """Say that a catalogue is damaged, and what helps."""
    return CatalogueError(
        f"the catalogue {folder} is damaged: {what}. Type: modiste catalogue verify {folder} to see all that is wrong; "
        f"restore {FILE_NAME} from a copy, or build the catalogue again"
    )


@contextlib.contextmanager
def begin_reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Read one state of the catalogue, whatever others write meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.Error):  # what went wrong inside is told, not that nothing is left to end
            connection.execute("ROLLBACK")


@contextlib.contextmanager
def begin_writing(connection: sqlite3.Connection) -> Iterator[int]:
    """Write one transaction, which is on the disk when this ends; yield its sequence number.

    One that changed nothing leaves the sequence as it was.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = connection.total_changes
        seq = read_seq(connection)
        yield seq + 1
        if connection.total_changes != before:
            connection.execute("INSERT INTO history (seq, token) VALUES (?, ?)", (seq + 1, secrets.randbits(62)))
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def read_seq(connection: sqlite3.Connection) -> int:
    """Return the number of the last transaction that changed anything."""
    (seq,) = connection.execute("SELECT max(seq) FROM history").fetchone()
    if seq is None:
        raise sqlite3.DatabaseError("the number of its last change is missing")
    return int(seq)


def read_head(connection: sqlite3.Connection, folder: Path) -> StoredHead:
    """Read what a catalogue is made for.

    Raises:
        CatalogueError: The table is damaged.
    """
    stored = dict(connection.execute("SELECT name, value FROM head"))
    seq = read_seq(connection)
    (token,) = connection.execute("SELECT token FROM history WHERE seq = ?", (seq,)).fetchone()
    try:
        rebuild = stored.get("rebuild")
        return StoredHead(
            head=_parse_head(stored["made_for"]),
            catalogue=_expect(str, stored["catalogue"]),
            seq=seq,
            token=_expect(int, token),
            generation=_expect(int, stored["generation"]),
            rebuild=None if rebuild is None else _parse_head(rebuild),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ModisteError) as error:
        raise explain_damage(folder, f"what it is made for can't be read ({error!r})") from error


def to_head_text(head: CatalogueHead) -> str:
    """Return what the table ``head`` keeps of a head, as JSON."""
    return json.dumps({
        "fingerprint": head.fingerprint,
        "bundle_name": head.bundle_name,
        "embedding_size": head.embedding_size,
        "taxonomy": head.taxonomy.to_json(),
    })  # fmt: skip


@lru_cache(maxsize=8)
def _parse_head(text: str) -> CatalogueHead:
    data = json.loads(text)
    size = _expect(int, data["embedding_size"])
    if not 0 < size <= 65_536:
        raise ValueError(f"an embedding size of {size}")
    return CatalogueHead(
        fingerprint=_expect(str, data["fingerprint"]),
        bundle_name=_expect(str, data["bundle_name"]),
        embedding_size=size,
        taxonomy=Taxonomy.from_json(data["taxonomy"]),
    )


def _expect(kind: type[_Kind], value: object) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} where {kind.__name__} was expected")
    return value


def _write_empty(file: Path, head: CatalogueHead) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        for statement in SCHEMA:
            connection.execute(statement)
        rows = {"made_for": to_head_text(head), "catalogue": secrets.token_hex(16), "generation": 0}
        connection.executemany("INSERT INTO head VALUES (?, ?)", rows.items())
        connection.execute("INSERT INTO history (seq, token) VALUES (0, ?)", (secrets.randbits(62),))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _place(temporary: Path, target: Path, folder: Path) -> None:
    # A link is refused where the target exists, so that of two processes one wins and the other hears of it.
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise UsageError(f"another process made a catalogue at {folder} just now; nothing was changed") from None
    except OSError:
        temporary.rename(target)
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _Connection(sqlite3.Connection):
    """A connection that knows which file it holds open: device and inode, None once it is closed."""

    identity: tuple[int, int] | None = None

    def close(self) -> None:
        super().close()
        self.identity = None


_OPENING: Final = threading.Lock()
_OPEN: Final[weakref.WeakSet[_Connection]] = weakref.WeakSet()


def _check_and_connect(folder: Path, file: Path) -> sqlite3.Connection:
    # POSIX drops all locks that a process holds on a file when any descriptor of it is closed, and SQLite's would be
    # among them: other processes would remove the journal under us. What is open already was looked at then.
    with _OPENING:
        identity = _identify(file)
        if identity is None or all(other.identity != identity for other in tuple(_OPEN)):
            _check_file(folder, file)
        connection = _connect(file)
        connection.identity = _identify(file)
        _OPEN.add(connection)
    return connection


def _identify(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_file(folder: Path, file: Path) -> None:
    try:
        with file.open("rb") as opened:
            start = opened.read(100)
        size = file.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise CatalogueError(
            f"there is no catalogue at {folder}; expected a folder with {FILE_NAME}. "
            f"Type: modiste catalogue build SOURCE {folder}"
        ) from None
    except OSError as error:
        raise CatalogueError(f"the catalogue {folder} can't be read: {error.strerror or error}") from error
    if not size:
        raise explain_damage(folder, f"{FILE_NAME} is empty")
    if not start.startswith(_HEADER):
        raise CatalogueError(
            f"{file} is no catalogue: it is not a database. Type: modiste catalogue build SOURCE FOLDER"
        )
    _check_size(folder, file, start, size)


def _check_size(folder: Path, file: Path, start: bytes, size: int) -> None:
    # Pages that a checkpoint has not moved yet are in the journal; without one, the file holds all its header says.
    journal = file.with_name(f"{FILE_NAME}-wal")
    page = int.from_bytes(start[16:18], "big")
    expected = int.from_bytes(start[28:32], "big") * (65_536 if page == 1 else page)
    with contextlib.suppress(OSError):
        if journal.exists() and journal.stat().st_size:
            return
    if size < expected:
        raise explain_damage(folder, f"{FILE_NAME} is cut short: {size:,} bytes of {expected:,}")


def _connect(file: Path) -> _Connection:
    address = f"{file.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(
        address,
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=256,
        factory=_Connection,
    )


def _set_up(connection: sqlite3.Connection) -> None:
    connection.create_function("fold", 1, _fold, deterministic=True)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON",
                   "cache_size = -32000", "journal_size_limit = 67108864", "temp_store = MEMORY"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _fold(text: str | float | bytes | None) -> str | float | bytes | None:
    return text.casefold() if isinstance(text, str) else text


def _check_format(connection: sqlite3.Connection, folder: Path) -> None:
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if identity != APPLICATION_ID:
        raise CatalogueError(
            f"{folder / FILE_NAME} is a database, but no catalogue of modiste. "
            "Type: modiste catalogue build SOURCE FOLDER with another folder"
        )
    if version > FORMAT_VERSION:
        raise CatalogueError(
            f"the catalogue {folder} has format {version}; this modiste reads up to {FORMAT_VERSION}. "
            "Type: pip install --upgrade modiste"
        )
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    found = {(kind, name) for kind, name in connection.execute("SELECT type, name FROM sqlite_schema")}
    missing = sorted(TABLES - {name for kind, name in found if kind in ("table", "view")})
    if version < 1 or missing or mode != "wal":
        raise explain_damage(folder, f"it lacks {', '.join(missing) or 'its journal mode or format number'}")
    strangers = sorted(name for kind, name in found if kind == "trigger")
    if strangers:
        raise explain_damage(folder, f"it holds triggers, which no catalogue has: {', '.join(strangers)}")


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring a catalogue of an older format to the present one; nothing in it is rewritten, so that it takes no time."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == FORMAT_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()  # another process may have been faster
        while version < FORMAT_VERSION:
            for statement in UPGRADES[version]:
                connection.execute(statement)
            version += 1
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _explain(folder: Path, error: sqlite3.Error | UnicodeDecodeError) -> ModisteError:
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return UsageError(f"the catalogue {folder} was closed; open it again")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogueError(
            f"another process kept the catalogue {folder} locked for {_BUSY_SECONDS:.0f} s; try again"
        )
    if code == sqlite3.SQLITE_FULL:
        return CatalogueError(
            f"the disk of the catalogue {folder} is full; nothing of this step was kept. Free some space"
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return CatalogueError(
            f"the catalogue {folder} can't be read or written ({error}); expected a folder that this process may "
            "write, on a disk that works"
        )
    return explain_damage(folder, str(error))
