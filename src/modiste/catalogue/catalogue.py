"""The front door of catalogues: make one, search it, change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend, CatalogueInfo, ItemChange
from modiste.catalogue.filters import Filter, parse_filter
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.loading import (
    LoadError,
    LoadSummary,
    RebuildSummary,
    add_items,
    add_source,
    build_catalogue,
    rebuild_catalogue,
    sync_feed,
)
from modiste.catalogue.search import Query, Results, SearchEngine
from modiste.catalogue.stores import build_head, check_made_for, open_backend
from modiste.errors import UsageError
from modiste.readers import ReaderOptions
from modiste.runtime import PictureLike

__all__ = ["Catalogue"]

_CHUNK = 1024


class Catalogue:
    """A searchable shop: items with pictures' vectors, tags, prices and sizes, safe to change while others search.

    What is changed is on the disk when a call returns, and seen by the next search of any process.

    Args:
        backend: Where it is kept; `Catalogue.open`, `create` and `build` find it.
        bundle: A bundle or its folder; by default the one that modiste ships. It is opened when a picture or words
            first need it, and refused if the catalogue was made with another one.
        threads: Cores to use; by default all.

    Example:
        >>> import tempfile
        >>> from modiste.synthetic import draw_shop
        >>> drawn = list(draw_shop(4, size=(60, 80)))
        >>> items = [CatalogueItem(one.product_id, title=one.title, price=one.price) for one in drawn]
        >>> with tempfile.TemporaryDirectory() as folder, Catalogue.create(f"{folder}/shop") as shop:
        ...     _ = shop.add_items(items, pictures=[one.picture for one in drawn])
        ...     found = shop.search(image=drawn[2].picture, k=2)
        >>> found[0].item_id == drawn[2].product_id
        True
    """

    def __init__(
        self, backend: Backend, bundle: Bundle | Path | str | None = None, *, threads: int | None = None
    ) -> None:
        if isinstance(bundle, Bundle):
            check_made_for(backend, bundle)
        self.backend = backend
        self._given, self._threads = bundle, threads

    @classmethod
    def open(cls, place: Path | str, *, bundle: Bundle | Path | str | None = None, threads: int | None = None) -> Self:
        """Open a catalogue.

        Args:
            place: Its folder, or ``milvus://HOST:PORT/NAME``.
            bundle: The bundle that it was made with; by default the one that modiste ships.
            threads: Cores to use; by default all.

        Raises:
            CatalogueError: There is none, or it is damaged, foreign, or made with another bundle.
        """
        return cls(open_backend(place), bundle, threads=threads)

    @classmethod
    def create(
        cls, place: Path | str, *, bundle: Bundle | Path | str | None = None, threads: int | None = None
    ) -> Self:
        """Make an empty catalogue for a bundle.

        Raises:
            UsageError: There is one already.
        """
        opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        return cls(open_backend(place, create=build_head(opened)), opened, threads=threads)

    @classmethod
    def build(
        cls,
        source: Path | str,
        place: Path | str,
        *,
        bundle: Bundle | Path | str | None = None,
        reader: str | None = None,
        options: ReaderOptions | None = None,
        threads: int | None = None,
        errors: Path | None = None,
    ) -> tuple[Self, LoadSummary]:
        """Make a catalogue of everything that a source holds (`modiste.catalogue.loading.build_catalogue`), open it."""
        opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        summary = build_catalogue(
            source, place, bundle=opened, reader=reader, options=options, threads=threads, errors=errors
        )
        return cls.open(place, bundle=opened, threads=threads), summary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.info.items

    def __contains__(self, item_id: object) -> bool:
        return isinstance(item_id, str) and item_id in self.backend.get([item_id])

    def __iter__(self) -> Iterator[CatalogueItem]:
        for items, _ in self.backend.iterate(_CHUNK):
            yield from items

    @property
    def info(self) -> CatalogueInfo:
        """What is in it: its bundle, how many items, the columns that filters may name, the index."""
        return self.backend.describe()

    @property
    def bundle(self) -> Bundle:
        """The bundle that queries and new pictures are embedded with.

        Raises:
            CatalogueError: The catalogue was made with another one.
        """
        opened = self._opened
        check_made_for(self.backend, opened)
        return opened

    def search(
        self,
        *,
        image: PictureLike | None = None,
        item: str | None = None,
        text: str | None = None,
        vector: NDArray[np.float32] | Sequence[float] | None = None,
        k: int = 10,
        where: Filter | str | None = None,
        **more: Any,
    ) -> Results:
        """Find what is like a picture, an item or a vector, or what some words say.

        Args:
            image: A picture; with ``box`` a part of it.
            item: The id of an item; it is never among the answers itself.
            text: Words; alone, or beside one of the others.
            vector: [embedding size], of the catalogue's bundle.
            k: How many at most.
            where: A filter that every answer passes, such as ``"price <= 1500 and size = 'M' and stock > 0"``.
            **more: Anything else that `modiste.catalogue.search.Query` takes: ``box``, ``weight``, ``colour_weight``,
                ``offset``, ``diversity``, ``fold``, ``min_score``, ``explain``, ``facets``.

        Returns:
            The hits, best first; a hit's ``score`` is a cosine from -1 to 1.

        Raises:
            CatalogueError: The catalogue was made with another bundle.
            UsageError: The query contradicts itself, or the item is not there.
            FilterError: The filter is not in the filter language.
        """
        unknown = sorted(set(more) - set(Query.__dataclass_fields__))
        if unknown:
            raise UsageError(f"a search takes no {unknown[0]!r}; it takes {', '.join(Query.__dataclass_fields__)}")
        return self.answer(Query(image=image, item=item, text=text, vector=vector, k=k, where=where, **more))

    def answer(self, query: Query) -> Results:
        """Answer a query; as `search`, for one that is there already."""
        return self._engine.search(query)

    def get(self, item_id: str) -> CatalogueItem | None:
        """Return an item; None if it is not there."""
        return self.backend.get([item_id]).get(item_id)

    def add(
        self,
        source: Path | str,
        *,
        reader: str | None = None,
        options: ReaderOptions | None = None,
        errors: Path | None = None,
    ) -> LoadSummary:
        """Add everything that a source holds; items that are there already are brought up to date.

        Args:
            source: A folder, an archive, a table, a feed, a manifest: anything that a reader takes.
            reader: The name of a reader; by default the first that fits.
            options: What the source does not say itself.
            errors: The table of what could not be read; by default beside the catalogue.
        """
        return add_source(
            source, self.backend, bundle=self.bundle, reader=reader, options=options, threads=self._threads,
            errors=errors,
        )  # fmt: skip

    def add_items(
        self, items: Iterable[CatalogueItem], *, pictures: Iterable[PictureLike] | None = None
    ) -> list[LoadError]:
        """Embed and tag items and add them; those that are there already are replaced.

        Args:
            items: n items.
            pictures: n pictures; by default each item's own ``image`` is read.

        Returns:
            What could not be read.
        """
        return add_items(self.backend, items, bundle=self.bundle, pictures=pictures, threads=self._threads)

    def put(self, items: Sequence[CatalogueItem], vectors: NDArray[np.float32]) -> None:
        """Add or replace n items with vectors [n, embedding size] of unit length, made by the catalogue's bundle."""
        self.backend.put(items, vectors)

    def update(self, changes: ItemChange | Iterable[ItemChange]) -> list[str]:
        """Change prices, stock, titles and the like; pictures stay. Returns the ids that are not there."""
        return self.backend.patch([changes] if isinstance(changes, ItemChange) else list(changes))

    def remove(self, item_ids: Iterable[str] = (), *, where: Filter | str | None = None) -> int:
        """Remove items by their ids, and those that a filter keeps; return how many were there."""
        if isinstance(item_ids, str):
            raise UsageError(f"item_ids is the text {item_ids!r}; expected a list of ids: [{item_ids!r}]")
        parsed = parse_filter(where) if isinstance(where, str) else where
        ids = list(dict.fromkeys([*item_ids, *([] if parsed is None else self.backend.list_ids(parsed))]))
        return sum(self.backend.remove(ids[start : start + _CHUNK]) for start in range(0, len(ids), _CHUNK))

    def sync(
        self,
        feed: Path | str,
        *,
        remove_missing: bool = False,
        reader: str | None = None,
        options: ReaderOptions | None = None,
        errors: Path | None = None,
    ) -> LoadSummary:
        """Bring the catalogue to the state of a feed; unchanged pictures are not embedded again.

        Args:
            feed: Anything that a reader takes.
            remove_missing: Remove the items that the feed no longer has.
            reader: The name of a reader; by default the first that fits.
            options: What the feed does not say itself.
            errors: The table of what could not be read; by default beside the catalogue.
        """
        return sync_feed(
            feed, self.backend, bundle=self.bundle, remove_missing=remove_missing, reader=reader, options=options,
            threads=self._threads, errors=errors,
        )  # fmt: skip

    def rebuild(self, bundle: Bundle | Path | str, *, remove_unreadable: bool = False) -> RebuildSummary:
        """Embed and tag everything with another bundle; until that is done, the old one serves.

        Args:
            bundle: The new one.
            remove_unreadable: Remove the items whose pictures can't be read any more.
        """
        opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        summary = rebuild_catalogue(self.backend, opened, remove_unreadable=remove_unreadable, threads=self._threads)
        if summary.finished:
            self._given = opened
            for name in ("_opened", "_engine"):
                self.__dict__.pop(name, None)
        return summary

    def close(self) -> None:
        """Let go of files and connections."""
        self.backend.close()

    @cached_property
    def _opened(self) -> Bundle:
        return self._given if isinstance(self._given, Bundle) else Bundle.open(self._given)

    @cached_property
    def _engine(self) -> SearchEngine:
        return SearchEngine(self.backend, self._given, threads=self._threads)
