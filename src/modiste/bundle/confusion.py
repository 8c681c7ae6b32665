"""What a bundle takes for what: ``confusion.json``, counts of its answers on items that it was not trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modiste import taxonomy
from modiste.bundle.spec import BundleSpec
from modiste.bundle.store import Bundle, read_bounded, replace_file
from modiste.errors import BundleError, UsageError

__all__ = ["MOST_CONFUSED_VALUES", "Confusion", "carry_confusion", "keep_confusion", "load_confusion"]

MOST_CONFUSED_VALUES: Final = 1_000
"""A field of more values is left out: as a matrix it would be a million numbers for people to look at."""

_FILE: Final = "confusion.json"
_MOST_BYTES: Final = 16_000_000
_MEND: Final = "Type: modiste bundle confusion --help"

Place = Annotated[int, Field(ge=0, lt=MOST_CONFUSED_VALUES)]
Count = Annotated[int, Field(ge=1, lt=2**53)]


class _FieldCounts(BaseModel):
    """The cells of one field's matrix that something fell into: place of the truth, of the answer, how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: list[str] = Field(min_length=1, max_length=MOST_CONFUSED_VALUES)
    cells: list[tuple[Place, Place, Count]]


class Confusion(BaseModel):
    """How often a bundle took a value for another.

    Args:
        fingerprint: Of the bundle whose answers were counted.
        measured_on: Which items, for people.
        fields: Single field -> its values and counts; `count` gives them as a matrix.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")
    measured_on: str = Field(min_length=1, max_length=500)
    fields: dict[str, _FieldCounts]

    def count(self, field: str) -> NDArray[np.int64]:
        """Return the counts of a field, int64 [values, values]: a row a true value, a column an answered one."""
        own = self.fields[field]
        matrix = np.zeros((len(own.values), len(own.values)), np.int64)
        for truth, answer, number in own.cells:
            matrix[truth, answer] = number
        return matrix


def keep_confusion(bundle: Bundle, counts: Mapping[str, NDArray[np.int64]], *, measured_on: str) -> Bundle:
    """Put counts of what a bundle takes for what beside it; its answers and its fingerprint stay as they are.

    Args:
        bundle: The bundle; its folder is written to.
        counts: Single field -> int [values, values] in label order, a row a true value. A field of more than
            `MOST_CONFUSED_VALUES` values is left out.
        measured_on: Which items, for people, such as ``"the validation part, 2,002 items"``.

    Raises:
        UsageError: A field is not of the bundle, or its counts have another shape.
    """
    for name, table in counts.items():
        _check_counts(bundle.spec.taxonomy[name], table)
    small = {name: table for name, table in counts.items() if len(table) <= MOST_CONFUSED_VALUES}
    kept = {name: _list_cells(bundle.spec.taxonomy[name], table) for name, table in small.items()}
    told = Confusion.model_validate({"fingerprint": bundle.fingerprint, "measured_on": measured_on, "fields": kept})
    replace_file(bundle.path / _FILE, _write(told).encode("utf-8"))
    return bundle


def load_confusion(bundle: Bundle) -> Confusion | None:
    """Return what a bundle takes for what; None where it does not say.

    Raises:
        BundleError: The file is damaged, or speaks of another bundle.
    """
    path = bundle.path / _FILE
    if not path.is_file():
        return None
    try:
        told = Confusion.model_validate_json(read_bounded(path, _MOST_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BundleError(f"{path} is no table of confusions: {where}: {first['msg']}. {_MEND}") from error
    if told.fingerprint != bundle.fingerprint:
        raise BundleError(f"{path} speaks of the bundle {told.fingerprint[:12]}..., not of this one. {_MEND}")
    for name, own in told.fields.items():
        _check_field(bundle.spec, name, own, path)
    return told


def carry_confusion(bundle: Bundle, written: Bundle) -> Bundle:
    """Give a bundle the counts of another one that says the same of every picture.

    Raises:
        BundleError: The other bundle's file is damaged.
    """
    told = load_confusion(bundle)
    if told is None:
        return written
    return keep_confusion(written, {name: told.count(name) for name in told.fields}, measured_on=told.measured_on)


def _check_counts(field: taxonomy.Field, table: NDArray[np.int64]) -> None:
    if field.kind != "single" or table.shape != (len(field), len(field)):
        raise UsageError(
            f"{field.name} is a {field.kind} field of {len(field)} values, and its counts are {table.shape}; expected "
            "a single field, and a row and a column a value"
        )


def _list_cells(field: taxonomy.Field, table: NDArray[np.int64]) -> dict[str, object]:
    rows, columns = np.nonzero(table)
    cells = zip(rows.tolist(), columns.tolist(), table[rows, columns].tolist(), strict=True)
    return {"values": list(field.values), "cells": list(cells)}


def _check_field(spec: BundleSpec, name: str, own: _FieldCounts, path: Path) -> None:
    known = name in spec.taxonomy and spec.taxonomy[name].kind == "single"
    if not known or tuple(own.values) != tuple(spec.taxonomy[name].values):
        raise BundleError(f"{path}: the bundle has no single field {name!r} of these values. {_MEND}")
    if any(max(cell[:2]) >= len(own.values) for cell in own.cells):
        raise BundleError(f"{path}: {name} has a cell beyond its {len(own.values)} values. {_MEND}")


def _write(told: Confusion) -> str:
    """Return the text of the file: a line a field, so that changes can be read."""
    lines = [f"  {_dump(name)}: {_dump(own.model_dump())}" for name, own in told.fields.items()]
    head = f' "fingerprint": {_dump(told.fingerprint)},\n "measured_on": {_dump(told.measured_on)},\n "fields": '
    return "{\n" + head + "{\n" + ",\n".join(lines) + "\n }\n}\n"


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
