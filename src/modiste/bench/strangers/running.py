"""The run: limits from the validation products, then every kind of stranger, and the products of the judged part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.strangers.kinds import KINDS, Strangers, draw_strangers
from modiste.bench.strangers.measuring import Looked, bound_share, encode, look, read_files
from modiste.bench.strangers.photographs import PHOTOGRAPHS, find_package
from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    Target,
    load_protocol,
    render_table,
)
from modiste.manifest import Manifest
from modiste.readers import read_source

__all__ = ["Limits", "run"]

_SEALED: Final = "product-tagger-test"
_VALIDATION: Final = "validation"
_RECALL, _FLAGGED = 0.95, 0.05
_TABLE: Final = ("kind", "pictures", "flagged", "95 % interval", "by how sure the answers are", "95 % interval")


@dataclass(frozen=True)
class Limits:
    """Below them a picture is taken for a stranger; both flag the same share of the validation products.

    Args:
        familiarity: The bundle's own.
        sureness: That of the baseline.
    """

    familiarity: float
    sureness: float

    @classmethod
    def choose(cls, bundle: Bundle, products: Looked) -> Limits:
        """Take the bundle's limit, and the baseline's that flags as many validation products.

        Raises:
            UsageError: The bundle has no limit.
        """
        limit = bundle.spec.stranger_below
        if limit is None:
            raise UsageError(f"{bundle.path} can't tell strangers: it has no limit. Train with calibration.strangers")
        share = float((products.familiarity < limit).mean())
        return cls(limit, float(np.quantile(products.sureness, share)))


@dataclass(frozen=True)
class Flagged:
    """The share of some pictures that is flagged, by both limits."""

    name: str
    count: int
    ours: Interval
    baseline: Interval

    @classmethod
    def count_in(cls, name: str, looked: Looked, limits: Limits, sources: Sequence[str]) -> Flagged:
        """Count them."""
        ours, baseline = looked.familiarity < limits.familiarity, looked.sureness < limits.sureness
        return cls(name, len(ours), bound_share(ours, sources), bound_share(baseline, sources))

    def to_row(self) -> tuple[str, ...]:
        """Return a line of the table."""
        shown = [
            cell
            for one in (self.ours, self.baseline)
            for cell in (f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}")
        ]
        return (self.name, str(self.count), *shown)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON types."""
        return {"pictures": self.count, "flagged": self.ours.to_json(), "baseline": self.baseline.to_json()}


def run(setting: Setting) -> Report:
    """Look at strangers of every kind and at products.

    Args:
        setting: Needs the small pictures in the data folder; ``part`` says which products are judged, the sealed ones
            (``"test"``) or those of the validation part, by which the limit was chosen.

    Raises:
        UsageError: The file is missing, or the bundle can't tell strangers.
    """
    bundle, source = setting.open_bundle(), setting.find_data(SMALL_PICTURES)
    protocol = load_protocol(_SEALED)
    items = setting.apply_protocol(read_source(source), protocol)
    chosen_by = _look_at(setting, bundle, items.of_split(_VALIDATION))
    limits = Limits.choose(bundle, chosen_by)
    kinds = [draw_strangers(kind) for kind in KINDS]
    looked = {
        drawn.kind: look(bundle, map(encode, drawn.pictures), threads=setting.threads)
        for drawn in kinds
        if drawn.pictures
    }
    found = [drawn for drawn in kinds if drawn.kind in looked]
    rows = items.of_split(setting.part)
    setting.note_opening(protocol, setting.part, data=source.name, rows=len(rows))
    judged = chosen_by if setting.part == _VALIDATION else _look_at(setting, bundle, rows)
    products = Flagged.count_in(
        f"products, {setting.part}", judged, limits, list(map(str, range(len(judged.sureness))))
    )
    groups = {
        "kinds that the measure was chosen with": [drawn for drawn in found if not drawn.held_out],
        "kinds that were held out": [drawn for drawn in found if drawn.held_out],
    }
    sections = [
        Section("Products", render_table(_TABLE, [products.to_row()]), products.to_json()),
        *(_show(name, drawn, looked, limits) for name, drawn in groups.items()),
    ]
    targets = [Target("products that are flagged", _FLAGGED, products.ours.value, at_least=False)]
    targets += [
        Target(name, _RECALL, section.data["mean of the kinds"])
        for name, section in zip(groups, sections[1:], strict=True)
    ]
    return Report("Pictures of no fashion product", _list_facts(setting, kinds, limits), sections, targets)


def _look_at(setting: Setting, bundle: Bundle, items: Manifest) -> Looked:
    setting.say(f"looking at {len(items)} products")
    return look(bundle, read_files(items.items["image"].to_list()), threads=setting.threads)


def _show(name: str, drawn: Sequence[Strangers], looked: Mapping[str, Looked], limits: Limits) -> Section:
    rows = [Flagged.count_in(one.kind, looked[one.kind], limits, one.sources) for one in drawn]
    means = {
        which: float(np.mean([getattr(row, which).value for row in rows])) if rows else float("nan")
        for which in ("ours", "baseline")
    }
    count = sum(row.count for row in rows)
    last = ("mean of the kinds", str(count), f"{means['ours']:.3f}", "–", f"{means['baseline']:.3f}", "–")
    data: dict[str, Any] = {row.name: row.to_json() for row in rows}
    data |= {"mean of the kinds": means["ours"], "mean of the kinds, baseline": means["baseline"]}
    return Section(name.capitalize(), render_table(_TABLE, [*(row.to_row() for row in rows), last]), data)


def _list_facts(setting: Setting, kinds: Sequence[Strangers], limits: Limits) -> dict[str, str]:
    missing = sorted({package for package, _ in PHOTOGRAPHS.values() if find_package(package) is None})
    return {
        "products": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, parts of the shipped tagger's split",
        "strangers": f"{sum(len(drawn.pictures) for drawn in kinds)}: drawn, 240x320, and cut from what packages bring",
        "packages that are missing": ", ".join(missing) or "none",
        "limit": f"familiarity below {limits.familiarity:.4f}, chosen on the validation products, not on strangers",
        "baseline": (
            f"mean over the fields of the highest probability, below {limits.sureness:.4f}: as many validation products"
        ),
        "intervals": "95 %, Wilson's; windows of one photograph count as one group",
    }
