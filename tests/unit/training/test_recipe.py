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
TRIPLETS = "[loss]\ntriplet_weight = 1.0\ntriplet_field = 'type'\n"
RESTARTS = 'schedule = "restarts"\ncycle_length = 2\ncycle_mult = 2\n'
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
        (HEAD + "[sampler]\nkind = 'balanced'\n" + STAGE, "a sampler that balances names its field"),
        (HEAD + "[sampler]\nkind = 'under'\nfield = 'x'\npower = 0.5\n" + STAGE, "power is of kind = 'balanced'"),
        (HEAD + "[data]\nbalance_by = 'x'\n" + STAGE, "balance_by does nothing without cap or sample"),
        (HEAD + "[data.merge.x]\na = ['b', 'c']\nd = ['b']\n" + STAGE, "merge.x makes two values of b"),
        (HEAD + "[data.only]\nx = []\n" + STAGE, "data.only.x"),
        (HEAD + "[heads]\ndropout = 2\n" + STAGE, "heads.dropout"),
        (HEAD + STAGE + "own_answers = 0.5\n", "own_answers in the first stage"),
        (HEAD + STAGE + '[[stages]]\nname = "t"\nfrozen = "trunk"\nown_answers = 0.5\n', "add cache_features = false"),
        (HEAD + "[loss]\ngamma = 2.0\n" + STAGE, "gamma is of multi = 'focal' or 'asymmetric'; leave it out"),
        (HEAD + "[loss]\nmulti = 'focal'\nclip = 0.1\n" + STAGE, "clip is of multi = 'asymmetric'"),
        (HEAD + "[loss]\ntriplet_weight = 1.0\n" + STAGE, "add such as triplet_field = 'articleType'"),
        (HEAD + "[loss]\nminer = 'hard'\n" + STAGE, "miner does nothing without triplet_weight"),
        (HEAD + "[loss]\ncross_entropy_weight = 0\nembedding_weight = 0\n" + STAGE, "nothing is learnt"),
        (HEAD + "[loss]\ncross_entropy_weight = 0\nlabel_smoothing = 0.1\n" + STAGE, "label_smoothing does nothing"),
        (HEAD + TRIPLETS + STAGE + "batch_size = 600\n", "write at most 512, or miner = 'hard'"),
        (HEAD + "[calibration]\nthresholds = 1.5\n" + STAGE, "calibration.thresholds"),
        (HEAD + STAGE + "cycle_mult = 2\n", "are of schedule = 'restarts'; leave them out"),
        (HEAD + STAGE + RESTARTS + "epochs = 10\n", "epochs = 10 ends within a cycle of 8; write epochs = 6 or 14"),
        (HEAD + STAGE + RESTARTS + "epochs = 1\n", "ends within a cycle of 2; write epochs = 2"),
        (HEAD + STAGE + RESTARTS + "epochs = 6\nwarmup = 0.3\n", "warmup does nothing with schedule = 'restarts'"),
        (HEAD + STAGE + "decay_rate = 0.9\n", "decay_rate and decay_steps are of schedule = 'exponential'"),
        (HEAD + STAGE + "momentum = 0.9\n", "momentum is of 'sgd' and 'rmsprop', not of 'adamw'; leave it out"),
        (
            HEAD + STAGE + "schedule = 'exponential'\nwarmup = 0.1\n",
            "warmup does nothing with schedule = 'exponential'",
        ),
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
    triplets = {"triplet_weight": 1.0, "triplet_field": "type"}
    check_names(Recipe.model_validate(base | {"loss": triplets}), fields)
    with pytest.raises(RecipeError, match="its items have many values; name a single field"):
        check_names(Recipe.model_validate(base | {"loss": triplets | {"triplet_field": "tags"}}), fields)
    with pytest.raises(RecipeError, match=r"change .*loss\.triplet_field.*there is no field 'kind'"):
        check_names(Recipe.model_validate(base | {"loss": triplets | {"triplet_field": "kind"}}), fields)
    with pytest.raises(RecipeError, match=r"loss\.multi = 'focal' is for fields of many values, and there is none"):
        check_names(Recipe.model_validate(base | {"loss": {"multi": "focal"}}), Taxonomy((fields["type"],)))
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
