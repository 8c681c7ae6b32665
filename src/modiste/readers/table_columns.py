"""Which column of a table plays which part: told by the user, or found by its name and its content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from modiste.errors import SourceError, UnknownNameError
from modiste.readers.base import ReaderOptions
from modiste.readers.boxes import CORNER_COLUMNS, SIZE_COLUMNS, WHOLE_BOX_COLUMNS
from modiste.readers.cells import is_blank, is_url
from modiste.readers.identifiers import standardise_split
from modiste.readers.source import has_picture_suffix

__all__ = ["Roles", "assign_roles", "find_image_column"]

_IMAGE = (
    *("image", "imagepath", "imagefile", "imagename", "imagefilename", "imageurl", "imagelink", "img", "imgpath"),
    *("imgurl", "picture", "picturepath", "pictureurl", "photo", "photopath", "photourl", "filename", "filepath"),
    *("file", "path", "imageid", "images", "pictures", "photos", "src", "url", "link", "uri"),
)
_ID = ("itemid", "id", "uid", "key")
_PRODUCT = ("productid", "product", "sku", "styleid", "articleid", "productcode", "articlenumber", "groupid")
_SPLIT = ("split", "subset", "partition", "set", "phase", "evaluationstatus")
_ANNOTATOR = ("annotator", "annotatorid", "rater", "labeller", "labeler", "worker", "workerid")
_TITLE = ("title", "productdisplayname", "productname", "producttitle", "displayname", "name")
_SAMPLE = 2000
_FEW_VALUES, _MANY_VALUES, _LONGEST_LABEL = 20, 1000, 60
_NUMBER = re.compile(r"[-+]?[0-9]*[.,]?[0-9]+(e[-+]?[0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Roles:
    """The columns of a table by the part they play; None or empty where no column plays it."""

    image: str
    item_id: str | None
    product_id: str | None
    split: str | None
    title: str | None
    box: tuple[str, ...]
    annotator: str | None
    labels: tuple[str, ...]
    meta: tuple[str, ...]

    def with_id_of_product(self) -> Roles:
        """Return the roles in which the id is the product's, and the picture's path names the item."""
        meta = self.meta if self.product_id is None else (*self.meta, self.product_id)
        return replace(self, item_id=None, product_id=self.item_id, meta=meta)


def assign_roles(columns: dict[str, list[Any]], options: ReaderOptions) -> Roles:
    """Find the part that each column plays; what the user told comes first.

    Columns become labels if the user named them; if nobody did, those whose text cells repeat: 2 to 20 different
    values, or more if each occurs at least twice on average (at most 1000), none longer than 60 characters, not all
    numbers. Everything else becomes free metadata.

    Args:
        columns: Name -> cells.
        options: What the user told.

    Raises:
        SourceError: No column holds pictures.
        UnknownNameError: The user named a column that is not there.
    """
    _check_names(columns, options)
    image = options.image_column or find_image_column(columns, taken=options.fields)
    if image is None:
        raise SourceError(
            f"no column holds paths or URLs of pictures; the columns are {', '.join(columns)}. Name it: image_column"
        )
    taken = {image, *options.fields, *_told(options)}
    box = options.box_columns or _find_box(columns, taken)
    taken.update(box)
    found: dict[str, str | None] = {}
    for role, told, names in _list_roles(options):
        found[role] = told or _find_by_name(columns, names, taken, role)
        taken.add(found[role] or image)
    rest = [name for name in columns if name not in taken]
    labels = options.fields or tuple(name for name in rest if _looks_like_labels(columns[name], options.separator))
    meta = tuple(name for name in rest if name not in labels)
    return Roles(image=image, box=box, labels=labels, meta=meta, **found)


def _list_roles(options: ReaderOptions) -> tuple[tuple[str, str | None, Sequence[str]], ...]:
    product_names = () if options.product_pattern else _PRODUCT
    return (
        ("item_id", options.id_column, _ID),
        ("product_id", options.product_column, product_names),
        ("split", options.split_column, _SPLIT),
        ("title", options.title_column, _TITLE),
        ("annotator", options.annotator_column, _ANNOTATOR),
    )


def _told(options: ReaderOptions) -> set[str]:
    names = (options.id_column, options.product_column, options.split_column, options.title_column)
    return {name for name in (*names, options.annotator_column) if name is not None}


def _check_names(columns: dict[str, list[Any]], options: ReaderOptions) -> None:
    for name in (*_told(options), options.image_column, *options.fields, *options.multi_fields, *options.box_columns):
        if name is not None and name not in columns:
            raise UnknownNameError("column", name, columns)


def find_image_column(columns: dict[str, list[Any]], taken: Iterable[str] = ()) -> str | None:
    """Return the column that holds the pictures: by its content, then by its name; None if none seems to.

    Example:
        >>> find_image_column({"url": ["https://a.b/c"], "front": ["1.jpg"], "title": ["a"]})
        'front'
    """
    free = [name for name in columns if name not in set(taken)]
    named = sorted((name for name in free if _fold(name) in _IMAGE), key=lambda name: _IMAGE.index(_fold(name)))
    by_content = [name for name in (*named, *free) if _share_of_pictures(columns[name]) > 0.5]
    by_name = [name for name in named if any(isinstance(cell, str) and cell.strip() for cell in columns[name])]
    return next(iter(by_content or by_name), None)


def _share_of_pictures(cells: list[Any]) -> float:
    filled = [cell for cell in cells[:_SAMPLE] if not is_blank(cell)]
    pictures = [cell for cell in filled if isinstance(cell, str) and has_picture_suffix(_path_of(cell))]
    return len(pictures) / len(filled) if filled else 0.0


def _path_of(cell: str) -> str:
    return urlsplit(cell).path if is_url(cell) else cell.strip()


def _find_by_name(columns: dict[str, list[Any]], names: Sequence[str], taken: set[str], role: str) -> str | None:
    named = [name for name in columns if name not in taken and _fold(name) in names]
    if role == "split":
        named = [name for name in named if _looks_like_split(columns[name])]
    return min(named, key=lambda name: names.index(_fold(name)), default=None)


def _looks_like_split(cells: list[Any]) -> bool:
    values = {cell if isinstance(cell, str) else None for cell in cells if not is_blank(cell)}
    return bool(values) and any(value is not None and standardise_split(value) for value in values)


def _find_box(columns: dict[str, list[Any]], taken: set[str]) -> tuple[str, ...]:
    folded = {_fold(name): name for name in columns if name not in taken}
    for names in (*SIZE_COLUMNS, *CORNER_COLUMNS, *((name,) for name in WHOLE_BOX_COLUMNS)):
        if all(name in folded for name in names):
            return tuple(folded[name] for name in names)
    return ()


def _looks_like_labels(cells: list[Any], separator: str | None) -> bool:
    filled = [cell for cell in cells if not is_blank(cell)]
    lists = [cell for cell in filled if isinstance(cell, list)]
    values = [value for cell in lists for value in cell] if lists else _split_all(filled, separator)
    if not values or (lists and len(lists) < len(filled)) or not all(isinstance(value, str) for value in values):
        return False
    distinct = set(values)
    repeated = len(distinct) <= max(_FEW_VALUES, min(len(values) / 2, _MANY_VALUES))
    short = all(len(value) <= _LONGEST_LABEL for value in distinct)
    return len(distinct) > 1 and repeated and short and not all(map(_NUMBER.fullmatch, distinct))


def _split_all(cells: list[Any], separator: str | None) -> list[Any]:
    if separator is None:
        return cells
    return [part for cell in cells for part in (cell.split(separator) if isinstance(cell, str) else [cell])]


def _fold(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
