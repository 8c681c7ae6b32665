"""What the counts say of the columns: their names and kinds, the values of lists, the sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from modiste.catalogue.filters import ColumnKind, Filter
from modiste.catalogue.filters.milvus import to_milvus
from modiste.catalogue.filters.tabulating import NUMBER_NAMES, WORD_NAMES
from modiste.catalogue.milvus.counts import Entry, Scope

__all__ = ["KnownColumns"]


class KnownColumns:
    """The columns of a catalogue.

    Args:
        counts: As `Counts.read_columns` gives them.
        fields: Of the taxonomy; they are columns though no item has one.
    """

    def __init__(self, counts: Mapping[Entry, int], fields: Iterable[str]) -> None:
        there = [entry for entry, count in counts.items() if count > 0]
        self.fields = list(dict.fromkeys([*fields, *(entry.name for entry in there if entry.scope == Scope.FIELD)]))
        self._counts = counts
        details: dict[str, set[str]] = {}
        for entry in there:
            if entry.scope == Scope.DETAIL:
                details.setdefault(entry.name, set()).add(entry.value)
        self.kinds = self._list_kinds(details)

    def _list_kinds(self, details: Mapping[str, set[str]]) -> dict[str, ColumnKind]:
        kinds: dict[str, ColumnKind] = dict.fromkeys(WORD_NAMES, "word")
        kinds |= dict.fromkeys(NUMBER_NAMES, "number")
        for name in self.fields:
            kinds.setdefault(name, "words")
        for name, held in details.items():
            kinds.setdefault(name, "words" if "words" in held else "word" if "word" in held else "number")
        return {**{name: kind for name, kind in kinds.items() if name not in {"size", "stock"}}, **_VARIANTS}

    def translate(self, condition: Filter) -> str:
        """Translate a filter into an expression.

        Raises:
            FilterError: A name is unknown, or the filter does not fit the columns.
        """
        return to_milvus(condition, self.kinds, fields=self.fields, values=self._list_values, slots=self._list_slots)

    def _list_values(self, name: str) -> Sequence[str]:
        scope = Scope.FIELD if name in self.fields else Scope.TUPLE
        return [entry.value for entry in self._counts if (entry.scope, entry.name) == (scope, name)]

    def _list_slots(self) -> dict[str, str]:
        return {entry.name: entry.value for entry in self._counts if entry.scope == Scope.SLOT}


_VARIANTS: dict[str, ColumnKind] = {"size": "variant", "stock": "variant"}
