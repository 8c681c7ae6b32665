"""One reader a format, and one door to all of them: `read_source`."""

from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.inspection import describe_manifest
from modiste.readers.public_sets import PublicSet, list_public_sets
from modiste.readers.registry import find_reader, list_readers, read_source

__all__ = [
    "PublicSet",
    "Reader",
    "ReaderOptions",
    "describe_manifest",
    "find_reader",
    "list_public_sets",
    "list_readers",
    "read_source",
]
