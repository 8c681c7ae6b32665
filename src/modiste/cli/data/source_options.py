"""What a user may tell every command that reads a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "AnnotatorColumn",
    "BoxColumns",
    "CategoryTypes",
    "Details",
    "Fields",
    "IdColumn",
    "ImageColumn",
    "LabelMap",
    "MultiFields",
    "Pattern",
    "ProductColumn",
    "Reader",
    "Root",
    "Separator",
    "Source",
    "SplitColumn",
    "Table",
    "TitleColumn",
    "option",
]

_WHAT, _COLUMNS = "What is read", "Columns of a table"


def option(panel: str, text: str, *names: str, metavar: str | None = None) -> Any:
    """Make an option that ``--help`` lists in a panel."""
    return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=panel)


def _column(text: str) -> Any:
    return option(_COLUMNS, text, metavar="COLUMN")


Source = Annotated[Path, typer.Argument(help="A folder, an archive, a table, a picture, or a manifest.")]
Reader = Annotated[
    str | None, option(_WHAT, "Name of a reader (modiste data list shows them); by default the first that fits.")
]
Fields = Annotated[
    str | None,
    option(_WHAT, "Label columns of a table, or names for the levels of class folders, separated by commas."),
]
Separator = Annotated[str | None, option(_WHAT, "What stands between several labels in one cell, such as '|'.")]
MultiFields = Annotated[
    str | None, option(_WHAT, "The label columns to split; by default those that hold the separator.")
]
Table = Annotated[str | None, option(_WHAT, "Which table, where a folder or an archive holds several.")]
Root = Annotated[Path | None, option(_WHAT, "Folder or archive that a table's picture paths start from.")]
Pattern = Annotated[
    str | None, option(_WHAT, "Regular expression; its group, found in an item's id, is the product's id.")
]
Details = Annotated[bool, option(_WHAT, "Kaggle: also read styles/ID.json (slower).", "--details")]
CategoryTypes = Annotated[
    str | None, option(_WHAT, "DeepFashion: only these types: upper-body, lower-body, full-body (comma separated).")
]
LabelMap = Annotated[Path | None, option(_WHAT, "iMaterialist: CSV that names the labels (default: one beside).")]
ImageColumn = Annotated[str | None, _column("Paths or URLs of the pictures.")]
IdColumn = Annotated[str | None, _column("What the item is called.")]
ProductColumn = Annotated[str | None, _column("The product that the picture shows.")]
SplitColumn = Annotated[str | None, _column("train, validation, test ...")]
TitleColumn = Annotated[str | None, _column("The product's name.")]
BoxColumns = Annotated[
    str | None, _column("left,top,width,height in pixels, or two corners, or one column of four numbers.")
]
AnnotatorColumn = Annotated[str | None, _column("Who labelled the row; rows of one item become one, by majority.")]
