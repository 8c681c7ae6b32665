"""A catalogue in Milvus: the same answers as in a folder, from as many machines as it takes."""

from modiste.catalogue.milvus.address import MilvusAddress
from modiste.catalogue.milvus.backend import MilvusBackend

__all__ = ["MilvusAddress", "MilvusBackend"]
