"""A folder of class folders, with or without train / validation / test / control above them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import LABEL, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.identifiers import make_item_ids, standardise_split
from modiste.readers.source import File, Source

__all__ = ["CLASS_FOLDERS"]

_DEFAULT_FIELD = "label"
_CONTAINER = re.compile(r"(images?|img|pictures?|photos?|batch|part|chunk|shard|folder|dir)?[\W_]*\d*", re.IGNORECASE)


@dataclass(frozen=True)
class _Placed:
    """A picture, the part of the data set it belongs to, and the folders between that and the picture."""

    file: File
    split: str | None
    folders: tuple[str, ...]

    def descend(self, split: str | None = None) -> _Placed:
        """Leave the uppermost folder, which may name the part."""
        return _Placed(self.file, split or self.split, self.folders[1:])


def _place(source: Source) -> list[_Placed]:
    """Find the class folders: the parts of a data set, and folders that hold everything, stand above them."""
    placed = [_Placed(file, None, tuple(file.name.split("/")[:-1])) for file in source.pictures]
    while True:
        splits = {item.folders[0]: standardise_split(item.folders[0]) for item in placed if item.folders}
        if splits and all(splits.values()):
            placed = [item.descend(splits[item.folders[0]]) if item.folders else item for item in placed]
        elif _have_common_folder(placed):
            placed = [item.descend() for item in placed]
        else:
            return placed


def _have_common_folder(placed: list[_Placed]) -> bool:
    """Tell whether one folder holds everything and is no class itself: it holds folders, and no picture directly."""
    return len({item.folders[:1] for item in placed}) == 1 and all(len(item.folders) > 1 for item in placed)


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    placed = _place(source)
    classes = {item.folders[0] for item in placed if item.folders}
    loose = sum(not item.folders for item in placed)
    if len(classes) < 2 or loose > len(placed) / 2:
        return "pictures in two or more folders named for their classes, with or without train / test above"
    if all(_CONTAINER.fullmatch(name) for name in classes):
        examples = ", ".join(sorted(classes)[:3])
        return f"folders named for classes ({examples} look like batches; if they are classes, name the reader)"
    return None


def _read(source: Source, options: ReaderOptions) -> Manifest:
    placed = _place(source)
    problems = Problems()
    for item in placed:
        if not item.folders:
            problems.add(item.file.name, "not in a class folder")
    kept = [item for item in placed if item.folders]
    if not kept:
        raise SourceError(f"{source.path} holds no folder of pictures; expected one folder a class")
    ids = make_item_ids([item.file.name for item in kept])
    columns: dict[str, list[str | None]] = {
        "item_id": list(ids),
        "image": [item.file.reference for item in kept],
        "split": [item.split for item in kept],
    }
    levels = options.fields or (_DEFAULT_FIELD,)
    for depth, name in enumerate(levels):
        columns[LABEL + name] = [item.folders[depth] if depth < len(item.folders) else None for item in kept]
    items = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    parents = dict(zip(levels[1:], levels, strict=False))
    return build_manifest(
        items, problems, reader=CLASS_FOLDERS.name, options=options, parents=parents, rows=len(placed)
    )


CLASS_FOLDERS = Reader(
    name="class-folders",
    description="A folder of class folders, with or without train / validation / test / control above them",
    options=frozenset({"fields", "product_pattern"}),
    find_obstacle=_find_obstacle,
    read=_read,
)
