"""What is to be fetched: a text file of addresses, or any data set that a reader reads whose pictures are addresses."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import META, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.building import Problems, build_manifest
from modiste.readers.cells import is_url
from modiste.readers.delimited import decode_text

__all__ = ["ADDRESSES", "list_addresses", "number_images", "read_addressed"]

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


def number_images(images: pl.Series, addresses: pl.DataFrame) -> pl.Series:
    """Return the number of each picture's address, null for what is none.

    Args:
        images: The column ``image`` of a manifest.
        addresses: As `list_addresses` gives them for that manifest.

    Returns:
        A series ``number`` of 64-bit integers.

    Example:
        >>> images = pl.Series("image", ["http://a/1.jpg", "here.jpg", "http://a/2.jpg"])
        >>> number_images(images, pl.DataFrame({"address": [images[0], images[2]]})).to_list()
        [0, None, 1]
    """
    is_address = images.str.contains(_ADDRESS)
    if is_address.sum() == addresses.height:
        # None stands there twice, so that nothing needs to be looked up: that would take 300 MB for a million.
        return is_address.to_frame("is").select(number=pl.when("is").then(pl.col("is").cum_sum().cast(pl.Int64) - 1))[
            "number"
        ]
    numbered = addresses.select("address").with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
    return images.to_frame("image").join(
        numbered, left_on="image", right_on="address", how="left", maintain_order="left"
    )["number"]


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
    """Read a text file; all of it in columns, since a million Python strings and what is done with them take a GB."""
    try:
        text = decode_text(source.read_bytes())[0]
    except OSError as error:
        raise SourceError(f"{source} can't be read: {error.strerror}") from error
    line = pl.col("line")
    lines = pl.DataFrame({"line": text.splitlines()}, schema={"line": pl.String}).with_row_index("number", 1)
    lines = lines.with_columns(line.str.strip_chars()).filter(line != "", ~line.str.starts_with("#"))
    lines = lines.with_columns(is_address=line.str.contains(_ADDRESS), is_first=line.is_first_distinct())
    problems = Problems()
    for number, is_address in (
        lines.filter(~(pl.col("is_address") & pl.col("is_first"))).select("number", "is_address").iter_rows()
    ):
        if is_address:
            problems.remark(f"{source.name} line {number}", "an address that stands further up already")
        else:
            problems.add(f"{source.name} line {number}", "no address: it begins with neither http:// nor https://")
    addresses = lines.filter(pl.col("is_address") & pl.col("is_first"))["line"]
    items = pl.DataFrame({"item_id": _make_ids(addresses), "image": addresses})
    return build_manifest(items, problems, reader=_READER, options=ReaderOptions(), rows=len(lines))


def _make_ids(addresses: pl.Series) -> pl.Series:
    """Return the paths as ids, with the hosts before them where two paths would be equal, else the whole addresses."""
    parts = addresses.str.extract_groups(r"(?i)^https?://(?<host>[^/?#]*)(?<path>[^?#]*)").struct
    host, path = parts.field("host"), parts.field("path")
    for names in (path.str.strip_chars("/"), host + path):
        if names.n_unique() == len(names) and (names != "").all():
            return _drop_suffixes(names)
    return addresses


def _drop_suffixes(names: pl.Series) -> pl.Series:
    """Do what `modiste.readers.identifiers.make_item_ids` does, in columns."""
    stems = names.str.replace(r"(^|/)(\.*[^/.][^/]*)\.[^/.]*$", "${1}${2}")
    may_lose = stems.is_unique() & ((stems == names) | ~stems.is_in(names.implode()))
    return stems.zip_with(may_lose, names)
