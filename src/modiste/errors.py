"""The exceptions that modiste raises on purpose.

    ModisteError
    ├── UsageError            what was asked for can't be done as asked
    │   ├── UnknownNameError      a name that is not in a known list
    │   ├── FilterError           a filter that is not in the filter language
    │   └── MissingExtraError     a part of modiste that is not installed
    ├── SourceError           a data source that no reader understands, or one that is damaged
    ├── ManifestError         a manifest that contradicts itself
    ├── PictureError          one picture that can't be read; its reason goes into the error table
    ├── BundleError           a bundle that is damaged, too new, or does not fit
    ├── CatalogueError        a catalogue that is damaged, foreign, or made for another bundle
    ├── RecipeError           a training recipe that can't be carried out
    └── ExportError           a trained network that its export does not reproduce

Every text says what was given, what was expected and what to type next.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

__all__ = [
    "BundleError",
    "CatalogueError",
    "ExportError",
    "FilterError",
    "ManifestError",
    "MissingExtraError",
    "ModisteError",
    "PictureError",
    "RecipeError",
    "SourceError",
    "UnknownNameError",
    "UsageError",
    "import_extra",
]


class ModisteError(Exception):
    """The root of every exception that modiste raises on purpose; its text is never empty."""

    def __init__(self, message: str) -> None:
        if not message.strip():
            raise ValueError("an error without a text helps nobody: say what was given, expected and what to type")
        super().__init__(message)


class UsageError(ModisteError):
    """What was asked for can't be done as asked; the command line exits with 2."""


class UnknownNameError(UsageError):
    """A name that is not in a known list; the text offers the nearest known ones.

    Example:
        >>> str(UnknownNameError("field", "colour", ["baseColour", "season"]))
        "there is no field 'colour'; did you mean 'baseColour'? Known: baseColour, season"
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        super().__init__(f"there is no {kind} {name!r}{_near(name, names)} Known: {', '.join(names) or 'none'}")
        self.name = name


class FilterError(UsageError):
    """A filter that is not in the filter language; the text points at the place."""


class MissingExtraError(UsageError):
    """A part of modiste that the base install leaves out; the text is the line that installs it."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the extra '{extra}'. Type: pip install 'modiste[{extra}]'")
        self.extra = extra


class SourceError(ModisteError):
    """A data source that no reader understands, or one that is damaged."""


class ManifestError(ModisteError):
    """A manifest that contradicts itself or its taxonomy."""


class PictureError(ModisteError):
    """One picture that can't be read; a batch writes the text into its error table and goes on."""


class BundleError(ModisteError):
    """A bundle that is damaged, too new for this modiste, or does not fit what is asked of it."""


class CatalogueError(ModisteError):
    """A catalogue that is damaged, written by a newer modiste, or made for another bundle."""


class RecipeError(ModisteError):
    """A training recipe that can't be carried out; the text names the line to change."""


class ExportError(ModisteError):
    """A trained network whose exported form does not give the same answers."""


def import_extra(module: str, *, purpose: str, extra: str) -> ModuleType:
    """Import a module that only an extra installs.

    Args:
        module: Dotted name, such as ``"torch"``.
        purpose: What the user asked for, as the start of a sentence: ``"Training"``.
        extra: The extra that brings the module.

    Returns:
        The imported module.

    Raises:
        MissingExtraError: The module is not installed; the text is the line to type.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name.partition(".")[0]):
            raise
        raise MissingExtraError(purpose, extra) from error


def _near(name: str, known: list[str]) -> str:
    folded = {value.casefold(): value for value in known}
    matches = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    matches = matches or [value for value in known if name.casefold() in value.casefold()][:3]
    return f"; did you mean {', '.join(map(repr, matches))}?" if matches else "."
