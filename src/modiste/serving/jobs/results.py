"""The table of a batch: pages of its rows, and the whole of it with what people corrected."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from modiste.bundle import BundleSpec
from modiste.imaging.references import split_reference
from modiste.serving.schemas.shape import Said
from modiste.taxonomy import Field

__all__ = ["TOP_K", "JobTable", "apply_corrections", "name_picture"]

TOP_K: Final = 4
"""How many values a field gets in the table of a batch."""

Corrections = Mapping[int, Mapping[str, Sequence[str]]]


class JobTable:
    """The table of a batch, as far as it is written.

    Args:
        folder: Of the batch.
        spec: Of the bundle that tags.
    """

    def __init__(self, folder: Path, spec: BundleSpec) -> None:
        self._folder, self._spec = folder, spec
        self.output = folder / "tags.parquet"
        self._workspace = folder / f".{self.output.name}.modiste"

    @property
    def is_begun(self) -> bool:
        """Whether the tagging is under way, or was interrupted."""
        return (self._workspace / "plan.json").is_file()

    def count(self) -> tuple[int, int, int]:
        """Return the numbers of rows, of pictures that could not be read, and of doubtful rows."""
        counted = self._read(lambda table: table.select(pl.len(), pl.col("doubtful").sum()))
        rows, doubtful = (0, 0) if counted is None else counted.row(0)
        return rows, self.read_errors(0, 0)[1], doubtful or 0

    def page(
        self, offset: int, limit: int, *, doubtful: bool | None, corrections: Corrections
    ) -> tuple[list[Said], int]:
        """Return some rows, and how many there are.

        Args:
            offset: How many to skip.
            limit: How many at most.
            doubtful: Only those that are, or are not.
            corrections: Row -> field -> what is right.
        """
        wanted = pl.lit(True) if doubtful is None else pl.col("doubtful") == doubtful
        counted = self._read(lambda table: table.filter(wanted).select(pl.len()))
        rows = self._read(lambda table: table.filter(wanted).slice(offset, limit))
        if counted is None or rows is None:
            return [], 0
        return [self._view(row, corrections) for row in rows.to_dicts()], int(counted.item())

    def row(self, number: int, corrections: Corrections) -> Said | None:
        """Return a row; None if it is not there."""
        found = self._read(lambda table: table.filter(pl.col("row") == number))
        return None if found is None or not found.height else self._view(found.to_dicts()[0], corrections)

    def find_picture(self, number: int) -> str | None:
        """Return where the picture of a row is; None if there is no such row."""
        found = self._read(lambda table: table.filter(pl.col("row") == number).select("image"))
        return None if found is None or not found.height else str(found.item())

    def read(self, corrections: Corrections) -> pl.DataFrame:
        """Return the whole table, corrected; pictures are named as they were sent."""
        whole = self._read(lambda table: table.drop("row"))
        if whole is None:
            return pl.DataFrame()
        names = pl.Series("image", [name_picture(image) for image in whole["image"]], pl.String)
        return apply_corrections(whole.with_columns(names), corrections, self._spec)

    def read_errors(self, offset: int, limit: int) -> tuple[list[Said], int]:
        """Return some pictures that could not be read, with the reasons, and how many there are."""
        table = self._read_errors()
        rows = table.slice(offset, limit).to_dicts()
        return [{"name": self._name_error(row["image"]), "reason": row["reason"]} for row in rows], table.height

    def _name_error(self, where: str) -> str:
        """Return a picture's name; what a reader says of a row of a table stays, without the folder."""
        inside = f"{self._folder / 'input'}/"
        return name_picture(where) if where.startswith(inside) else where.replace(inside, "")

    def _read_errors(self) -> pl.DataFrame:
        path = self._folder / "tags.errors.csv"
        parts = sorted(self._find_parts(errors=True))
        if self.is_begun and parts:
            return pl.concat([pl.read_parquet(part) for part in parts])
        if path.is_file():
            return pl.read_csv(path, schema={"image": pl.String, "reason": pl.String})
        return pl.DataFrame(schema={"image": pl.String, "reason": pl.String})

    def _read(self, ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame | None:
        """Ask what is written, the table or the parts that are done; None where there is nothing yet."""
        try:
            return self._ask(ask)
        except (OSError, pl.exceptions.PolarsError):
            if not self.output.is_file():  # the parts have just become the table
                raise
            return self._ask(ask)

    def _ask(self, ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame | None:
        files = [self.output] if self.output.is_file() else sorted(self._find_parts(errors=False))
        return ask(pl.scan_parquet(files).with_row_index("row")).collect() if files else None

    def _find_parts(self, *, errors: bool) -> list[Path]:
        return [
            path for path in self._workspace.glob("part-*.parquet") if path.name.endswith(".errors.parquet") == errors
        ]

    def _view(self, row: Mapping[str, Any], corrections: Corrections) -> Said:
        return {
            "row": row["row"],
            "name": name_picture(row["image"]),
            "tags": {field.name: self._view_field(field, row) for field in self._spec.taxonomy},
            "doubtful": row["doubtful"],
            "stranger": bool(row.get("stranger")),
            "corrected": {name: list(values) for name, values in corrections.get(row["row"], {}).items()},
        }

    def _view_field(self, field: Field, row: Mapping[str, Any]) -> Said:
        said, confidence = row[field.name], row[f"{field.name}_confidence"]
        values = said if isinstance(said, list) else [said] if said is not None else []
        others = [f"{field.name}_{rank}" for rank in range(2, TOP_K + 1) if row.get(f"{field.name}_{rank}") is not None]
        return {
            "value": values[0] if values else None,
            "values": values,
            "confidence": _clip(confidence),
            "doubtful": _is_doubtful(confidence, self._spec, field.name, stranger=bool(row.get("stranger"))),
            "kind": field.kind,
            "alternatives": [{"value": row[name], "confidence": _clip(row[f"{name}_confidence"])} for name in others],
        }


def apply_corrections(table: pl.DataFrame, corrections: Corrections, spec: BundleSpec) -> pl.DataFrame:
    """Put what people said into a table of tags, surely; a row is doubtful where another field still is.

    Args:
        table: With the columns of `modiste.batch.tag_files`.
        corrections: Row -> field -> what is right.
        spec: Of the bundle.
    """
    if not corrections:
        return table
    columns = {name: table[name].to_list() for name in table.columns}
    for row, said in corrections.items():
        if not 0 <= row < table.height:
            continue
        for name, values in said.items():
            multi = spec.taxonomy[name].kind == "multi"
            columns[name][row] = list(values) if multi else values[0]
            columns[f"{name}_confidence"][row] = 1.0
        rest = [field.name for field in spec.taxonomy if field.name not in said]
        stranger = "stranger" in columns and columns["stranger"][row]
        confidences = {name: columns[f"{name}_confidence"][row] for name in rest}
        columns["doubtful"][row] = any(
            _is_doubtful(confidence, spec, name, stranger=stranger) for name, confidence in confidences.items()
        )
    return pl.DataFrame(columns, schema=table.schema)


def name_picture(reference: str) -> str:
    """Return what a picture was called when it was sent: nothing of where the server keeps it.

    Example:
        >>> name_picture("/srv/jobs/8f2c/input/shop.zip::shirts/1.jpg"), name_picture("/srv/jobs/8f2c/input/2.jpg")
        ('shirts/1.jpg', '2.jpg')
    """
    path, members = split_reference(reference)
    return "/".join(members).encode("utf-8", "replace").decode() if members else path.name


def _is_doubtful(confidence: float | None, spec: BundleSpec, name: str, *, stranger: bool) -> bool:
    """Say whether an answer is doubtful; where the bundle is silent there is no confidence, and nothing to doubt."""
    return confidence is not None and (stranger or confidence < spec.doubt.get(name, 0.0))


def _clip(confidence: float | None) -> float:
    return 0.0 if confidence is None or math.isnan(confidence) else min(1.0, max(0.0, confidence))
