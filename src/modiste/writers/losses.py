"""What is lost when a manifest is written in a format: told, with counts, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.writers.base import Loss, Prepared, Writer, WriterOptions
from modiste.writers.keeping import choose_fields, keep_declared, rename_fields

__all__ = ["describe_losses", "list_losses", "prepare_manifest"]


def prepare_manifest(
    manifest: Manifest, writer: Writer, options: WriterOptions | None = None, *, name: str = "out"
) -> Prepared:
    """Return a manifest as it will be read back from a format.

    Args:
        manifest: The data set.
        writer: The format.
        options: What the writer is told.
        name: The output's name, which may decide on the format of a table.

    Raises:
        UsageError: It can't be written in this format at all.
    """
    options = options or WriterOptions()
    _check_options(writer, options)
    manifest = rename_fields(manifest, options.rename)
    fields = choose_fields(manifest, writer.keeps, options.fields)
    return writer.prepare(keep_declared(manifest, writer.keeps, fields), options, name)


def _check_options(writer: Writer, options: WriterOptions) -> None:
    strangers = [name for name in options.given() if name not in (*writer.options, "rename")]
    if strangers:
        taken = ", ".join(sorted({*writer.options, "rename"}))
        raise UsageError(f"the writer {writer.name!r} does not take {', '.join(strangers)}; its options: {taken}")


def describe_losses(
    manifest: Manifest, writer: Writer, options: WriterOptions | None = None, *, name: str = "out"
) -> list[Loss]:
    """Tell what of a manifest a format can't keep, or keeps in another form. No picture is opened.

    Args:
        manifest: The data set.
        writer: The format, from `find_writer`.
        options: What the writer is told.
        name: The output's name, which may decide on the format of a table.

    Returns:
        One loss for each kind of thing; none if everything is kept.

    Raises:
        UsageError: The manifest can't be written in this format at all.

    Example:
        >>> from modiste.writers import find_writer
        >>> rows = [{"item_id": "1", "image": "1.jpg", "source": "x", "box": [0, 0, 9, 9], "label.type": "Shoes"}]
        >>> [loss.to_text() for loss in describe_losses(Manifest.from_rows(rows), find_writer("class-folders"))][:1]
        ['1 item ids: become paths or are encoded']
    """
    return list_losses(manifest, prepare_manifest(manifest, writer, options, name=name), writer, options)


def list_losses(
    manifest: Manifest, prepared: Prepared, writer: Writer, options: WriterOptions | None = None
) -> list[Loss]:
    """As `describe_losses`, for a manifest that was prepared already."""
    manifest = rename_fields(manifest, options.rename if options else ())
    kept = manifest.items[list(prepared.rows)]
    found = prepared.manifest.items
    losses = [Loss("items", len(manifest) - len(kept), len(manifest), "left out: the format has no place for them")]
    losses += _list_ids(kept, found)
    losses += (
        _compare(kept[column].to_list(), found[column].to_list(), what)
        for column, what in (("split", "split names"), ("box", "boxes"), ("title", "titles"))
    )
    losses += _list_fields(manifest, kept, prepared.manifest)
    losses += _list_free(kept, found)
    lost = len(manifest.opinions) - len(prepared.manifest.opinions)
    losses.append(Loss("opinions of annotators", lost, len(manifest.opinions)))
    if writer.keeps.pictures == "28x28 grey":
        losses.append(Loss("pictures", len(found), len(found), "become 28 x 28 grey pixels"))
    if not writer.keeps.order and len(found) > 1:
        losses.append(Loss("items", len(found), 0, "come back in another order"))
    return [loss for loss in (*losses, *prepared.losses) if loss.count]


def _list_ids(kept: pl.DataFrame, found: pl.DataFrame) -> Iterator[Loss]:
    yield Loss("item ids", _count_changes(kept["item_id"], found["item_id"]), 0, "become paths or are encoded")
    own = kept["product_id"] == kept["item_id"]
    still = found["product_id"] == found["item_id"]
    changed = _count_changes(kept["product_id"].filter(~own), found["product_id"].filter(~own))
    lost = int((still & ~own).sum())
    yield Loss("product ids", lost, int((~own).sum()), "lost: each picture is a product by itself")
    yield Loss("product ids", changed - lost, 0, "are encoded")


def _count_changes(before: pl.Series, after: pl.Series) -> int:
    return sum(old != new for old, new in zip(before.to_list(), after.to_list(), strict=True))


def _compare(before: Iterable[Any], after: Iterable[Any], what: str) -> Loss:
    """Count what is there before and not, or otherwise, after."""
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old is not None]
    lost = sum(new is None for _, new in pairs)
    changed = sum(not _same(old, new) for old, new in pairs)
    note = "lost" if lost == changed else "lost or changed"
    return Loss(what, changed, len(pairs), note)


def _same(old: Any, new: Any) -> bool:
    return bool(old == new) or (old != old and new != new)  # noqa: PLR0124  (NaN is kept as NaN)


def _list_fields(manifest: Manifest, kept: pl.DataFrame, after: Manifest) -> Iterator[Loss]:
    fields = manifest.taxonomy
    gone = [field.name for field in fields if field.name not in after.taxonomy]
    yield Loss("fields", len(gone), len(fields), f"lost: {_join(gone)}")
    there = [field for field in fields if field.name in after.taxonomy]
    for field in there:
        before, now = (_sort_labels(column) for column in (kept[LABEL + field.name], after.labels(field.name)))
        yield _compare(before, now, f"labels of {field.name}")
        filled = sum(old is None and new is not None for old, new in zip(before, now, strict=True))
        yield Loss(f"blanks of {field.name}", filled, before.count(None), "come back as answers")
    single = [field.name for field in there if field.kind == "single"]
    turned = [name for name in single if after.taxonomy[name].kind != "single"]
    yield Loss("fields with one value", len(turned), len(single), f"come back as fields with several: {_join(turned)}")
    parents = [field.name for field in there if field.parent is not None]
    orphans = [name for name in parents if after.taxonomy[name].parent != fields[name].parent]
    yield Loss("places in a hierarchy", len(orphans), len(parents), f"lost: {_join(orphans)} stand by themselves")
    other = [field.name for field in there if after.taxonomy[field.name].values != field.values]
    yield Loss("lists of values", len(other), len(there), f"only what occurs, by name: {_join(other)}")


def _sort_labels(column: pl.Series) -> list[Any]:
    """Return the labels of each item as a sorted list, so that neither order nor kind counts; None stays None."""
    cells = column.to_list()
    return [cell if cell is None else sorted(cell) if isinstance(cell, list) else [cell] for cell in cells]


def _list_free(kept: pl.DataFrame, found: pl.DataFrame) -> Iterator[Loss]:
    free = [name for name in kept.columns if name.startswith(META)]
    gone = [name for name in free if name not in found.columns]
    yield Loss("free columns", len(gone), len(free), f"lost: {_join(name.removeprefix(META) for name in gone)}")
    for name in free:
        if name in found.columns:
            what = f"values of {name.removeprefix(META)}"
            yield _compare(kept[name].to_list(), found[name].to_list(), what)


def _join(names: Iterable[str], most: int = 8) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
