"""From a run to a bundle: ONNX that answers as torch does, calibrated and measured on the validation part."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.bundle import Bundle, BundleSpec, build_card, keep_confusion, keep_training_items, write_bundle
from modiste.errors import BundleError
from modiste.evaluation import mark_items
from modiste.imaging import Preprocessing
from modiste.runtime import Decider, Network, NetworkOutput
from modiste.splits import digest_pictures
from modiste.training.calibrate import calibrate, count_confusions, limit_strangers, measure
from modiste.training.drawn_features import compute_drawn_features
from modiste.training.familiarity import attach_familiarity, find_directions
from modiste.training.features import compute_features
from modiste.training.graph import Graph, export_graph, measure_parity
from modiste.training.judged import load_judged
from modiste.training.labelled_pictures import read_labelled_pictures, run_network
from modiste.training.neighbours import NeighbourVote, build_table
from modiste.training.network import TaggerNetwork
from modiste.training.pictures import cache_pictures
from modiste.training.run import TrainingRun
from modiste.training.shipping import keep_shipped
from modiste.training.silence import learn_silence

__all__ = ["export_network", "export_run"]

_PARITY_PICTURES = 256


def export_run(
    run: TrainingRun,
    folder: Path,
    *,
    name: str,
    training: Mapping[str, Any],
    checkpoint: Path | None = None,
    without: Sequence[str] = (),
) -> Bundle:
    """Turn a run into a bundle.

    The weights are the averaged ones of the checkpoint. Temperatures, thresholds and doubt are chosen, and the
    figures measured, on the run's validation part: by the runtime, from the ONNX graph that is shipped.

    Args:
        run: The run; its validation pictures must still be cached or readable.
        folder: The bundle to write; it must not exist yet.
        name: The bundle's name.
        training: What the card says of the training: data, licence, command.
        checkpoint: By default the last one.
        without: Fields that the bundle is not to say, beside those that the recipe learns in training only.

    Returns:
        The bundle.

    Raises:
        UnknownNameError: ``without`` names what the run has not learnt.
        RecipeError: The run has no checkpoint yet, or hardly a validation picture can be read.
        ExportError: ONNX and torch differ by more than 1e-4 on real pictures; nothing is written.
        BundleError: The folder exists already.
    """
    if folder.exists():  # write_bundle says so too, but minutes later
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    network, stage = load_judged(run, checkpoint)
    numbers = run.preprocessing(run.recipe.stages[stage])
    return export_network(run, network, numbers, folder, name=name, training=training, without=without)


def export_network(
    run: TrainingRun,
    network: TaggerNetwork,
    preprocessing: Preprocessing,
    folder: Path,
    *,
    name: str,
    training: Mapping[str, Any],
    without: Sequence[str] = (),
) -> Bundle:
    """Turn a network into a bundle that is calibrated and measured on a run's validation part; as `export_run`.

    Args:
        run: Its parts, its neighbours and how it is calibrated.
        network: The network, such as the mean of several runs'.
        preprocessing: Its picture size, and the numbers that it normalises with.
        folder: The bundle to write; it must not exist yet.
        name: The bundle's name.
        training: What the card says of the training.
        without: Fields that the bundle is not to say, beside those that the recipe learns in training only.
    """
    run, network = keep_shipped(run, network, without)
    pictures, labels = read_labelled_pictures(run.validation, run.taxonomy, preprocessing, run.folder / "cache")
    spec = _describe(run, preprocessing, name)
    with tempfile.TemporaryDirectory() as scratch:
        content, output, parity = _build(run, network, preprocessing, spec, pictures, Path(scratch))
    logits = output.logits
    spec = spec.model_copy(update={"silence": learn_silence(run.train, run.taxonomy, run.recipe.silence)})
    spec = calibrate(spec, labels, logits, run.recipe.calibration, precision=run.recipe.silence.precision)
    spec = limit_strangers(spec, output.familiarity, run.recipe.calibration.strangers)
    metrics = measure(spec, labels, logits) | {"largest difference of torch and ONNX": float(f"{parity:.2g}")}
    notes = {"metrics": {"on the validation part": metrics}, "training": dict(training)}
    spec = spec.model_copy(update=notes)
    pictures_seen = [request.reference for request in run.train.requests]
    marks = mark_items(run.read_training_part(), digest_pictures(pictures_seen), further=pictures_seen)
    card = build_card(spec, purpose=run.recipe.description)
    confusions = count_confusions(labels, Decider(spec).decide(logits))
    written = keep_training_items(write_bundle(folder, spec=spec, onnx=content, card=card), marks)
    return keep_confusion(written, confusions, measured_on=f"the validation part, {len(logits):,} pictures")


def _build(
    run: TrainingRun,
    network: TaggerNetwork,
    preprocessing: Preprocessing,
    spec: BundleSpec,
    pictures: NDArray[np.uint8],
    scratch: Path,
) -> tuple[bytes, NetworkOutput, float]:
    """Return the graph, what it says of the validation pictures, and how far torch is from that."""
    graph, runtime = _draft(spec, export_graph(network, preprocessing), scratch / "network")
    parity = measure_parity(graph.network, runtime, pictures[:_PARITY_PICTURES])
    content, recipe = graph.onnx, run.recipe
    if recipe.neighbours.share or recipe.calibration.strangers:
        rows, features = _read_features(run, runtime.bundle, preprocessing)
        if recipe.neighbours.share:
            vote = _ask_neighbours(run, graph.network.network, rows, features)
            graph, runtime = _draft(spec, export_graph(network, preprocessing, vote), scratch / "neighbours")
            parity = max(parity, measure_parity(graph.network, runtime, pictures[:_PARITY_PICTURES]))
            content = graph.onnx
        if recipe.calibration.strangers:
            content = attach_familiarity(content, find_directions(features, compute_drawn_features(runtime.bundle)))
    final = write_bundle(scratch / "final", spec=spec, onnx=content, card="")
    return content, run_network(Network(final), pictures), parity


def _draft(spec: BundleSpec, graph: Graph, folder: Path) -> tuple[Graph, Network]:
    return graph, Network(write_bundle(folder, spec=spec, onnx=graph.onnx, card=""))


def _read_features(
    run: TrainingRun, bundle: Bundle, preprocessing: Preprocessing
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the training items whose own picture can be read, and the features of these."""
    items = run.train
    cached = cache_pictures(items.requests[: len(items)], preprocessing, run.folder / "cache")
    readable = np.flatnonzero([position not in cached.failures for position in range(len(items))])
    return readable, compute_features(bundle, cached.pixels, readable)


def _ask_neighbours(
    run: TrainingRun, network: TaggerNetwork, rows: NDArray[np.intp], features: NDArray[np.float32]
) -> NeighbourVote:
    """Make a table of the training items' embeddings."""
    with torch.inference_mode():
        embeddings = network.heads(torch.from_numpy(features)).embedding.numpy()
    items, recipe = run.train, run.recipe.neighbours
    table = build_table(embeddings, items.targets[rows], items.known[rows], run.taxonomy, dimensions=recipe.dimensions)
    return NeighbourVote(table, run.taxonomy, recipe)


def _describe(run: TrainingRun, preprocessing: Preprocessing, name: str) -> BundleSpec:
    return BundleSpec(
        name=name,
        fields=run.taxonomy.to_json(),
        preprocessing=preprocessing.to_json(),
        embedding_size=run.recipe.heads.embedding,
    )
