"""Examples of the client, in docstrings and in docs/, ask a real server of a drawn shop, as their readers would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.threaded_server import serving

_EXAMPLES = "modiste.client"
_DRAWN = 32


@pytest.fixture(scope="session")
def served_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a drawn shop, and a folder with shirt.jpg and watch.jpg."""
    from modiste.catalogue import Catalogue, CatalogueItem, Variant
    from modiste.synthetic import draw_shop

    folder = tmp_path_factory.mktemp("served")
    items = []
    for one in draw_shop(_DRAWN, seed=3, size=(90, 120)):
        path = folder / f"{one.picture_id}.jpg"
        one.picture.save(path, quality=90)
        sizes = tuple(Variant(*pair) for pair in one.sizes.items())
        items.append(
            CatalogueItem(
                one.picture_id, image=str(path), title=one.title, brand=one.brand, price=float(one.price),
                currency="EUR", variants=sizes,
            )
        )  # fmt: skip
        for word, kind in (("shirt.jpg", "Shirts"), ("watch.jpg", "Watches")):
            if one.labels["articleType"] == kind:
                path.with_name(word).write_bytes(path.read_bytes())
    with Catalogue.create(folder / "shop.catalogue", threads=1) as shop:
        shop.add_items(items)
    with serving(folder / "shop.catalogue") as address:
        yield address, folder


@pytest.fixture
def beside_server(served_shop: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the pictures, where a client finds the server without being told."""
    address, folder = served_shop
    for name in ("shirt.jpg", "watch.jpg"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    monkeypatch.setenv("MODISTE_ADDRESS", address)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _examples_of_the_client(request: pytest.FixtureRequest) -> None:
    """Give doctests of the client a server."""
    if isinstance(request.node, pytest.DoctestItem) and request.node.name.startswith(_EXAMPLES):
        request.getfixturevalue("beside_server")
