"""The files of iMaterialist 2018: JSON with images and annotations, its CSV form, and the map of labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from modiste.errors import SourceError
from modiste.readers.building import Problems
from modiste.readers.delimited import decode_text, read_delimited, read_header
from modiste.readers.json_text import parse_json

__all__ = [
    "LABEL_MAP_COLUMNS",
    "LabelMap",
    "is_annotation_csv",
    "is_annotation_json",
    "read_annotations",
    "read_label_map",
]

LABEL_MAP_COLUMNS = ("labelId", "taskId", "labelName", "taskName")
"""The columns of the label map that the organisers published."""
_IDS, _LABELS = ("imageId", "image_id"), ("labelId", "label_id")
_HEAD_BYTES = 65_536
_KEYS = re.compile(r'"(images|imageId|image_id|labelId|label_id|url)"\s*:')
_LABEL = r"^0*(\d{1,9})$"


@dataclass(frozen=True)
class LabelMap:
    """What the labels stand for.

    Args:
        names: Label -> its name, each different within its task.
        tasks: Label -> its task, such as ``"neckline"``.
    """

    names: dict[int, str]
    tasks: dict[int, str]


def is_annotation_json(data: bytes) -> bool:
    """Tell by its beginning whether a JSON file has iMaterialist's images or annotations.

    Example:
        >>> is_annotation_json(b'{"images": [{"url": ["http://shop.example/1.jpg"], "imageId": 1}]}')
        True

        Pictures that were fetched have no address, and in a long file their labels stand far behind.

        >>> is_annotation_json(b'{"images": [{"imageId": "1"}, {"imageId": "2"}')
        True
    """
    found = set(_KEYS.findall(decode_text(data[:_HEAD_BYTES])[0]))
    return ("imageId" in found and bool({"images", "url", "labelId"} & found)) or {"image_id", "label_id"} <= found


def is_annotation_csv(data: bytes) -> bool:
    """Tell whether a table has the columns imageId and labelId (or image_id and label_id)."""
    header = read_header(data[:_HEAD_BYTES].rpartition(b"\n")[0] or data[:_HEAD_BYTES])
    return any(name in header for name in _IDS) and any(name in header for name in _LABELS)


def read_annotations(name: str, data: bytes, problems: Problems) -> pl.DataFrame:
    """Read a JSON file or a CSV of images and their labels.

    Args:
        name: Of the file; ``.csv`` is a table.
        data: Its content.
        problems: Told of what can't be used.

    Returns:
        ``image_id`` (unique), ``url`` (null where there is none), ``labels`` (list of numbers; null where nothing is
        known), and ``rows``, the same everywhere: how many images the file had.

    Raises:
        SourceError: It is damaged, or lacks what it should have.
    """
    table = _read_csv(name, data, problems) if name.lower().endswith(".csv") else _read_json(name, data, problems)
    first = table["image_id"].is_first_distinct()
    for image in table.filter(~first)["image_id"]:
        problems.remark(f"{name} image {image}", "the image stands there before (the first one is kept)")
    return table.filter(first)


def _read_csv(name: str, data: bytes, problems: Problems) -> pl.DataFrame:
    text = read_delimited(data)
    columns = [next((text.header.index(key) for key in keys if key in text.header), None) for keys in (_IDS, _LABELS)]
    if None in columns:
        raise SourceError(f"{name} has the columns {', '.join(text.header)}; expected imageId and labelId")
    at, labels_at = (int(column or 0) for column in columns)
    ids, labels = [], []
    for row in text.rows:
        if len(row.cells) != len(text.header) or not row.cells[at].strip():
            problems.add(f"{name} line {row.line}", f"not an image and its labels in {len(text.header)} cells")
            continue
        ids.append(row.cells[at].strip())
        labels.append(row.cells[labels_at].split() or None)
    return _make_table(name, ids, [None] * len(ids), labels, len(text.rows), problems)


def _read_json(name: str, data: bytes, problems: Problems) -> pl.DataFrame:
    try:
        content = parse_json(decode_text(data)[0])
    except ValueError as error:
        raise SourceError(f"{name} is no JSON, or is cut short: {error}") from error
    images = content.get("images") if isinstance(content, dict) else None
    notes = content.get("annotations", []) if isinstance(content, dict) else None
    if not isinstance(images, list) or not isinstance(notes, list):
        raise SourceError(f"{name} lacks a list 'images' (and 'annotations', unless it is for testing)")
    labels = _collect_labels(name, notes, problems)
    ids: list[str] = []
    urls: list[str | None] = []
    for number, image in enumerate(images, 1):
        image_id = _find_id(image)
        if image_id is None:
            problems.add(f"{name} image {number}", "it has no imageId")
            continue
        ids.append(image_id)
        urls.append(_find_url(image.get("url")))
    known = set(ids)
    for image_id in labels:
        if image_id not in known:
            problems.add(f"{name} annotation of {image_id}", "no image has this imageId")
    return _make_table(name, ids, urls, [labels.get(image_id) for image_id in ids], len(images), problems)


def _collect_labels(name: str, notes: Iterable[Any], problems: Problems) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for number, note in enumerate(notes, 1):
        image_id = _find_id(note)
        found = next((note[key] for key in _LABELS if key in note), None) if image_id is not None else None
        found = found.split() if isinstance(found, str) else found
        if image_id is None or not isinstance(found, list):
            problems.remark(f"{name} annotation {number}", "not an imageId and a list labelId")
        elif image_id in labels:
            problems.remark(f"{name} annotation {number}", "the image is annotated before (the first one is kept)")
        else:
            labels[image_id] = [str(label) for label in found]
    return labels


def _find_id(record: Any) -> str | None:
    """Return the imageId of a record as text; a number or a text that is not blank."""
    if not isinstance(record, dict):
        return None
    value = record.get("imageId", record.get("image_id"))
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return str(value).strip() or None


def _find_url(value: Any) -> str | None:
    """Return the address, the first one of a list."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() or None if isinstance(value, str) else None


