"""What a search answers: hits, best first, and how they were found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modiste.catalogue.facets import FacetValue
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.search.explanation import Explanation
from modiste.errors import CatalogueError

__all__ = ["Hit", "ItemLoader", "Results"]


class ItemLoader:
    """Reads the items of a page at once, when the first of them is asked for."""

    def __init__(self, item_ids: Sequence[str], read: Callable[[Sequence[str]], Mapping[str, CatalogueItem]]) -> None:
        self._ids, self._read = list(item_ids), read
        self._items: Mapping[str, CatalogueItem] | None = None

    def __call__(self, item_id: str) -> CatalogueItem:
        """Return an item of the page.

        Raises:
            CatalogueError: It was removed after it was found.
        """
        if self._items is None:
            self._items = self._read(self._ids)
        if item_id not in self._items:
            raise CatalogueError(f"item {item_id!r} was found, and removed before it was read; search again")
        return self._items[item_id]


@dataclass(frozen=True)
class Hit:
    """An item that was found.

    Args:
        item_id: Which one.
        score: Cosine of the query's vector with the item's, -1 to 1, higher is better; None where the query has no
            vector, since it has words only and the bundle no text encoder.
        word_score: How well the words fit, by BM25, from 0, higher is better; None without words, or where the item
            has none of them or is not among those that have them best.
        colour_score: How alike the colours are, 0 to 1; None where nobody asked, or nobody knows.
        folded: The items that this one stands for, best first.
        reasons: What it has in common with the query, where `Query.explain` asked for it.
    """

    item_id: str
    score: float | None
    word_score: float | None = None
    colour_score: float | None = None
    folded: tuple[str, ...] = ()
    reasons: Explanation | None = None
    _load: ItemLoader | None = field(default=None, repr=False, compare=False)

    @property
    def item(self) -> CatalogueItem:
        """All that is known of the item, read when it is first asked for.

        Raises:
            CatalogueError: It was removed after it was found.
        """
        if self._load is None:
            raise CatalogueError(f"the hit {self.item_id!r} does not come from a catalogue: it has no item to read")
        return self._load(self.item_id)

    def to_json(self) -> dict[str, Any]:
        """Return the hit as plain JSON types; what is not known is left out, but for the score."""
        plain: dict[str, Any] = {"item_id": self.item_id, "score": self.score}
        if self.word_score is not None:
            plain["word_score"] = self.word_score
        if self.colour_score is not None:
            plain["colour_score"] = self.colour_score
        if self.folded:
            plain["folded"] = list(self.folded)
        return plain if self.reasons is None else plain | {"reasons": self.reasons.to_json()}


@dataclass(frozen=True)
class Results(Sequence[Hit]):
    """The answer to a query: a sequence of `Hit`, best first.

    Args:
        hits: Those of the page that was asked for.
        total: How many there are on all pages together; None where there are more, and nobody counted them.
        reason: In plain words, why there are none; empty where there are some.
        corrected: The words as they were read, where some of them were mended.
        unknown: Words that no item has, and nothing near them either.
        added: Words that were looked for, too, since what was typed seems to be a typo of the catalogue itself.
        methods: What was searched: ``"picture vectors"``, ``"text vectors"``, ``"words"``.
        notes: What a person should know of how it was done.
        facets: Column -> its values with their counts, among all that the filter keeps.
        seconds: How long it took.

    Example:
        >>> found = Results((Hit("7", 0.9),), total=1)
        >>> len(found), found[0].item_id, found.item_ids
        (1, '7', ['7'])
    """

    hits: tuple[Hit, ...]
    total: int | None = None
    reason: str = ""
    corrected: str | None = None
    unknown: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facets: Mapping[str, list[FacetValue]] = field(default_factory=dict)
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __getitem__(self, place: Any) -> Any:
        return self.hits[place]

    @property
    def item_ids(self) -> list[str]:
        """The ids of the hits, best first."""
        return [hit.item_id for hit in self.hits]
