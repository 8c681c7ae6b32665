"""The manifest: a data set, whatever its format was, as one table of items with its taxonomy.

A manifest holds three tables. ``items`` has one row a picture; ``problems`` says what a reader left out, and why;
``opinions`` keeps what several annotators said of an item. Columns of ``items``:

    item_id      str         unique
    product_id   str         the product shown; several pictures may show one
    image        str         a picture reference (`modiste.imaging.sources`): a path, or ARCHIVE::MEMBER
    split        str | null  "train", "validation", "test" or any other name the source gave
    box          list[f64]   left, top, width, height in pixels of the picture as shown, or null
    title        str | null  the product's name
    source       str         the reader that made the row
    label.FIELD              str for a single field, list[str] for a multi field; null where nothing is known
    meta.NAME                anything else the source says, of any type
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import ManifestError
from modiste.taxonomy import Field, Taxonomy

__all__ = ["COPY_OF", "ITEM_SCHEMA", "LABEL", "META", "OPINION_SCHEMA", "PROBLEM_SCHEMA", "Manifest", "build_taxonomy"]

LABEL = "label."
META = "meta."
COPY_OF = META + "copy_of"  # the id of the item that a copy was made from; null for originals
ITEM_SCHEMA: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "product_id": pl.String(),
    "image": pl.String(),
    "split": pl.String(),
    "box": pl.List(pl.Float64()),
    "title": pl.String(),
    "source": pl.String(),
}
PROBLEM_SCHEMA = {"where": pl.String(), "reason": pl.String(), "kind": pl.String()}
OPINION_SCHEMA = {"item_id": pl.String(), "field": pl.String(), "annotator": pl.String(), "value": pl.String()}
_REQUIRED = ("item_id", "product_id", "image", "source")
_VERSION = 1
_DAMAGE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),  # polars panics over some damaged Parquet files
)


@dataclass(frozen=True)
class Manifest:
    """A data set as one table of items, its taxonomy, what was left out, and what annotators said.

    Args:
        taxonomy: The fields that the label columns speak of.
        items: One row a picture; the columns are listed at the top of this module.
        problems: One row for each thing a reader found wrong: ``where`` (a row, a file), ``reason``, and ``kind``:
            ``"lost"`` if a picture or a row of the source is not among the items for it, else ``"remark"``.
        opinions: ``item_id``, ``field``, ``annotator``, ``value``: one row for each opinion.
        rows: How many rows, or pictures, the source had before anything was left out; None where nobody counted.

    Raises:
        ManifestError: A column is missing or of the wrong type, an id is doubled, a label is not in its field.
    """

    taxonomy: Taxonomy
    items: pl.DataFrame
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEM_SCHEMA))
    opinions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OPINION_SCHEMA))
    rows: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", _normalise(self.items, self.taxonomy))
        _check_ids(self.items)
        for item in self.taxonomy:
            _check_labels(self.items, item)
        _check_columns(self.problems, PROBLEM_SCHEMA, "problems")
        _check_columns(self.opinions, OPINION_SCHEMA, "opinions")
        _check_opinions(self)

    def __len__(self) -> int:
        return self.items.height

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Mapping[str, Any]],
        *,
        taxonomy: Taxonomy | None = None,
        problems: Sequence[tuple[str, str]] = (),
        parents: Mapping[str, str] | None = None,
    ) -> Manifest:
        """Build a manifest from dictionaries whose keys are column names.

        Args:
            rows: One mapping a picture. ``product_id`` defaults to ``item_id``; other columns default to null.
            taxonomy: The fields; by default every ``label.`` column makes one, its values sorted by name.
            problems: Pairs of where and why, for what was left out.
            parents: Field -> its parent field, used where ``taxonomy`` is not given.
        """
        frame = pl.DataFrame(list(rows), infer_schema_length=None, strict=False)
        frame = frame if frame.width else pl.DataFrame(schema=ITEM_SCHEMA)
        if "product_id" not in frame.columns:
            frame = frame.with_columns(product_id=pl.col("item_id"))
        taxonomy = build_taxonomy(frame, parents or {}) if taxonomy is None else taxonomy
        left_out = pl.DataFrame([(*pair, "lost") for pair in problems], schema=PROBLEM_SCHEMA, orient="row")
        return cls(taxonomy, frame, left_out)

    def labels(self, name: str) -> pl.Series:
        """Return one field's labels, aligned with ``items``; null where nothing is known."""
        return self.items[LABEL + self.taxonomy[name].name]

    def of_split(self, *names: str) -> Manifest:
        """Return the items of some splits, with the same taxonomy."""
        return self.where(pl.col("split").is_in(names))

    def without_copies(self) -> Manifest:
        """Return the items that were not made from others (column ``meta.copy_of``): the only ones that are judged."""
        return self.where(pl.col(COPY_OF).is_null()) if COPY_OF in self.items.columns else self

    def where(self, predicate: pl.Expr) -> Manifest:
        """Return the items that a polars expression keeps, with their opinions and the same taxonomy."""
        kept = self.items.filter(predicate)
        opinions = self.opinions.filter(pl.col("item_id").is_in(kept["item_id"].implode()))
        return Manifest(self.taxonomy, kept, self.problems, opinions)

    def write(self, folder: Path) -> None:
        """Write the manifest as a folder of Parquet tables and ``taxonomy.json``, whole or not at all.

        Raises:
            ManifestError: The folder exists already.
        """
        if folder.exists():
            raise ManifestError(f"{folder} exists already; choose a new name or remove it first")
        part = folder.with_name(folder.name + ".part")
        part.mkdir(parents=True, exist_ok=True)
        for name in ("items", "problems", "opinions"):
            getattr(self, name).write_parquet(part / f"{name}.parquet")
        head = {"version": _VERSION, "rows": self.rows, "fields": self.taxonomy.to_json()}
        text = json.dumps(head, indent=1, ensure_ascii=False)
        (part / "taxonomy.json").write_text(text, encoding="utf-8")
        part.rename(folder)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read what `write` wrote.

        Raises:
            ManifestError: The folder is not a manifest, or was written by a newer modiste.
        """
        try:
            head = json.loads((folder / "taxonomy.json").read_text(encoding="utf-8"))
            if head["version"] > _VERSION:
                raise ManifestError(f"{folder} was written by a newer modiste. Type: pip install --upgrade modiste")
            tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("items", "problems", "opinions")}
            taxonomy = Taxonomy.from_json(head["fields"])
        except _DAMAGE as error:
            raise ManifestError(f"{folder} is not a manifest (items.parquet, taxonomy.json ...): {error}") from error
        return cls(taxonomy, **tables, rows=head.get("rows"))


def build_taxonomy(items: pl.DataFrame, parents: Mapping[str, str]) -> Taxonomy:
    """Make a taxonomy from the label columns of a table: list columns become multi fields, the others single.

    Args:
        items: A table with ``label.`` columns.
        parents: Field -> its parent field; parents come before their children in the result.

    Returns:
        The taxonomy; values are sorted by name, ``allowed`` holds every pair that occurs, most frequent first.
    """
    names = [column.removeprefix(LABEL) for column in items.columns if column.startswith(LABEL)]
    ordered = dict.fromkeys(name for child in names for name in _find_lineage(child, parents))
    absent = [name for name in ordered if name not in names]
    if absent:
        raise ManifestError(f"{absent[0]!r} is named as a parent field, but there is no column '{LABEL}{absent[0]}'")
    return Taxonomy(tuple(_build_field(items, name, parents.get(name)) for name in ordered))


def _find_lineage(name: str, parents: Mapping[str, str]) -> list[str]:
    """Return a field's ancestors, the uppermost first, and the field itself."""
    lineage = [name]
    while lineage[0] in parents:
        lineage.insert(0, parents[lineage[0]])
        if len(lineage) > len(parents) + 1:
            raise ManifestError(f"the parents of field {name!r} form a circle")
    return lineage


