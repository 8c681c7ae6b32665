"""The run: the bundle with one part more at a time, judged on the validation part and timed in turns."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.ingredients.graphs import keep_fields, keep_network, leave_familiarity
from modiste.bench.rounds import Contestant, Timing, time_in_turns
from modiste.bundle import Bundle, BundleSpec, write_bundle
from modiste.errors import UsageError
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    Target,
    group_rows,
    load_protocol,
    paired_difference,
    render_table,
)
from modiste.readers import read_source
from modiste.runtime import Decider, Network, NetworkOutput
from modiste.taxonomy import Taxonomy
from modiste.training.calibrate import FieldLabels, calibrate
from modiste.training.dataset import read_items
from modiste.training.labelled_pictures import read_labelled_pictures, run_network
from modiste.training.quantisation import dequantise_graph, is_quantised

__all__ = ["run"]

_PLAIN, _NEIGHBOURS = "the network alone", "with labelled neighbours"
_FIELDS, _STRANGERS = "with the added fields", "with an eye for strangers: what ships"
_FLOATS, _FLIP = "what ships, in floats", "asked twice, mirrored"
_TIMED: Final = 512
_ROUNDS: Final = 21
_COST: Final = 0.05  # of the time of the network alone, that all parts together may add
_LOSS, _SHARE = 0.003, 0.75  # of the mean accuracy that integers may lose at most, and of the time that they may take

Pixels = NDArray[np.uint8]
Rights = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Material:
    """Validation pictures [n, height, width, 3], what is known of the always said fields, and titles as numbers."""

    pictures: Pixels
    labels: list[FieldLabels]
    titles: NDArray[np.int64]


def run(setting: Setting) -> Report:
    """Take a bundle apart, and measure what each part gains and costs.

    Args:
        setting: Needs the small pictures in the data folder. The validation part is judged, whatever ``part`` says.

    Raises:
        UsageError: The file is missing, a picture can't be read, or the bundle has no parts.
    """
    bundle = setting.open_bundle()
    always = _find_always(bundle)
    with tempfile.TemporaryDirectory() as scratch:
        material = _read(setting, bundle, always, Path(scratch) / "cache")
        networks = _take_apart(bundle, always, Path(scratch), setting.threads)
        setting.say(f"asking {len(networks)} networks about {len(material.pictures)} pictures")
        asked = [name for name in networks if name != _FIELDS]  # what these say has a table of its own
        told = {name: run_network(networks[name], material.pictures) for name in asked}
        mirrored = run_network(networks[_NEIGHBOURS], np.ascontiguousarray(material.pictures[:, :, ::-1]))
        timings = _time(networks, material.pictures[:_TIMED], setting.say)
        sizes = {name: len(network.bundle.read_weights()) for name, network in networks.items()}
    _check_kept(told[_NEIGHBOURS], told[_STRANGERS])
    width = mirrored.logits.shape[1]
    logits = {name: told[name].logits[:, :width] for name in (_PLAIN, _NEIGHBOURS, _FLOATS) if name in told}
    logits[_FLIP] = (told[_NEIGHBOURS].logits + mirrored.logits) / np.float32(2)
    spec = _narrow(bundle.spec, always)
    rights = {name: _judge(spec, material.labels, values) for name, values in logits.items()}
    gains = _compare(rights, material.titles, setting.replicates)
    section = Section("Part by part", _render(rights, gains, timings, sizes), _to_json(gains, timings, sizes))
    return Report("What each part gains and costs", _list_facts(material), [section], _set_targets(gains, timings))


def _find_always(bundle: Bundle) -> Taxonomy:
    """Return the fields that the network itself says; those that were added stand behind them."""
    names = tuple(name for name in bundle.taxonomy.names if name not in bundle.spec.silence)
    if bundle.taxonomy.names[: len(names)] != names:
        raise UsageError(
            f"the fields of {bundle.path} that are always said stand behind others; there is no part to drop"
        )
    return bundle.taxonomy.select(names)


def _read(setting: Setting, bundle: Bundle, always: Taxonomy, cache: Path) -> _Material:
    source = setting.find_data(SMALL_PICTURES)
    protocol = load_protocol("product-tagger-test")
    part = setting.apply_protocol(read_source(source), protocol).of_split("validation")
    pictures, labels = read_labelled_pictures(read_items(part, always), always, bundle.preprocessing, cache)
    if len(pictures) != len(part):
        raise UsageError(f"{len(part) - len(pictures)} of {len(part)} pictures of {source} can't be read")
    return _Material(pictures, labels, group_rows(part.items["title"].to_list()))


def _narrow(spec: BundleSpec, always: Taxonomy) -> BundleSpec:
    """Return a spec that says the always said fields alone, not calibrated yet."""
    return BundleSpec(
        name=spec.name,
        fields=always.to_json(),
        preprocessing=spec.preprocessing,
        embedding_size=spec.embedding_size,
    )


def _take_apart(bundle: Bundle, always: Taxonomy, scratch: Path, threads: int | None) -> dict[str, Network]:
    """Return a network for each part that is there, each with all parts before it, and the whole one in floats."""
    graph, narrow = bundle.read_weights(), _narrow(bundle.spec, always)
    whole = bundle.spec.with_text(None)
    graphs = {
        _PLAIN: (keep_network(graph, always), narrow),
        _NEIGHBOURS: (keep_fields(graph, always), narrow),
        _FIELDS: (leave_familiarity(graph), whole.model_copy(update={"stranger_below": None})),
        _STRANGERS: (graph, whole),
    }
    if is_quantised(graph):
        graphs[_FLOATS] = (dequantise_graph(graph), whole)
    return {
        name: Network(write_bundle(scratch / str(place), spec=spec, onnx=content, card=""), threads=threads)
        for place, (name, (content, spec)) in enumerate(graphs.items())
    }


def _check_kept(first: NetworkOutput, whole: NetworkOutput) -> None:
    """Check that added fields and the eye for strangers leave the others as they are, so that one judgement does."""
    if not np.array_equal(first.logits, whole.logits[:, : first.logits.shape[1]]):
        raise UsageError("the added fields change what is said of the others; expected the same to the last bit")


def _time(networks: Mapping[str, Network], pictures: Pixels, say: Callable[[str], None]) -> dict[str, Timing]:
    contestants = {
        name: Contestant(len(pictures), partial(run_network, network, pictures)) for name, network in networks.items()
    }
    contestants[_FLIP] = Contestant(len(pictures), partial(_ask_twice, networks[_STRANGERS], pictures))
    for contestant in contestants.values():
        contestant.run()
    return time_in_turns(contestants, rounds=_ROUNDS, say=say)


def _ask_twice(network: Network, pictures: Pixels) -> None:
    run_network(network, pictures)
    run_network(network, np.ascontiguousarray(pictures[:, :, ::-1]))


def _judge(spec: BundleSpec, labels: Sequence[FieldLabels], logits: NDArray[np.float32]) -> Rights:
    """Return of each row the share of its known fields that is right, and whether all are; each calibrated alike."""
    decision = Decider(calibrate(spec, labels, logits)).decide(logits)
    rows = np.arange(len(logits))
    right = np.stack([entry.targets[rows, decision.choices[entry.field.name]] > 0 for entry in labels], axis=1)
    known = np.stack([entry.known for entry in labels], axis=1)
    share = (right & known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return {"mean accuracy": share, "all right": (right | ~known).all(axis=1).astype(np.float64)}


def _compare(
    rights: Mapping[str, Rights], titles: NDArray[np.int64], replicates: int
) -> dict[str, dict[str, Interval]]:
    """Return what neighbours gain over the network alone, and floats and a mirrored second look over that."""
    pairs = {_NEIGHBOURS: _PLAIN, _FLOATS: _NEIGHBOURS, _FLIP: _NEIGHBOURS}
    return {
        name: {
            figure: paired_difference(values, rights[before][figure], groups=titles, replicates=replicates)
            for figure, values in rights[name].items()
        }
        for name, before in pairs.items()
        if name in rights
    }


def _list_costs(timings: Mapping[str, Timing], beside: str = _PLAIN) -> dict[str, float]:
    """Return how many times as long as another, such as the network alone, each takes: medians of rounds' ratios."""
    plain = timings[beside].seconds
    return {
        name: statistics.median(own / base for own, base in zip(timing.seconds, plain, strict=True))
        for name, timing in timings.items()
    }


