"""What a query comes down to: a vector, words, colours, and what is left out of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.backend import Backend
from modiste.catalogue.search.colours import find_seen_colours, find_spoken_colours
from modiste.catalogue.search.encoding import QueryEncoder, check_bundle, count_colours
from modiste.catalogue.search.query import Query
from modiste.catalogue.words import ReadWords, read_query
from modiste.errors import UsageError

__all__ = ["Subject", "read_subject"]

Vector = NDArray[np.float32]
_OPPOSITE = 1e-3
_NO_ENCODER = "The bundle has no text encoder: the words are looked for in titles, brands and labels only"


@dataclass(frozen=True)
class Subject:
    """What a query comes down to.

    Args:
        vector: [embedding size] of unit length, or None where there are words only and nothing encodes them.
        parts: What the vector is made of: ``"picture"``, ``"words"`` -> its share; the shares add up to the vector.
        words: How the words were read, or None without any.
        word_weight: The words' share, 0 to 1, where their list is fused with the vector's; None where it is not.
        colours: uint8 [64], where they count.
        labels: Field -> values that the query's picture or item has, where they are asked for.
        left_out: The query's own item, and the product that its answers leave out.
        methods: What is searched.
        notes: What a person should know.
    """

    vector: Vector | None = None
    parts: Mapping[str, Vector] = field(default_factory=dict)
    words: ReadWords | None = None
    word_weight: float | None = None
    colours: NDArray[np.uint8] | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, str | None] | None = None
    methods: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_subject(query: Query, backend: Backend, encoder: QueryEncoder) -> Subject:
    """Turn a query into vectors, words and colours.

    With words beside a picture, the vector is the weighted sum of both, where something encodes words; otherwise both
    lists are fused. Words alone are looked for by their vector and as words, and both lists are fused.

    Raises:
        CatalogueError: The bundle is not the catalogue's.
        UsageError: The item is not there, the vector has another width, or colours are asked for and there are none.
        PictureError: The picture can't be read.
    """
    if query.image is not None or query.text is not None:
        check_bundle(encoder.bundle, backend)
    text = query.text if query.weight > 0 or not query.has_look else None
    words = None if text is None else read_query(text, backend.known_words())
    look = _find_look(query, backend, encoder)
    said = encoder.encode(words.corrected or text) if text and words and encoder.has_text_encoder else None
    vector, parts = _mix(look, said, query.weight)
    return Subject(
        vector=vector,
        parts=parts,
        words=words,
        word_weight=_weigh_words(query, words, look, said),
        colours=_find_colours(query, backend) if query.colour_weight else None,
        labels=_find_labels(query, backend, encoder) if query.explain else {},
        left_out=_leave_out(query, backend),
        methods=_list_methods(query, look, said, words),
        notes=(_NO_ENCODER,) if text is not None and said is None else (),
    )


def _find_look(query: Query, backend: Backend, encoder: QueryEncoder) -> Vector | None:
    if query.image is not None:
        return encoder.embed(query.image, query.box)
    if query.item is not None:
        vectors = backend.get_vectors([query.item])
        if query.item not in vectors:
            raise UsageError(f"there is no item {query.item!r} in the catalogue; give the id of one that is there")
        return vectors[query.item]
    if query.vector is None:
        return None
    width = backend.head.embedding_size
    if len(query.vector) != width:
        raise UsageError(f"the vector has {len(query.vector)} numbers; those of this catalogue have {width}")
    return np.asarray(query.vector, np.float32)


def _mix(look: Vector | None, said: Vector | None, weight: float) -> tuple[Vector | None, dict[str, Vector]]:
    """Return the weighted sum of both vectors, of unit length, and the two shares that it is the sum of."""
    if look is None or said is None:
        only = said if look is None else look
        return only, {} if only is None else {"words" if look is None else "picture": only}
    shares = {"picture": (1 - weight) * look, "words": weight * said}
    length = float(np.linalg.norm(shares["picture"] + shares["words"]))
    if length < _OPPOSITE:
        raise UsageError("the picture and the words say the opposite of each other; choose another weight")
    parts = {name: np.asarray(share / length, np.float32) for name, share in shares.items()}
    return parts["picture"] + parts["words"], parts


def _weigh_words(query: Query, words: ReadWords | None, look: Vector | None, said: Vector | None) -> float | None:
    if words is None or (look is not None and said is not None):
        return None
    if look is None:
        return 1.0 if said is None else 0.5
    return query.weight


def _find_colours(query: Query, backend: Backend) -> NDArray[np.uint8]:
    found = None
    if query.image is not None:
        found = count_colours(query.image, query.box)
    elif query.item is not None:
        item = backend.get([query.item]).get(query.item)
        found = None if item is None else find_seen_colours(item)
    elif query.text is not None:
        found = find_spoken_colours(query.text)
    if found is None:
        raise UsageError("the colours are to count, and the query shows or names none; leave colour_weight at 0")
    return found


def _find_labels(query: Query, backend: Backend, encoder: QueryEncoder) -> Mapping[str, tuple[str, ...]]:
    if query.image is not None:
        return encoder.tag(query.image, query.box)
    item = None if query.item is None else backend.get([query.item]).get(query.item)
    return {} if item is None else item.labels


def _leave_out(query: Query, backend: Backend) -> tuple[str, str | None] | None:
    if query.item is None:
        return None
    item = backend.get([query.item]).get(query.item) if query.fold else None
    return query.item, None if item is None else item.product_id


def _list_methods(query: Query, look: Vector | None, said: Vector | None, words: ReadWords | None) -> tuple[str, ...]:
    listed = words is not None and _weigh_words(query, words, look, said) is not None
    used = {"picture vectors": look is not None, "text vectors": said is not None, "words": listed}
    return tuple(name for name, is_used in used.items() if is_used)
