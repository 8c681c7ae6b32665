"""From what a shop's records say of a product to fields: a hand-made file says which of the shop's values mean what."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers.kaggle_details import ATTRIBUTE
from modiste.taxonomy import Field, Taxonomy

__all__ = ["AttributeFields", "AttributeSource", "add_attribute_fields"]

_EXPECTED: Final = (
    'expected lines like brand = "brand", or tables like [neck."Neck"] with "V-Neck" = ["V-Neck", "V Neck"]'
)


@dataclass(frozen=True)
class AttributeSource:
    """Where the values of a field stand.

    Args:
        column: The column of the manifest.
        meanings: The shop's value -> what it becomes; None: every value stays what it is.
    """

    column: str
    meanings: Mapping[str, str] | None = None

    def express(self) -> pl.Expr:
        """Return the field's values as a polars expression; null where the column says nothing that counts."""
        column = pl.col(self.column).cast(pl.String)
        if self.meanings is None:
            return column
        return column.replace_strict(self.meanings, default=None, return_dtype=pl.String)


@dataclass(frozen=True)
class AttributeFields:
    """Which fields a shop's records hold.

    Args:
        sources: Field -> its sources; of several, the first that says something decides.

    Example:
        >>> neck = AttributeSource("meta.attribute.Neck", {"V Neck": "V-Neck", "V-Neck": "V-Neck"})
        >>> AttributeFields({"neck": (neck,)}).names
        ('neck',)
    """

    sources: Mapping[str, tuple[AttributeSource, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self.sources)

    def select(self, names: Sequence[str]) -> AttributeFields:
        """Return some of the fields."""
        return AttributeFields({name: self.sources[name] for name in names})

    @classmethod
    def read(cls, path: Path) -> AttributeFields:
        """Read a TOML file: ``field = "column"``, or tables ``[field.attribute]`` of value -> the shop's values.

        Raises:
            UsageError: The file can't be read, holds something else, or gives a shop's value two meanings.
        """
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} can't be read as TOML: {error}") from error
        return cls({name: _read_field(path, name, entry) for name, entry in data.items()})


def add_attribute_fields(manifest: Manifest, attributes: AttributeFields) -> Manifest:
    """Return the manifest with more single fields, behind those that it has.

    Args:
        manifest: The items, read with their details.
        attributes: The fields; an item has no label where none of a field's sources says something that counts.

    Raises:
        UsageError: The manifest has such a field already, or none of a field's columns.

    Example:
        >>> row = {"item_id": "a", "image": "a", "source": "x", "label.kind": "Tops", "meta.attribute.Neck": "V Neck"}
        >>> neck = AttributeSource("meta.attribute.Neck", {"V Neck": "V-Neck"})
        >>> shop = add_attribute_fields(Manifest.from_rows([row]), AttributeFields({"neck": (neck,)}))
        >>> shop.taxonomy.names, shop.labels("neck").to_list()
        (('kind', 'neck'), ['V-Neck'])
    """
    doubled = [name for name in attributes.names if name in manifest.taxonomy]
    if doubled:
        raise UsageError(f"the data has a field {doubled[0]!r} already; give the attribute another name")
    table = manifest.items.select(
        _unite(manifest, name, sources).alias(name) for name, sources in attributes.sources.items()
    )
    fields = tuple(Field(name, "single", tuple(table[name].drop_nulls().unique().sort())) for name in table.columns)
    items = manifest.items.with_columns(table[name].alias(LABEL + name) for name in table.columns)
    taxonomy = Taxonomy((*manifest.taxonomy, *fields))
    return Manifest(taxonomy, items, manifest.problems, manifest.opinions, manifest.rows)


def _unite(manifest: Manifest, name: str, sources: tuple[AttributeSource, ...]) -> pl.Expr:
    # A column that no item fills is not there at all.
    found = [source.express() for source in sources if source.column in manifest.items.columns]
    if not found:
        asked = ", ".join(source.column for source in sources)
        raise UsageError(
            f"the data has nothing to make the field {name!r} of: no column {asked}. It is in the shop's records, "
            "which the reader 'kaggle' reads with --details"
        )
    return pl.coalesce(found)


def _read_field(path: Path, name: str, entry: Any) -> tuple[AttributeSource, ...]:
    if isinstance(entry, str):
        return (AttributeSource(META + entry),)
    if not isinstance(entry, dict) or not entry:
        raise UsageError(f"{path}: {name} holds {entry!r}; {_EXPECTED}")
    return tuple(
        AttributeSource(ATTRIBUTE + attribute, _read_meanings(path, f"{name}.{attribute}", values))
        for attribute, values in entry.items()
    )


def _read_meanings(path: Path, table: str, values: Any) -> dict[str, str]:
    if not isinstance(values, dict) or not values or not all(map(_is_list_of_words, values.values())):
        raise UsageError(f"{path}: [{table}] holds {values!r}; {_EXPECTED}")
    pairs = [(old, new) for new, olds in values.items() for old in olds]
    meanings = dict(pairs)
    if len(meanings) < len(pairs):
        twice = next(old for old, _ in pairs if sum(old == other for other, _ in pairs) > 1)
        raise UsageError(f"{path}: [{table}] makes two values of {twice!r}; name each of the shop's values once")
    return meanings


def _is_list_of_words(entry: Any) -> bool:
    return isinstance(entry, list) and bool(entry) and all(isinstance(word, str) for word in entry)
