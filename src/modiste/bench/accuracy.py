"""Acceptance of the accuracy: the sealed test part, and the published Condition-CNN split, beside published figures."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from modiste.bench.accept import Setting
from modiste.evaluation import (
    Part,
    PredictionRun,
    Protocol,
    Report,
    Section,
    Target,
    check_targets,
    digest_pictures,
    judge,
    list_sections,
    load_protocol,
    predict_items,
    select_part,
)
from modiste.manifest import Manifest
from modiste.readers import read_source

__all__ = ["SMALL_PICTURES", "name_sections", "run"]

SMALL_PICTURES = "fashion-product-images-small.zip"
_SEALED, _PUBLISHED = "product-tagger-test", "condition-cnn"


def run(setting: Setting) -> Report:
    """Judge the bundle on both protocols; every row is predicted once.

    Args:
        setting: Needs `SMALL_PICTURES` and the Condition-CNN split in the data folder.

    Raises:
        UsageError: A file is missing.
    """
    source = setting.find_data(SMALL_PICTURES)
    manifest = read_source(source)
    setting.say(f"{len(manifest)} items, reading their pictures")
    digests = digest_pictures(manifest.items["image"])
    protocols = [load_protocol(_SEALED), load_protocol(_PUBLISHED)]
    parts = [_select(protocol, manifest, setting, digests) for protocol in protocols]
    for protocol, part in zip(protocols, parts, strict=True):
        setting.note_opening(protocol, protocol.part, data=source.name, rows=len(part.rows))
    wanted = pl.concat([part.rows.items["item_id"] for part in parts]).unique()
    setting.say(f"predicting {len(wanted)} items")
    told = predict_items(
        setting.open_bundle(), manifest.where(pl.col("item_id").is_in(wanted.implode())), threads=setting.threads
    )
    targets: list[Target] = [_check_sealed(*parts)]
    sections: list[Section] = []
    for protocol, part in zip(protocols, parts, strict=True):
        setting.say(f"judging {protocol.name}: {len(part.rows)} rows")
        tables = judge(part, told.predictions, protocol=protocol, replicates=setting.replicates)
        targets += check_targets(protocol, next(iter(tables.values())))
        sections += name_sections(protocol, list_sections(tables, protocol))
    return Report("Accuracy of the shipped bundle", _list_facts(told, parts, setting), sections, targets)


def _select(protocol: Protocol, manifest: Manifest, setting: Setting, digests: Mapping[str, str]) -> Part:
    return select_part(setting.apply_protocol(manifest, protocol), protocol.part, digests=digests)


def _check_sealed(sealed: Part, published: Part) -> Target:
    """The published test ids must all be sealed, or the bundle may have been trained on some."""
    inside = published.rows.items["item_id"].is_in(sealed.rows.items["item_id"].implode())
    share = float(inside.cast(pl.Float64).sum()) / len(inside)
    return Target("published test ids within the sealed part", wanted=1.0, seen=share)


def name_sections(protocol: Protocol, sections: list[Section]) -> list[Section]:
    """Return the sections with the protocol's name before all headings but the first, to keep two protocols apart."""
    first, *rest = sections
    return [first, *(Section(f"{protocol.name}: {entry.heading}", entry.text, entry.data) for entry in rest)]


def _list_facts(told: PredictionRun, parts: list[Part], setting: Setting) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "rows": f"{len(parts[0].rows)} of the sealed test part, {len(parts[1].rows)} of the Condition-CNN test ids",
        "picture size": told.describe_sizes(),
        "unreadable pictures": str(len(told.problems)),
        "intervals": f"95 %: Wilson's for shares, else bootstrap, by title, {setting.replicates} draws, seed 0",
    }
