"""The two collections of a catalogue: NAME holds the items, NAME_counts what they have in common."""

from __future__ import annotations

import json
from typing import Any, Final

from modiste.catalogue.backend import CatalogueHead
from modiste.catalogue.milvus.address import MilvusAddress
from modiste.catalogue.milvus.connecting import check_name_is_free
from modiste.errors import CatalogueError
from modiste.taxonomy import Taxonomy

__all__ = ["STRONG", "create_collections", "name_counts", "read_head", "search_params"]

STRONG: Final = "Strong"  # every read sees every earlier write of anybody
_VERSION: Final = 1
_TEXT: Final = 65_535
_ID: Final = 4 * 512  # UTF-8 takes up to four bytes a character
_HEAD: Final = "head"
_BUILDING: Final[dict[str, dict[str, int]]] = {
    "HNSW": {"M": 16, "efConstruction": 200},
    "IVF_FLAT": {"nlist": 4096},
    "IVF_SQ8": {"nlist": 4096},
}


def name_counts(address: MilvusAddress) -> str:
    """Return the name of the collection of counts."""
    return f"{address.name}_counts"


def create_collections(client: Any, address: MilvusAddress, head: CatalogueHead) -> None:
    """Make both collections; the head is written last, and without it there is no catalogue.

    Raises:
        UsageError: One is there already.
    """
    check_name_is_free(client, address, [address.name, name_counts(address)])
    _create_items(client, address, head.embedding_size)
    _create_counts(client, name_counts(address))
    row = {"key": _HEAD, "writer": "", "scope": _HEAD, "name": "", "value": _dump_head(head), "count": 0, "version": 0}
    client.upsert(name_counts(address), [row | {"nothing": [1.0, 0.0]}])


def read_head(client: Any, address: MilvusAddress) -> CatalogueHead:
    """Read what a catalogue is made for.

    Raises:
        CatalogueError: There is no catalogue, or one of a newer modiste.
    """
    names = [address.name, name_counts(address)]
    if not all(client.has_collection(name) for name in names):
        raise CatalogueError(f"there is no catalogue at {address}. Type: modiste catalogue build SOURCE {address}")
    for name in names:
        client.load_collection(name)
    rows = client.query(names[1], filter=f'key == "{_HEAD}"', output_fields=["value"], consistency_level=STRONG)
    if not rows:
        raise CatalogueError(
            f"the catalogue at {address} was not made to its end; drop its collections and build again"
        )
    return _load_head(rows[0]["value"], address)


def search_params(index: str, k: int) -> dict[str, Any]:
    """Return how far a search looks, by the kind of index."""
    params = {
        "HNSW": {"ef": max(128, 2 * k)},
        "IVF_FLAT": {"nprobe": 64},
        "IVF_SQ8": {"nprobe": 64},
        "DISKANN": {"search_list": max(100, 2 * k)},
    }
    return {"metric_type": "COSINE", "params": params.get(index, {})}


def _create_items(client: Any, address: MilvusAddress, size: int) -> None:
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("item_id", DataType.VARCHAR, is_primary=True, max_length=_ID)
    schema.add_field("added", DataType.INT64)
    schema.add_field("brand", DataType.VARCHAR, max_length=_TEXT, nullable=True)
    schema.add_field("price", DataType.DOUBLE, nullable=True)
    schema.add_field("list_price", DataType.DOUBLE, nullable=True)
    schema.add_field("facts", DataType.JSON)
    schema.add_field("terms", DataType.JSON)
    schema.add_field("document", DataType.VARCHAR, max_length=_TEXT)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=size)
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    indices = client.prepare_index_params()
    indices.add_index("vector", index_type=address.index, metric_type="COSINE", params=_BUILDING.get(address.index, {}))
    indices.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    for name in ("added", "brand", "price", "list_price"):
        indices.add_index(name, index_type="INVERTED")
    client.create_collection(address.name, schema=schema, index_params=indices, consistency_level=STRONG)


def _create_counts(client: Any, name: str) -> None:
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
    for field, length in (("writer", 64), ("scope", 16), ("name", _TEXT), ("value", _TEXT)):
        schema.add_field(field, DataType.VARCHAR, max_length=length)
    schema.add_field("count", DataType.INT64)
    schema.add_field("version", DataType.INT64)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)  # Milvus keeps nothing without a vector
    indices = client.prepare_index_params()
    indices.add_index("nothing", index_type="FLAT", metric_type="L2")
    for field in ("writer", "scope", "version"):
        indices.add_index(field, index_type="INVERTED")
    client.create_collection(name, schema=schema, index_params=indices, consistency_level=STRONG)


def _dump_head(head: CatalogueHead) -> str:
    held = {
        "version": _VERSION,
        "fingerprint": head.fingerprint,
        "bundle_name": head.bundle_name,
        "embedding_size": head.embedding_size,
        "taxonomy": head.taxonomy.to_json(),
    }
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def _load_head(text: str, address: MilvusAddress) -> CatalogueHead:
    try:
        held = json.loads(text)
        if held["version"] > _VERSION:
            raise CatalogueError(f"the catalogue at {address} was made by a newer modiste; update modiste to open it")
        taxonomy = Taxonomy.from_json(held["taxonomy"])
        return CatalogueHead(held["fingerprint"], held["bundle_name"], held["embedding_size"], taxonomy)
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogueError(f"the collection at {address} is no catalogue of modiste: {error}") from error
