"""What Hugging Face `datasets` says of its columns: which hold pictures, which hold numbers that stand for names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modiste.readers.json_text import parse_json

__all__ = ["HUGGING_FACE_KEY", "Features", "parse_features"]

HUGGING_FACE_KEY = "huggingface"  # of the metadata of a Parquet file or an Arrow schema
_LISTS = ("Sequence", "List", "LargeList")


@dataclass(frozen=True)
class Features:
    """The features of a data set, as far as a manifest needs them.

    Args:
        pictures: The columns of pictures.
        classes: Column -> the names of its numbers, for single ones and for lists.
    """

    pictures: tuple[str, ...] = ()
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def merge(self, other: Features) -> Features:
        """Return both; where both name the classes of a column, this one's names stand."""
        return Features(tuple(dict.fromkeys((*self.pictures, *other.pictures))), {**other.classes, **self.classes})


def parse_features(text: str) -> Features:
    """Read the features from ``dataset_info.json``, or from what a Parquet file says under `HUGGING_FACE_KEY`.

    Args:
        text: JSON; what is no description of features counts as none.

    Example:
        >>> text = '{"features": {"kind": {"names": ["bag", "shoe"], "_type": "ClassLabel"}}}'
        >>> parse_features(text).classes
        {'kind': ('bag', 'shoe')}
    """
    try:
        said = parse_json(text)
    except ValueError:
        return Features()
    info = said.get("info", said) if isinstance(said, dict) else None
    features = info.get("features") if isinstance(info, dict) else None
    if not isinstance(features, dict):
        return Features()
    pictures = tuple(name for name, kind in features.items() if isinstance(kind, dict) and kind.get("_type") == "Image")
    classes = {name: names for name, kind in features.items() if (names := _find_names(kind))}
    return Features(pictures, classes)


def _find_names(kind: Any) -> tuple[str, ...]:
    """Return the class names of a feature, of one within a list, or none."""
    if isinstance(kind, Sequence) and not isinstance(kind, str) and len(kind) == 1:
        kind = kind[0]
    elif isinstance(kind, dict) and kind.get("_type") in _LISTS:
        kind = kind.get("feature")
    names = kind.get("names") if isinstance(kind, dict) and kind.get("_type") == "ClassLabel" else None
    usable = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if usable and isinstance(names, list) else ()
