"""From opinions to corrections: what people say of a field becomes the catalogue's answer, also after a crash."""

from __future__ import annotations

from collections.abc import Sequence

from modiste.catalogue import Catalogue, CatalogueItem, ItemChange
from modiste.serving.opinions import Opinion, OpinionBook, choose_values
from modiste.serving.problems import ProblemError
from modiste.taxonomy import Taxonomy

__all__ = ["Corrector", "check_values"]


class Corrector:
    """Keeps opinions and the catalogue's corrections in step.

    An opinion is on the disk before the catalogue is changed; whatever a crash leaves undone is done when the server
    starts again.

    Args:
        catalogue: The catalogue.
        book: The opinions.
    """

    def __init__(self, catalogue: Catalogue, book: OpinionBook) -> None:
        self._catalogue, self._book = catalogue, book

    def add(self, item_id: str, field: str, values: Sequence[str], author: str) -> Opinion:
        """Take an opinion.

        Raises:
            ProblemError: The item is not there, or the field has no such values.
        """
        self._find(item_id)
        checked = check_values(self._catalogue.backend.head.taxonomy, field, values)
        opinion = self._book.add(item_id, field, checked, author)
        self._settle(item_id, field)
        return opinion

    def remove(self, opinion_id: str) -> Opinion:
        """Take an opinion back.

        Raises:
            ProblemError: There is none.
        """
        opinion = self._book.remove(opinion_id)
        if opinion is None:
            raise ProblemError("not-found", f"there is no opinion {opinion_id[:100]!r}")
        self._settle(opinion.item_id, opinion.field)
        return opinion

    def settle_all(self) -> None:
        """Do what was left undone."""
        for item_id, field in self._book.list_unsettled():
            self._settle(item_id, field)

    def _settle(self, item_id: str, field: str) -> None:
        values = choose_values(self._book.list_opinions(item_id, field))
        if field in self._catalogue.backend.head.taxonomy:
            self._catalogue.update(ItemChange(item_id, corrections={field: values}))
        self._book.settle(item_id, field)

    def _find(self, item_id: str) -> CatalogueItem:
        item = self._catalogue.get(item_id)
        if item is None:
            raise ProblemError("not-found", f"there is no item {item_id[:200]!r}")
        return item


def check_values(taxonomy: Taxonomy, field: str, values: Sequence[str]) -> tuple[str, ...]:
    """Check what somebody says of a field, and put it in the field's order.

    Raises:
        ProblemError: There is no such field or value, or a single field was given other than one value.
    """
    if field not in taxonomy:
        raise ProblemError("invalid", f"there is no field {field[:100]!r}; known: {', '.join(taxonomy.names)}")
    known = taxonomy[field]
    chosen = dict.fromkeys(values)
    for value in chosen:
        known.index(value)
    if not chosen or (known.kind == "single" and len(chosen) != 1):
        expected = "one value" if known.kind == "single" else "at least one value"
        raise ProblemError("invalid", f"{field} was given {len(chosen)} values; expected {expected}")
    return tuple(sorted(chosen, key=known.index))
