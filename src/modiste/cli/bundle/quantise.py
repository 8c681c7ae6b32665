"""``modiste bundle quantise``: the same bundle, half again as fast and half as large."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modiste.cli.bundle.teaching import BundleFolder, DataSource, FieldsRecipe, NewFolder, ReaderName, teach_bundle

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["quantise"]


def quantise(
    bundle: BundleFolder,
    new: NewFolder,
    data: DataSource = None,
    recipe: FieldsRecipe = "product-tagger",
    reader: ReaderName = None,
) -> None:
    """Make a bundle faster and smaller: its network computes in integers of eight bits.

    512 pictures of the training part show what numbers occur; labelled neighbours that were made of this part are
    looked at anew. Temperatures, thresholds, doubt and the limit for strangers are chosen anew on the validation part.
    Catalogues that the bundle made are to be rebuilt: modiste catalogue rebuild. The bundle inside modiste is in
    integers already.

    Examples:

        modiste bundle quantise my-bundle my-fast-bundle --data fashion.zip

        modiste tag photos/ -o tags.csv --bundle my-fast-bundle
    """
    further = "modiste evaluate {data} --bundle {bundle}"
    teach_bundle("quantise", bundle, new, data, recipe, reader, find_teaching=_find_teaching, further=further)


def _find_teaching() -> Callable[..., Bundle]:
    from modiste.training.adapting import quantise_bundle

    return quantise_bundle
