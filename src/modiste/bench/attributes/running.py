"""The run: read the shop's records, ask the bundle about a part, and judge every attribute that it says."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.attributes.judging import Answers, Attribute, judge_attribute
from modiste.bench.attributes.tables import list_targets, show_figures, show_said
from modiste.errors import UsageError
from modiste.evaluation import (
    PredictionRun,
    Predictions,
    Report,
    encode_single_labels,
    group_rows,
    load_protocol,
    predict_items,
)
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.attribute_fields import AttributeFields, add_attribute_fields
from modiste.splits import list_recipe_folders

__all__ = ["find_attributes", "judge_parts", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
_PROTOCOL: Final = "product-tagger-test"
_FILE: Final = "attributes/kaggle.toml"
_KIND: Final = "articleType"
Number = TypeVar("Number", np.float32, np.bool_)


def run(setting: Setting) -> Report:
    """Judge the attributes of a bundle on a part.

    Args:
        setting: Needs the small pictures, with the shop's records, in the data folder; ``part`` is judged.

    Raises:
        UsageError: The file is missing, there is no such part, or the bundle says no attribute.
    """
    protocol, bundle = load_protocol(_PROTOCOL), setting.open_bundle()
    attributes = AttributeFields.read(find_attributes())
    names = [name for name in attributes.names if name in bundle.taxonomy]
    if not names or _KIND not in bundle.taxonomy:
        raise UsageError(
            f"{bundle.path} says {', '.join(bundle.taxonomy.names)}; expected {_KIND} and one of "
            f"{', '.join(attributes.names)}. Type: --bundle FOLDER"
        )
    whole = read_source(setting.find_data(SMALL_PICTURES), options=ReaderOptions(details=True))
    manifest = setting.apply_protocol(add_attribute_fields(whole, attributes.select(names)), protocol)
    part = manifest.of_split(setting.part)
    if not len(part):
        raise UsageError(f"no item belongs to the part {setting.part!r}; expected 'validation' or 'test'")
    setting.note_opening(protocol, setting.part, data=SMALL_PICTURES, rows=len(part))
    setting.say(f"asking about {len(part)} pictures")
    told = predict_items(bundle, part, threads=setting.threads)
    judged = judge_parts(told.predictions, part, manifest.of_split("train"), names, replicates=setting.replicates)
    sections = [show_figures(judged), show_said(judged)]
    return Report("Attributes", _list_facts(told, part, setting), sections, list_targets(judged))


def find_attributes() -> Path:
    """Return the file that makes fields of the records of Kaggle's set."""
    return next(path for folder in list_recipe_folders() if (path := folder / _FILE).is_file())


def judge_parts(
    told: Predictions, part: Manifest, training: Manifest, names: list[str], *, replicates: int = 1000
) -> list[Attribute]:
    """Judge attributes on the items of a part, beside guesses that know the training part.

    Args:
        told: What the bundle says of the part; an item that it leaves out counts as silence, and is wrong.
        part: The items, with the attributes as fields.
        training: The items that the guesses know.
        names: The attributes.
        replicates: Bootstrap draws an interval; products of one title are drawn together.

    Returns:
        The attributes of which the part labels a product.
    """
    groups = group_rows(part.items["title"].to_list())
    judged = [
        judge_attribute(_align(told, part, training, name), groups, replicates=replicates, seed=0) for name in names
    ]
    return [attribute for attribute in judged if attribute is not None]


def _align(told: Predictions, part: Manifest, training: Manifest, name: str) -> Answers:
    field, kind = told.taxonomy[name], told.taxonomy[_KIND]
    places = {item: row for row, item in enumerate(told.item_ids)}
    rows = np.array([places.get(item, -1) for item in part.items["item_id"]])
    chosen = _take(told.chosen[_KIND], rows)
    return Answers(
        field,
        encode_single_labels(part.labels(name), field),
        _take(told.scores[name], rows),
        np.asarray(_take(told.chosen[name], rows).any(axis=1)),
        np.where(chosen.any(axis=1), chosen.argmax(axis=1), -1),
        encode_single_labels(training.labels(name), field),
        encode_single_labels(training.labels(_KIND), kind),
    )


def _take(table: NDArray[Number], rows: NDArray[np.intp]) -> NDArray[Number]:
    """Return some rows of a table; nothing for -1."""
    taken = table[rows]
    taken[rows < 0] = 0
    return taken


def _list_facts(told: PredictionRun, part: Manifest, setting: Setting) -> dict[str, str]:
    chosen = ", which also chose temperatures and the least confidences" if setting.part == "validation" else ""
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, labels from the shop's records by `{_FILE}`",
        "split": f"{len(part)} products of the part `{setting.part}` of product-tagger.csv{chosen}",
        "picture size": told.describe_sizes(),
        "unreadable pictures": str(len(told.problems)),
        "intervals": f"95 %, by title: bootstrap, {setting.replicates} draws, seed 0; of shares, Wilson's",
    }
