"""The readers, in the order in which they are tried, and the door to all of them."""

from __future__ import annotations

from pathlib import Path

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.class_folders import CLASS_FOLDERS
from modiste.readers.deepfashion import DEEPFASHION
from modiste.readers.deepfashion_inshop import DEEPFASHION_INSHOP
from modiste.readers.fashion_mnist import FASHION_MNIST
from modiste.readers.flat import FLAT
from modiste.readers.google_merchant import GOOGLE_MERCHANT
from modiste.readers.hugging_face import HUGGING_FACE
from modiste.readers.imaterialist import IMATERIALIST
from modiste.readers.kaggle import KAGGLE
from modiste.readers.saved import SAVED
from modiste.readers.shopify import SHOPIFY
from modiste.readers.source import Source
from modiste.readers.table import TABLE
from modiste.readers.web_dataset import WEB_DATASET

__all__ = ["check_options", "detect_reader", "find_reader", "list_readers", "read_source"]

_READERS = (
    *(SAVED, KAGGLE),
    *(DEEPFASHION, DEEPFASHION_INSHOP, FASHION_MNIST, IMATERIALIST),
    *(HUGGING_FACE, WEB_DATASET, GOOGLE_MERCHANT, SHOPIFY),
    *(TABLE, CLASS_FOLDERS, FLAT),
)


def list_readers() -> tuple[Reader, ...]:
    """Return the readers, in the order in which they are tried on a source.

    Example:
        >>> [reader.name for reader in list_readers()][:2]
        ['manifest', 'kaggle']
    """
    return _READERS


def find_reader(name: str) -> Reader:
    """Return the reader of a name; UnknownNameError lists the known ones."""
    for reader in _READERS:
        if reader.name == name:
            return reader
    raise UnknownNameError("reader", name, [reader.name for reader in _READERS])


def read_source(path: Path | str, *, reader: str | None = None, options: ReaderOptions | None = None) -> Manifest:
    """Read a data set, whatever its format is, into a manifest.

    Args:
        path: A folder, an archive, a table, a picture, or the folder of a manifest.
        reader: The name of the reader; by default the first one that finds what it looks for (`list_readers`).
        options: What the source does not say itself.

    Returns:
        The manifest; ``problems`` lists what was left out, and why.

    Raises:
        SourceError: There is nothing at ``path``, no reader understands it, or nothing of it can be used.
        UnknownNameError: There is no such reader, or no such column.
        UsageError: The reader does not take an option that was given.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("Shirts", "Shoes"):
        ...         (Path(folder) / name).mkdir()
        ...         _ = (Path(folder) / name / "1.jpg").write_bytes(b"a picture")
        ...     manifest = read_source(folder)
        >>> manifest.items["item_id"].to_list(), manifest.labels("label").to_list()
        (['Shirts/1', 'Shoes/1'], ['Shirts', 'Shoes'])
    """
    options = ReaderOptions() if options is None else options
    chosen = None if reader is None else find_reader(reader)
    source = Source(Path(path))
    if chosen is None:
        chosen = detect_reader(source, options)
    check_options(chosen, options)
    return chosen.read(source, options)


def check_options(reader: Reader, options: ReaderOptions) -> None:
    """Check that a reader takes the options that were given.

    Raises:
        UsageError: It does not.
    """
    if strangers := _find_strange_options(reader, options):
        taken = ", ".join(sorted(reader.options)) or "none"
        raise UsageError(f"the reader {reader.name!r} does not take {', '.join(strangers)}; its options: {taken}")


def detect_reader(source: Source, options: ReaderOptions) -> Reader:
    """Return the first reader that understands a source and takes the options that were given.

    Raises:
        SourceError: There is none; the text says what each looked for.
    """
    obstacles = []
    for reader in _READERS:
        obstacle = _find_obstacle(reader, source, options)
        if obstacle is None:
            return reader
        obstacles.append(f"  {reader.name:<16} {obstacle}")
    listing = "\n".join(obstacles)
    raise SourceError(
        f"no reader understands '{source.path}'. Each looked for something that is not there:\n{listing}\n"
        "Name the reader, or tell it which columns to use, if one of them should fit."
    )


def _find_obstacle(reader: Reader, source: Source, options: ReaderOptions) -> str | None:
    strangers = _find_strange_options(reader, options)
    if strangers:
        return f"(it does not take the option {strangers[0]})"
    return reader.find_obstacle(source, options)


def _find_strange_options(reader: Reader, options: ReaderOptions) -> list[str]:
    return [name for name in options.given() if name not in reader.options]
