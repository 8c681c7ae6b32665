"""Acceptance of the writers: the Kaggle set written as each format and read back is exactly what was announced."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.evaluation import Report, Section, Target, render_table
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import LABEL, Manifest, build_taxonomy
from modiste.readers import read_source
from modiste.writers import WriterOptions, describe_losses, find_writer, list_writers, write_dataset
from modiste.writers.fashion_mnist import to_grey
from modiste.writers.losses import prepare_manifest

__all__ = ["TRIALS", "Outcome", "Trial", "compare", "measure_round_trip", "run"]

_BASE_URL = "https://shop.example/photos"
_PARENTS = {"category": "categoryType"}
_BODIES = {"Topwear": "upper-body", "Bottomwear": "lower-body", "Dress": "full-body"}
_CLASSES = {"Tshirts": "T-shirt/top", "Trousers": "Trouser", "Sweaters": "Pullover", "Dresses": "Dress"}
_CLASSES |= {"Jackets": "Coat", "Sandals": "Sandal", "Shirts": "Shirt", "Sports Shoes": "Sneaker", "Handbags": "Bag"}


@dataclass(frozen=True)
class Trial:
    """One format, and what the Kaggle set must be called in it.

    Args:
        writer: The writer's name.
        name: The output's name.
        options: What the writer is told.
        recode: Field -> new values, by the values of ``articleType`` or ``subCategory``; other items are left out.
        split: Whether the items are given parts, which some formats need.
    """

    writer: str
    name: str
    options: WriterOptions = field(default_factory=WriterOptions)
    recode: Mapping[str, Mapping[str, str]] | None = None
    split: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the trial is called in a table."""
        return f"{self.writer} ({Path(self.name).suffix})" if Path(self.name).suffix else self.writer


_LEVELS = ("masterCategory", "subCategory", "articleType")
_FEED_NAMES = (("masterCategory", "category"), ("articleType", "productType"))
TRIALS = (
    Trial("manifest", "set"),
    *(Trial("table", f"set{suffix}") for suffix in (".csv", ".parquet", ".jsonl", ".xlsx")),
    Trial("huggingface", "set"),
    Trial("webdataset", "set", split=("train", "validation", "test")),
    Trial("kaggle", "set"),
    Trial("class-folders", "set", WriterOptions(fields=_LEVELS), split=("train", "test")),
    Trial("deepfashion", "set", recode={"categoryType": _BODIES}, split=("train", "validation", "test")),
    Trial(
        "deepfashion-inshop", "set", WriterOptions(rename=(("articleType", "category"),)), split=("query", "gallery")
    ),
    Trial("imaterialist", "set", split=("train", "validation", "test")),
    Trial("imaterialist-csv", "set"),
    Trial("fashion-mnist", "set", recode={"category": _CLASSES}, split=("train", "test")),
    Trial("google-merchant", "set.tsv", WriterOptions(base_url=_BASE_URL, rename=_FEED_NAMES)),
    Trial("google-merchant", "set.xml", WriterOptions(base_url=_BASE_URL, rename=_FEED_NAMES)),
    Trial("shopify", "set.csv", WriterOptions(base_url=_BASE_URL, rename=_FEED_NAMES)),
)


@dataclass(frozen=True)
class Outcome:
    """How a set came back.

    Args:
        items: How many items were announced.
        found: How many came back.
        differing: Cells that differ from what was announced, fields that differ in their values included.
        pictures: Pictures whose content differs.
        digest: SHA-256 of the sorted hashes of the pictures that came back: formats that keep all agree in it.
        seconds: For writing and reading.
        losses: What the writer announced to lose.
    """

    items: int
    found: int
    differing: int
    pictures: int
    digest: str
    seconds: float
    losses: tuple[str, ...]


def run(setting: Setting) -> Report:
    """Write the Kaggle set as every format and read it back.

    Args:
        setting: Its data folder holds the Kaggle zip.
    """
    return measure_round_trip(setting, setting.find_data(SMALL_PICTURES))


def measure_round_trip(setting: Setting, source: Path, *, limit: int | None = None) -> Report:
    """Write a set as every format, read it back, and compare item by item and hash by hash.

    Args:
        setting: Who is told.
        source: A set in Kaggle's layout.
        limit: Use the first so many items only.
    """
    manifest = read_source(source)
    if limit is not None:
        manifest = Manifest(manifest.taxonomy, manifest.items.head(limit))
    outcomes = {}
    for trial in TRIALS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes[trial.label] = _try(trial, manifest, Path(folder))
        setting.say(f"{trial.label}: {outcomes[trial.label].found} items, {outcomes[trial.label].seconds:.1f} s")
    untried = {writer.name for writer in list_writers()} - {trial.writer for trial in TRIALS}
    targets = [
        Target("formats that were not tried", 0, len(untried), at_least=False),
        *(
            Target(what, 0, sum(getattr(outcome, name) for outcome in outcomes.values()), at_least=False)
            for name, what in (("differing", "cells that differ"), ("pictures", "pictures that differ"))
        ),
        Target(
            "items that did not come back",
            0,
            sum(abs(outcome.items - outcome.found) for outcome in outcomes.values()),
            at_least=False,
        ),
    ]
    facts = {"data": f"{len(manifest)} items of {source.name}"}
    return Report("Every format written and read back", facts, [_show(outcomes), _show_losses(outcomes)], targets)


