"""Protocols: which rows, fields and classes a figure is about, and what others published; data files, not code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.evaluation.split_rule import SplitRule
from modiste.manifest import Manifest
from modiste.splits import (
    OUTSIDE,
    apply_split_file,
    find_sources,
    list_recipe_folders,
    read_published_split,
    replace_parts,
)

__all__ = ["Protocol", "Published", "apply_split", "find_split_file", "list_protocols", "load_protocol"]

_FOLDER = Path(__file__).with_name("protocols")


@dataclass(frozen=True)
class Published:
    """Figures that others published under a protocol, or one like it.

    Args:
        what: The system, its pictures, and how its protocol differs.
        source: Where the figures stand.
        accuracy: Field (or ``"mean"``, ``"all_right"``) -> figure in [0, 1].
        macro_f1: Field -> figure in [0, 1].
    """

    what: str = ""
    source: str = ""
    accuracy: Mapping[str, float] = field(default_factory=dict)
    macro_f1: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Protocol:
    """What a figure is about.

    Args:
        name: How it is called on the command line.
        title: The heading of its table.
        description: Which rows, and why.
        part: The part that is judged.
        fields: The fields that are judged.
        targets: Field (or ``"mean"``, ``"all_right"``) -> the accuracy to reach.
        classes: Field -> the only values that may be answered; fields that are missing here are not restricted.
        published: What others reached.
        split_file: The name of the file that says which items belong to which part (`find_split_file`).
        split: Or the rule that says so, where no list of items was published.
        sealed: Whether judging on the part is recorded (`modiste.evaluation.openings`).
        rows_sha256: What `hash_rows` gives for the judged rows; empty where any data will do.

    Raises:
        UsageError: Targets or classes speak of a field that is not judged, or there is not exactly one of
            ``split_file`` and ``split``.
    """

    name: str
    title: str
    description: str
    part: str
    fields: tuple[str, ...]
    targets: Mapping[str, float] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    published: Published = field(default_factory=Published)
    split_file: str = ""
    split: SplitRule | None = None
    sealed: bool = False
    rows_sha256: str = ""

    def __post_init__(self) -> None:
        strangers = {*self.targets, *self.classes} - {*self.fields, "mean", "all_right"}
        if strangers:
            raise UsageError(f"protocol {self.name!r} judges {self.fields}, but speaks of {sorted(strangers)}")
        if bool(self.split_file) == (self.split is not None):
            raise UsageError(f"protocol {self.name!r} needs either split_file = FILE or a table [split] with a rule")

    @classmethod
    def from_toml(cls, text: str) -> Protocol:
        """Read a protocol; the keys are the arguments of the class.

        Raises:
            UsageError: A key is missing or unknown, or the text is no TOML.
        """
        try:
            data: dict[str, Any] = tomllib.loads(text)
            data["fields"] = tuple(data["fields"])
            data["description"] = " ".join(data["description"].split())
            data["classes"] = {name: tuple(values) for name, values in data.get("classes", {}).items()}
            if "split" in data:
                data["split"] = SplitRule(**{**data["split"], "groups": tuple(data["split"].get("groups", ()))})
            return cls(**{**data, "published": Published(**data.get("published", {}))})
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise UsageError(f"expected a TOML file with the keys of modiste.evaluation.Protocol: {error}") from error


@cache
def list_protocols() -> tuple[str, ...]:
    """Return the names of the protocols that modiste brings.

    Example:
        >>> list_protocols()
        ('autocatalog', 'condition-cnn', 'grouped', 'product-tagger-test', 'year-shift')
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_protocol(name: str | Path) -> Protocol:
    """Return a protocol by name, or from a TOML file of one's own.

    Args:
        name: One of `list_protocols`, or the path of a file that ends in ``.toml``.

    Raises:
        UnknownNameError: There is no such protocol.
        SourceError: The file can't be read.
        UsageError: The file is no protocol.

    Example:
        >>> {name: len(values) for name, values in load_protocol("condition-cnn").classes.items()}
        {'masterCategory': 4, 'subCategory': 21, 'articleType': 45}
    """
    path = Path(name)
    if path.suffix != ".toml":
        if str(name) not in list_protocols():
            raise UnknownNameError("protocol", str(name), list_protocols())
        path = _FOLDER / f"{name}.toml"
    try:
        return Protocol.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} can't be read as a protocol: {error}") from error


def find_split_file(name: str, *, beside: Path | None = None) -> Path:
    """Return the path of a protocol's split file.

    Args:
        name: Its file name.
        beside: The data source; the file may stand in it or next to it. Then come the split files modiste brings.

    Raises:
        SourceError: It is in none of these places.
    """
    folders = [folder / "splits" for folder in list_recipe_folders()]
    if beside is not None:
        folders = [beside, beside.resolve().parent, *folders]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise SourceError(
        f"the split file {name} is neither beside the data nor among those modiste brings. Type: --split-file FILE"
    )


def apply_split(manifest: Manifest, path: Path) -> Manifest:
    """Return the manifest with the parts that a split file gives, whichever kind it is.

    Args:
        manifest: The items.
        path: A CSV with the columns ``item`` and ``split`` (hashes of ids; items it does not name belong to
            ``train``), or ``id`` and ``split`` (published ids; items it does not name belong to ``outside``).

    Raises:
        SourceError: It is neither.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline().strip().split(",")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} can't be read as a split file: {error}") from error
    if header[:1] == ["item"]:
        return apply_split_file(manifest, path)
    parts = read_published_split(path)
    return replace_parts(manifest, [parts.get(item, OUTSIDE) for item in find_sources(manifest)])
