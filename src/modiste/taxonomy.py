"""What can be said about a product: fields, their values in a fixed order, and how they nest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from modiste.errors import ManifestError, UnknownNameError

__all__ = ["Field", "FieldKind", "Taxonomy"]

FieldKind = Literal["single", "multi"]


@dataclass(frozen=True)
class Field:
    """One thing to say about a product.

    Args:
        name: The name of the column, such as ``"articleType"``.
        kind: ``"single"``: exactly one value, scored by softmax. ``"multi"``: any number of values, each scored
            by its own sigmoid.
        values: The values in label order: column ``i`` of a network's output speaks of ``values[i]``.
        parent: The field that this one refines, or None.
        allowed: For a field with a parent: value -> the parent's values it may stand under, most frequent first.
            A value that is missing here may stand under every parent value.

    Raises:
        ManifestError: A value is empty or doubled, or ``allowed`` names a value that the field does not have.

    Example:
        >>> season = Field("season", "single", ("Summer", "Winter"))
        >>> season.index("Winter")
        1
    """

    name: str
    kind: FieldKind
    values: tuple[str, ...]
    parent: str | None = None
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in ("single", "multi"):
            raise ManifestError(f"field {self.name!r} is of kind {self.kind!r}; expected 'single' or 'multi'")
        if len(set(self.values)) != len(self.values) or "" in self.values:
            raise ManifestError(f"the values of field {self.name!r} must be non-empty and differ from each other")
        strangers = set(self.allowed) - set(self.values)
        if strangers:
            raise ManifestError(f"field {self.name!r} nests values it does not have: {', '.join(sorted(strangers))}")
        if self.allowed and self.parent is None:
            raise ManifestError(f"field {self.name!r} says which parent values are allowed but names no parent field")

    def __len__(self) -> int:
        return len(self.values)

    def index(self, value: str) -> int:
        """Return the position of a value in label order; UnknownNameError names near ones if there is none."""
        try:
            return self.values.index(value)
        except ValueError:
            raise UnknownNameError(f"value of {self.name}", value, self.values) from None

    def to_json(self) -> dict[str, Any]:
        """Return the field as plain JSON types; `from_json` reads it back."""
        nested = {value: list(parents) for value, parents in self.allowed.items()}
        return {
            "name": self.name,
            "kind": self.kind,
            "values": list(self.values),
            "parent": self.parent,
            "allowed": nested,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Field:
        """Read what `to_json` wrote."""
        return cls(
            name=data["name"],
            kind=data["kind"],
            values=tuple(data["values"]),
            parent=data.get("parent"),
            allowed={value: tuple(parents) for value, parents in data.get("allowed", {}).items()},
        )


@dataclass(frozen=True)
class Taxonomy:
    """The fields of a data set or a bundle, parents before their children.

    Example:
        >>> shop = Taxonomy((Field("category", "single", ("Shoes", "Bags")),))
        >>> shop["category"].values
        ('Shoes', 'Bags')
        >>> shop.names
        ('category',)
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        seen: dict[str, Field] = {}
        for item in self.fields:
            if item.name in seen:
                raise ManifestError(f"the taxonomy has two fields named {item.name!r}; rename one of them")
            if item.parent is not None:
                self._check_parent(item, seen)
            seen[item.name] = item

    @staticmethod
    def _check_parent(item: Field, seen: Mapping[str, Field]) -> None:
        parent = seen.get(item.parent or "")
        if parent is None or parent.kind != "single" or item.kind != "single":
            raise ManifestError(
                f"field {item.name!r} names {item.parent!r} as its parent; a parent is a 'single' field that stands "
                f"before it, and so is the child. Fields before it: {', '.join(seen) or 'none'}"
            )
        unknown = {value for parents in item.allowed.values() for value in parents} - set(parent.values)
        if unknown:
            raise ManifestError(f"field {item.name!r} stands under values {parent.name!r} lacks: {sorted(unknown)}")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, name: object) -> bool:
        return any(item.name == name for item in self.fields)

    def __getitem__(self, name: str) -> Field:
        for item in self.fields:
            if item.name == name:
                return item
        raise UnknownNameError("field", name, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(item.name for item in self.fields)

    def select(self, names: tuple[str, ...]) -> Taxonomy:
        """Return the taxonomy of some fields, in this taxonomy's order; a parent that is left out is forgotten."""
        wanted = {self[name].name for name in names}
        kept = [item for item in self.fields if item.name in wanted]
        return Taxonomy(tuple(item if item.parent in wanted else _without_parent(item) for item in kept))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the taxonomy as plain JSON types."""
        return [item.to_json() for item in self.fields]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> Taxonomy:
        """Read what `to_json` wrote."""
        return cls(tuple(Field.from_json(item) for item in data))


def _without_parent(item: Field) -> Field:
    return Field(item.name, item.kind, item.values)
