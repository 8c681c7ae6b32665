"""A bundle written anew with more than it had: its words, the marks of its training items and its confusions go on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import (
    Bundle,
    BundleSpec,
    attach_text,
    build_card,
    keep_confusion,
    keep_training_items,
    load_confusion,
    read_purpose,
    write_bundle,
)
from modiste.manifest import Manifest
from modiste.training.adapting.job import mark_learnt

__all__ = ["write_successor"]


def write_successor(
    bundle: Bundle,
    folder: Path,
    *,
    spec: BundleSpec,
    graph: bytes,
    learnt: Manifest | None,
    confusions: Mapping[str, NDArray[np.int64]],
) -> Bundle:
    """Write a bundle that follows another, whose vectors it has, so that its text encoder goes on to fit.

    Args:
        bundle: The bundle before.
        folder: Where to; it must not exist yet.
        spec: What the new one says of itself.
        graph: Its weights.
        learnt: What it learnt from beside what the one before learnt from; None: nothing.
        confusions: Field -> how often each value was answered for each true one on the validation part; the counts of
            other fields stay.

    Raises:
        BundleError: The folder exists already.
    """
    written = write_bundle(folder, spec=spec, onnx=graph, card=build_card(spec, purpose=read_purpose(bundle.card)))
    if bundle.spec.text is not None:
        written = attach_text(written, bundle.spec.text, bundle.read_text_weights())
    marks = bundle.read_training_items()
    if marks is not None:
        written = keep_training_items(written, marks if learnt is None else mark_learnt(bundle, learnt))
    before = load_confusion(bundle)
    counts = {} if before is None else {name: before.count(name) for name in before.fields}
    told = "the validation part" if before is None else before.measured_on
    return keep_confusion(written, {**counts, **confusions}, measured_on=told)
