"""One reader a format, and one door to all of them: `read_source`."""

from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.inspection import describe_manifest
from modiste.readers.registry import find_reader, list_readers, read_source

__all__ = ["Reader", "ReaderOptions", "describe_manifest", "find_reader", "list_readers", "read_source"]
