"""Which file of a source is the feed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from modiste.errors import SourceError, UnknownNameError
from modiste.readers.base import ReaderOptions
from modiste.readers.source import File, Source

__all__ = ["find_feed"]

_MOST_LOOKED_AT = 20


def find_feed(
    source: Source, options: ReaderOptions, suffixes: Sequence[str], is_feed: Callable[[File, bytes], bool]
) -> File | None:
    """Return the feed: the file that ``options.table`` names, the source itself, or the only one nearest to the root.

    Args:
        source: A file, a folder or an archive.
        options: What the user told.
        suffixes: How names of feeds end, in lower case.
        is_feed: Looks at a file and its bytes.

    Returns:
        The feed, or None if no file is one.

    Raises:
        SourceError: Several are, or a file can't be read.
        UnknownNameError: ``options.table`` names a file that is not there.
    """
    named = [file for file in source.files if posixpath.splitext(file.name)[1].lower() in suffixes]
    if options.table is not None:
        named = [file for file in source.files if file.name == options.table]
        if not named:
            raise UnknownNameError("table", options.table, [file.name for file in source.files][:_MOST_LOOKED_AT])
    depth = min((file.name.count("/") for file in named), default=0)
    nearest = [file for file in named if file.name.count("/") == depth][:_MOST_LOOKED_AT]
    found = [file for file in nearest if _fits(source, file, is_feed)]
    if len(found) > 1:
        listed = ", ".join(file.name for file in found[:5])
        raise SourceError(f"{source.path} holds several feeds; name one: table ({listed})")
    return found[0] if found else None


def _fits(source: Source, file: File, is_feed: Callable[[File, bytes], bool]) -> bool:
    try:
        return is_feed(file, source.read_table(file))
    except SourceError:
        return False  # an empty or damaged file is no feed; the readers that are tried next say what it is
