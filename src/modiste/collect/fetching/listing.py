"""What is to be fetched: a text file of addresses, or any data set that a reader reads whose pictures are addresses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import META, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.building import Problems, build_manifest
from modiste.readers.cells import is_url
from modiste.readers.delimited import decode_text
from modiste.readers.identifiers import make_item_ids

__all__ = ["ADDRESSES", "list_addresses", "read_addressed"]

ADDRESSES: dict[str, pl.DataType] = {"address": pl.String(), "expected": pl.String()}
_READER = "addresses"
_TEXT_SUFFIXES = frozenset({".txt", ".lst", ".list", ".urls"})
_ADDRESS = r"(?i)^\s*https?://"


def read_addressed(source: Path, *, reader: str | None = None, options: ReaderOptions | None = None) -> Manifest:
    """Read a data set whose pictures are addresses.

    Args:
        source: A text file with an address a line (blank lines and those that begin with ``#`` are skipped), or
            anything that `modiste.readers.read_source` reads.
        reader: As there.
        options: As there.

    Returns:
        The manifest; ``image`` is an address, at least in one row.

    Raises:
        SourceError: There is no such file, or no reader understands it.
        UsageError: None of its pictures is an address.
    """
    if reader is None and not (options and options.given()) and _is_address_list(source):
        return _read_list(source)
    manifest = read_source(source, reader=reader, options=options)
    if not manifest.items["image"].str.contains(_ADDRESS).any():
        raise UsageError(f"no picture of {source} is an address (http:// or https://), so there is nothing to fetch")
    return manifest


def list_addresses(manifest: Manifest, *, hash_column: str | None = None) -> pl.DataFrame:
    """Return the addresses of a manifest, each once, in their order.

    Args:
        manifest: Rows whose ``image`` is no address are left out.
        hash_column: The column of expected hashes, with or without ``meta.``.

    Returns:
        The columns of `ADDRESSES`; ``expected`` is null where nothing is known.

    Raises:
        UnknownNameError: There is no such column.
    """
    items = manifest.items
    expected = pl.lit(None, pl.String) if hash_column is None else pl.col(_find_column(items, hash_column))
    found = items.filter(pl.col("image").str.contains(_ADDRESS)).select(
        address="image", expected=expected.cast(pl.String)
    )
    return found.unique("address", keep="first", maintain_order=True)


def _find_column(items: pl.DataFrame, name: str) -> str:
    free = [column.removeprefix(META) for column in items.columns if column.startswith(META)]
    if name.removeprefix(META) not in free:
        raise UnknownNameError("column", name, free)
    return META + name.removeprefix(META)


def _is_address_list(source: Path) -> bool:
    if source.suffix.lower() not in _TEXT_SUFFIXES or not source.is_file():
        return False
    with source.open("rb") as file:
        lines = _list_lines(decode_text(file.read(65_536))[0])
    return bool(lines) and is_url(lines[0][1]) and not any(mark in lines[0][1] for mark in "\t ;|")


def _list_lines(text: str) -> list[tuple[int, str]]:
    numbered = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _read_list(source: Path) -> Manifest:
    try:
        text = decode_text(source.read_bytes())[0]
    except OSError as error:
        raise SourceError(f"{source} can't be read: {error.strerror}") from error
    problems = Problems()
    addresses: dict[str, None] = {}
    lines = _list_lines(text)
    for number, line in lines:
        if not is_url(line):
            problems.add(f"{source.name} line {number}", "no address: it begins with neither http:// nor https://")
        elif line in addresses:
            problems.remark(f"{source.name} line {number}", "an address that stands further up already")
        else:
            addresses[line] = None
    items = pl.DataFrame({"item_id": _make_ids(list(addresses)), "image": list(addresses)})
    return build_manifest(items, problems, reader=_READER, options=ReaderOptions(), rows=len(lines))


def _make_ids(addresses: Sequence[str]) -> list[str]:
    """Return the paths as ids, with the hosts before them where two paths would be equal, else the whole addresses."""
    parts = [urlsplit(address) for address in addresses]
    for names in ([part.path.strip("/") for part in parts], [f"{part.netloc}{part.path}" for part in parts]):
        if len(set(names)) == len(names) and all(names):
            return make_item_ids(names)
    return list(addresses)
