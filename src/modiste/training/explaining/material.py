"""What a recipe is explained on: somebody's data, or a drawn shop that has the fields which the recipe names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from modiste.manifest import LABEL, Manifest
from modiste.synthetic import draw_shop
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import check_names, choose_parts, learn_taxonomy
from modiste.training.recipe import Recipe

__all__ = ["Material", "open_material"]

_DRAWN: Final = 24
_SIZE: Final = (240, 320)
_STAND_IN: Final = ("one", "another")


class Material(NamedTuple):
    """The training part of the data, the fields that are learnt from it, and whether it was drawn."""

    train: Manifest
    taxonomy: Taxonomy
    drawn: bool


@contextmanager
def open_material(recipe: Recipe, recipe_folder: Path, manifest: Manifest | None) -> Iterator[Material]:
    """Yield what a recipe is explained on.

    Args:
        recipe: The recipe.
        recipe_folder: Where its split file is looked up.
        manifest: The data; None draws some garments, whose pictures are gone afterwards.

    Raises:
        RecipeError: The recipe does not fit the data.
    """
    if manifest is not None:
        train, _ = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
        taxonomy = learn_taxonomy(train, recipe.data)
        check_names(recipe, taxonomy)
        yield Material(train, taxonomy, drawn=False)
        return
    with tempfile.TemporaryDirectory() as folder:
        # A drawn shop has no rare values, no parts, and none of the values that a recipe merges or leaves out.
        plain = type(recipe.data)(fields=recipe.data.fields, combine=recipe.data.combine)
        train, _ = choose_parts(_draw(recipe, Path(folder)), plain, recipe_folder, seed=recipe.seed)
        yield Material(train, learn_taxonomy(train, plain), drawn=True)


def _draw(recipe: Recipe, folder: Path) -> Manifest:
    """Draw garments; a field that they have not got, or only one value of, stands in with two values."""
    combine = recipe.data.combine
    wanted = [part for name in recipe.data.fields for part in combine.get(name, (name,))]
    wanted += [part for parts in combine.values() for part in parts]
    products = list(draw_shop(_DRAWN, seed=7, size=_SIZE))
    learnt_from = [product for at, product in enumerate(products) if not _judges(at)]
    varied = {name for name in products[0].labels if len({product.labels.get(name) for product in learnt_from}) > 1}
    rows = []
    for at, product in enumerate(products):
        path = folder / f"{product.picture_id}.png"
        product.picture.save(path)
        labels = {name: value for name, value in product.labels.items() if name in varied}
        labels |= {name: f"{_STAND_IN[at % 2]} {name}" for name in wanted if name not in varied}
        row: dict[str, Any] = {"item_id": product.picture_id, "image": str(path), "source": "drawn"}
        row |= {LABEL + name: value for name, value in labels.items()}
        rows.append({**row, "split": "validation" if _judges(at) else "train"})
    return Manifest.from_rows(rows)


def _judges(at: int) -> bool:
    return at % 4 == 3
