"""A drawn shop with faults of every kind, as a manifest with two fields."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.collect.checking import CheckResult, check_manifest
from modiste.manifest import Manifest
from modiste.synthetic import draw_shop


def encode(picture: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("faulty")
    drawn = list(draw_shop(24, seed=5, size=(90, 120)))
    rows = []

    def add(name: str, data: bytes | None, colour: str | None, *, suffix: str = ".jpg") -> None:
        path = folder / f"{name}{suffix}"
        if data is not None:
            path.write_bytes(data)
        rows.append({"item_id": name, "image": str(path), "source": "test", "label.colour": colour, "meta.price": 10.0})

    for number, product in enumerate(drawn):
        add(f"good-{number:02}", encode(product.picture, quality=92), product.labels["baseColour"])
    first, second, third = (product.picture for product in drawn[:3])
    add("same-bytes", encode(first, quality=92), drawn[0].labels["baseColour"])
    add("same-pixels", encode(Image.open(io.BytesIO(encode(second, quality=92))), "PNG"), "Mauve", suffix=".png")
    add("larger", encode(third.resize((135, 180), Image.Resampling.BICUBIC), quality=70), None)
    add("blank", encode(Image.new("RGB", (90, 120), (250, 250, 248))), "White")
    add("tiny", encode(drawn[5].picture.resize((9, 12))), "Red")
    add("page", b"<html>404</html>", "Red")
    add("cut", encode(drawn[6].picture)[:400], "Red")
    add("missing", None, "Red")
    add("misnamed", encode(drawn[7].picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"), "Red")
    rows.append({"item_id": "address", "image": "https://shop.example/1.jpg", "source": "test", "label.colour": "Red"})
    return Manifest.from_rows(rows)


@pytest.fixture(scope="session")
def checked(faulty: Manifest, tiny: Bundle) -> CheckResult:
    return check_manifest(faulty, bundle=tiny, threads=1)