def _make_table(
    name: str,
    ids: Sequence[str],
    urls: Sequence[str | None],
    labels: Sequence[list[str] | None],
    rows: int,
    problems: Problems,
) -> pl.DataFrame:
    schema = {"image_id": pl.String(), "url": pl.String(), "labels": pl.List(pl.String())}
    table = pl.DataFrame({"image_id": ids, "url": urls, "labels": labels}, schema=schema)
    number = pl.element().str.extract(_LABEL).cast(pl.Int64)
    table = table.with_columns(labels=pl.col("labels").list.eval(number), rows=pl.lit(rows))
    for image in table.filter(pl.col("labels").list.eval(pl.element().is_null()).list.any())["image_id"]:
        problems.remark(f"{name} image {image}", "a label that is no number (it is left out)")
    return table.with_columns(pl.col("labels").list.drop_nulls().list.unique(maintain_order=True))


def read_label_map(name: str, data: bytes) -> LabelMap:
    """Read the table that names the labels; a second label of one name in a task gets its number as well.

    Args:
        name: Of the file, for the error.
        data: Its content.

    Raises:
        SourceError: A column is missing, or a label is no number or occurs twice.

    Example:
        >>> table = b"labelId,taskId,labelName,taskName" + bytes([10]) + b"2,9,Asymmetric,style"
        >>> read_label_map("map.csv", table).tasks
        {2: 'style'}
    """
    text = read_delimited(data)
    missing = [column for column in LABEL_MAP_COLUMNS if column not in text.header and column != "taskId"]
    if missing:
        raise SourceError(f"{name} has the columns {', '.join(text.header)}; a map of labels also has {missing[0]}")
    at = {column: text.header.index(column) for column in ("labelId", "labelName", "taskName")}
    names: dict[int, str] = {}
    tasks: dict[int, str] = {}
    taken: set[tuple[str, str]] = set()
    for row in text.rows:
        cells = [cell.strip() for cell in row.cells]
        label = re.search(_LABEL, cells[at["labelId"]], re.ASCII) if len(cells) == len(text.header) else None
        if label is None or int(label[1]) in names or not cells[at["labelName"]] or not cells[at["taskName"]]:
            raise SourceError(f"{name} line {row.line} is not a label with its name and task, each label once")
        number, task, called = int(label[1]), cells[at["taskName"]], cells[at["labelName"]]
        while (task, called) in taken:
            called = f"{called} ({number})"
        taken.add((task, called))
        names[number], tasks[number] = called, task
    return LabelMap(names, tasks)
