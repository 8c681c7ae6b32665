"""The run: reads the material once, asks each question of it, and puts the answers together."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.limits.causes import FieldLimits, share_of_rare, share_of_unseen
from modiste.bench.limits.colours import FIELD as COLOUR
from modiste.bench.limits.colours import ColourErrors, show_colours
from modiste.bench.limits.launches import LINE, YEAR, Followed, show_launches
from modiste.bench.limits.material import Material, read_material
from modiste.bench.limits.nearest import show_nearest
from modiste.bench.limits.rarity import Bin, Shortfall, list_missed, show_rarity
from modiste.bench.limits.same_pictures import ALL_RIGHT, EQUAL, NEAR, OTHER_TITLE, Found, show_same_pictures
from modiste.bench.limits.sharpness import show_sharpness
from modiste.bench.limits.summary import show_causes, show_macro, show_targets
from modiste.bench.limits.titles import show_titles
from modiste.bench.sizes import LARGER_SETS, Comparison
from modiste.evaluation import Interval, Report, Target, share_interval

__all__ = ["list_shares", "run"]


def run(setting: Setting) -> Report:
    """Find out what limits each field, on the training and validation parts.

    Args:
        setting: Needs the small and the larger sets in the data folder. The validation part is judged, whatever
            ``part`` says.

    Raises:
        UsageError: A file is missing, or a picture can't be read.
    """
    material = read_material(setting)
    same, copies = show_same_pictures(material, setting)
    rare, rarity = show_rarity(material, setting)
    launched, launches = show_launches(material, setting)
    with tempfile.TemporaryDirectory() as folder:
        coloured, colours, _ = show_colours(material, setting, Path(folder))
        sharp, sizes = show_sharpness(material, setting, Path(folder))
    found = {
        name: _join(
            name, material, _choose_ceiling(name, copies), rarity[name], launches, colours, sizes[LARGER_SETS[0]]
        )
        for name in material.answers
    }
    whole = copies[EQUAL + OTHER_TITLE].get(ALL_RIGHT)
    summary = [show_targets(found, whole, material, setting), show_causes(found), show_macro(found)]
    questions = [same, show_titles(material)[0], sharp, rare, coloured, launched, show_nearest(material, setting)[0]]
    looked = int((~material.rows.items["split"].is_in(["train", "validation"])).sum())
    targets = [Target("rows of the sealed part that were looked at", 0, looked, at_least=False)]
    return Report("What limits each field", _list_facts(material, setting), [*summary, *questions], targets)


def list_shares(
    now: float,
    ceiling: float,
    *,
    rare: float,
    unseen: float,
    gains: Mapping[str, float],
) -> dict[str, float]:
    """Return the share of the errors that each cause accounts for.

    Args:
        now: Accuracy, below 1.
        ceiling: Highest accuracy.
        rare: Share of the errors in rare classes.
        unseen: Share of the errors that would vanish were unseen products told as well as others.
        gains: Cause -> accuracy that its removal would add; what is below 0 counts as 0.

    Example:
        >>> list_shares(0.9, 0.95, rare=0.1, unseen=0.2, gains={"resolution": 0.03})["resolution"]
        0.3
    """
    error = 1 - now
    shares = {"labels": min(1.0, (1 - ceiling) / error), "rare classes": rare, "new products": unseen}
    return {**shares, **{cause: round(max(0.0, gain) / error, 6) for cause, gain in gains.items()}}


def _choose_ceiling(name: str, copies: Found) -> Interval:
    return copies[(EQUAL if name == COLOUR else NEAR) + OTHER_TITLE][name].high


def _join(
    name: str,
    material: Material,
    ceiling: Interval,
    rarity: tuple[list[Bin], Shortfall],
    launches: Mapping[str, Mapping[str, Followed]],
    colours: ColourErrors,
    larger: Comparison,
) -> FieldLimits:
    entry = material.answers[name]
    hits, unseen = entry.hits[entry.known], material.unseen[entry.known]
    groups = material.groups[entry.known]
    now = share_interval(hits, groups=groups)
    gains = {"resolution": larger.fields[name][2].value if name in larger.fields else 0.0}
    if name == COLOUR:
        gains["neighbouring hues"] = colours.family_accuracy.value - now.value
    if name in launches:
        line = launches[name][LINE]
        gains |= {"launch": launches[name][YEAR].gain.value, "hidden in titles": line.gain.value * line.covered}
    shares = list_shares(
        now.value, ceiling.value, rare=share_of_rare(rarity[0]), unseen=share_of_unseen(hits, unseen), gains=gains
    )
    return FieldLimits(
        rows=len(hits),
        now=now,
        unseen=share_interval(hits[unseen], groups=groups[unseen]),
        macro=rarity[1],
        missed=list_missed(entry.of_rows(entry.known)),
        ceiling=ceiling,
        shares=shares,
    )


def _list_facts(material: Material, setting: Setting) -> dict[str, str]:
    judged = int(material.judged.sum())
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, and the sets of {' and '.join(LARGER_SETS)}",
        "rows": f"{len(material.rows) - judged} of the training part, {judged} of the validation part; none of the test"
        " part",
        "judged": "the validation part: temperatures, epochs and the neighbours' share were chosen on it",
        "picture size": "60x80, and 225x300 and 224x224 where said",
        "seeds": f"0; intervals: 95 %, bootstrap by title ({setting.replicates} draws), shares Wilson's by title",
    }
