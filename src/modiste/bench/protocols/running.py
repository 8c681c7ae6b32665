"""The run: divide, train networks for each protocol, and only then judge each once on its test part."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from modiste.bench.accept import Setting, describe_bundle
from modiste.bench.accuracy import SMALL_PICTURES, name_sections
from modiste.bench.machine import describe_command
from modiste.bench.protocols.dividing import PROTOCOLS, VALIDATION, Division, divide
from modiste.bench.protocols.judged import Judged
from modiste.bench.protocols.models import RECIPE, SEEDS, TWICE, read_items, train_for
from modiste.bench.protocols.tables import list_targets, show_parts, show_seeds, show_summary, want
from modiste.bundle import Bundle
from modiste.evaluation import (
    ALL_ROWS,
    Evaluation,
    Opening,
    Part,
    Predictions,
    Protocol,
    Report,
    Section,
    Target,
    average_predictions,
    digest_pictures,
    judge,
    list_sections,
    load_protocol,
    predict_items,
    record_opening,
    select_part,
)
from modiste.manifest import Manifest

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["judge_all", "run"]

_CHOSEN_BY: Final = "product-tagger-test"  # of the shipped tagger, on whose validation part recipes are chosen


def run(setting: Setting, *, recipe: Recipe | None = None, seeds: Sequence[int] = SEEDS) -> Report:
    """Train and judge networks for every protocol.

    Args:
        setting: Needs the small pictures and the Condition-CNN split in the data folder. What is trained is kept in
            ``work``: the same command goes on after a stop, and takes up checkpoints that were put there.
        recipe: What to train; by default the one that modiste brings for it.
        seeds: One network each; the tables are the first's, and beside them stands what the others reach.

    Raises:
        UsageError: A file is missing.
        MissingExtraError: torch is missing.
    """
    manifest = read_items(setting.find_data(SMALL_PICTURES), recipe)
    divisions = [divide(manifest, name, beside=setting.data) for name in PROTOCOLS]
    bundles = [[train_for(setting, division, seed, recipe) for seed in seeds] for division in divisions]
    digests = digest_pictures(manifest.items["image"])
    chosen_on = setting.apply_protocol(manifest, load_protocol(_CHOSEN_BY)).of_split("validation")
    judged = [
        _judge(setting, division, trained, digests, chosen_on)
        for division, trained in zip(divisions, bundles, strict=True)
    ]
    return judge_all(judged, _list_facts(setting, divisions, seeds))


def judge_all(judged: Sequence[Judged], facts: Mapping[str, str]) -> Report:
    """Return the report on all protocols: what each is, how they compare, and each one's tables."""
    sections: list[Section] = [show_parts(judged), show_summary(judged), show_seeds(judged)]
    targets: list[Target] = []
    for entry in judged:
        targets += list_targets(entry)
        sections += name_sections(entry.protocol, list_sections(entry.tables, want(entry)))
    return Report("Protocols, each with networks trained for it", facts, sections, targets)


def _judge(
    setting: Setting,
    division: Division,
    bundles: Sequence[Bundle],
    digests: Mapping[str, str],
    chosen_on: Manifest,
) -> Judged:
    protocol = division.protocol
    part = select_part(division.opened, protocol.part, digests=digests)
    setting.say(f"{division.name}: judging {len(part.rows)} rows, {len(bundles)} networks")
    told = []
    for bundle in bundles:
        _note_opening(setting, division, bundle, len(part.rows))
        told.append(predict_items(bundle, part.rows, threads=setting.threads))
    answers = [entry.predictions for entry in told]
    known = set(chosen_on.items["item_id"])
    return Judged(
        protocol=protocol,
        part=part,
        tables=judge(part, answers[0], protocol=protocol, replicates=setting.replicates),
        others=[_judge_rows(setting, part, said, protocol) for said in answers[1:]],
        together=_judge_rows(setting, part, average_predictions(answers), protocol) if len(answers) > 1 else None,
        system=describe_bundle(bundles[0]),
        trained=division.count("train"),
        choosing=division.count("validation"),
        recipe_saw=sum(item in known for item in part.rows.items["item_id"]),
        sizes=told[0].describe_sizes(),
        unreadable=len(told[0].problems),
    )


def _judge_rows(setting: Setting, part: Part, said: Predictions, protocol: Protocol) -> Evaluation:
    return judge(part, said, protocol=protocol, replicates=setting.replicates)[ALL_ROWS]


def _note_opening(setting: Setting, division: Division, bundle: Bundle, rows: int) -> None:
    """Note every look: each network is judged once, whether or not its protocol calls the part sealed."""
    if setting.openings is None:
        setting.say(f"the test part of {division.name} is opened, and nothing notes it: no table of openings is given")
        return
    sealed = dataclasses.replace(division.protocol, sealed=True)
    words = {"system": describe_bundle(bundle), "data": SMALL_PICTURES, "command": describe_command()}
    record_opening(setting.openings, Opening.now(protocol=sealed, part=sealed.part, rows=rows, **words))


def _list_facts(setting: Setting, divisions: Sequence[Division], seeds: Sequence[int]) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, {len(divisions[0].opened)} items",
        "recipe": f"`{RECIPE}`, for each protocol the same; with half the items, twice the epochs: {', '.join(TWICE)}",
        "seeds": f"{', '.join(map(str, seeds))}; the tables are of seed {seeds[0]} where they name none",
        "items that train and choose": (
            f"what a protocol calls train and validation, of which {VALIDATION:.0%} choose temperatures and thresholds"
        ),
        "chosen by": "no test part; the recipe was chosen on the validation part of the shipped tagger",
        "intervals": f"95 %: Wilson's for shares, else bootstrap, by title, {setting.replicates} draws, seed 0",
    }
