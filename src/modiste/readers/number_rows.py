r"""Rows of a picture and numbers, ``img/Tee/1.jpg  3 1 0 146 102``, most of them cut without regular expressions.

To cut rows at the groups of a regular expression takes longer than all else that is done with a list, and nearly all
rows are plain: blanks, no tabs, and whole numbers of at most nine digits. Those are split at their blanks, which gives
the same; only the others are held against the expression.
"""

from __future__ import annotations

import polars as pl

from modiste.readers.building import Problems

__all__ = ["take_number_rows"]

_NUMBER = "(?:[0-9]{1,9}|-[1-9][0-9]{0,8})"
_PLAIN = f"^{_NUMBER}(?: {_NUMBER})*$"


def take_number_rows(
    rows: pl.DataFrame,
    pattern: str,
    fits: pl.Expr,
    *,
    name: str,
    expected: str,
    problems: Problems,
    lost: bool = False,
    dtype: type[pl.DataType] = pl.Int32,
) -> pl.DataFrame:
    """Cut rows into a picture and its numbers; those that don't fit are left out and noted.

    Args:
        rows: ``line`` and ``text``, which has no blanks at its ends.
        pattern: A regular expression for the whole of a row that fits, however it is written; numbers may begin with
            zeros.
        fits: The same for a row of plain numbers, an expression of the list ``numbers``; where it does not hold,
            ``pattern`` decides.
        name: Of the file, for the problems.
        expected: What a row should be, such as ``"a picture and four numbers"``.
        problems: Told of the rows that don't fit.
        lost: Whether a picture is left out for such a row.
        dtype: Of the numbers; one that is too large for it becomes null.

    Returns:
        ``line``, ``image`` and ``numbers``, in the order of the rows.

    Example:
        >>> rows = pl.DataFrame({"line": [3, 4, 5], "text": ["a.jpg 1 2", "b.jpg   1.0  2", "c.jpg x"]})
        >>> pair, two = r"^[^ ]+ +[0-9.]+ +[0-9.]+$", pl.col("numbers").list.len() == 2
        >>> cut = take_number_rows(
        ...     rows, pair, two, name="x", expected="two numbers", problems=Problems(), dtype=pl.Float64
        ... )
        >>> cut["image"].to_list(), cut["numbers"].to_list()
        (['a.jpg', 'b.jpg'], [[1.0, 2.0], [1.0, 2.0]])
    """
    cut = _split_plain(rows).with_columns(pl.col("numbers").cast(pl.List(dtype)))
    plain = cut.select((pl.col("numbers").is_not_null() & fits).fill_null(value=False)).to_series()
    others, fitting = rows.filter(~plain), cut.filter(plain)
    if not len(others):
        return fitting
    is_fit = others["text"].str.contains(pattern)
    note = problems.add if lost else problems.remark
    for line in others.filter(~is_fit)["line"]:
        note(f"{name} line {line}", f"not {expected}")
    words = pl.col("text").str.extract_all(r"\S+").list
    numbers = words.slice(1).cast(pl.List(dtype), strict=False)
    more = others.filter(is_fit).select("line", image=words.first(), numbers=numbers)
    return pl.concat([fitting, more]).sort("line")


def _split_plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``line``, ``image`` and ``numbers``, which are null where a row is not plain."""
    parts = pl.col("text").str.splitn(" ", 2).struct.rename_fields(["image", "tail"])
    cut = rows.select("line", parts.alias("parts")).unnest("parts")
    cut = cut.with_columns(pl.col("tail").str.strip_chars_start(" ").str.replace_all(" {2,}", " "))
    plain = ~pl.col("image").str.contains(r"\s") & pl.col("tail").str.contains(_PLAIN)
    words = pl.when(plain).then("tail").str.split(" ")
    return cut.select("line", "image", numbers=words.cast(pl.List(pl.Int32)))