def _build_field(items: pl.DataFrame, name: str, parent: str | None) -> Field:
    column = items[LABEL + name]
    multi = isinstance(column.dtype, pl.List)
    flat = column.explode(empty_as_null=True) if multi else column
    values = tuple(sorted(str(value) for value in flat.drop_nulls().unique()))
    allowed = {} if parent is None else _find_allowed(items, name, parent)
    return Field(name, "multi" if multi else "single", values, parent, allowed)


def _find_allowed(items: pl.DataFrame, name: str, parent: str) -> dict[str, tuple[str, ...]]:
    child, above = LABEL + name, LABEL + parent
    counts = items.select(child, above).drop_nulls().group_by(child, above).len()
    counts = counts.sort([child, "len", above], descending=[False, True, False])
    allowed: dict[str, tuple[str, ...]] = {}
    for value, parent_value, _ in counts.iter_rows():
        allowed[value] = (*allowed.get(value, ()), parent_value)
    return allowed


def _normalise(items: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    missing = [name for name in _REQUIRED if name not in items.columns]
    if missing:
        raise ManifestError(f"the items lack the columns {', '.join(missing)}; they have {', '.join(items.columns)}")
    wanted = dict(ITEM_SCHEMA)
    for item in taxonomy:
        wanted[LABEL + item.name] = pl.String() if item.kind == "single" else pl.List(pl.String())
    extra = [name for name in items.columns if name not in wanted]
    strangers = [name for name in extra if not name.startswith(META)]
    if strangers:
        raise ManifestError(f"unknown columns {', '.join(strangers)}; free columns start with '{META}'")
    present = [_cast(items, name, dtype) for name, dtype in wanted.items()]
    return items.select(*present, *extra)


def _cast(items: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    if name not in items.columns:
        return pl.lit(None, dtype=dtype).alias(name)
    if isinstance(items.schema[name], pl.List) != isinstance(dtype, pl.List) and items.schema[name] != pl.Null:
        raise ManifestError(f"column {name!r} is of type {items.schema[name]}; expected {dtype}")
    return pl.col(name).cast(dtype)


def _check_ids(items: pl.DataFrame) -> None:
    for name in _REQUIRED:
        if items[name].null_count():
            raise ManifestError(f"{items[name].null_count()} items have no {name}")
    doubled = items["item_id"].filter(items["item_id"].is_duplicated())
    if len(doubled):
        raise ManifestError(f"item ids must be unique; {doubled[0]!r} and {doubled.n_unique() - 1} others are not")


def _check_labels(items: pl.DataFrame, item: Field) -> None:
    column = items[LABEL + item.name]
    flat = column.explode(empty_as_null=True) if item.kind == "multi" else column
    strangers = set(flat.drop_nulls().unique()) - set(item.values)
    if strangers:
        raise ManifestError(f"labels of {item.name!r} that the taxonomy lacks: {', '.join(sorted(strangers)[:5])}")


def _check_columns(table: pl.DataFrame, schema: Mapping[str, pl.DataType], name: str) -> None:
    if table.columns != list(schema):
        raise ManifestError(f"the {name} have the columns {table.columns}; expected {list(schema)}")


def _check_opinions(manifest: Manifest) -> None:
    for name in manifest.opinions["field"].unique():
        manifest.taxonomy[name]
    strangers = set(manifest.opinions["item_id"]) - set(manifest.items["item_id"])
    if strangers:
        raise ManifestError(f"{len(strangers)} opinions speak of items that are not there, such as {min(strangers)!r}")
