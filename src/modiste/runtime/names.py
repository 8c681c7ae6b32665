"""The shop's own names: a small TOML file that renames, merges or translates fields and values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modiste.errors import UsageError
from modiste.taxonomy import Field, Taxonomy

__all__ = ["NameMap"]

_EXPECTED = 'expected [fields] with lines like articleType = "type", and [values.articleType] with Tshirts = "T-shirt"'


@dataclass(frozen=True)
class NameMap:
    """How a shop calls the fields and values of a bundle; what is not named keeps its name.

    Args:
        fields: Field -> the shop's name for it; it changes columns only.
        values: Field -> value -> the shop's name for it. Values that get the same name become one value, whose
            probability is the sum of theirs.

    Example:
        >>> names = NameMap(values={"season": {"Fall": "Cold", "Winter": "Cold"}})
        >>> season = Field("season", "single", ("Fall", "Summer", "Winter"))
        >>> names.apply(Taxonomy((season,)))["season"].values
        ('Cold', 'Summer')
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> NameMap:
        """Read a TOML file with a table ``fields`` and a table ``values.FIELD`` for each field.

        Raises:
            UsageError: The file can't be read, or holds something else.
        """
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise UsageError(f"the names in {path} can't be read: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"the names in {path} are not TOML: {error}; {_EXPECTED}") from error
        strangers = sorted(set(data) - {"fields", "values"})
        values = data.get("values", {})
        tables = [data.get("fields", {}), *(values.values() if isinstance(values, dict) else [values])]
        if strangers or not all(map(_is_renaming, tables)):
            raise UsageError(f"the names in {path} hold {strangers or 'something that is no text'}; {_EXPECTED}")
        return cls(data.get("fields", {}), values)

    def to_json(self) -> dict[str, Any]:
        """Return the names as plain JSON types."""
        return {"fields": dict(self.fields), "values": {name: dict(table) for name, table in self.values.items()}}

    def column(self, name: str) -> str:
        """Return what the column of a field is called."""
        return self.fields.get(name, name)

    def check(self, taxonomy: Taxonomy, *, reserved: Iterable[str] = ()) -> None:
        """Check that everything named exists and that the fields' new names differ from each other.

        Args:
            taxonomy: The bundle's fields.
            reserved: Names of columns that a field must not take.

        Raises:
            UnknownNameError: A field or value that the bundle does not have.
            UsageError: Two columns would have the same name.
        """
        for name in self.fields:
            _ = taxonomy[name]
        for name, table in self.values.items():
            known = taxonomy[name]
            for value in table:
                known.index(value)
        columns = [*reserved, *(self.column(name) for name in taxonomy.names)]
        doubled = sorted({name for name in columns if columns.count(name) > 1})
        if doubled:
            raise UsageError(f"two columns would be called {doubled[0]!r}; give the field another name in [fields]")

    def apply(self, taxonomy: Taxonomy) -> Taxonomy:
        """Return the taxonomy with the shop's values; merged ones may stand wherever one of them might."""
        return Taxonomy(tuple(self._apply_to(item) for item in taxonomy))

    def find_positions(self, item: Field) -> list[int]:
        """Return, for each value of a bundle's field, its position among the shop's values."""
        renamed = self._rename(item.name, item.values)
        return [list(dict.fromkeys(renamed)).index(value) for value in renamed]

    def _apply_to(self, item: Field) -> Field:
        allowed: dict[str, tuple[str, ...]] = {}
        free = set(self._rename(item.name, [value for value in item.values if value not in item.allowed]))
        for value, parents in item.allowed.items():
            new = self.values.get(item.name, {}).get(value, value)
            if new not in free:
                allowed[new] = tuple(dict.fromkeys([*allowed.get(new, ()), *self._rename(item.parent, parents)]))
        values = tuple(dict.fromkeys(self._rename(item.name, item.values)))
        return Field(item.name, item.kind, values, item.parent, allowed)

    def _rename(self, name: str | None, values: Iterable[str]) -> list[str]:
        table = self.values.get(name or "", {})
        return [table.get(value, value) for value in values]


def _is_renaming(table: object) -> bool:
    return isinstance(table, dict) and all(isinstance(new, str) and new.strip() for new in table.values())
