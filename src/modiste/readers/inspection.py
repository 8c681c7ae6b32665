"""What a reader understood of a source, as plain JSON types: the content of ``modiste data inspect --json``."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from modiste.imaging.references import SEPARATOR
from modiste.manifest import LABEL, META, Manifest
from modiste.readers.cells import is_url
from modiste.taxonomy import Field

__all__ = ["describe_manifest"]


def describe_manifest(manifest: Manifest, *, source: str, examples: int = 3) -> dict[str, Any]:
    """Describe a manifest: its items, fields, values, splits, pictures and problems.

    Args:
        manifest: The manifest.
        source: Where it came from, as the user gave it.
        examples: How many examples each reason of a problem gets.

    Returns:
        Plain JSON types. ``source``, ``readers``; ``rows`` (of the source; null if unknown), ``items`` (kept),
        ``products``; ``fields``: ``name``, ``kind``, ``parent``, ``labelled``, ``blank``, ``values`` (commonest
        first, each with ``value`` and ``count``); ``splits``: ``split`` and ``count``; ``pictures``: ``files``,
        ``in_archives``, ``addresses``, ``kinds`` (``suffix``, ``count``); ``boxes``, ``titles``; ``metadata``:
        ``name``, ``type``, ``filled``; ``opinions``: ``count``, ``annotators``; ``problems``: ``count``, ``reasons``
        (``reason``, ``count``, ``examples``).

    Example:
        >>> row = {"item_id": "1", "image": "1.jpg", "source": "flat", "label.season": "Summer"}
        >>> described = describe_manifest(Manifest.from_rows([row]), source="photos")
        >>> described["items"], described["fields"][0]["values"]
        (1, [{'value': 'Summer', 'count': 1}])
    """
    items = manifest.items
    return {
        "source": source,
        "readers": sorted(items["source"].unique()),
        "rows": manifest.rows,
        "items": len(items),
        "products": items["product_id"].n_unique(),
        "fields": [_describe_field(items, field) for field in manifest.taxonomy],
        "splits": _count(items["split"], "split"),
        "pictures": _describe_pictures(items["image"]),
        "boxes": items["box"].count(),
        "titles": items["title"].count(),
        "metadata": [_describe_free(items[name]) for name in items.columns if name.startswith(META)],
        "opinions": {"count": len(manifest.opinions), "annotators": manifest.opinions["annotator"].n_unique()},
        "problems": {"count": len(manifest.problems), "reasons": _describe_problems(manifest.problems, examples)},
    }


def _describe_field(items: pl.DataFrame, field: Field) -> dict[str, Any]:
    labels = items[LABEL + field.name]
    flat = labels.drop_nulls().explode(empty_as_null=True) if field.kind == "multi" else labels
    return {
        "name": field.name,
        "kind": field.kind,
        "parent": field.parent,
        "labelled": labels.count(),
        "blank": labels.null_count(),
        "values": _count(flat.drop_nulls(), "value"),
    }


def _count(values: pl.Series, name: str) -> list[dict[str, Any]]:
    """Count values, the commonest first, equally common ones by name."""
    counts = values.alias(name).to_frame().group_by(name).len("count")
    return counts.sort(["count", name], descending=[True, False]).to_dicts()


def _describe_pictures(references: pl.Series) -> dict[str, Any]:
    suffixes = Counter(_find_suffix(reference) for reference in references)
    addresses = sum(map(is_url, references))
    archived = sum(SEPARATOR in reference and not is_url(reference) for reference in references)
    return {
        "files": len(references) - addresses - archived,
        "in_archives": archived,
        "addresses": addresses,
        "kinds": [{"suffix": suffix, "count": count} for suffix, count in suffixes.most_common()],
    }


def _find_suffix(reference: str) -> str:
    path = urlsplit(reference).path if is_url(reference) else reference
    return posixpath.splitext(path)[1].lower()


def _describe_free(column: pl.Series) -> dict[str, Any]:
    return {"name": column.name.removeprefix(META), "type": str(column.dtype), "filled": column.count()}


def _describe_problems(problems: pl.DataFrame, examples: int) -> list[dict[str, Any]]:
    grouped = problems.group_by("reason", maintain_order=True).agg(
        count=pl.len(), examples=pl.col("where").head(examples)
    )
    return grouped.sort("count", descending=True, maintain_order=True).to_dicts()
