"""Acceptance of adapting: 5,000 products with a shop's own labels, beside a linear probe on plain ImageNet features."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.picture_vectors import compute_raw_vectors
from modiste.bundle import Bundle
from modiste.errors import import_extra
from modiste.evaluation import (
    Interval,
    Predictions,
    Report,
    Section,
    Target,
    answer_majority,
    bootstrap_mean,
    group_rows,
    load_protocol,
    macro_f1,
    paired_difference,
    predict_items,
    render_table,
    select_part,
)
from modiste.manifest import LABEL, Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.splits import order_ids

if TYPE_CHECKING:
    from modiste.training.adapting import Material

__all__ = ["COLOUR", "PATTERN", "draw_products", "label_as_shop", "read_shop_colours", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
COLOUR, PATTERN = "shopColour", "pattern"
_SOURCE, _ATTRIBUTE = LABEL + "baseColour", "meta.attribute.Pattern"
_PRODUCTS: Final = 5000
_SEED: Final = 1
_SECONDS: Final = 300.0
_ABOVE_ZERO: Final = 0.0001
_BASELINE: Final = "frozen ImageNet features"
_COMPARED: Final = 512
_EXPLANATION: Final = (
    "The products are a shop's own as far as their labels go: 46 colours were merged by hand into twelve and renamed "
    "(`src/modiste/bench/shop_colours.csv`), and the pattern is taken from the shop's records. They are drawn from the "
    "part that the bundle was trained on, so its features have seen their pictures and the colours that the new ones "
    "were merged from, which the probe's have not; all that is judged is new to both. Both learn from the same rows, "
    "with the same folds, weight decays and fitting; 80 % of the products are learnt from, as `modiste adapt` does."
)


@dataclass(frozen=True)
class _Answers:
    """What a system says of the judged products: field -> int64 [n], positions in the learnt values."""

    name: str
    said: Mapping[str, NDArray[np.int64]]


def run(setting: Setting) -> Report:
    """Adapt the bundle to a shop's own labels, and judge it on products that nothing has seen.

    Args:
        setting: Needs the small pictures in the data folder, with the shop's records in them.

    Raises:
        UsageError: The file is missing, or there is no such part.
        MissingExtraError: torch is missing.
    """
    import_extra("torch", purpose="Adapting", extra="train")
    from modiste.training.adapting import adapt_bundle

    setting.say("reading the data set with its details")
    products, judged = _read_parts(setting)
    bundle = setting.open_bundle()
    with tempfile.TemporaryDirectory() as scratch:
        begun, busy = time.perf_counter(), time.process_time()
        done = adapt_bundle(bundle, products, Path(scratch) / "adapted", say=setting.say)
        seconds, busy = time.perf_counter() - begun, time.process_time() - busy
        told = predict_items(done.bundle, judged, threads=setting.threads).predictions
        before = predict_items(bundle, judged, threads=setting.threads).predictions
        tuned, further = _adapt_deeply(setting, bundle, products, judged, Path(scratch) / "deep")
    values = {name: field.values for name, field in done.material.learnt.items()}
    deep = _Answers("modiste adapt --deep", {name: _list_said(tuned, name, values[name]) for name in values})
    systems = [
        _Answers("modiste adapt", {name: _list_said(told, name, values[name]) for name in values}),
        _probe(setting, bundle, done.material, judged),
        deep,
        _answer_frequent(done.material.learn, values, len(judged)),
        _rename_only(before, values),
    ]
    truth = {name: _encode(judged.labels(name), values[name]) for name in values}
    groups = group_rows(judged.items["title"].to_list())
    sections = [_tabulate(name, systems, truth[name], groups, setting) for name in values]
    gains = {name: _compare(name, systems, truth[name], groups, setting) for name in values}
    deeper = {name: _compare(name, [deep, systems[0]], truth[name], groups, setting) for name in values}
    sections[:0] = [_describe_gains(gains), _describe_depth(deeper)]
    wanted = f"{COLOUR}: lower bound of the gain in accuracy over the probe"
    targets = [Target(wanted, wanted=_ABOVE_ZERO, seen=gains[COLOUR].low)]
    targets.append(Target("adapting", wanted=_SECONDS, seen=seconds, unit="s", at_least=False))
    targets.append(_count_changed(before, told, done.material.kept))
    facts = _list_facts(setting, done.material.learn, done.material.held, judged)
    facts["time"] = f"{seconds:.0f} s, in which the process had {busy:.0f} s of processor time: reading, features, "
    facts["time"] += f"fitting, calibrating, writing and judging its own held-out items; with --deep {further:.0f} s"
    return Report(
        "Adapting to a shop's own labels", facts, [Section("What is measured", _EXPLANATION), *sections], targets
    )


def read_shop_colours() -> dict[str, str]:
    """Return the hand-made table: colour of the Kaggle set -> name in the shop."""
    path = Path(__file__).with_name("shop_colours.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["colour"]: row["shop_name"] for row in csv.DictReader(file)}


def label_as_shop(manifest: Manifest, colours: Mapping[str, str]) -> Manifest:
    """Return the items with the shop's labels alone: its colour names, and the pattern where a record tells it.

    Args:
        manifest: The Kaggle set with its details.
        colours: Colour -> name in the shop; other colours are not known.
    """
    labels = [name for name in manifest.items.columns if name.startswith(LABEL)]
    colour = pl.col(_SOURCE).replace_strict(dict(colours), default=None, return_dtype=pl.String)
    pattern = pl.col(_ATTRIBUTE) if _ATTRIBUTE in manifest.items.columns else pl.lit(None, pl.String)
    table = manifest.items.with_columns(colour.alias(LABEL + COLOUR), pattern.alias(LABEL + PATTERN))
    return Manifest.from_rows(table.drop(labels).select(pl.exclude("^meta\\..*$")).to_dicts())


def draw_products(manifest: Manifest, count: int, *, seed: int) -> Manifest:
    """Draw products whose colour is known, by the order of their ids' hashes."""
    known = manifest.where(pl.col(LABEL + COLOUR).is_not_null())
    ids = known.items["item_id"].to_list()
    drawn = [ids[place] for place in np.argsort(order_ids(ids, seed=seed))[:count]]
    chosen = known.where(pl.col("item_id").is_in(drawn))
    return Manifest(chosen.taxonomy, chosen.items.with_columns(split=pl.lit(None, pl.String)))


