"""A recipe is checked before anything starts; the text names the line."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import RecipeError
from modiste.taxonomy import Field, Taxonomy
from modiste.training.conditions import QUANTITIES, Condition
from modiste.training.dataset import check_names
from modiste.training.recipe import Recipe, find_recipe, load_recipe
from modiste.training.trunks import build_trunk

HEAD = 'name = "x"\n'
STAGE = '[[stages]]\nname = "s"\n'
REPOSITORY = Path(__file__).parents[3]


def refuse(tmp_path: Path, text: str) -> str:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (HEAD, "stages"),
        (STAGE, "name: Field required"),
        (HEAD + STAGE + "epoch = 3\n", "stages.0.epoch: Extra inputs are not permitted"),
        (HEAD + STAGE + "rate = -1\n", "stages.0.rate: Input should be greater than 0 (given: -1)"),
        (HEAD + STAGE + "height = 8\n", "stages.0.height"),
        (HEAD + STAGE + "frozen = -1\n", "stages.0.frozen"),
        (HEAD + STAGE + 'stop_when = "loss > 3"\n', "'loss' is neither a number nor one of train_loss"),
        (HEAD + STAGE + 'stop_when = "val_loss"\n', "is no condition"),
        (HEAD + STAGE + STAGE, "every stage needs a name of its own; given: s, s"),
        (HEAD + '[[stages]]\nname = "../../etc"\n', "stages.0.name"),
        (HEAD + "[sampler]\nkind = 'balanced'\n" + STAGE, "a balanced sampler names its field"),
        (HEAD + "[heads]\ndropout = 2\n" + STAGE, "heads.dropout"),
        (HEAD + STAGE + "own_answers = 0.5\n", "own_answers in the first stage"),
        (HEAD + STAGE + '[[stages]]\nname = "t"\nfrozen = "trunk"\nown_answers = 0.5\n', "add cache_features = false"),
        ("name = \n", "can't be read as TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_by_the_line(tmp_path: Path, text: str, named: str) -> None:
    assert named in refuse(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml can't be read"):
        load_recipe(tmp_path / "none.toml")


def test_an_unknown_name_lists_the_recipes() -> None:
    with pytest.raises(RecipeError, match=r"there is no recipe 'nothing'.*product-tagger"):
        find_recipe("nothing")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_the_recipes_that_modiste_brings_are_valid(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert find_recipe(path.stem) == path
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe


def test_an_unknown_trunk_offers_near_ones() -> None:
    with pytest.raises(RecipeError, match=r"timm has no such model; near: .*lite0"):
        build_trunk("efficientnet_lite0x_lite0", weights="none")


def test_weights_without_a_package_are_named() -> None:
    with pytest.raises(RecipeError, match="no package carries weights for 'test_resnet'"):
        build_trunk("test_resnet", weights="package")


def test_names_that_the_data_lacks_are_refused() -> None:
    fields = Taxonomy((Field("type", "single", ("a", "b")), Field("tags", "multi", ("x",))))
    base = {"name": "x", "stages": [{"name": "s"}]}
    check_names(Recipe.model_validate(base | {"loss": {"field_weights": {"type": 2.0}}}), fields)
    with pytest.raises(RecipeError, match="there is no field 'typ'; did you mean 'type'"):
        check_names(Recipe.model_validate(base | {"loss": {"field_weights": {"typ": 2.0}}}), fields)
    with pytest.raises(RecipeError, match="a field of many values can't be balanced"):
        check_names(Recipe.model_validate(base | {"sampler": {"kind": "balanced", "field": "tags"}}), fields)


operands = st.one_of(st.sampled_from(sorted(QUANTITIES)), st.floats(allow_nan=False, allow_infinity=False))
comparisons = st.sampled_from([">", "<", ">=", "<="])


@given(operands, comparisons, operands, st.dictionaries(st.sampled_from(sorted(QUANTITIES)), st.floats(-9, 9)))
def test_conditions_hold_as_python_compares(
    left: str | float, comparison: str, right: str | float, values: dict[str, float]
) -> None:
    condition = Condition.parse(f"{left} {comparison} {right}")
    first, second = (values.get(x) if isinstance(x, str) else x for x in (left, right))
    expected = None not in (first, second) and eval(f"{first!r} {comparison} {second!r}")
    assert condition.holds(values) is bool(expected)


@given(st.text(max_size=30))
def test_any_text_parses_or_says_why(text: str) -> None:
    try:
        Condition.parse(text)
    except ValueError as error:
        assert str(error)
