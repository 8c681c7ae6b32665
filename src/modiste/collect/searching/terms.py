"""What is searched for, and what a picture that is found by it shows: colour and garment, or any other fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modiste.errors import SourceError, UsageError
from modiste.readers.building import Problems
from modiste.readers.cells import to_text
from modiste.readers.raw_table import load_table

__all__ = ["COLOURS", "Term", "build_terms", "combine_terms", "parse_term", "read_terms"]

COLOURS = tuple(
    "beige black blue bronze brown burgundy charcoal copper coral cream cyan fuchsia gold golden gray green grey ivory "  # noqa: SIM905
    "khaki lavender lilac lime magenta maroon mauve mint mustard navy olive orange peach pink purple red rose rust "
    "salmon silver tan taupe teal turquoise violet white yellow".split()
)
_TERM_COLUMNS = ("term", "terms", "query", "search")


@dataclass(frozen=True)
class Term:
    """One search.

    Args:
        text: What is asked.
        labels: Field -> value: what the pictures show that it finds.

    Raises:
        UsageError: The text is empty.
    """

    text: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise UsageError("a search term is empty; give words, such as 'red dress'")


def parse_term(text: str, colours: Iterable[str] = COLOURS) -> Term:
    """Take a term apart: a colour at its beginning, and the garment behind it.

    Args:
        text: Such as ``"red dress"``; with an equals sign, what stands behind it is the garment: ``"red gown=dress"``.
        colours: Words that are colours; one may have several words.

    Example:
        >>> dict(parse_term("red dress").labels), dict(parse_term("pullover").labels)
        ({'colour': 'red', 'garment': 'dress'}, {'garment': 'pullover'})
    """
    words, _, told = (" ".join(part.split()) for part in text.partition("="))
    folded = words.casefold()
    found = max((colour for colour in colours if folded.startswith(colour.casefold() + " ")), key=len, default=None)
    garment = told or (words if found is None else words[len(found) :].strip())
    colour = {} if found is None else {"colour": found}
    return Term(words, {**colour, "garment": garment})


def combine_terms(colours: Sequence[str], garments: Sequence[str]) -> list[Term]:
    """Return a term for every colour of every garment, as S4 does; for every garment alone where there is no colour.

    Example:
        >>> [term.text for term in combine_terms(["red", "blue"], ["dress"])]
        ['red dress', 'blue dress']
    """
    if not colours:
        return [Term(garment, {"garment": garment}) for garment in garments]
    return [Term(f"{colour} {garment}", {"colour": colour, "garment": garment})
            for garment in garments for colour in colours]  # fmt: skip


def read_terms(path: Path) -> list[Term]:
    """Read a file of terms.

    Args:
        path: A ``.txt`` with a term a line, or a table (CSV, Excel ...) with a column ``term``; its other columns are
            fields, whose blank cells say nothing. Without other columns every term is taken apart by `parse_term`.

    Raises:
        SourceError: It can't be read, or has no such column, or no term.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"the terms in {path} can't be read: {error.strerror}") from error
    if path.suffix.lower() == ".txt":
        lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
        terms = [parse_term(line) for line in lines if line and not line.startswith("#")]
    else:
        terms = _read_table(path, data)
    if not terms:
        raise SourceError(f"{path} holds no term; expected one a line, such as: red dress")
    return terms


def _read_table(path: Path, data: bytes) -> list[Term]:
    table = load_table(path.name, data, Problems())
    name = next((column for column in table.columns if column.strip().casefold() in _TERM_COLUMNS), None)
    if name is None:
        raise SourceError(f"{path} has no column 'term'; its columns are {', '.join(table.columns)}")
    fields = [column for column in table.columns if column != name]
    terms = []
    for at, cell in enumerate(table.columns[name]):
        text = to_text(cell)
        if text is None:
            continue
        labels = {column: value for column in fields if (value := to_text(table.columns[column][at])) is not None}
        terms.append(Term(text, labels) if fields else parse_term(text))
    return terms


def build_terms(
    texts: Sequence[str] = (), *, file: Path | None = None, colours: Sequence[str] = (), garments: Sequence[str] = ()
) -> list[Term]:
    """Return all terms that were given in one way or another, each text once.

    Args:
        texts: Terms as typed, see `parse_term`; the colours count as colours, too.
        file: See `read_terms`.
        colours: See `combine_terms`; they need garments.
        garments: As there.

    Raises:
        UsageError: There is none, or colours stand alone, or one text has two meanings.
        SourceError: The file can't be read.
    """
    if colours and not garments:
        raise UsageError("colours alone find anything; add what is to have them. Type: --garments dress,shirt")
    terms = [parse_term(text, (*COLOURS, *colours)) for text in texts]
    terms += [] if file is None else read_terms(file)
    terms += combine_terms(colours, garments)
    if not terms:
        raise UsageError("there is nothing to search for. Type: --terms 'red dress', or --colours red --garments dress")
    found: dict[str, Term] = {}
    for term in terms:
        key = re.sub(r"\s+", " ", term.text.strip().casefold())
        if found.setdefault(key, term).labels != term.labels:
            raise UsageError(f"the term {term.text!r} is given twice, with different labels; give it once")
    return list(found.values())
