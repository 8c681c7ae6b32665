"""The same picture twice, nearly the same picture, and the same thing in another colour, over a whole catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.backend import Backend
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words import split_words
from modiste.errors import UnknownNameError, UsageError
from modiste.imaging.perceptual import count_differing_bits, find_near_hashes
from modiste.taxonomy import Taxonomy

__all__ = ["KINDS", "DuplicateGroup", "DuplicateKind", "DuplicateOptions", "find_duplicates", "tabulate_groups"]

DuplicateKind = Literal["exact", "near", "colour"]
KINDS: Final[tuple[DuplicateKind, ...]] = get_args(DuplicateKind)

_AT_ONCE: Final = 1 << 14  # pairs whose cosines are computed


@dataclass(frozen=True, kw_only=True)
class DuplicateOptions:
    """What counts as a duplicate.

    The numbers are from 39,990 pictures of Kaggle's set, see docs/catalogue.md. Hashes differ in even numbers of bits
    nearly always, since half of their bits are set.

    Args:
        kinds: ``"exact"``: the same file (and box); ``"near"``: the same photograph, resized or compressed again;
            ``"colour"``: the same thing in another colour.
        near_bits: Near copies differ in at most so many of the 64 bits of their perceptual hash, 0 to 8 ...
        near_cosine: ... and their vectors have at least this cosine.
        shape_bits: Colour variants differ in at most so many bits, 0 to 8, for the hash knows no colour ...
        titled_cosine: ... and have at least this cosine if brand and title, colour words apart, are the same ...
        untitled_cosine: ... or at least this one if not. Of one product, other colours are variants in any case.

    Raises:
        UnknownNameError: There is no such kind.
        UsageError: A number is out of its range.
    """

    kinds: tuple[DuplicateKind, ...] = KINDS
    near_bits: int = 2
    near_cosine: float = 0.993
    shape_bits: int = 4
    titled_cosine: float = 0.7
    untitled_cosine: float = 0.98

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise UnknownNameError("kind of duplicate", kind, KINDS)
        for name in ("near_bits", "shape_bits"):
            if not 0 <= getattr(self, name) <= 8:
                raise UsageError(f"{name} is {getattr(self, name)}; expected a whole number from 0 to 8")
        for name in ("near_cosine", "titled_cosine", "untitled_cosine"):
            if not -1 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}; expected a number from -1 to 1")


@dataclass(frozen=True)
class DuplicateGroup:
    """Items that belong together.

    Args:
        kind: Why.
        item_ids: Which, in the order in which they were added.
        score: The lowest cosine of any of them with the one that the group was found around.
    """

    kind: DuplicateKind
    item_ids: tuple[str, ...]
    score: float


class _Pairs(dict[tuple[int, int], float]):
    """Pairs of rows, the lower one first, with their cosines."""


@dataclass(frozen=True)
class _Shelf:
    """All items of a catalogue, as columns.

    Args:
        ids: Of n items.
        products: Of n items.
        vectors: float32 [n, d].
        files: What each picture is: its hash and its box; None where the hash is not known.
        looks: uint64 [n]; perceptual hashes.
        seen: bool [n]: the look is known.
        types: int64 [n]; equal for items with equal most detailed labels.
        colours: [n]; whole numbers, one bit for each colour that an item has.
        names: int64 [n]; equal where brand and title without colour words are; -1 where nothing is left.
    """

    ids: list[str]
    products: list[str]
    vectors: NDArray[np.float32]
    files: list[Hashable | None]
    looks: NDArray[np.uint64]
    seen: NDArray[np.bool_]
    types: NDArray[np.int64]
    colours: NDArray[np.object_]
    names: NDArray[np.int64]


def find_duplicates(backend: Backend, options: DuplicateOptions = DuplicateOptions()) -> list[DuplicateGroup]:
    """Find groups of items that show the same picture, nearly the same, or the same thing in another colour.

    What looks alike is found by perceptual hashes, and confirmed by vectors; copies of one file count as one picture.
    Colour variants are of one type and have no colour in common.

    Args:
        backend: The catalogue.
        options: What counts.

    Returns:
        The groups, exact ones first, the largest first.
    """
    shelf = _read(backend)
    exact = _find_exact(shelf)
    near, variants = _find_alike(shelf, _pick_first(exact, len(shelf.ids)), options)
    groups = [_make("exact", rows, 1.0, shelf) for rows in exact] + _group("near", near, shelf)
    groups += _group("colour", variants, shelf)
    kept = [group for group in groups if group.kind in options.kinds]
    return sorted(kept, key=lambda group: (KINDS.index(group.kind), -len(group.item_ids), group.item_ids))


def tabulate_groups(groups: Sequence[DuplicateGroup], backend: Backend) -> pl.DataFrame:
    """Return one row an item: ``group``, ``kind``, ``score``, ``item_id``, ``product_id``, ``title``, ``image``."""
    rows = []
    for number, group in enumerate(groups, 1):
        items = backend.get(group.item_ids)
        for item_id in group.item_ids:
            item = items.get(item_id) or CatalogueItem(item_id)  # removed meanwhile
            rows.append((number, group.kind, group.score, item_id, item.product_id, item.title, item.image))
    schema = {"group": pl.Int64, "kind": pl.String, "score": pl.Float64, "item_id": pl.String}
    schema |= {"product_id": pl.String, "title": pl.String, "image": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _read(backend: Backend) -> _Shelf:
    head = backend.describe().head
    kind, colour = _choose_fields(head.taxonomy)
    words = {word for name in colour for value in head.taxonomy[name].values for word in split_words(value)}
    items: list[CatalogueItem] = []
    vectors = [np.empty((0, head.embedding_size), np.float32)]
    for some, their in backend.iterate():
        items += some
        vectors.append(their)
    colours = [[value for name in colour for value in item.values(name)] for item in items]
    names = [_name(item, words.union(*map(split_words, own))) for item, own in zip(items, colours, strict=True)]
    bits = _number(value for own in colours for value in own)
    return _Shelf(
        ids=[item.item_id for item in items],
        products=[item.product_id for item in items],
        vectors=np.concatenate(vectors),
        files=[None if item.picture_hash is None else (item.picture_hash, item.box) for item in items],
        looks=np.array([item.look or 0 for item in items], np.uint64),
        seen=np.array([item.look is not None for item in items], bool),
        types=_encode(None if kind is None else item.values(kind) for item in items),
        colours=np.array([sum(1 << bits[value] for value in set(own)) for own in colours], np.object_),
        names=np.where([name is None for name in names], -1, _encode(names)),
    )


def _number(values: Iterable[Hashable]) -> dict[Hashable, int]:
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _encode(values: Iterable[Hashable]) -> NDArray[np.int64]:
    listed = list(values)
    numbers = _number(listed)
    return np.array([numbers[value] for value in listed], np.int64)


def _choose_fields(taxonomy: Taxonomy) -> tuple[str | None, list[str]]:
    """Choose the field that says best what a thing is, and those that say which colour it has."""
    parents = {field.parent for field in taxonomy}
    detailed = [field.name for field in taxonomy if field.parent is not None and field.name not in parents]
    return next(iter(detailed), None), [name for name in taxonomy.names if "colo" in name.casefold()]


def _name(item: CatalogueItem, colour_words: set[str]) -> Hashable | None:
    left = tuple(word for word in split_words(item.title or "") if word not in colour_words)
    return (item.brand or "", *left) if left else None


def _find_exact(shelf: _Shelf) -> list[list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for row, file in enumerate(shelf.files):
        if file is not None:
            places[file].append(row)
    return [rows for rows in places.values() if len(rows) > 1]


def _pick_first(exact: Sequence[Sequence[int]], n: int) -> NDArray[np.int64]:
    """Return the rows [m] that are looked at further: of copies of one file the first one."""
    staying = np.ones(n, bool)
    for rows in exact:
        staying[rows[1:]] = False
    return np.flatnonzero(staying)


def _find_alike(shelf: _Shelf, rows: NDArray[np.int64], options: DuplicateOptions) -> tuple[_Pairs, _Pairs]:
    """Return pairs of near copies and pairs of colour variants, each with its cosine."""
    near, variants = _Pairs(), _find_of_one_product(shelf, rows)
    seen = rows[shelf.seen[rows]]
    most = max(
        options.near_bits if "near" in options.kinds else 0, options.shape_bits if "colour" in options.kinds else 0
    )
    for left, right in find_near_hashes(shelf.looks[seen], most) if {"near", "colour"} & {*options.kinds} else ():
        for start in range(0, len(left), _AT_ONCE):
            one, other = seen[left[start : start + _AT_ONCE]], seen[right[start : start + _AT_ONCE]]
            _judge(one, other, shelf, options, near, variants)
    return near, variants


def _judge(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    shelf: _Shelf,
    options: DuplicateOptions,
    near: _Pairs,
    variants: _Pairs,
) -> None:
    cosines = np.einsum("ij,ij->i", shelf.vectors[left], shelf.vectors[right])
    bits = count_differing_bits(shelf.looks[left], shelf.looks[right])
    copies = (bits <= options.near_bits) & (cosines >= options.near_cosine)
    near.update(_name_pairs(left[copies], right[copies], cosines[copies]))
    same_name = (shelf.names[left] == shelf.names[right]) & (shelf.names[left] >= 0)
    close = cosines >= np.where(same_name, options.titled_cosine, options.untitled_cosine)
    shape = (bits <= options.shape_bits) & (shelf.types[left] == shelf.types[right])
    kept = ~copies & close & shape & _differ_in_colour(left, right, shelf)
    variants.update(_name_pairs(left[kept], right[kept], cosines[kept]))


def _differ_in_colour(left: NDArray[np.int64], right: NDArray[np.int64], shelf: _Shelf) -> NDArray[np.bool_]:
    one, other = shelf.colours[left], shelf.colours[right]
    return np.asarray((one != 0) & (other != 0) & (one & other == 0), np.bool_)


def _name_pairs(
    left: NDArray[np.int64], right: NDArray[np.int64], cosines: NDArray[np.float32]
) -> Iterator[tuple[tuple[int, int], float]]:
    low, high = np.minimum(left, right).tolist(), np.maximum(left, right).tolist()
    return zip(zip(low, high, strict=True), cosines.tolist(), strict=True)


def _find_of_one_product(shelf: _Shelf, rows: NDArray[np.int64]) -> _Pairs:
    """Return the colour variants that a shop itself lists as one product."""
    products: dict[str, list[int]] = defaultdict(list)
    for row in rows.tolist():
        products[shelf.products[row]].append(row)
    found = _Pairs()
    for same in products.values():
        if len(same) > 1:
            left, right = (np.array(same)[places] for places in np.triu_indices(len(same), 1))
            kept = _differ_in_colour(left, right, shelf)
            left, right = left[kept], right[kept]
            found.update(_name_pairs(left, right, np.einsum("ij,ij->i", shelf.vectors[left], shelf.vectors[right])))
    return found


def _group(kind: DuplicateKind, pairs: _Pairs, shelf: _Shelf) -> list[DuplicateGroup]:
    """Make groups of pairs, around the rows with the most partners first: a chain of steps never joins unlike ones."""
    partners: dict[int, dict[int, float]] = defaultdict(dict)
    for (left, right), score in pairs.items():
        partners[left][right] = partners[right][left] = score
    taken: set[int] = set()
    groups = []
    for centre in sorted(partners, key=lambda row: (-len(partners[row]), row)):
        free = {row: score for row, score in partners[centre].items() if row not in taken}
        if centre not in taken and free:
            groups.append(_make(kind, sorted([centre, *free]), min(free.values()), shelf))
            taken.update([centre, *free])
    return groups


def _make(kind: DuplicateKind, rows: Sequence[int], score: float, shelf: _Shelf) -> DuplicateGroup:
    return DuplicateGroup(kind, tuple(shelf.ids[row] for row in rows), round(float(score), 6))
