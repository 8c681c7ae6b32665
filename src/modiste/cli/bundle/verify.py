"""``modiste bundle verify``: whether a bundle is whole."""

from __future__ import annotations

import typer

from modiste.cli.bundle.shared_options import Folder

__all__ = ["verify"]


def verify(bundle: Folder = None) -> None:
    """Check that a bundle is whole and that its network keeps its promises.

    Examples:

        modiste bundle verify

        modiste bundle verify my-bundle
    """
    import numpy as np

    from modiste.bundle import Bundle
    from modiste.errors import BundleError
    from modiste.runtime import Decider, Network, TextEncoder

    opened = Bundle.open(bundle)
    size = (2, opened.preprocessing.height, opened.preprocessing.width, 3)
    output = Network(opened).run(np.random.default_rng(0).integers(0, 256, size, np.uint8))
    Decider(opened.spec).decide(output.logits)
    lengths = np.linalg.norm(output.embedding, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise BundleError(f"the embeddings of {opened.path} have the lengths {lengths.tolist()}; expected 1")
    if opened.has_text_encoder:
        length = float(np.linalg.norm(TextEncoder(opened).encode(["blue shirt"])))
        if not np.isclose(length, 1, atol=1e-3):
            raise BundleError(f"the text encoder of {opened.path} gives a vector of length {length}; expected 1")
    typer.echo(f"{opened.path} is whole: {opened.spec.name}, fingerprint {opened.fingerprint}")