def _render(
    rights: Mapping[str, Rights],
    gains: Mapping[str, Mapping[str, Interval]],
    timings: Mapping[str, Timing],
    sizes: Mapping[str, int],
) -> str:
    rows = []
    for name, cost in _list_costs(timings).items():
        cells = []
        for figure in ("mean accuracy", "all right"):
            cells.append(f"{rights[name][figure].mean():.4f}" if name in rights else "as before")
            cells.append(_show_gain(gains[name][figure]) if name in gains else "")
        size = f"{sizes[name] / 1e6:.2f} MB" if name in sizes else "as before"
        rows.append((name, *cells, f"{cost:.3f}", f"{timings[name].rate:.0f}", size))
    columns = ("", "mean accuracy", "gain", "all right", "gain", "time", "pictures/s", "graph")
    note = (
        "Gains are over the line before, paired, by title; floats and the mirrored look are beside labelled "
        "neighbours. Times are those of the network run alone on prepared pictures, as a share of the first line's, "
        f"medians of the ratios of {_ROUNDS} rounds. Neither of the last two ships; floats are the same weights, with "
        "nothing rounded on the way. What the added fields say, and strangers, have tables of their own."
    )
    return f"{render_table(columns, rows)}\n\n{note}"


def _show_gain(gain: Interval) -> str:
    return f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"


def _to_json(
    gains: Mapping[str, Mapping[str, Interval]], timings: Mapping[str, Timing], sizes: Mapping[str, int]
) -> dict[str, Any]:
    return {
        name: {
            "time": round(cost, 4),
            "bytes": sizes.get(name),
            "gains": {figure: gain.to_json() for figure, gain in gains.get(name, {}).items()},
        }
        for name, cost in _list_costs(timings).items()
    }


def _list_facts(material: _Material) -> dict[str, str]:
    return {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "split": f"{len(material.pictures)} products of the validation part of product-tagger.csv, which also chose "
        "the neighbours' share and all temperatures",
        "picture size": "60x80",
        "fields": ", ".join(entry.field.name for entry in material.labels),
        "intervals": "95 %, bootstrap by title",
    }


def _set_targets(gains: Mapping[str, Mapping[str, Interval]], timings: Mapping[str, Timing]) -> list[Target]:
    cost = _list_costs(timings)[_STRANGERS] - 1
    targets = [
        Target(
            "labelled neighbours: gain of the mean accuracy, lower bound", 1e-4, gains[_NEIGHBOURS]["mean accuracy"].low
        ),
        Target("all parts: time beyond the network alone, as a share", _COST, cost, at_least=False),
    ]
    if _FLOATS in gains:
        gain, share = gains[_FLOATS]["mean accuracy"].high, _list_costs(timings, beside=_FLOATS)[_STRANGERS]
        targets += [
            Target("floats: gain of the mean accuracy, upper bound", _LOSS, gain, at_least=False),
            Target("in integers: time as a share of floats", _SHARE, share, at_least=False),
        ]
    return targets