def _read_parts(setting: Setting) -> tuple[Manifest, Manifest]:
    manifest = read_source(setting.find_data(SMALL_PICTURES), options=ReaderOptions(details=True))
    protocol = load_protocol("product-tagger-test")
    split = setting.apply_protocol(manifest, protocol)
    shop = label_as_shop(split, read_shop_colours())
    judged = select_part(shop, setting.part).rows
    setting.note_opening(protocol, setting.part, data=SMALL_PICTURES, rows=len(judged))
    return draw_products(shop.of_split("train"), _PRODUCTS, seed=_SEED), judged


def _adapt_deeply(
    setting: Setting, bundle: Bundle, products: Manifest, judged: Manifest, folder: Path
) -> tuple[Predictions, float]:
    """Return what a bundle says whose whole network has learnt, and the seconds that it took."""
    from modiste.training.adapting import adapt_deeply

    begun = time.perf_counter()
    done = adapt_deeply(bundle, products, folder, say=setting.say)
    seconds = time.perf_counter() - begun
    return predict_items(done.bundle, judged, threads=setting.threads).predictions, seconds


def _probe(setting: Setting, bundle: Bundle, material: Material, judged: Manifest) -> _Answers:
    from modiste.training.adapting import AdaptSettings, fit_heads

    setting.say("the probe: computing plain ImageNet features")
    features, others = (
        compute_raw_vectors(_BASELINE, part, bundle, threads=setting.threads) for part in (material.learn, judged)
    )
    heads = fit_heads(replace(material, features=features), AdaptSettings(), say=setting.say)
    said = {name: chosen.head.apply(others).argmax(axis=1) for name, chosen in heads.items()}
    return _Answers("linear probe, ImageNet features", said)


def _answer_frequent(learn: Manifest, values: Mapping[str, tuple[str, ...]], rows: int) -> _Answers:
    said = {name: answer_majority(_encode(learn.labels(name), values[name]), rows) for name in values}
    return _Answers("majority", said)


def _rename_only(before: Predictions, values: Mapping[str, tuple[str, ...]]) -> _Answers:
    """Answer with the bundle's own colours, renamed: what no learning at all would give."""
    colours = read_shop_colours()
    own = before.taxonomy["baseColour"].values
    best = before.chosen["baseColour"].argmax(axis=1)
    position = {value: place for place, value in enumerate(values[COLOUR])}
    return _Answers(
        "the bundle's colours, renamed", {COLOUR: np.array([position.get(colours[own[at]], -1) for at in best])}
    )


