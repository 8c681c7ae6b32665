"""The rows of a table that can be used: their pictures, their boxes, and the items they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modiste.errors import PictureError
from modiste.readers.boxes import has_corners, parse_box
from modiste.readers.building import Problems
from modiste.readers.cells import to_text
from modiste.readers.identifiers import make_item_ids
from modiste.readers.raw_table import RawTable
from modiste.readers.source import File
from modiste.readers.table_columns import Roles

__all__ = ["Finder", "Item", "PicturedRow", "find_pictured_rows", "group_rows", "has_several_pictures", "name_rows"]

_LONGEST_CELL = 200


class Finder(Protocol):
    """Turns the cell of a table into a picture."""

    def find(self, cell: str) -> File:
        """Return the picture of a cell; raise PictureError if there is none."""
        ...


@dataclass(frozen=True)
class PicturedRow:
    """A row whose picture was found: its position in the table, the picture, the box."""

    at: int
    picture: File
    box: tuple[float, ...] | None


@dataclass(frozen=True)
class Item:
    """An item and the rows that speak of it: one, or one an annotator."""

    item_id: str
    rows: tuple[PicturedRow, ...]

    @property
    def first(self) -> PicturedRow:
        """The row that the item takes its picture from."""
        return self.rows[0]


def find_pictured_rows(table: RawTable, roles: Roles, finder: Finder, problems: Problems) -> list[PicturedRow]:
    """Return the rows whose picture is there; the others go to ``problems``."""
    rows = []
    for at, cell in enumerate(table.columns[roles.image]):
        path = to_text(cell)
        try:
            if path is None:
                raise PictureError("no picture is named")
            rows.append(PicturedRow(at, finder.find(path), _find_box(table, roles.box, at)))
        except PictureError as error:
            shown = "" if path is None else f" ({path[:_LONGEST_CELL]})"
            problems.add(table.places[at] + shown, str(error))
    return rows


def _find_box(table: RawTable, columns: Sequence[str], at: int) -> tuple[float, ...] | None:
    if not columns:
        return None
    cells: list[Any] = [table.columns[name][at] for name in columns]
    try:
        box = parse_box(cells, corners=has_corners(columns))
    except (ValueError, TypeError) as error:
        raise PictureError("the box is not four numbers with a positive width and height") from error
    return None if box is None else tuple(box)


def has_several_pictures(rows: Sequence[PicturedRow], ids: Sequence[Any]) -> bool:
    """Tell whether one id stands for several pictures, so that it is the product's rather than the picture's."""
    distinct = {(to_text(ids[row.at]), row.picture.reference, row.box) for row in rows}
    return len(distinct) > len({item_id for item_id, _, _ in distinct})


def name_rows(rows: Sequence[PicturedRow], ids: Sequence[Any] | None) -> list[str | None]:
    """Return the id of each row's item.

    Args:
        rows: The rows.
        ids: The column of ids, if there is one; else the picture's path names the item, and ``#2`` its second box.
    """
    if ids is not None:
        return [to_text(ids[row.at]) for row in rows]
    names = _name_pictures([row.picture for row in rows])
    boxes: dict[str, list[tuple[float, ...] | None]] = {}
    named: list[str | None] = []
    for row in rows:
        known = boxes.setdefault(row.picture.reference, [])
        if row.box not in known:
            known.append(row.box)
        number = known.index(row.box) + 1
        named.append(names[row.picture.reference] + (f"#{number}" if number > 1 else ""))
    return named


def _name_pictures(pictures: Sequence[File]) -> dict[str, str]:
    """Return reference -> id; where two pictures have one name (on two hosts, say) the reference is the id."""
    names = {picture.reference: picture.name for picture in pictures}
    counts = Counter(names.values())
    paths = [name if counts[name] == 1 else reference for reference, name in names.items()]
    return dict(zip(names, make_item_ids(paths), strict=True))


def group_rows(
    table: RawTable, rows: Sequence[PicturedRow], ids: Sequence[str | None], annotator: str | None, problems: Problems
) -> list[Item]:
    """Bring the rows of one item together: the first row, or the first of each annotator."""
    groups: dict[str, dict[str | None, PicturedRow]] = {}
    for row, item_id in zip(rows, ids, strict=True):
        who = None if annotator is None else to_text(table.columns[annotator][row.at])
        reason = _find_fault(item_id, who, annotator, groups)
        if reason is None and item_id is not None:
            groups.setdefault(item_id, {})[who] = row
        else:
            shown = "" if item_id is None else f" (id {item_id})"
            note = problems.remark if who in groups.get(item_id or "", {}) else problems.add
            note(table.places[row.at] + shown, reason or "no id")
    return [Item(item_id, tuple(group.values())) for item_id, group in groups.items()]


def _find_fault(
    item_id: str | None, who: str | None, annotator: str | None, groups: dict[str, dict[str | None, PicturedRow]]
) -> str | None:
    if item_id is None:
        return "no id"
    if annotator is not None and who is None:
        return "no annotator"
    if who in groups.get(item_id, {}):
        repeated = "the id stands" if annotator is None else "the annotator spoke of this item"
        return f"{repeated} in an earlier row (the first one is kept)"
    return None
