"""``modiste bundle calibrate``: how sure a bundle's answers are, chosen anew on labelled pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modiste.cli.bundle.teaching import BundleFolder, DataSource, FieldsRecipe, NewFolder, ReaderName, teach_bundle

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["calibrate"]


def calibrate(
    bundle: BundleFolder,
    new: NewFolder,
    data: DataSource = None,
    recipe: FieldsRecipe = "product-tagger",
    reader: ReaderName = None,
) -> None:
    """Choose anew how sure a bundle's answers are, which are doubtful, and what is no fashion product at all.

    Temperatures, thresholds, doubt and the limit for strangers are chosen on the validation part. The network, its
    vectors and its words stay as they are.

    Examples:

        modiste bundle calibrate my-bundle my-surer-bundle --data fashion.zip

        modiste bundle calibrate my-bundle surer --data shop.csv --recipe mine.toml
    """
    further = "modiste evaluate {data} --bundle {bundle}"
    teach_bundle("calibrate", bundle, new, data, recipe, reader, find_teaching=_find_teaching, further=further)


def _find_teaching() -> Callable[..., Bundle]:
    from modiste.training.adapting import calibrate_bundle

    return calibrate_bundle
