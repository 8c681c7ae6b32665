"""Fine-tuning: a bundle's whole network learns somebody's own labels, from the heads that fit its features best."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from modiste.bundle import Bundle, keep_training_items
from modiste.errors import BundleError, UsageError
from modiste.evaluation import Evaluation
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network, slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.choosing import ChosenHead
from modiste.training.adapting.heads import LinearHead
from modiste.training.adapting.interpolation import Interpolation, choose_interpolation
from modiste.training.adapting.job import Adaptation, fit_heads, judge_held, mark_learnt, note_figures, refit_heads
from modiste.training.adapting.material import Material, prepare_material
from modiste.training.adapting.recovering import read_layer, recover_trunk
from modiste.training.adapting.settings import AdaptSettings
from modiste.training.export import export_network
from modiste.training.features import compute_features
from modiste.training.fitting import fit
from modiste.training.judged import load_judged
from modiste.training.labelled_pictures import run_network
from modiste.training.network import TaggerNetwork, build_network
from modiste.training.pictures import PictureRequest, cache_pictures
from modiste.training.recipe import Recipe
from modiste.training.run import TrainingRun

__all__ = ["DeepSettings", "adapt_deeply", "name_run"]

Say = Callable[[str], None]
_FOLDS: Final = 8  # of which one chooses and calibrates:
_CHOOSING: Final = 0
_LOOKED_AT: Final = 512  # pictures by which the trunk's norms are set
_BESIDE: Final = 1.3  # what a training does beside its steps: changing pictures, heads, validation


@dataclass(frozen=True)
class DeepSettings:
    """How a network is fine-tuned.

    Args:
        epochs: Over the items to learn from.
        batch_size: Pictures a step.
        rate: Highest rate of the heads.
        trunk_rate: Highest rate of the trunk's last block; each block further down has 0.8 times that of the one above.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Raises:
        UsageError: A number is out of its range.
    """

    epochs: int = 6
    batch_size: int = 32
    rate: float = 5e-4
    trunk_rate: float = 2e-4
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2 or not (self.rate > 0 and self.trunk_rate > 0):
            raise UsageError(f"--epochs {self.epochs}: expected 1 or more, batches of 2 or more, and rates above 0")


def adapt_deeply(
    bundle: Bundle,
    manifest: Manifest,
    folder: Path,
    settings: AdaptSettings | None = None,
    deep: DeepSettings | None = None,
    *,
    start: TrainingRun | None = None,
    name: str = "",
    training: Mapping[str, Any] | None = None,
    say: Say = print,
) -> Adaptation:
    """Teach a bundle new fields, and let its whole network learn with them.

    The heads that fit the features best are fitted first, as `adapt_bundle` does, so that the network is not shaken by
    random ones (Kumar et al. 2022, "Fine-tuning can distort pretrained features", arXiv 2202.10054). An eighth of the
    items to learn from chooses how far on the way to the trained weights the network goes (`choose_interpolation`), and
    calibrates; the held-out items choose nothing.

    Args:
        bundle: A bundle that modiste exported; of ``start`` if that is given.
        manifest: The labelled items (`prepare_material`).
        folder: The bundle to write; it must not exist yet. The run is kept beside it (`name_run`), and goes on there.
        settings: What is asked for; no field of the bundle is kept, as the network changes under it.
        deep: How the network is fine-tuned.
        start: The run whose last checkpoint to start from; else the weights are taken out of the bundle's graph.
        name: Of the new bundle; by default the folder's.
        training: What the card says of the adaptation.
        say: Told what goes on, and how long it will take.

    Raises:
        BundleError: The folder exists already.
        UsageError: There is too little to learn from, or fields are to be kept.
        ExportError: The bundle's network can't be taken up; the text says what to type.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; choose a new name or remove it first")
    settings, deep = _narrow(settings or AdaptSettings()), deep or DeepSettings()
    with tempfile.TemporaryDirectory() as scratch:
        material = prepare_material(bundle, manifest, settings, Path(scratch), say=say)
        heads = fit_heads(material, settings, say=say)
        recipe_name, trunk, run = _prepare(bundle, material, settings, deep, start, folder, name)
        say(f"{recipe_name} taken up; {_tell_time(trunk, run)}")
        # Without the items that choose: a beginning that knows these would seem better than it is.
        taught = refit_heads(material, heads, material.folds != _CHOOSING, settings)
        begin = partial(_fill, trunk=trunk, run=run, heads=taught, learnt=material.taxonomy, bundle=bundle)
        fit(run, device=deep.device, start=begin)
    between = _interpolate(run, begin, say)
    notes = {
        "adapted from": f"{bundle.spec.name}, fingerprint {bundle.fingerprint}",
        "fine-tuned": f"{between.share:.0%} of the way",
    }
    written = export_network(
        run,
        between.network,
        run.preprocessing(run.recipe.stages[0]),
        folder,
        name=name or folder.name,
        training={**notes, **(training or {})},
    )
    say(f"judging on {len(material.held)} items that nothing was chosen by")
    output = run_network(Network(written, threads=settings.threads), material.held_pixels)
    decision = Decider(written.spec).decide(output.logits)
    evaluation = judge_held(written.spec, decision, material)
    written = note_figures(written, evaluation)
    written = keep_training_items(written, mark_learnt(bundle, material.learn))
    told = tuple(_compare(bundle, material, heads, evaluation))
    return Adaptation(written, material, heads, evaluation, decision, told, deep=True)


