"""The data that recipes ask for, read with all that they need."""

from __future__ import annotations

from pathlib import Path

from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.registry import detect_reader, find_reader
from modiste.readers.source import Source
from modiste.training.recipe import DataRecipe

__all__ = ["read_data"]


def read_data(source: Path, *recipes: DataRecipe, reader: str | None = None) -> Manifest:
    """Read a data set; with the shop's records if a recipe makes fields of them, and the reader knows such.

    Args:
        source: Anything that a reader understands.
        recipes: What is trained on.
        reader: The reader's name; by default it is recognised.

    Raises:
        SourceError: No reader understands the source.
        UnknownNameError: There is no such reader.
    """
    if all(recipe.attributes is None for recipe in recipes):
        return read_source(source, reader=reader)
    plain = ReaderOptions()
    chosen = detect_reader(Source(source), plain) if reader is None else find_reader(reader)
    return read_source(
        source, reader=chosen.name, options=ReaderOptions(details=True) if "details" in chosen.options else plain
    )
