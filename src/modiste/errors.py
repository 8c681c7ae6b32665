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
    ├── ExportError           a trained network that its export does not reproduce
    └── ClientError           a server that could not be asked, or did not give what was asked for
        ├── UnreachableError      nobody answers at the address, or not in time
        ├── AnswerError           the answer is not one that this client understands
        └── ServerProblemError    the server says what is wrong
            ├── KeyRefusedError       a key is needed, or another one
            ├── NotFoundError         there is no such item, opinion or batch
            └── BusyError             the server had its hands full for longer than the client would wait

Every text says what was given, what was expected and what to type next.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

__all__ = [
    "AnswerError",
    "BundleError",
    "BusyError",
    "CatalogueError",
    "ClientError",
    "ExportError",
    "FilterError",
    "KeyRefusedError",
    "ManifestError",
    "MissingExtraError",
    "ModisteError",
    "NotFoundError",
    "PictureError",
    "RecipeError",
    "ServerProblemError",
    "SourceError",
    "UnknownNameError",
    "UnreachableError",
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


class ClientError(ModisteError):
    """A server that could not be asked, or did not give what was asked for."""


class UnreachableError(ClientError):
    """Nobody answers at the address, or not in time; the text says how a server is started."""


class AnswerError(ClientError):
    """An answer that this client does not understand: of another program, or of another version of modiste."""


class ServerProblemError(ClientError):
    """What a server of modiste says is wrong (RFC 9457).

    Args:
        asked: What was asked, such as ``"POST /v1/search"``.
        status: The HTTP status.
        kind: The kind's name, such as ``"bad-filter"``; `docs/serving.md` says where they are listed.
        detail: What was given, and what was expected.
        next: What helps.
        request_id: The id that the server's log has, too.

    Example:
        >>> print(ServerProblemError("GET /v1/items/7", status=404, kind="not-found", detail="there is no item '7'"))
        GET /v1/items/7: there is no item '7' (HTTP 404, not-found)
    """

    def __init__(
        self, asked: str, *, status: int, kind: str, detail: str, next: str = "", request_id: str | None = None
    ) -> None:
        super().__init__(f"{asked}: {detail} (HTTP {status}, {kind}){'. ' if next else ''}{next}")
        self.asked, self.status, self.kind, self.detail, self.next = asked, status, kind, detail, next
        self.request_id = request_id


class KeyRefusedError(ServerProblemError):
    """The server wants a key, or one that may do more (401, 403)."""


class NotFoundError(ServerProblemError):
    """There is no such item, opinion or batch (404)."""


class BusyError(ServerProblemError):
    """The server had its hands full (429, 503) for longer than the client would wait."""


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
