"""A drawn shop as a catalogue on the disk, made with the golden tiny bundle, and clients of a server of it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem, ItemTag, Variant
from modiste.serving import ServerSettings, create_app
from modiste.serving.settings import ServerLimits
from modiste.synthetic import draw_shop

HERE = ("127.0.0.1", 50_000)
ODD = "folder/ä & <b>.jpg"  # an id that an address must encode


@dataclass
class Shop:
    """A catalogue and the files of its pictures."""

    place: Path
    bundle: Path
    files: dict[str, bytes]
    clients: ExitStack = field(default_factory=ExitStack)

    def settings(self, **changes: object) -> ServerSettings:
        return ServerSettings(str(self.place), bundle=self.bundle, threads=1, log=False, **changes)

    def client(
        self, *, client: tuple[str, int] = HERE, base_url: str = "http://localhost", **changes: object
    ) -> TestClient:
        app = create_app(self.settings(**changes))
        made = TestClient(app, client=client, base_url=base_url, raise_server_exceptions=True)
        return self.clients.enter_context(made)


def to_jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92)
    return file.getvalue()


@pytest.fixture(scope="session")
def drawn_shop(tmp_path_factory: pytest.TempPathFactory, tiny: Bundle) -> Shop:
    folder = tmp_path_factory.mktemp("drawn")
    files: dict[str, bytes] = {}
    items = []
    for place, one in enumerate(draw_shop(18, seed=5, size=(60, 80), views=2)):
        item_id = ODD if place == 7 else one.picture_id
        files[item_id] = to_jpeg(one.picture)
        path = folder / f"{place}.jpg"
        path.write_bytes(files[item_id])
        items.append(
            CatalogueItem(
                item_id,
                product_id=one.product_id,
                image=str(path),
                title=None if place == 3 else one.title,
                brand=one.brand,
                price=None if place == 4 else float(one.price % 700),
                currency="EUR",
                variants=tuple(Variant(*pair) for pair in one.sizes.items()),
                tags=(ItemTag("colour", "Red"),) if place % 3 == 0 else (),
                details={"fabric": "cotton"},
            )
        )
    with Catalogue.create(folder / "shop", bundle=tiny, threads=1) as shop:
        assert shop.add_items(items) == []
    return Shop(folder / "shop", tiny.path, files)


@pytest.fixture(scope="module")
def shop(drawn_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A copy for one file of tests: what they change nobody else sees."""
    place = tmp_path_factory.mktemp("served") / "shop"
    shutil.copytree(drawn_shop.place, place)
    copy = Shop(place, drawn_shop.bundle, drawn_shop.files)
    with copy.clients:
        yield copy


@pytest.fixture(scope="module")
def client(shop: Shop) -> TestClient:
    return shop.client()


@pytest.fixture
def fresh(drawn_shop: Shop, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Makes clients of a copy that one test alone has."""
    shutil.copytree(drawn_shop.place, tmp_path / "shop")
    copy = Shop(tmp_path / "shop", drawn_shop.bundle, drawn_shop.files)
    with copy.clients:
        yield copy.client


@pytest.fixture
def catalogue(shop: Shop) -> Iterator[Catalogue]:
    with Catalogue.open(shop.place, bundle=shop.bundle, threads=1) as opened:
        yield opened


def limits(**changes: float) -> ServerLimits:
    return ServerLimits(**changes)