def _list_said(told: Predictions, name: str, values: tuple[str, ...]) -> NDArray[np.int64]:
    position = {value: place for place, value in enumerate(values)}
    places = np.array([position[value] for value in told.taxonomy[name].values], np.int64)
    return np.asarray(places[told.chosen[name].argmax(axis=1)], np.int64)


def _encode(labels: pl.Series, values: tuple[str, ...]) -> NDArray[np.int64]:
    position = {value: place for place, value in enumerate(values)}
    return np.array([position.get(label, -1) for label in labels.to_list()], np.int64)


def _tabulate(
    name: str, systems: list[_Answers], truth: NDArray[np.int64], groups: NDArray[np.int64], setting: Setting
) -> Section:
    known, lines, data = truth >= 0, [], {}
    for system in systems:
        if name not in system.said:
            continue
        said = system.said[name][known]
        hits = bootstrap_mean(said == truth[known], groups=groups[known], replicates=setting.replicates)
        score = macro_f1(truth[known], said)
        lines.append((system.name, str(hits), f"{score:.4f}"))
        data[system.name] = {"accuracy": hits.to_json(), "macro_f1": round(float(score), 6)}
    table = render_table(("system", "accuracy", "macro-F1"), lines)
    rows = f"{int(known.sum())} products whose {name} is known and among the learnt values."
    return Section(name, f"{table}\n\n{rows}", {"rows": int(known.sum()), **data})


def _compare(
    name: str, systems: list[_Answers], truth: NDArray[np.int64], groups: NDArray[np.int64], setting: Setting
) -> Interval:
    """Return the gain in accuracy of the first system over the second one, on the same products."""
    known = truth >= 0
    ours, probe = ((system.said[name] == truth)[known].astype(np.float64) for system in systems[:2])
    gain = paired_difference(ours, probe, groups=groups[known], replicates=setting.replicates)
    setting.say(f"{name}: gain of {systems[0].name} over {systems[1].name} {gain}")
    return gain


def _describe_gains(gains: Mapping[str, Interval]) -> Section:
    table = render_table(("field", "gain", "95 % interval"), [_list_gain(*entry) for entry in gains.items()])
    text = (
        f"{COLOUR} is what has to be gained. {PATTERN} is learnt beside in the training of the bundle that ships: what "
        "a field gains that its training had nothing to do with, this can't tell. Of a bundle that had learnt none it "
        "was as good as the probe, no better."
    )
    data = {name: gain.to_json() for name, gain in gains.items()}
    return Section("Gain in accuracy over the probe", f"{table}\n\n{text}", data)


def _describe_depth(gains: Mapping[str, Interval]) -> Section:
    table = render_table(("field", "gain", "95 % interval"), [_list_gain(*entry) for entry in gains.items()])
    text = (
        "What `modiste adapt --deep` gains over `modiste adapt`: the whole network learns, and says these fields alone."
    )
    data = {name: gain.to_json() for name, gain in gains.items()}
    return Section("Gain in accuracy by fine-tuning", f"{table}\n\n{text}", data)


def _list_gain(name: str, gain: Interval) -> tuple[str, str, str]:
    return name, f"{gain.value:+.4f}", f"{gain.low:+.4f} to {gain.high:+.4f}"


def _count_changed(before: Predictions, after: Predictions, kept: tuple[str, ...]) -> Target:
    changed = sum(int((before.scores[name] != after.scores[name]).any(axis=1).sum()) for name in kept)
    return Target(
        f"scores of the {len(kept)} kept fields that changed by a bit", wanted=0, seen=changed, at_least=False
    )


def _list_facts(setting: Setting, learn: Manifest, held: Manifest, judged: Manifest) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "the shop's products": f"{_PRODUCTS} of the training part, drawn by the hash of their ids, seed {_SEED}: "
        f"{len(learn)} learnt from, {len(held)} held out by modiste adapt for its own report",
        "judged on": f"{setting.part}: {len(judged)} products, none of them trained on or learnt from",
        "fields": f"{COLOUR} (12 names for 46 colours), {PATTERN} (of the shop's records, where they tell)",
        "intervals": f"95 %, bootstrap by title, {setting.replicates} draws, seed 0; gains are paired",
    }
