"""The options that say how a data set is read: declared once, given to every command that reads one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modiste.cli.data.source_options import (
    AnnotatorColumn,
    BoxColumns,
    CategoryTypes,
    Details,
    Fields,
    IdColumn,
    ImageColumn,
    LabelMap,
    MultiFields,
    Pattern,
    ProductColumn,
    Reader,
    Root,
    Separator,
    SplitColumn,
    Table,
    TitleColumn,
)
from modiste.cli.typed_lists import split_names

if TYPE_CHECKING:
    from modiste.manifest import Manifest
    from modiste.readers import ReaderOptions

__all__ = ["Reading", "takes_reading"]

_LISTS = ("fields", "multi_fields", "box_columns", "category_types")  # typed with commas


@dataclass(frozen=True)
class Reading:
    """What a user said about reading.

    Args:
        reader: The name of a reader; None is the first that fits.
        said: The other options by their names, as they were typed.
    """

    reader: str | None
    said: dict[str, Any]

    @property
    def options(self) -> ReaderOptions:
        """What was said, for a reader."""
        from modiste.readers import ReaderOptions

        options: dict[str, Any] = {
            name: split_names(value) if name in _LISTS else value for name, value in self.said.items()
        }
        return ReaderOptions(**options)

    def read(self, source: Path) -> Manifest:
        """Read a data set as the user said."""
        from modiste.readers import read_source

        return read_source(source, reader=self.reader, options=self.options)


def takes_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options for reading, in place of its parameter ``reading``.

    Args:
        command: A command with a keyword parameter ``reading``, which gets a `Reading`.

    Example:
        >>> def show(source: str, *, reading: Reading) -> None:
        ...     print(source, reading.said["fields"])
        >>> takes_reading(show)("shop", **dict.fromkeys(inspect.signature(_declare).parameters, "a"))
        shop a
    """
    own, declared = (inspect.signature(function, eval_str=True) for function in (command, _declare))
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    mine = [parameter.replace(kind=place) for name, parameter in own.parameters.items() if name != "reading"]
    parameters = [*mine, *declared.parameters.values()]

    @functools.wraps(command)
    def call(*words: Any, **given: Any) -> None:
        said = {name: given.pop(name, parameter.default) for name, parameter in declared.parameters.items()}
        command(*words, **given, reading=Reading(said.pop("reader"), said))

    # The command line is built from the signature and the annotations.
    call.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    return call


def _declare(
    reader: Reader = None,
    fields: Fields = None,
    separator: Separator = None,
    multi_fields: MultiFields = None,
    table: Table = None,
    root: Root = None,
    product_pattern: Pattern = None,
    details: Details = False,
    category_types: CategoryTypes = None,
    label_map: LabelMap = None,
    image_column: ImageColumn = None,
    id_column: IdColumn = None,
    product_column: ProductColumn = None,
    split_column: SplitColumn = None,
    title_column: TitleColumn = None,
    box_columns: BoxColumns = None,
    annotator_column: AnnotatorColumn = None,
) -> None:
    """Declare the options; nobody calls this."""
