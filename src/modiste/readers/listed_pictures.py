"""From the names in a list of pictures, ``img/Blouse/img_1.jpg``, to the pictures, wherever the set was put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from modiste.readers.building import Problems
from modiste.readers.source import File, has_picture_suffix

__all__ = ["find_listed"]

_SAMPLE = 200
_PLACES = 20
# What of a listed name, and of a file's name, is compared: the last two parts, or the last one if a list has no other.
_LAST_TWO = (r"([^/]*/[^/]*)$", r"([^/]*/[^/]*)$")
_LAST_ONE = (r"^([^/]*)$", r"([^/]*)$")


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
        if not table["image"].null_count():
            break
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
    sample = listed.gather_every(max(1, len(listed) // _SAMPLE)).rename("end").to_frame()
    cut = pl.col("end").str.strip_prefix(top)
    ends = pl.concat([sample.with_columns(cut=pl.lit(value=False)), sample.select(cut, cut=pl.lit(value=True))])
    files = names.rename("name").to_frame()
    places = pl.concat([_find_places(ends, files, *patterns) for patterns in (_LAST_TWO, _LAST_ONE)]).unique()
    for cut_off in (False, True):
        prefixes = places.filter(pl.col("cut") == cut_off)["prefix"]
        yield from (
            (prefix, cut_off) for prefix in sorted(prefixes, key=lambda prefix: (prefix.count("/"), prefix))[:_PLACES]
        )


def _find_places(ends: pl.DataFrame, files: pl.DataFrame, end_pattern: str, name_pattern: str) -> pl.DataFrame:
    """Return ``prefix`` and ``cut`` of the files whose names end like one of ``ends``."""
    ends = ends.with_columns(key=pl.col("end").str.extract(end_pattern)).drop_nulls("key")
    if not len(ends):
        return pl.DataFrame(schema={"prefix": pl.String, "cut": pl.Boolean})
    keyed = files.with_columns(key=pl.col("name").str.extract(name_pattern))
    near = keyed.filter(pl.col("key").is_in(ends["key"].unique().implode())).join(ends, on="key")
    whole = near.filter((pl.lit("/") + pl.col("name")).str.ends_with(pl.lit("/") + pl.col("end")))
    return whole.select(prefix=pl.col("name").str.strip_suffix(pl.col("end")), cut="cut")
