"""From the names in a list of pictures, ``img/Blouse/img_1.jpg``, to the pictures, wherever the set was put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from modiste.readers.building import Problems
from modiste.readers.source import File, has_picture_suffix

__all__ = ["find_listed"]

_SAMPLE = 200
_PLACES = 20


def find_listed(table: pl.DataFrame, files: Sequence[File], problems: Problems, *, top: str = "img/") -> pl.DataFrame:
    """Find the pictures of a list among the files of a source; rows without one are left out and noted.

    A picture may lie below any folder or archive, ``Img/img.zip/img/Blouse/img_1.jpg``, and the top folder that all
    names begin with may be missing, ``img.zip/Blouse/img_1.jpg``.

    Args:
        table: ``image`` has the names as listed.
        files: The files of the source.
        problems: Told of the rows without a picture.
        top: The top folder that may be missing.

    Returns:
        The rows that have a picture; ``listed`` is the name as listed, ``image`` the reference.

    Example:
        >>> table = pl.DataFrame({"image": ["img/Tee/1.jpg"]})
        >>> found = find_listed(table, [File("img.zip/Tee/1.jpg", "img.zip::Tee/1.jpg")], Problems())
        >>> found["image"].to_list()
        ['img.zip::Tee/1.jpg']
    """
    pictures = [file for file in files if has_picture_suffix(file.name)]
    names = pl.DataFrame(
        {"name": [file.name for file in pictures], "image": [file.reference for file in pictures]},
        schema={"name": pl.String, "image": pl.String},
    )
    table = table.rename({"image": "listed"}).with_columns(image=pl.lit(None, dtype=pl.String))
    for prefix, cut in _list_places(table["listed"], names["name"], top):
        rest = pl.col("listed").str.strip_prefix(top) if cut else pl.col("listed")
        table = table.with_columns(name=pl.lit(prefix) + rest)
        table = table.join(names, on="name", how="left", maintain_order="left", suffix="_found")
        table = table.with_columns(image=pl.coalesce("image", "image_found")).drop("name", "image_found")
    for name in table.filter(pl.col("image").is_null())["listed"]:
        problems.add(name, "no such picture")
    return table.filter(pl.col("image").is_not_null())


def _list_places(listed: pl.Series, names: pl.Series, top: str) -> Iterator[tuple[str, bool]]:
    """Yield what stands before the listed names in the files' names, and whether the top folder must be cut off.

    A sample of the list is looked up, by the last two parts of its names or by the last one if there is no other.
    """
    sample = listed.gather_every(max(1, len(listed) // _SAMPLE))
    for cut in (False, True):
        wanted = pl.DataFrame({"end": sample.str.strip_prefix(top) if cut else sample})
        places = [
            wanted.with_columns(key=_take_last("end", parts))
            .join(pl.DataFrame({"name": names}).with_columns(key=_take_last("name", parts)), on="key")
            .filter((pl.lit("/") + pl.col("name")).str.ends_with(pl.lit("/") + pl.col("end")))
            .select(pl.col("name").str.strip_suffix(pl.col("end")))["name"]
            for parts in (2, 1)
        ]
        prefixes = set(pl.concat(places))
        yield from (
            (prefix, cut) for prefix in sorted(prefixes, key=lambda prefix: (prefix.count("/"), prefix))[:_PLACES]
        )


def _take_last(column: str, parts: int) -> pl.Expr:
    """Return the last parts of a path, null if it has fewer, or more where one is asked for."""
    split = pl.col(column).str.split("/")
    fits = split.list.len() >= parts if parts > 1 or column == "name" else split.list.len() == parts
    return pl.when(fits).then(split.list.tail(parts).list.join("/"))