def name_run(folder: Path) -> Path:
    """Return where the training run of a fine-tuned bundle is kept."""
    return folder.with_name(f"{folder.name}-run")


def _narrow(settings: AdaptSettings) -> AdaptSettings:
    if settings.keep:
        raise UsageError(
            f"--keep {','.join(settings.keep)} with --deep: a network that is fine-tuned no longer answers the fields "
            "that it is not taught; leave out one of them, or label these fields too"
        )
    if settings.class_weights == "sqrt":
        raise UsageError("--class-weights sqrt with --deep: expected none or inverse")
    return replace(settings, keep=(), folds=min(_FOLDS, settings.min_count))


def _prepare(
    bundle: Bundle,
    material: Material,
    settings: AdaptSettings,
    deep: DeepSettings,
    start: TrainingRun | None,
    folder: Path,
    name: str,
) -> tuple[str, nn.Module, TrainingRun]:
    """Return the trunk with its name, and the run that is to teach it."""
    parts = (
        pl.when(pl.lit(pl.Series(material.folds == _CHOOSING))).then(pl.lit("validation")).otherwise(pl.lit("train"))
    )
    learn = Manifest(material.learn.taxonomy, material.learn.items.with_columns(split=parts))
    place = name_run(folder)
    if start is not None:
        trunk_name, trunk = start.recipe.trunk.name, load_judged(start)[0].trunk
    else:
        requests = _list_requests(learn)
        cached = cache_pictures(requests, bundle.preprocessing, place / "cache")
        readable = np.array([at for at in range(len(requests)) if at not in cached.failures])
        recovered = recover_trunk(bundle, cached.pixels[readable])
        trunk_name, trunk = recovered.name, recovered.trunk
    recipe = _build_recipe(trunk_name, bundle, material, settings, deep, name or folder.name)
    run = TrainingRun.prepare(recipe, Path(), learn, place)
    if run.preprocessing(recipe.stages[0]) != bundle.preprocessing:
        raise UsageError(f"{bundle.path} normalises pictures otherwise than a training does; leave out --deep")
    return trunk_name, trunk, run


def _list_requests(learn: Manifest) -> list[PictureRequest]:
    return [
        PictureRequest(image, None if box is None else (box[0], box[1], box[2], box[3]))
        for image, box in learn.items.select("image", "box").head(_LOOKED_AT).iter_rows()
    ]


