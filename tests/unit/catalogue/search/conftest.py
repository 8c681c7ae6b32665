"""A drawn shop in a brute-force backend, embedded by the golden tiny bundle."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.catalogue.item import CatalogueItem, ItemTag, Variant
from modiste.catalogue.search import SearchEngine
from modiste.catalogue.search.encoding import QueryEncoder
from modiste.runtime import Embedder
from modiste.synthetic import draw_shop

from .brute import BruteBackend, make_head, normalise

FIRST = "10001"


@dataclass
class Shop:
    backend: BruteBackend
    engine: SearchEngine
    pictures: dict[str, np.ndarray]
    files: dict[str, bytes]
    bundle: Bundle


@pytest.fixture(scope="session")
def shop(tiny: Bundle) -> Shop:
    drawn = list(draw_shop(36, seed=5, size=(60, 80), views=2))
    pictures = {item.picture_id: np.asarray(item.picture.convert("RGB")) for item in drawn}
    items = [
        CatalogueItem(
            item.picture_id,
            product_id=item.product_id,
            title=item.title,
            brand=item.brand,
            price=float(item.price),
            variants=tuple(Variant(size, stock) for size, stock in item.sizes.items()),
            tags=tuple(ItemTag(name, value) for name, value in item.labels.items()),
        )
        for item in drawn
    ]
    vectors = Embedder(tiny, threads=1).embed(list(pictures.values()))
    backend = BruteBackend(make_head(16, tiny.fingerprint, tiny.taxonomy), items, vectors)
    files = {name: to_png(picture) for name, picture in pictures.items()}
    return Shop(backend, SearchEngine(backend, tiny, threads=1), pictures, files, tiny)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text encoder for the time of a test: whatever the words are, some vector that depends on them alone."""

    def encode(_: QueryEncoder, text: str) -> np.ndarray:
        return normalise(np.random.default_rng(sum(map(ord, text))).normal(size=16))

    monkeypatch.setattr(QueryEncoder, "has_text_encoder", property(lambda _: True))
    monkeypatch.setattr(QueryEncoder, "encode", encode)


def to_png(picture: np.ndarray) -> bytes:
    data = BytesIO()
    Image.fromarray(picture).save(data, "PNG")
    return data.getvalue()
