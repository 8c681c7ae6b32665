"""Changes that a shop makes while others search: items, prices and stock, opinions, batches."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from modiste.bench.serving.wire import Part, build_form, build_request
from modiste.taxonomy import Taxonomy

__all__ = ["give_opinions", "name_item", "patch_items", "put_items", "upload_batches"]

_JSON: Final = "application/json"
_PICTURES: Final = 64  # of a batch


def name_item(number: int) -> str:
    """Return the id of an item that is put."""
    return f"soak-{number}"


def put_items(files: Sequence[bytes], count: int) -> list[bytes]:
    """Put some items with their pictures; they come again and again, each with another price."""
    requests = []
    for number in range(count):
        said = {"title": f"Soaked shirt {number}", "price": 100 + number, "variants": [{"size": "M", "stock": number}]}
        picture = Part("picture", files[number % len(files)], "a.jpg", "image/jpeg")
        body, content_type = build_form([picture, Part("item", json.dumps(said).encode())])
        requests.append(build_request("PUT", f"/v1/items/{name_item(number)}", body, content_type=content_type))
    return requests


def patch_items(item_ids: Sequence[str], count: int) -> list[bytes]:
    """Change prices and stock of items that are there."""
    rng = random.Random(0)  # noqa: S311  (nothing secret)
    requests = []
    for _ in range(count):
        stock = [{"size": size, "stock": rng.randrange(20)} for size in ("S", "M", "L")]
        said: dict[str, Any] = {"price": rng.randrange(100, 5_000), "variants": stock}
        requests.append(_send("PATCH", f"/v1/items/{quote(rng.choice(item_ids), safe='')}", said))
    return requests


def give_opinions(item_ids: Sequence[str], taxonomy: Taxonomy, count: int) -> list[bytes]:
    """Give opinions about items, by three people who do not always agree."""
    rng = random.Random(1)  # noqa: S311  (nothing secret)
    requests = []
    for _ in range(count):
        field = rng.choice([one for one in taxonomy if one.kind == "single"])
        said = {"field": field.name, "values": [rng.choice(field.values)], "author": rng.choice(("Ann", "Bo", "Cy"))}
        requests.append(_send("POST", f"/v1/items/{quote(rng.choice(item_ids), safe='')}/opinions", said))
    return requests


def upload_batches(files: Sequence[bytes], count: int) -> list[bytes]:
    """Upload zips of some pictures."""
    requests = []
    for number in range(count):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for place in range(_PICTURES):
                archive.writestr(f"{place}.jpg", files[(number * _PICTURES + place) % len(files)])
        body, content_type = build_form([Part("file", packed.getvalue(), f"batch-{number}.zip", "application/zip")])
        requests.append(build_request("POST", "/v1/jobs", body, content_type=content_type))
    return requests


def _send(method: str, path: str, said: dict[str, Any]) -> bytes:
    return build_request(method, path, json.dumps(said).encode(), content_type=_JSON)