def _build_recipe(
    trunk: str, bundle: Bundle, material: Material, settings: AdaptSettings, deep: DeepSettings, name: str
) -> Recipe:
    numbers = bundle.preprocessing
    stage = {
        "name": "deep",
        "height": numbers.height,
        "width": numbers.width,
        "resample": numbers.resample,
        "epochs": deep.epochs,
        "batch_size": deep.batch_size,
        "rate": deep.rate,
        "trunk_rate": deep.trunk_rate,
        "rate_decay": 0.8,
        "warmup": 0.1,
        "clip_gradients": 1.0,
    }
    return Recipe.model_validate(
        {
            "name": name,
            "description": f"{bundle.spec.name}, fine-tuned: {', '.join(material.learnt)}",
            "seed": settings.seed,
            "ema": 0.99,
            "data": {"fields": list(material.learnt)},
            "trunk": {"name": trunk, "weights": "none"},
            "heads": {"embedding": bundle.spec.embedding_size},
            "loss": {
                "class_weights": "inverse_frequency" if settings.class_weights == "inverse" else "none",
                "label_smoothing": 0.05,
            },
            "stages": [stage],
        }
    )


def _fill(
    network: TaggerNetwork,
    trunk: nn.Module,
    run: TrainingRun,
    heads: Mapping[str, LinearHead],
    learnt: Taxonomy,
    bundle: Bundle,
) -> None:
    """Start with the trunk that was taken up, the heads that fit its features, and the bundle's vectors."""
    network.trunk.load_state_dict(trunk.state_dict())
    classify: Any = network.heads.classify
    with torch.no_grad():
        for name, columns in slice_fields(run.taxonomy).items():
            head = heads[name]
            rows = [learnt[name].index(value) for value in run.taxonomy[name].values]
            classify.weight[columns] = torch.from_numpy(head.weight[rows])
            classify.bias[columns] = torch.from_numpy(head.bias[rows])
        embed, layer = network.heads.embed, read_layer(bundle, "network.heads.embed")
        if layer is not None and layer[0].shape == tuple(embed.weight.shape):
            embed.weight.copy_(torch.from_numpy(layer[0]))
            embed.bias.copy_(torch.from_numpy(layer[1]))


def _interpolate(run: TrainingRun, begin: Callable[[TaggerNetwork], None], say: Say) -> Interpolation:
    began = build_network(run.recipe, run.taxonomy)
    begin(began)
    ended, stage = load_judged(run)
    between = choose_interpolation(run, began, ended, run.preprocessing(run.recipe.stages[stage]))
    told = ", ".join(f"{share:.0%} {loss:.4f}" for share, loss in between.losses.items())
    say(f"log-loss of {len(run.validation)} items that choose, by the share of the way that the weights go: {told}")
    if not between.share:
        say("fine-tuning gains nothing: the network stays as it was; leave out --deep, or bring more items")
    return between


def _tell_time(trunk: nn.Module, run: TrainingRun) -> str:
    """Say how long the training will take, by the second of two steps on a copy of the trunk."""
    stage = run.recipe.stages[0]
    size, seconds = min(stage.batch_size, len(run.train)), 0.0
    steps = stage.epochs * max(1, len(run.train) // size)
    tried = copy.deepcopy(trunk).train()
    for parameter in tried.parameters():
        parameter.requires_grad_()
    pictures = torch.zeros(size, 3, stage.height, stage.width).to(memory_format=torch.channels_last)
    for _ in range(2):
        begun = time.perf_counter()
        output: Tensor = tried(pictures)
        output.square().mean().backward()  # type: ignore[no-untyped-call]
        seconds = time.perf_counter() - begun
    minutes = steps * seconds * _BESIDE / 60
    each = steps // stage.epochs
    return f"fine-tuning takes {stage.epochs} epochs of {each:,} steps, about {minutes:.1f} minutes here"


def _compare(
    bundle: Bundle, material: Material, heads: Mapping[str, ChosenHead], evaluation: Evaluation
) -> Iterator[str]:
    """Say of each single field what its head alone gets right on the held-out items, beside the fine-tuned network."""
    features = compute_features(bundle, material.held_pixels, np.arange(len(material.held)))
    for result in evaluation.single:
        values, head = material.taxonomy[result.field].values, heads[result.field].head
        said = [values[at] for at in head.apply(features).argmax(axis=1)]
        truth = material.held.labels(result.field).to_list()
        right = [one == other for one, other in zip(truth, said, strict=True) if one is not None]
        before, after = np.mean(right), result.accuracy.value
        yield f"{result.field}: {after:.4f} right; a head alone, on the network as it was, {before:.4f}"
