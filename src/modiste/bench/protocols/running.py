"""The run: divide, train a network for each protocol, and only then judge each once on its test part."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from modiste.bench.accept import Setting, describe_bundle
from modiste.bench.accuracy import SMALL_PICTURES, name_sections
from modiste.bench.machine import describe_command
from modiste.bench.protocols.dividing import PROTOCOLS, VALIDATION, Division, divide
from modiste.bench.protocols.models import RECIPE, train_for
from modiste.bench.protocols.tables import Judged, list_targets, show_parts, show_summary, want
from modiste.bundle import Bundle
from modiste.evaluation import (
    Opening,
    Report,
    Section,
    Target,
    digest_pictures,
    judge,
    list_sections,
    load_protocol,
    predict_items,
    record_opening,
    select_part,
)
from modiste.manifest import Manifest
from modiste.readers import read_source

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["judge_all", "run"]

_CHOSEN_BY: Final = "product-tagger-test"  # of the shipped tagger, on whose validation part recipes are chosen


def run(setting: Setting, *, recipe: Recipe | None = None) -> Report:
    """Train and judge a network for every protocol.

    Args:
        setting: Needs the small pictures in the data folder. What is trained is kept in
            ``work``: the same command goes on after a stop, and takes up checkpoints that were put there.
        recipe: What to train; by default the one that modiste brings for it.

    Raises:
        UsageError: A file is missing.
        MissingExtraError: torch is missing.
    """
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    divisions = [divide(manifest, name) for name in PROTOCOLS]
    bundles = [train_for(setting, division, recipe) for division in divisions]
    digests = digest_pictures(manifest.items["image"])
    chosen_on = setting.apply_protocol(manifest, load_protocol(_CHOSEN_BY)).of_split("validation")
    judged = [
        _judge(setting, division, bundle, digests, chosen_on)
        for division, bundle in zip(divisions, bundles, strict=True)
    ]
    return judge_all(judged, _list_facts(setting, divisions))


def judge_all(judged: Sequence[Judged], facts: Mapping[str, str]) -> Report:
    """Return the report on all protocols: what each is, how they compare, and each one's tables."""
    sections: list[Section] = [show_parts(judged), show_summary(judged)]
    targets: list[Target] = []
    for entry in judged:
        targets += list_targets(entry)
        sections += name_sections(entry.protocol, list_sections(entry.tables, want(entry)))
    return Report("Protocols, each with a network trained for it", facts, sections, targets)


def _judge(
    setting: Setting, division: Division, bundle: Bundle, digests: Mapping[str, str], chosen_on: Manifest
) -> Judged:
    protocol = division.protocol
    part = select_part(division.opened, protocol.part, digests=digests)
    _note_opening(setting, division, bundle, len(part.rows))
    setting.say(f"{division.name}: judging {len(part.rows)} rows")
    told = predict_items(bundle, part.rows, threads=setting.threads)
    tables = judge(part, told.predictions, protocol=protocol, replicates=setting.replicates)
    known = set(chosen_on.items["item_id"])
    return Judged(
        protocol=protocol,
        part=part,
        tables=tables,
        system=describe_bundle(bundle),
        trained=division.count("train"),
        choosing=division.count("validation"),
        recipe_saw=sum(item in known for item in part.rows.items["item_id"]),
        sizes=told.describe_sizes(),
        unreadable=len(told.problems),
    )


def _note_opening(setting: Setting, division: Division, bundle: Bundle, rows: int) -> None:
    """Note every look: each protocol's part is judged once, whether or not the protocol calls it sealed."""
    if setting.openings is None:
        setting.say(f"the test part of {division.name} is opened, and nothing notes it: no table of openings is given")
        return
    sealed = dataclasses.replace(division.protocol, sealed=True)
    words = {"system": describe_bundle(bundle), "data": SMALL_PICTURES, "command": describe_command()}
    record_opening(setting.openings, Opening.now(protocol=sealed, part=sealed.part, rows=rows, **words))


def _list_facts(setting: Setting, divisions: Sequence[Division]) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, {len(divisions[0].opened)} items",
        "recipe": f"`{RECIPE}`, one seed a protocol, for each the same",
        "items that train and choose": (
            f"what a protocol calls train and validation, of which {VALIDATION:.0%} choose temperatures and thresholds"
        ),
        "chosen by": "no test part; the recipe was chosen on the validation part of the shipped tagger",
        "intervals": f"95 %: Wilson's for shares, else bootstrap, by title, {setting.replicates} draws, seed 0",
    }