def _try(trial: Trial, manifest: Manifest, folder: Path) -> Outcome:
    manifest = _adapt(manifest, trial)
    writer = find_writer(trial.writer)
    expected = prepare_manifest(manifest, writer, trial.options, name=trial.name).manifest
    start = time.perf_counter()
    written = write_dataset(manifest, folder / trial.name, format=trial.writer, options=trial.options)
    found = read_source(written.path, reader=written.reader, options=written.reading)
    seconds = time.perf_counter() - start
    losses = tuple(loss.to_text() for loss in describe_losses(manifest, writer, trial.options, name=trial.name))
    grey = writer.keeps.pictures == "28x28 grey"
    return replace(compare(expected, found, grey=grey), seconds=seconds, losses=losses)


def _adapt(manifest: Manifest, trial: Trial) -> Manifest:
    """Give the set the parts and the fields that a format needs."""
    items = manifest.items
    if trial.split:
        parts = [trial.split[at % len(trial.split)] for at in range(len(items))]
        items = items.with_columns(split=pl.Series(parts, dtype=pl.String))
    if trial.recode is None:
        return Manifest(manifest.taxonomy, items, manifest.problems, manifest.opinions, manifest.rows)
    for name, values in trial.recode.items():
        by = "subCategory" if name == "categoryType" else "articleType"
        items = items.with_columns(
            pl.col(LABEL + by).replace_strict(values, default=None, return_dtype=pl.String).alias(LABEL + name)
        ).filter(pl.col(LABEL + name).is_not_null())
    if "categoryType" in trial.recode:
        items = _keep_one_parent(items.with_columns(pl.col(f"{LABEL}articleType").alias(f"{LABEL}category")))
    return Manifest(build_taxonomy(items, _PARENTS if "categoryType" in trial.recode else {}), items)


def _keep_one_parent(items: pl.DataFrame) -> pl.DataFrame:
    """Leave out categories that occur for several parts of the body: DeepFashion gives each category one."""
    kinds = items.group_by(f"{LABEL}category").agg(pl.col(f"{LABEL}categoryType").n_unique().alias("kinds"))
    single = kinds.filter(pl.col("kinds") == 1)[f"{LABEL}category"]
    return items.filter(pl.col(f"{LABEL}category").is_in(single.implode()))


def compare(expected: Manifest, found: Manifest, *, grey: bool = False) -> Outcome:
    """Compare a set that came back with what was announced.

    Args:
        expected: What was announced; its pictures are the originals.
        found: What came back.
        grey: The pictures became grey pixels: pixels are compared, not files.
    """
    ids = expected.items.select("item_id").join(found.items.select("item_id"), on="item_id")["item_id"].sort()
    before, after = (_select(manifest, ids) for manifest in (expected, found))
    columns = sorted({*before.columns, *after.columns} - {"image", "source"})
    differing = sum(_count(before, after, column) for column in columns)
    differing += sum(item not in tuple(found.taxonomy) for item in expected.taxonomy)
    pairs = _hash_pairs(before["image"].to_list(), after["image"].to_list(), grey=grey)
    digest = hashlib.sha256("".join(sorted(new for _, new in pairs)).encode()).hexdigest()
    wrong = sum(old != new for old, new in pairs)
    return Outcome(len(expected), len(found), differing, wrong, digest, 0.0, ())


def _select(manifest: Manifest, ids: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"item_id": ids}).join(manifest.items, on="item_id", how="left", maintain_order="left")


def _count(before: pl.DataFrame, after: pl.DataFrame, column: str) -> int:
    if column not in before.columns or column not in after.columns:
        return len(before)
    pairs = zip(before[column].to_list(), after[column].to_list(), strict=True)
    return sum(old != new for old, new in pairs)


def _hash_pairs(before: Sequence[str], after: Sequence[str], *, grey: bool) -> list[tuple[str, str]]:
    with PictureSource() as source:
        return [
            (_hash(source.read(old), grey=grey), _hash(source.read(new), grey=grey))
            for old, new in zip(before, after, strict=True)
        ]


def _hash(data: bytes, *, grey: bool) -> str:
    return hashlib.sha256(np.ascontiguousarray(to_grey(decode_picture(data))).tobytes() if grey else data).hexdigest()


def _show(outcomes: Mapping[str, Outcome]) -> Section:
    rows = [
        (label, str(item.items), str(item.found), str(item.differing), str(item.pictures), item.digest[:16])
        for label, item in outcomes.items()
    ]
    header = ("format", "items", "came back", "cells that differ", "pictures that differ", "hash of the pictures")
    data = {label: {"items": item.items, "digest": item.digest} for label, item in outcomes.items()}
    return Section("What came back", render_table(header, rows), data)


def _show_losses(outcomes: Mapping[str, Outcome]) -> Section:
    rows = [(label, loss) for label, item in outcomes.items() for loss in item.losses or ("nothing",)]
    return Section("What each writer announced to lose", render_table(("format", "announced"), rows), {})
